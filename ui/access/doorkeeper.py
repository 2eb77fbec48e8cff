"""Who gets through to which path, as one thin layer around the whole application: what no rule names is not there.

Everything below ``/console`` (its pages, its event queue, its files) is for staff alone. Of what the page's library
serves, only what the page needs can be asked for: its files go up and down in the console, and nowhere else. A request
that changes something and comes from another site's page is refused, whatever cookies it carries. The routes of
programs (``/api/v1``, ``/v1``, ``/mcp``) check their bearers themselves.

A browser that comes to the chat with a valid token in its address keeps it in a cookie.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from store import Clock, NotAllowed

from .audit import Actor
from .body_screen import BodyRefused, pass_screened
from .gate import CUSTOMER_COOKIE, Access, address_of
from .rates import RateLimit
from .uploads import UploadScreen

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONSOLE = "/console"
OURS = re.compile(
    r"/(api/v1|v1)/.+|/mcp/?|/pictures/.+|/(healthz|readyz|metrics|sign-in|sign-out|welcome)|/widget\.js|/embed/.+"
)
"""Paths whose routes decide themselves who may ask."""
OWN = re.compile(r"/attachments(/[0-9a-f]{32})?|/your-data(/(export|delete))?")
"""Pictures that customers send, and their own data. The routes ask who it is; a page of another site may send none."""
PAGE = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon(/[0-9]+)?)/?|/(static|assets|svelte)/.+|"
    r"/gradio_api/((info|app_id|reset|startup-events|theme\.css|cancel)/?|queue/(join|data)|run/[^/]+/?|"
    r"heartbeat/[^/]+|stream/.+)"
)
"""What Gradio's page asks for, whoever looks at it."""
FILES = re.compile(r"/gradio_api/(upload|upload_progress|file=.+|file/.+)")
"""The page's library takes files and gives them: in the console alone, for the chat has no use for it."""
UPLOADS = (CONSOLE + "/gradio_api/upload",)
PICTURES = "/attachments"
"""Where a customer's picture comes in."""
_SAFE = {"GET", "HEAD", "OPTIONS"}
_LOGGED_PER_MINUTE = 6


CONSOLE_PAGES = re.compile(r"/(?!login|logout|monitoring|user|token)[a-z][a-z-]*/?")
"""Addresses of the console's further pages, below ``/console``."""
_REFUSALS = {
    401: ("refused_not_signed_in", "nobody is signed in"),
    403: ("refused_other_site", "the request came from another site's page"),
    404: ("refused_no_such_path", "there is nothing here"),
}


class Doorkeeper:
    """ASGI layer; see the module's docstring."""

    def __init__(self, app: ASGIApp, *, access: Access, clock: Clock, origins: Sequence[str] = ()) -> None:
        """``origins``: pages of other addresses that the chat may stand in; its cookie is sent there (HTTPS only)."""
        self._app, self._access, self._clock = app, access, clock
        self._origins = frozenset(origins)
        self._told = RateLimit(_LOGGED_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        from starlette.requests import HTTPConnection

        connection = HTTPConnection(scope)
        refusal = await self._refusal(connection, scope)
        if refusal is not None:
            await self._turn_away(refusal, connection, scope, receive, send)
            return
        if scope["path"] == "/" and scope["type"] == "http" and b"pass=" in scope["query_string"]:
            send = self._with_cookie(scope, send)
        if scope["path"] in UPLOADS and scope["type"] == "http" and scope["method"] == "POST":
            await self._upload(connection, scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _upload(self, connection: HTTPConnection, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a file on while it is one that may come."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import PlainTextResponse

        try:
            screen = UploadScreen(connection.headers.get("content-type", "")).screen()
            refused = await pass_screened(self._app, scope, receive, send, screen)
        except BodyRefused as error:
            refused = error
        if refused is not None:
            action = f"refused_{refused.why}"
            await run_in_threadpool(self._log, action, address_of(connection), f"POST {scope['path']}")
            told = refused.told if refused.allowed is None else f"{refused.told}; allowed: {refused.allowed}"
            # Gradio's page shows the text of the answer.
            await PlainTextResponse(told, refused.status, {"connection": "close"})(scope, receive, send)

    async def _refusal(self, connection: HTTPConnection, scope: Scope) -> int | None:
        """The status of a request that does not get through; ``None`` for one that does."""
        from starlette.concurrency import run_in_threadpool

        path, console = str(scope["path"]), False
        if path == CONSOLE or path.startswith(CONSOLE + "/"):
            path, console = path[len(CONSOLE) :] or "/", True
        elif OURS.fullmatch(path):
            return None
        if not console and OWN.fullmatch(path):
            unsafe = scope["type"] == "http" and scope["method"] not in _SAFE
            return 403 if unsafe and self._of_another_site(connection) else None
        below = console and (FILES.fullmatch(path) or CONSOLE_PAGES.fullmatch(path))
        if not below and not PAGE.fullmatch(path):
            return 404
        if scope["type"] == "http" and scope["method"] not in _SAFE and self._of_another_site(connection):
            return 403
        if console:
            return None if await run_in_threadpool(self._access.staff_user, connection) is not None else 401
        return None

    def _of_another_site(self, connection: HTTPConnection) -> bool:
        origin = connection.headers.get("origin")
        if origin is None:
            return connection.headers.get("sec-fetch-site") == "cross-site"
        return origin not in self._origins and urlsplit(origin).netloc != connection.headers.get("host")

    async def _turn_away(
        self, status: int, connection: HTTPConnection, scope: Scope, receive: Receive, send: Send
    ) -> None:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import JSONResponse, RedirectResponse, Response

        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
            return
        answer: Response
        if status == 401 and scope["method"] in {"GET", "HEAD"} and "text/html" in connection.headers.get("accept", ""):
            answer = RedirectResponse(f"/sign-in?after={quote(scope['path'])}", 303, {"cache-control": "no-store"})
        else:
            action, told = _REFUSALS[status]
            await run_in_threadpool(self._log, action, address_of(connection), f"{scope['method']} {scope['path']}")
            answer = JSONResponse({"title": HTTPStatus(status).phrase, "status": status, "detail": told}, status)
        await answer(scope, receive, send)

    def _log(self, action: str, address: str, wanted: str) -> None:
        """A flood of them is logged a few times a minute."""
        if not self._told.take(f"{action} {address}"):
            self._access.audit.write("security", Actor("anyone", address=address), action, wanted=wanted)

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
            if self._origins:
                header = header.replace("SameSite=Lax", "SameSite=None") + "; Partitioned"

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), (b"set-cookie", header.encode("latin-1"))]
                message = {**message, "headers": headers}
            await send(message)

        return sent
