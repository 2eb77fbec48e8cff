"""Nothing gets through: every route without, with a wrong, an expired and another's bearer; files, texts, sizes, speed.

Routes are read off the application, so that a new one without protection fails here.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from store import HttpSettings
from store.schema import Product, Review
from ui.access import CUSTOMER_COOKIE, STAFF_COOKIE
from ui.http import Metrics
from ui.http.patience import patient_protocol
from ui.http.watching import Watch
from ui.web import running

PUBLIC = {
    "/healthz", "/readyz", "/sign-in", "/sign-out", "/welcome", "/api/v1/openapi.json", "/pictures/{product_id:path}",
    "/widget.js",
    "/api/{rest:path}", "/v1/{rest:path}",
}  # fmt: skip
"""Ours that answer everybody: health, the forms, pictures of products, the document, and "there is nothing here"."""
LOCAL = {"/metrics"}
"""From this machine without a key; a reverse proxy in front makes it everybody, so with one a key is needed."""
PAGE = {
    "/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json", "/pwa_icon", "/pwa_icon/{size}",
    "/svelte/{path:path}", "/static/{path:path}", "/assets/{path:path}", "/gradio_api/info", "/gradio_api/app_id",
    "/gradio_api/reset", "/gradio_api/startup-events", "/gradio_api/theme.css", "/gradio_api/cancel",
    "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/run/{api_name}",
    "/gradio_api/heartbeat/{session_hash}", "/gradio_api/stream/{event_id}", "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
}  # fmt: skip
"""The chat's page itself, which shows nothing to a visitor without a token."""


