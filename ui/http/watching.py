"""The outermost layer: it measures every request, limits how large, how slow and how many they are, and traces them.

Plain ASGI, because it is passed through hundreds of times a second.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute

from store import HttpSettings

from ..access import PICTURES, UPLOADS, Access, Actor, BodyRefused, RateLimit, pass_screened
from .callers import too_many
from .metrics import Metrics
from .problems import Refused, error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .tracing import Tracer

_COUNTED = ("/api/", "/v1/", "/mcp", "/sign-in", "/sign-out", "/welcome", "/metrics", "/attachments")
_EVENTS = re.compile(r"(?:/console)?/gradio_api/(?:queue/join|run/|cancel|reset|upload)")
"""What the pages ask of their library: an event each, or a file."""
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_LARGEST_EVENT_BYTES = 262_144
"""An event carries what somebody typed and pressed."""


class Watch:
    """See the module's docstring."""

    def __init__(
        self, app: ASGIApp, *, settings: HttpSettings, access: Access, metrics: Metrics, tracer: Tracer | None
    ) -> None:
        self._app, self._settings, self._access = app, settings, access
        self._metrics, self._tracer = metrics, tracer
        self._by_address = RateLimit(settings.requests_per_minute)
        self._events = RateLimit(settings.page_requests_per_minute)
        self._told = RateLimit(6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), [500]

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = int(message["status"])
            await send(message)

        span = None if self._tracer is None else self._tracer.begin(scope)
        try:
            await self._limited(scope, receive, noted)
        finally:
            route = route_of(scope)
            # Anybody can make methods up, and each would be a figure that is kept for ever.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(route, method, str(status[0])).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - began)
            if self._tracer is not None:
                self._tracer.end(span, route, status[0])

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, address = str(scope["path"]), _address(scope)
        headers = dict(scope["headers"])
        wait = self._wait(path, address, headers)
        if wait:
            await self._refuse(too_many(wait), "rate", scope, receive, send)
            return
        largest = self._largest(path)
        told = headers.get(b"content-length", b"0")
        if told.isdigit() and int(told) > largest:
            await self._break_off(_too_large(largest), scope, receive, send)
            return
        if told == b"0" and b"transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        await self._read(scope, receive, send, largest)

    def _wait(self, path: str, address: str, headers: Mapping[bytes, bytes]) -> float:
        """Seconds until this address may ask again; 0: now."""
        if _EVENTS.match(path):
            return self._events.take(address)
        if path.startswith(_COUNTED) and not self._is_key(headers.get(b"authorization", b"")):
            return self._by_address.take(address)
        return 0.0

    async def _read(self, scope: Scope, receive: Receive, send: Send, largest: int) -> None:
        """Hand the body on while it stays within its size and time."""
        deadline = asyncio.get_running_loop().time() + self._settings.read_timeout_s
        taken, done = 0, False

        async def bounded(receive: Receive) -> Message:
            nonlocal taken, done
            if done:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise BodyRefused(408, "too_slow", "the request took too long to arrive") from error
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                done = not message.get("more_body", False)
                if taken > largest:
                    raise _too_large(largest)
            return message

        refused = await pass_screened(self._app, scope, receive, send, bounded)
        if refused is not None:
            await self._break_off(refused, scope, receive, send)

    async def _break_off(self, refused: BodyRefused, scope: Scope, receive: Receive, send: Send) -> None:
        problem = Refused(refused.status, refused.told, allowed=refused.allowed)
        await self._refuse(problem, refused.why, scope, receive, send)

    def _is_key(self, given: bytes) -> bool:
        """A key that is known has a rate of its own."""
        scheme, _, bearer = given.decode("latin-1").partition(" ")
        return scheme.lower() == "bearer" and bearer.startswith("bh_") and self._access.keys.known(bearer) is not None

    def _largest(self, path: str) -> int:
        if path == PICTURES:
            return self._settings.largest_picture_bytes
        if path in UPLOADS:
            return self._settings.largest_upload_bytes
        largest = self._settings.largest_request_bytes
        return min(largest, _LARGEST_EVENT_BYTES) if _EVENTS.match(path) else largest

    async def _refuse(self, error: Refused, why: str, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.concurrency import run_in_threadpool

        self._metrics.refused.labels(why).inc()
        address = _address(scope)
        if not self._told.take(f"{address} {why}"):
            await run_in_threadpool(
                self._access.audit.write,
                "security",
                Actor("anyone", address=address),
                f"refused_{why}",
                wanted=f"{scope['method']} {scope['path']}",
            )
        answer = error_response(error, str(scope["path"]))
        # What is left of the body is not read, so the connection cannot be used again.
        answer.headers["connection"] = "close"
        await answer(scope, receive, send)


def route_of(scope: Any) -> str:
    """The route's own path (``/api/v1/customers/{customer_id}``), so that ids do not become names of figures."""
    if isinstance(scope.get("route"), APIRoute):
        # The route knows its path without the prefixes of the routers that it was included by.
        named = {str(value): f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
        path = str(scope["path"])
        if path.startswith("/pictures/"):
            return "/pictures"
        return "/".join(named.get(part, part) for part in path.split("/"))
    first = str(scope["path"]).partition("/")[2].partition("/")[0]
    return f"/{first}" if first in {"api", "v1", "mcp", "console"} else "page"


def _address(scope: Any) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _too_large(largest: int) -> BodyRefused:
    return BodyRefused(413, "too_large", "the request is too large", f"at most {largest} bytes")
