"""Plain HTML pages beside the chat: forms and facts, no script, nothing loaded."""

from __future__ import annotations

from html import escape

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
h2 { font-size: 1rem; margin: 18px 0 4px; } ul { margin: 0 0 14px; padding-left: 1.2em; }
summary { cursor: pointer; padding: 6px 0; color: var(--alarm); } details p { margin: 6px 0 0; }
a { color: inherit; text-underline-offset: 3px; } .back { margin: 18px 0 0; }
a.button { display: block; margin: 20px 0 14px; padding: 11px; font-weight: 600; text-align: center; color: #fff;
  background: var(--leaf); border-radius: 10px; text-decoration: none; }
button.grave { background: #a8402a; }
.problem { color: var(--alarm); font-weight: 600; }
"""


def plain_page(code: str, shop: str, body: str, title: str = "") -> str:
    """A whole page; ``code`` is its language, ``body`` is HTML, the rest is text."""
    name = " · ".join(part for part in (title, shop) if part) or "Beforehand"
    shown = f"<p>{escape(shop)}</p>" if shop else ""
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(name)}</title><style>{_STYLE}</style></head><body><main>{shown}{body}</main></body></html>"
    )
