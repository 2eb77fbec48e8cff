"""One small demo shop with its doors open, and who may come in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from beforehand import Shop
from store import FixedClock, HttpSettings
from store.demo import demo_customers
from ui.access import STAFF_COOKIE, Access, Actor
from ui.page_events import PageOptions
from ui.shop_door import ShopDoor
from ui.web import build_app, running, shop_pictures

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ORIGIN = "https://www.shop.example"


@dataclass
class World:
    """The open shop, its application, and bearers."""

    shop: Shop
    access: Access
    app: FastAPI
    address: str
    client: httpx.Client
    customers: tuple[str, str]
    key: str
    """Opens everything that keys open."""
    signed_in: dict[str, str] = field(default_factory=dict)
    """Role -> session."""

    def token(self, customer: str | None = None, hours: float = 1) -> str:
        return self.access.tokens.sign(customer or self.customers[0], timedelta(hours=hours))

    def bearer(self, customer: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(customer)}"}

    def staff(self, role: str = "manager") -> dict[str, str]:
        """The cookie of somebody of the staff who is signed in."""
        if role not in self.signed_in:
            link = self.access.staff.add(f"a-{role}", role, Actor("test", "owner", "local"))
            self.signed_in[role] = self.access.staff.use_link(link, "a long enough passphrase", "local")
        return {"Cookie": f"{STAFF_COOKIE}={self.signed_in[role]}"}

    @property
    def program(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Shop.demo(tmp_path_factory.mktemp("doors") / "home", scale=0.05, clock=FixedClock(NOON)) as shop:
        http = HttpSettings(
            allowed_origins=(ORIGIN,),
            requests_per_minute=100_000,
            page_requests_per_minute=100_000,
            chat_turns_per_minute=100_000,
        )
        shop.config = shop.config.model_copy(update={"http": http})
        shop.search("warm up")
        access = Access(shop)
        scopes = ["search", "recommend", "score", "events", "decisions", "insight", "metrics"]
        _, key = access.keys.add("tests", scopes, Actor("system"), per_minute=100_000)
        app = build_app(
            ShopDoor(shop, access), PageOptions(shop.config.shop.name), shop_pictures(shop), shop=shop, access=access
        )
        first, second = (one.id for one in demo_customers(shop.database, "en")[:2])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        with running(app, "127.0.0.1", port), httpx.Client(base_url=address, timeout=60) as client:
            yield World(shop, access, app, address, client, (first, second), key)
