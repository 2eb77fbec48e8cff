"""The HTML of the sign-in pages: one form each, on plain pages."""

from __future__ import annotations

from html import escape

from ..plain_page import plain_page
from .wording import SignInWording


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
    return plain_page(words.code, shop, f'<p class="problem" role="alert">{escape(text)}</p>')


def _page(
    words: SignInWording, shop: str, title: str, action: str, csrf: str, fields: str, *, problem: str = ""
) -> str:
    alert = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    form = (
        f'<form method="post" action="{action}">{alert}'
        f'<input type="hidden" name="csrf" value="{escape(csrf)}">{fields}'
        f'<button type="submit">{escape(title)}</button></form>'
    )
    return plain_page(words.code, shop, f"<h1>{escape(title)}</h1>{form}", title)
