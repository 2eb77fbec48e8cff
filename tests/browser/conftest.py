"""The page on a small demo shop, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from beforehand import Shop
from store import FixedClock

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PATIENCE_MS = 240_000
"""A machine that does much else at a time may be ten times slower; what never comes fails all the same."""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Served:
    """A shop and the address of its page."""

    shop: Shop
    address: str


@dataclass
class Seen:
    """What a page did that it should not have done."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


Window = Callable[..., "Page"]


@pytest.fixture(scope="session")
def chromium() -> Path:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium (Debian: apt-get install chromium)")
    return Path(found)


@pytest.fixture(scope="session")
def served(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    from ui.access import Access
    from ui.page_events import PageOptions
    from ui.shop_door import ShopDoor
    from ui.web import build_app, running, shop_pictures

    with Shop.demo(tmp_path_factory.mktemp("demo") / "home", scale=0.05, clock=FixedClock(NOON)) as shop:
        assert shop.agent
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = PageOptions(shop.config.shop.name, choose_customer=True, poll_seconds=0.5)
        access = Access(shop, open_demo=True)
        app = build_app(ShopDoor(shop, access), options, shop_pictures(shop), shop=shop, access=access)
        with running(app, "127.0.0.1", port):
            yield Served(shop, f"http://127.0.0.1:{port}")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture
def window(playwright: Playwright, chromium: Path, served: Served, tmp_path: Path) -> Iterator[Window]:
    """Opens the page in a browser of its own; at the end nothing may have gone wrong or gone out."""
    contexts: list[BrowserContext] = []
    seen = Seen()

    def opened(
        width: int = 1280,
        height: int = 860,
        *,
        locale: str = "en-US",
        scheme: str = "light",
        path: str = "/",
        ready: str = ".bubble",
    ) -> Page:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / f"profile{len(contexts)}",
            executable_path=chromium,
            args=FLAGS,
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme="dark" if scheme == "dark" else "light",
            # A text that is still fading in has too little contrast for axe.
            reduced_motion="reduce",
            accept_downloads=True,
            timeout=PATIENCE_MS,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.pages[0]
        page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("dialog", lambda dialog: seen.errors.append(f"dialog: {dialog.message}"))
        context.on("request", lambda asked: _note(seen, asked.url, served.address))
        context.on(
            "response",
            lambda got: seen.errors.append(f"{got.status} {got.url}") if got.status >= 400 else None,
        )
        page.goto(served.address + path)
        page.wait_for_selector(ready)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert seen.errors == []
    assert seen.outside == []


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keeps a screenshot where ``BEFOREHAND_SCREENSHOTS`` names a folder, for a person to look at."""
    folder = os.environ.get("BEFOREHAND_SCREENSHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            page.wait_for_timeout(600)
            page.screenshot(path=Path(folder) / f"{name}.png")

    return keep


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Asserts that axe-core finds nothing serious in what a page shows now."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page).response["violations"]
        serious = [one for one in found if one["impact"] in {"serious", "critical"}]
        assert not serious, [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in serious]

    return check


def _note(seen: Seen, url: str, address: str) -> None:
    if not url.startswith((address, "data:", "blob:", "about:")):
        seen.outside.append(url)
