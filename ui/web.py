"""The web server: the page, the product pictures and the doors for programs on one address.

Nothing on the page may come from, or go to, another machine: the headers say so to the browser.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from beforehand import Shop
from store import BeforehandError, HttpSettings

from .access import CONSOLE, Access, Doorkeeper, sign_in_routes
from .addresses import LOOPBACK
from .attachments import attachment_routes
from .http import HttpDoors
from .mcp_door import McpDoor
from .merchant import Desk, build_console, console_words
from .page import ASSETS, build_page
from .page_events import PageDoor, PageOptions
from .pictures import Picture, picture_of, placeholder
from .reviews_tab import ReviewsDoor
from .theme import build_theme
from .your_data import your_data_routes

import gradio as gr  # isort: skip - page.py has switched telemetry off

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PictureOf = Callable[[str], Picture]


class Door(PageDoor, ReviewsDoor, Protocol):
    """What the chat and the console need of the shop."""


_CONSOLE_LOOKS = 2.5
"""The console looks for news so many times less often than a chat."""
_HEADERS = {
    # Gradio's own page needs inline scripts and, for its HTML component, eval.
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    # Who may frame it stands last, so that origins can follow.
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}


def build_app(
    door: Door,
    options: PageOptions,
    picture: PictureOf,
    *,
    host: str = "127.0.0.1",
    shop: Shop | None = None,
    access: Access | None = None,
) -> FastAPI:
    """The whole web application. Without ``shop`` and ``access`` it is the chat's page alone."""
    from fastapi import FastAPI, Response
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    http = None if shop is None or access is None else HttpDoors(shop, access)
    programs = None if shop is None or http is None else McpDoor(shop, http.doors)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if http is None or programs is None:
            yield
            return
        with http.opened():
            async with programs.opened():
                yield

    app = FastAPI(
        title="Beforehand",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None if http is None else "/api/v1/openapi.json",
        lifespan=lifespan,
    )

    @app.get("/pictures/{product_id:path}", include_in_schema=False)
    def product_picture(product_id: str) -> Response:
        found = picture(product_id)
        # A picture opened by itself must not run anything either.
        headers = {"cache-control": "private, max-age=3600", "content-security-policy": "default-src 'none'"}
        return Response(found.content, media_type=found.media_type, headers=headers)

    @app.get("/widget.js", include_in_schema=False)
    def embed() -> Response:
        """The script tag of a shop's own pages."""
        headers = {"cache-control": "public, max-age=3600"}
        return Response((ASSETS / "widget.js").read_bytes(), media_type="text/javascript", headers=headers)

    @app.get("/healthz", tags=["health"])
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    if shop is not None and access is not None and http is not None and programs is not None:
        lasts = int(shop.config.access.staff_session_hours * 3600)
        app.include_router(sign_in_routes(access, shop.config.shop.name, home=CONSOLE, session_seconds=lasts))
        app.include_router(attachment_routes(shop, access))
        app.include_router(your_data_routes(shop, access))
        http.add_to(app)
        app.router.routes.append(Route("/mcp", programs, name="mcp"))
        app.state.protocol = http.protocol
        app.state.proxies = list(shop.config.http.trusted_proxies)
        _mount_console(app, Desk(shop, access), door, host, _CONSOLE_LOOKS * options.poll_seconds)
    gr.mount_gradio_app(
        app,
        build_page(door, options),
        path="/",
        favicon_path=str(ASSETS / "favicon.png"),
        css_paths=[ASSETS / "page.css"],
        **_plain(host, shop),
    )
    origins = () if shop is None else shop.config.http.allowed_origins
    if shop is not None and access is not None and http is not None:
        app.add_middleware(Doorkeeper, access=access, clock=shop.clock, origins=origins)
        http.wrap(app)
    app.add_middleware(SafeHeaders, origins=origins)
    if host in LOOPBACK:
        # A foreign page that points its own name at this machine (DNS rebinding) is refused.
        known = [urlsplit(shop.config.page.address).hostname] if shop is not None else []
        app.add_middleware(
            TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]", *(one for one in known if one)]
        )
    return app


def _mount_console(app: FastAPI, desk: Desk, door: ReviewsDoor, host: str, poll_seconds: float) -> None:
    """The merchant's console below ``CONSOLE``; the doorkeeper lets nobody through to it who is not signed in."""
    from fastapi.responses import RedirectResponse

    words = console_words()
    # The page finds its own parts below its address only if that ends with a slash.
    app.add_api_route(CONSOLE, lambda: RedirectResponse(f"{CONSOLE}/"), include_in_schema=False)
    css, settings = [ASSETS / "page.css", ASSETS / "console.css"], _plain(host, desk.shop)
    page = build_console(desk, door, words, poll_seconds=poll_seconds)
    gr.mount_gradio_app(app, page, path=CONSOLE, i18n=words, css_paths=css, **settings)


def _plain(host: str, shop: Shop | None) -> dict[str, Any]:
    """What both pages share: nothing is sent anywhere, nothing is shown that is not ours."""
    return {
        "server_name": host,
        "footer_links": [],
        "run_history": False,
        "show_error": False,
        "ssr_mode": False,
        "enable_monitoring": False,
        "mcp_server": False,
        "pwa": False,
        "max_file_size": (HttpSettings() if shop is None else shop.config.http).largest_upload_bytes,
        "theme": build_theme(),
    }


class SafeHeaders:
    """Adds the security headers to every response that has none of its own."""

    def __init__(self, app: ASGIApp, *, origins: Sequence[str] = ()) -> None:
        """``origins``: pages of other addresses that may show this one in a frame."""
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
        framed = "".join(f" {one}" for one in origins)
        self._headers[0] = (self._headers[0][0], self._headers[0][1] + framed.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                headers += [one for one in self._headers if one[0] not in present]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def shop_pictures(shop: Shop) -> PictureOf:
    """Product id -> picture."""

    def picture(product_id: str) -> Picture:
        from store.schema import Product

        with shop.database.read() as session:
            product = session.get(Product, product_id)
            return placeholder("", product_id) if product is None else picture_of(product, shop.config.shop.home)

    return picture


@contextlib.contextmanager
def running(app: FastAPI, host: str, port: int) -> Iterator[threading.Event]:
    """Serve ``app`` while the block runs; yields, once it answers, an event that is set when the server ends."""
    import uvicorn

    proxies: list[str] = getattr(app.state, "proxies", [])
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        # Longer than a reverse proxy keeps a connection, so that it never sends on one that has just been closed.
        timeout_keep_alive=75,
        http=getattr(app.state, "protocol", "h11"),
        # Who asks is believed of a reverse proxy that the shop names, and of nobody else.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
    )
    server = _quiet_server(config)
    ended = threading.Event()

    def serve() -> None:
        try:
            server.run()
        finally:
            ended.set()

    thread = threading.Thread(target=serve, name="page", daemon=True)
    thread.start()
    while not server.started:
        if ended.is_set():
            raise BeforehandError("the page's server did not start", value=f"{host}:{port}")
        time.sleep(0.02)
    try:
        yield ended
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _quiet_server(config: Any) -> Any:
    """A uvicorn server for a thread: signals stay with the main thread."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    return Server(config)