def flat(routes: list[BaseRoute] | Any, prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every path and its methods, whatever includes or mounts it."""
    for route in routes:
        if isinstance(route, Mount):
            yield from flat(route.routes, prefix + route.path)
        elif hasattr(route, "effective_candidates"):
            yield from flat(route.effective_candidates(), prefix)
        elif getattr(route, "original_route", None) is not None and not getattr(route, "path", None):
            yield from flat([route.starlette_route or route.original_route], prefix)
        else:
            yield prefix + route.path, set(getattr(route, "methods", None) or {"GET", "POST"})


def protected(app: FastAPI) -> list[tuple[str, str]]:
    found = {
        (method, path)
        for path, methods in flat(app.routes)
        for method in methods - {"HEAD", "OPTIONS"}
        if path not in PUBLIC | LOCAL and path.rstrip("/") not in PAGE and path not in PAGE
    }
    return sorted(found)


def logged(world, action: str) -> bool:
    return any(one.action == action for one in world.access.audit.entries(log="security", limit=100_000))


def test_the_routes_are_all_seen(world) -> None:
    paths = {path for _, path in protected(world.app)}
    ours = {"/api/v1/chat", "/api/v1/customers/{customer_id}/insight", "/v1/chat/completions", "/mcp", "/api/v1/events"}
    assert ours <= paths
    assert {"/gradio_api/upload", "/gradio_api/proxy={url_path:path}", "/gradio_api/vibe-edit"} <= paths
    assert len(paths) > 40


def test_every_route_is_shut_without_a_bearer_or_with_a_wrong_one(world) -> None:
    bearers: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer bh_nonsense"},
        {"Authorization": f"Bearer {world.token()[:-4]}AAAA"},
        {"Authorization": f"Bearer {world.token(hours=-1)}"},
        {"Authorization": f"Basic {world.key}"},
        {"Cookie": f"{STAFF_COOKIE}=nonsense; {CUSTOMER_COOKIE}=nonsense"},
        {"Cookie": f"{CUSTOMER_COOKIE}={world.token(hours=-1)}"},
    ]
    open_ones = []
    for method, path in protected(world.app):
        address = re.sub(r"\{\w+(:path)?\}", "x", path)
        for bearer in bearers:
            answer = world.client.request(method, address, headers=bearer, json={} if method != "GET" else None)
            if answer.status_code not in {401, 403, 404}:
                open_ones.append((method, path, answer.status_code, bearer))
    assert open_ones == []


def test_a_bearer_opens_no_door_of_the_other_kind(world) -> None:
    document = world.client.get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            kinds = {kind for one in operation.get("security", []) for kind in one}
            for kind, bearer in (("customerToken", world.bearer()), ("apiKey", world.program)):
                if kinds and kind not in kinds:
                    answer = world.client.request(method, path.replace("{", "").replace("}", ""), headers=bearer)
                    assert answer.status_code == 401, (method, path, kind)


def test_a_key_without_the_scope_opens_nothing_and_is_logged(world) -> None:
    from ui.access import Actor

    _, narrow = world.access.keys.add("narrow", ["metrics"], Actor("system"))
    bearer = {"Authorization": f"Bearer {narrow}"}
    document = world.client.get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if any("apiKey" in one for one in operation.get("security", [])):
                answer = world.client.request(method, path.replace("{", "").replace("}", ""), headers=bearer)
                assert answer.status_code == 403, (method, path)
    assert any(one.action == "refused_scope" for one in world.access.audit.entries(actor="key:narrow"))


def test_what_is_refused_is_logged_and_a_flood_of_it_does_not_fill_the_disk(world) -> None:
    path = "/api/v1/customers/flood/insight"
    for _ in range(60):
        assert world.client.get(path, headers={"Authorization": "Bearer x"}).status_code == 401
    entries = world.access.audit.entries(log="security", limit=100_000)
    kept = [one for one in entries if one.detail.get("wanted") == f"GET {path}"]
    assert 1 <= len(kept) <= 12
    assert (kept[0].action, kept[0].address) == ("refused_bearer", "127.0.0.1")


def test_figures_are_for_this_machine_or_a_key(world) -> None:
    outside = {"X-Forwarded-For": "203.0.113.9"}
    assert world.client.get("/metrics", headers=outside).status_code == 401
    assert world.client.get("/metrics", headers=outside | world.program).status_code == 200


# Files.


UPLOAD = "/console/gradio_api/upload"


def upload(world, name: str, content: bytes, **headers: str) -> httpx.Response:
    return world.client.post(UPLOAD, files={"files": (name, content)}, headers=world.staff() | headers)


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("virus.exe", b"MZ\x90\0"), ("run.sh", b"#!/bin/sh"), ("page.html", b"<script>alert(1)</script>"),
        ("picture.svg", b"<svg onload='alert(1)'/>"), ("script.py", b"import os"), ("noending", b"a,b"),
        ("reviews.csv", b"MZ\x90\0\x03\0\0\0"), ("reviews.csv", b"\x7fELF\x02\x01\x01\0"), ("a.csv", b"#!/bin/sh\nrm"),
        ("a.csv", b"<?php echo 1"), ("picture.png", b"<script>"), ("picture.jpg", b"MZ\x90\0"), ("a.parquet", b"text"),
        ("../../etc/passwd.csv", b"a,b"), ("..\\..\\boot.csv", b"a,b"), ("/etc/cron.d/x.csv", b"a,b"),
        ("%2e%2e%2fx.csv", b"a,b"), (".htaccess", b"a"), (".csv", b"a,b"), ("x" * 300 + ".csv", b"a,b"),
        ("a.csv/../../b.csv", b"a,b"), ("reviews.csv.exe", b"a,b"), ("a\u202egnp.csv", b"a,b"),
    ],
)  # fmt: skip
def test_programs_and_path_tricks_are_not_taken(world, name: str, content: bytes) -> None:
    before = set(Path(_uploads(world)).rglob("*"))
    assert upload(world, name, content).status_code == 415
    assert {one for one in set(Path(_uploads(world)).rglob("*")) - before if one.is_file()} == set()
    assert logged(world, "refused_upload_name") or logged(world, "refused_upload_kind")


def _uploads(world) -> str:
    page = next(route.app for route in world.app.routes if isinstance(route, Mount) and route.path == "/console")
    return str(page.uploaded_file_dir)


def test_tables_and_pictures_are_taken(world) -> None:
    for name, content in (
        ("reviews.csv", b"text\ngood\n"),
        ("评论.csv", b"text\ngood\n"),
        ("photo.png", PNG),
        ("e.csv", b""),
    ):
        answer = upload(world, name, content)
        assert answer.status_code == 200, (name, answer.text)
        assert len(answer.json()) == 1


def test_a_form_that_is_none_is_refused(world) -> None:
    token = world.staff()
    broken = {**token, "content-type": "multipart/form-data; boundary=x"}
    for headers, content in ((token, b"text"), (broken, b"--y\r\nnonsense"), ({**token, "content-type": "x"}, b"--x")):
        assert world.client.post(UPLOAD, content=content, headers=headers).status_code in {400, 415}


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "http://127.0.0.1/x"])
def test_files_of_the_machine_are_not_served(world, path: str) -> None:
    addresses = (f"/gradio_api/file={path}", f"/gradio_api/file/{path}", f"/static/{path}", f"/assets/{path}")
    home = world.shop.config.shop.home.resolve()
    secrets = [f"/gradio_api/file={home / secret}" for secret in ("page.key", "shop.db")]
    customer = {"Cookie": f"{CUSTOMER_COOKIE}={world.token()}"}
    for address in (*addresses, *secrets):
        for place, who in (("", customer), ("/console", world.staff())):
            answer = world.client.get(place + address, headers=who)
            assert answer.status_code in {400, 401, 403, 404, 422}, address
            assert "root:" not in answer.text


def test_the_chat_takes_and_gives_no_files_of_the_pages_library(world) -> None:
    customer = {"Cookie": f"{CUSTOMER_COOKIE}={world.token()}"}
    given = world.client.post("/gradio_api/upload", files={"files": ("a.csv", b"a,b")}, headers=customer)
    assert given.status_code == 404
    mine = upload(world, "mine.csv", b"a,b").json()[0]
    assert world.client.get(f"/console/gradio_api/file={mine}", headers=world.staff()).status_code == 200
    for place in ("", "/console"):
        assert world.client.get(f"{place}/gradio_api/file={mine}", headers=customer).status_code in {401, 404}


# Texts.

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Tags(HTMLParser):
    """The tags and attributes of a piece of HTML that could run something."""

    def __init__(self) -> None:
        super().__init__()
        self.harmful: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "style", "base", "meta", "link"}:
            self.harmful.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.harmful.append(f"{tag} {name}={value}")


def tags(html: str) -> Tags:
    found = Tags()
    found.feed(html)
    return found


def test_script_in_the_shops_texts_reaches_the_page_as_text(world) -> None:
    """Names, titles, descriptions, reviews and messages, as the page draws them."""
    from ui.bubbles import Bubble
    from ui.chat_view import ChatView
    from ui.markup import draw
    from ui.shop_door import ShopDoor
    from ui.wording import wording

    with world.shop.database.write() as records:
        product = records.scalars(_select(Product)).first()
        kept = (product.title, product.description)
        product.title, product.description = SCRIPT + kept[0], SCRIPT
        records.add(Review(id="evil", product_id=product.id, stars=1, title=SCRIPT, text=SCRIPT, source="test"))
        words = kept[0]
    world.shop.products.sync()
    door = ShopDoor(world.shop, world.access)
    try:
        for language in ("en", "zh"):
            view = ChatView(door, door.shopper(world.customers[0]), language, demo=False)
            for said in (SCRIPT, f"What do reviewers say about {words}?") if language == "en" else (words,):
                for _ in view.say(said):
                    pass
            html = "".join(draw(one, wording(language)).html for one in view.bubbles)
            assert "alert(1)" in html
            assert tags(html).harmful == []
    finally:
        with world.shop.database.write() as records:
            product = records.get_one(Product, product.id)
            product.title, product.description = kept
            records.delete(records.get_one(Review, "evil"))
        world.shop.products.sync()
    note = draw(Bubble("x", "note", SCRIPT), wording("en")).html
    assert tags(note).harmful == []


def _select(table: type[Any]) -> Any:
    from sqlalchemy import select

    return select(table)


def test_what_is_json_is_never_taken_for_a_page(world) -> None:
    answer = world.client.post("/api/v1/chat", json={"text": SCRIPT, "new_conversation": True}, headers=world.bearer())
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


# Size and speed.


def test_oversized_requests_are_refused_however_they_come(world) -> None:
    big = b"x" * (2_000_000 + 1)
    headers = world.bearer() | {"content-type": "application/json"}
    assert world.client.post("/api/v1/chat", content=big, headers=headers).status_code == 413

    def dripping() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    assert world.client.post("/api/v1/chat", content=dripping(), headers=headers).status_code == 413
    assert logged(world, "refused_too_large")


def _raw(address: str, sent: bytes) -> bytes:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as opened:
        opened.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := opened.recv(65536):
                answer += chunk
        return answer


def through_the_watch(world, settings: HttpSettings, path: str, bodies: list[bytes]) -> list[int]:
    """The statuses of requests to ``path``, one after the other from one address; a body never ends where it is
    followed by nothing."""
    statuses = list[int]()

    async def reads_all(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(layer: Watch, body: bytes) -> None:
        parts = [body]

        async def receive() -> dict[str, Any]:
            if not parts:
                await asyncio.Event().wait()
            part = parts.pop()
            return {"type": "http.request", "body": part, "more_body": part.endswith(b"...")}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        headers = [(b"transfer-encoding", b"chunked")]
        scope = {"type": "http", "path": path, "method": "POST", "headers": headers, "client": ("10.0.0.7", 1)}
        await layer(scope, receive, send)

    async def run() -> None:
        layer = Watch(reads_all, settings=settings, access=world.access, metrics=Metrics(), tracer=None)
        for body in bodies:
            await ask(layer, body)

    with ThreadPoolExecutor(1) as pool:  # this thread has a loop where a browser test ran before
        pool.submit(asyncio.run, run()).result()
    return statuses


EVERY_BODY = (
    "/api/v1/chat", "/gradio_api/queue/join", "/gradio_api/run/predict", "/console/gradio_api/queue/join",
    "/console/gradio_api/upload", "/attachments",
)  # fmt: skip


@pytest.mark.parametrize("path", EVERY_BODY)
def test_a_slow_body_is_given_up(world, path: str) -> None:
    """A body of which only the beginning ever comes."""
    assert through_the_watch(world, HttpSettings(read_timeout_s=0.05), path, [b"{..."]) == [408]
    assert logged(world, "refused_too_slow")


@pytest.mark.parametrize("path", EVERY_BODY)
def test_too_large_and_too_many_are_refused_on_every_door(world, path: str) -> None:
    settings = HttpSettings(
        requests_per_minute=3, page_requests_per_minute=3, largest_upload_bytes=2**20, largest_picture_bytes=2**20
    )
    bodies = [b"x" * (3 * 2**20), b"{}", b"{}", b"{}", b"{}"]
    assert through_the_watch(world, settings, path, bodies) == [413, 200, 200, 429, 429]
    assert logged(world, "refused_rate")


def test_an_event_of_the_page_is_small(world) -> None:
    sizes = [b"x" * 262_144, b"x" * 262_145]
    assert through_the_watch(world, HttpSettings(), "/gradio_api/queue/join", sizes) == [200, 413]


def test_a_slow_head_is_given_up(world) -> None:
    app, seen = FastAPI(), list[str]()
    app.state.protocol = patient_protocol(0.2, seen.append)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(app, "127.0.0.1", port):
        for head in (b"GET /healthz HTTP/1.1\r\nhost: 127.0", b""):
            assert _raw(f"http://127.0.0.1:{port}", head) == b""
    assert seen == ["127.0.0.1", "127.0.0.1"]
    assert world.app.state.protocol.__name__ == "PatientProtocol"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/chat HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: -5\r\n\r\n",
    ],
)
def test_malformed_requests_are_refused(world, sent: bytes) -> None:
    closing = sent.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1)
    status = _raw(world.address, closing).split(b"\r\n")[0]
    assert b" 200 " not in status


# Other sites.


def test_only_named_origins_may_call_and_embed(world) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    good = world.client.options("/api/v1/chat", headers=asked | {"origin": "https://www.shop.example"})
    assert good.headers["access-control-allow-origin"] == "https://www.shop.example"
    assert "access-control-allow-credentials" not in good.headers
    for origin in ("https://evil.example", "https://www.shop.example.evil.example", "null"):
        answer = world.client.options("/api/v1/chat", headers=asked | {"origin": origin})
        assert "access-control-allow-origin" not in answer.headers
    policy = world.client.get("/").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://www.shop.example")
    assert world.client.get("/sign-in").headers["x-frame-options"] == "DENY"


def test_another_sites_page_cannot_act_in_a_customers_browser(world) -> None:
    token = {"Cookie": f"{CUSTOMER_COOKIE}={world.token()}"}
    for path in ("/gradio_api/queue/join", "/gradio_api/run/predict", "/attachments"):
        for foreign in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            assert world.client.post(path, json={}, headers=token | foreign).status_code == 403
    assert logged(world, "refused_other_site")
