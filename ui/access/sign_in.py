"""The routes of signing in and out, and of the link that sets a password.

Every form carries a token that its cookie proves (double submit before signing in, bound to the session afterwards),
so that no other page can send it. The session's cookie is HttpOnly and SameSite, and Secure wherever HTTPS is spoken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from store import InputError, NotAllowed

from ..plain_page import HEADERS
from .gate import STAFF_COOKIE, Access, address_of
from .opaque_tokens import bound, new_secret, same
from .sign_in_pages import notice_html, password_html, sign_in_html, sign_out_html
from .staff import TooManyAttempts
from .wording import SignInWording, sign_in_wording

_FORM_COOKIE = "beforehand_form"
Text = Annotated[str, Form(max_length=2000)]


def sign_in_routes(access: Access, shop_name: str, *, home: str, session_seconds: int) -> APIRouter:
    """``/sign-in``, ``/sign-out`` and ``/welcome``. ``home`` is where staff goes afterwards."""
    routes = APIRouter(include_in_schema=False)
    pages = _Pages(access, shop_name, home, session_seconds)

    # Plain functions: FastAPI runs them in a thread, where a password's hash may take its time.
    @routes.get("/sign-in")
    def ask(request: Request, after: str = "") -> Response:
        return pages.sign_in(request, after=after)

    @routes.post("/sign-in")
    def sign_in(request: Request, name: Text = "", password: Text = "", csrf: Text = "", after: Text = "") -> Response:
        words = _words(request)
        if not _form_is_ours(request, csrf):
            return pages.sign_in(request, words.stale, name, after, status=403)
        try:
            token = access.staff.sign_in(name, password, address_of(request))
        except TooManyAttempts:
            return pages.sign_in(request, words.too_many, name, after, status=429)
        except NotAllowed:
            return pages.sign_in(request, words.wrong, name, after, status=401)
        return pages.enter(request, token, after)

    @routes.get("/welcome")
    def welcome(request: Request, link: str = "") -> Response:
        return pages.password(request, link)

    @routes.post("/welcome")
    def set_password(
        request: Request, link: Text = "", password: Text = "", again: Text = "", csrf: Text = ""
    ) -> Response:
        words = _words(request)
        if not _form_is_ours(request, csrf):
            return pages.password(request, link, words.stale, status=403)
        if password != again:
            return pages.password(request, link, words.differ, status=400)
        try:
            token = access.staff.use_link(link, password, address_of(request))
        except InputError:
            return pages.password(request, link, words.bad_password, status=400)
        except NotAllowed:
            return pages.notice(request, words.link_used, status=403)
        return pages.enter(request, token, "")

    @routes.get("/sign-out")
    def ask_sign_out(request: Request) -> Response:
        user = access.staff_user(request)
        if user is None:
            return RedirectResponse("/sign-in", 303, HEADERS)
        return HTMLResponse(sign_out_html(_words(request), shop_name, user.csrf), headers=HEADERS)

    @routes.post("/sign-out")
    def sign_out(request: Request, csrf: Text = "") -> Response:
        user = access.staff_user(request)
        if user is None or not same(user.csrf, csrf):
            return RedirectResponse("/sign-out", 303, HEADERS)
        access.staff.sign_out(request.cookies.get(STAFF_COOKIE, ""), address_of(request))
        answer = RedirectResponse("/sign-in", 303, HEADERS)
        answer.delete_cookie(STAFF_COOKIE, path="/")
        return answer

    return routes


class _Pages:
    """The answers."""

    def __init__(self, access: Access, shop: str, home: str, session_seconds: int) -> None:
        self._access, self._shop, self._home, self._lasts = access, shop, home, session_seconds

    def sign_in(
        self, request: Request, problem: str = "", name: str = "", after: str = "", status: int = 200
    ) -> Response:
        return self._form(
            request,
            status,
            lambda words, csrf: sign_in_html(
                words, self._shop, csrf, problem=problem, name=name[:64], after=_local(after, "")
            ),
        )

    def password(self, request: Request, link: str, problem: str = "", status: int = 200) -> Response:
        name = self._access.staff.link_name(link)
        if name is None:
            return self.notice(request, _words(request).link_used, status=403)
        return self._form(
            request,
            status,
            lambda words, csrf: password_html(words, self._shop, csrf, link=link, name=name, problem=problem),
        )

    def notice(self, request: Request, text: str, status: int) -> Response:
        return HTMLResponse(notice_html(_words(request), self._shop, text), status, headers=HEADERS)

    def enter(self, request: Request, token: str, after: str) -> Response:
        answer = RedirectResponse(_local(after, self._home), 303, HEADERS)
        secure = request.url.scheme == "https"
        answer.set_cookie(STAFF_COOKIE, token, self._lasts, path="/", secure=secure, httponly=True, samesite="lax")
        answer.delete_cookie(_FORM_COOKIE, path="/")
        return answer

    def _form(self, request: Request, status: int, draw: Callable[[SignInWording, str], str]) -> Response:
        secret = request.cookies.get(_FORM_COOKIE) or new_secret()
        answer = HTMLResponse(draw(_words(request), bound(secret, "form")), status, headers=HEADERS)
        secure = request.url.scheme == "https"
        answer.set_cookie(_FORM_COOKIE, secret, 3600, path="/", secure=secure, httponly=True, samesite="strict")
        return answer


def _form_is_ours(request: Request, csrf: str) -> bool:
    secret = request.cookies.get(_FORM_COOKIE)
    return bool(secret) and same(bound(str(secret), "form"), csrf)


def _local(address: str, otherwise: str) -> str:
    """``address`` if it leads to a page of this server, else ``otherwise``: signing in must not send anybody away."""
    plain = address.isprintable() and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and len(address) < 500 else otherwise


def _words(request: Request) -> SignInWording:
    return sign_in_wording(request.headers.get("accept-language"))
