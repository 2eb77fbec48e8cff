"""A small shop with known records, and its console's desk with staff of each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from beforehand import Config, Shop, ShopSettings
from store import FixedClock
from store.schema import (
    Customer,
    Decision,
    Event,
    Order,
    OrderLine,
    Product,
    Return,
    Review,
    Shipment,
    Variant,
)
from ui.access import Access, Actor
from ui.merchant import Desk


@pytest.fixture
def shop(tmp_path: Path, clock: FixedClock) -> Iterator[Shop]:
    now = clock()
    with Shop.open(Config(shop=ShopSettings(name="Mug & Co", home=tmp_path)), clock=clock) as opened:
        with opened.database.write() as records:
            records.add_all(
                [
                    Product(id="P1", title="Mug <b>"),
                    Product(id="P2", title="Sold-out hat"),
                    Variant(id="V1", product_id="P1", currency="EUR", price_minor=1000, stock=5),
                    Variant(id="V2", product_id="P2", currency="EUR", price_minor=2000, stock=0),
                    Customer(id="C1", first_name="Emma", last_name="Stone", email="emma@example.com", country="IE"),
                    Customer(id="C2", first_name="小雨", last_name="王", language="zh"),
                ]
            )
            for number, (customer, days, status) in enumerate(
                [("C1", 1, "shipped"), ("C1", 10, "delivered"), ("C2", 3, "delivered"), ("C2", 2, "cancelled")]
            ):
                at = now - timedelta(days=days)
                line = OrderLine(position=0, product_id="P1", title="Mug <b>", quantity=2, unit_price_minor=1000)
                order = Order(id=f"#{number}", customer_id=customer, status=status, currency="EUR", placed_at=at)
                order.lines = [line]
                records.add(order)
            records.flush()
            records.add_all(
                [
                    Shipment(
                        order_id="#0",
                        position=0,
                        promised_at=now - timedelta(hours=30),
                        shipped_at=now - timedelta(days=1),
                    ),
                    Return(
                        order_id="#1",
                        position=0,
                        kind="return",
                        requested_at=now - timedelta(days=4),
                        reason="too <i>small",
                    ),
                    Review(
                        id="R1",
                        product_id="P1",
                        customer_id="C1",
                        stars=1,
                        text="It <script>broke",
                        written_at=now - timedelta(days=5),
                    ),
                    Review(id="R2", product_id="P1", stars=5, text="Lovely", written_at=now - timedelta(days=5)),
                    Event(
                        id="E1", kind="view", at=now - timedelta(hours=4, minutes=9), customer_id="C1", product_id="P2"
                    ),
                    Event(
                        id="E2",
                        kind="cart_add",
                        at=now - timedelta(hours=4),
                        customer_id="C1",
                        product_id="P1",
                        value_minor=1000,
                        currency="EUR",
                        quantity=1,
                    ),
                ]
            )
        yield opened


@pytest.fixture
def access(shop: Shop) -> Access:
    return Access(shop)


@pytest.fixture
def desk(shop: Shop, access: Access) -> Desk:
    return Desk(shop, access)


@pytest.fixture
def asks(access: Access) -> Any:
    """role -> the request of somebody who has it and is signed in; none: of a stranger."""

    def request(role: str | None = "owner", language: str = "en") -> SimpleNamespace:
        cookies = {}
        if role is not None:
            from ui.access import STAFF_COOKIE

            link = access.staff.add(f"a-{role}", role, Actor("test", "owner", "local"))
            cookies[STAFF_COOKIE] = access.staff.use_link(link, "a long enough passphrase", "local")
        return SimpleNamespace(
            cookies=cookies, headers={"accept-language": language}, client=SimpleNamespace(host="127.0.0.1")
        )

    return request


@pytest.fixture
def decided() -> Callable[..., Decision]:
    """A row of the ledger: a reminder that was sent, unless said otherwise."""

    def row(at: datetime, customer: str, **changes: Any) -> Decision:
        values: dict[str, Any] = {
            "id": f"dec_{customer}_{at:%d%H}", "idempotency_key": f"k{customer}{at}", "customer_id": customer, "at": at,
            "moment": "cart_abandoned", "known": {"looks": 3}, "action": "remind", "reason": "can be bought",
            "policy": "p", "propensity": 1.0, "text": "You left a mug.", "message_id": "m",
            "candidates": [{"action": "remind", "score": 0.5, "eligible": True, "why": "<u>why"}],
        }  # fmt: skip
        return Decision(**(values | changes))

    return row
