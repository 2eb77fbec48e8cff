"""The door of the console, and the customer's cookie, as one thin layer around the whole application.

Everything below ``/console`` (its pages, its event queue, its files) is for staff alone: nobody gets through to it who
is not signed in, whatever route a page's library adds there. A browser that comes to the chat with a valid token in
its address keeps it in a cookie, so that what belongs to the page (files, pictures) can be asked for as well.
"""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from store import Clock, NotAllowed

from .audit import Actor
from .gate import CUSTOMER_COOKIE, Access, address_of

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONSOLE = "/console"


class Doorkeeper:
    """ASGI layer; see the module's docstring."""

    def __init__(self, app: ASGIApp, *, access: Access, clock: Clock, embedded: bool = False) -> None:
        """``embedded``: the chat stands in pages of other addresses, so its cookie must be sent there (HTTPS only)."""
        self._app, self._access, self._clock, self._embedded = app, access, clock, embedded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        from starlette.concurrency import run_in_threadpool
        from starlette.requests import HTTPConnection

        path = str(scope["path"])
        connection = HTTPConnection(scope)
        if path == CONSOLE or path.startswith(CONSOLE + "/"):
            if await run_in_threadpool(self._access.staff_user, connection) is None:
                await self._turn_away(connection, scope, receive, send)
                return
        elif path == "/" and scope["type"] == "http" and b"pass=" in scope["query_string"]:
            send = self._with_cookie(scope, send)
        await self._app(scope, receive, send)

    async def _turn_away(self, connection: HTTPConnection, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import JSONResponse, RedirectResponse, Response

        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
            return
        page = scope["method"] in {"GET", "HEAD"} and "text/html" in connection.headers.get("accept", "")
        answer: Response
        if page:
            answer = RedirectResponse(f"/sign-in?after={quote(scope['path'])}", 303, {"cache-control": "no-store"})
        else:
            who = Actor("anyone", address=address_of(connection))
            await run_in_threadpool(
                self._access.audit.write, "security", who, "refused_not_signed_in", wanted=str(scope["path"])
            )
            answer = JSONResponse({"detail": "Nobody is signed in. Sign in first."}, 401)
        await answer(scope, receive, send)

    def _with_cookie(self, scope: Scope, send: Send) -> Send:
        token = parse_qs(scope["query_string"].decode("latin-1")).get("pass", [""])[-1]
        try:
            found = self._access.tokens.read(token)
        except NotAllowed:
            return send
        cookie: SimpleCookie = SimpleCookie()
        cookie[CUSTOMER_COOKIE] = token
        kept = cookie[CUSTOMER_COOKIE]
        kept["path"], kept["httponly"], kept["samesite"] = "/", True, "Lax"
        kept["max-age"] = max(1, int((found.expires - self._clock()) / timedelta(seconds=1)))
        header = kept.OutputString()
        if scope["scheme"] == "https":
            header += "; Secure"
            if self._embedded:
                header = header.replace("SameSite=Lax", "SameSite=None") + "; Partitioned"

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), (b"set-cookie", header.encode("latin-1"))]
                message = {**message, "headers": headers}
            await send(message)

        return sent
