"""The HTML of the sign-in pages: one form each, no script, nothing loaded."""

from __future__ import annotations

from html import escape

from .wording import SignInWording

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    # The address of a password link must not travel on.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
_STYLE = """
:root { color-scheme: light dark; --ink: #2b2824; --soft: #6f675b; --paper: #faf8f4; --sheet: #fff; --line: #857c6e;
  --leaf: #226b60; --alarm: #a8402a; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0ece4; --soft: #b0a798; --paper: #151412; --sheet: #201e1b;
  --line: #8b8275; --alarm: #f0937e; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 16px; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", "PingFang SC", "Noto Sans CJK SC", sans-serif; }
main { width: min(24rem, 100%); background: var(--sheet); border-radius: 16px; padding: 28px;
  box-shadow: 0 1px 2px rgb(0 0 0 / 8%), 0 6px 24px rgb(0 0 0 / 7%); }
h1 { font-size: 1.25rem; margin: 0 0 4px; } p { margin: 0 0 14px; color: var(--soft); }
label { display: block; margin: 14px 0 4px; font-weight: 600; font-size: 0.9rem; }
input { width: 100%; padding: 10px 12px; font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--line); border-radius: 10px; }
button { margin-top: 20px; width: 100%; padding: 11px; font: inherit; font-weight: 600; color: #fff;
  background: var(--leaf); border: 0; border-radius: 10px; cursor: pointer; }
:focus-visible { outline: 2px solid var(--leaf); outline-offset: 2px; }
.problem { color: var(--alarm); font-weight: 600; }
"""


def sign_in_html(
    words: SignInWording, shop: str, csrf: str, *, problem: str = "", name: str = "", after: str = ""
) -> str:
    """Name and password."""
    fields = (
        f'<label for="name">{escape(words.name)}</label>'
        f'<input id="name" name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none" required '
        'maxlength="64">'
        f'<label for="password">{escape(words.password)}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required '
        'maxlength="200">'
        f'<input type="hidden" name="after" value="{escape(after)}">'
    )
    return _page(words, shop, words.sign_in, "/sign-in", csrf, fields, problem=problem)


def password_html(words: SignInWording, shop: str, csrf: str, *, link: str, name: str, problem: str = "") -> str:
    """A new password, twice."""
    fields = (
        f"<p>{escape(words.for_name)} <b>{escape(name)}</b>. {escape(words.rule)}</p>"
        f'<input type="hidden" name="link" value="{escape(link)}">'
        f'<input type="hidden" name="name" value="{escape(name)}" autocomplete="username">'
        f'<label for="password">{escape(words.password)}</label>'
        '<input id="password" name="password" type="password" autocomplete="new-password" required minlength="12" '
        'maxlength="200">'
        f'<label for="again">{escape(words.again)}</label>'
        '<input id="again" name="again" type="password" autocomplete="new-password" required minlength="12" '
        'maxlength="200">'
    )
    return _page(words, shop, words.set_password, "/welcome", csrf, fields, problem=problem)


def sign_out_html(words: SignInWording, shop: str, csrf: str) -> str:
    """One button."""
    return _page(words, shop, words.sign_out, "/sign-out", csrf, f"<p>{escape(words.sign_out_ask)}</p>")


def notice_html(words: SignInWording, shop: str, text: str) -> str:
    """A sentence, and nothing to press."""
    return _document(words, shop, f'<p class="problem" role="alert">{escape(text)}</p>')


def _page(
    words: SignInWording, shop: str, title: str, action: str, csrf: str, fields: str, *, problem: str = ""
) -> str:
    alert = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    form = (
        f'<form method="post" action="{action}">{alert}'
        f'<input type="hidden" name="csrf" value="{escape(csrf)}">{fields}'
        f'<button type="submit">{escape(title)}</button></form>'
    )
    return _document(words, shop, f"<h1>{escape(title)}</h1>{form}", title)


def _document(words: SignInWording, shop: str, body: str, title: str = "") -> str:
    name = " · ".join(part for part in (title, shop) if part) or "Beforehand"
    shown = f"<p>{escape(shop)}</p>" if shop else ""
    return (
        f'<!doctype html><html lang="{words.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(name)}</title><style>{_STYLE}</style></head><body><main>{shown}{body}</main></body></html>"
    )
