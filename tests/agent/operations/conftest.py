"""A shop with two customers whose orders, prices, balances and stock the tests know by heart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import selectinload

from agent import Session
from agent.operations import AnyRequest, Operations, Outcome, Policy, load_policy
from store import Database, FixedClock
from store.schema import (
    Base,
    Customer,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    Product,
    Return,
    Shipment,
    Variant,
)

HOME = {
    "address1": "Elm Street 12",
    "address2": "",
    "city": "Bonn",
    "state": "NW",
    "country": "Germany",
    "zip": "53111",
}
# Variants: id, product, options, price, stock (None: not counted), available
VARIANTS: list[tuple[str, str, dict[str, str], int | None, int | None, bool]] = [
    ("shirt-s", "shirt", {"size": "S"}, 2000, 5, True),
    ("shirt-m", "shirt", {"size": "M"}, 2000, 1, True),
    ("shirt-l", "shirt", {"size": "L"}, 2500, 3, True),
    ("shirt-xl", "shirt", {"size": "XL"}, 2700, 3, False),
    ("shirt-gone", "shirt", {"size": "XS"}, 1900, 0, True),
    ("shirt-secret", "shirt", {"size": "XXL"}, None, 3, True),
    ("mug-red", "mug", {"color": "red"}, 800, None, True),
    ("mug-blue", "mug", {"color": "blue"}, 650, None, True),
    ("mug-gold", "mug", {"color": "gold"}, 9900, None, True),
]


def fill(database: Database, clock: FixedClock) -> None:
    now = clock()
    with database.write() as records:
        for product_id in ("shirt", "mug"):
            variants = [
                Variant(
                    id=one, position=at, options=options, currency="EUR", price_minor=price, stock=stock, available=on
                )
                for at, (one, product, options, price, stock, on) in enumerate(VARIANTS)
                if product == product_id
            ]
            records.add(Product(id=product_id, title=product_id.title(), variants=variants))
        for name in ("anna", "ben"):
            methods = [
                PaymentMethod(id=f"card_{name}", position=0, kind="credit_card", last_four="4242", currency="EUR"),
                PaymentMethod(id=f"paypal_{name}", position=1, kind="paypal", currency="EUR"),
                PaymentMethod(id=f"gift_{name}", position=2, kind="gift_card", balance_minor=5000, currency="EUR"),
            ]
            records.add(Customer(id=name, first_name=name.title(), address=HOME, payment_methods=methods))
        records.flush()
        # Order: id, customer, status, lines (variant, price, quantity), shipping, discount, method
        orders = [
            ("#P1", "anna", "pending", [("shirt-s", 2000, 1), ("mug-red", 800, 2)], 0, 0, "card_anna"),
            ("#P2", "anna", "pending", [("shirt-m", 2000, 1)], 490, 0, "gift_anna"),
            ("#D1", "anna", "delivered", [("shirt-s", 2000, 2), ("mug-red", 800, 1)], 490, 480, "card_anna"),
            ("#D2", "anna", "delivered", [("mug-blue", 650, 1)], 0, 0, "paypal_anna"),
            ("#X1", "anna", "cancelled", [("mug-blue", 650, 1)], 0, 0, "card_anna"),
            ("#B1", "ben", "pending", [("shirt-l", 2500, 1)], 0, 0, "card_ben"),
        ]
        for position, (order_id, owner, status, lines, shipping, discount, method) in enumerate(orders):
            total = sum(price * count for _, price, count in lines) + shipping - discount
            arrived = now - timedelta(days=10) if status == "delivered" else None
            records.add(
                Order(
                    id=order_id,
                    customer_id=owner,
                    position=position,
                    status=status,
                    currency="EUR",
                    placed_at=now - timedelta(days=20),
                    shipping_minor=shipping,
                    discount_minor=discount,
                    address=HOME,
                    lines=[
                        OrderLine(
                            position=at,
                            product_id=variant.split("-")[0],
                            variant_id=variant,
                            title=variant.split("-")[0].title(),
                            options={"kind": variant},
                            quantity=count,
                            unit_price_minor=price,
                        )
                        for at, (variant, price, count) in enumerate(lines)
                    ],
                    payments=[
                        Payment(position=0, kind="payment", amount_minor=total, currency="EUR", method_id=method)
                    ],
                    shipments=[Shipment(position=0, status=status, delivered_at=arrived)],
                )
            )


@dataclass(frozen=True)
class Trade:
    """The shop, its operations, and a look at its records."""

    database: Database
    clock: FixedClock
    operations: Operations
    anna: Session
    ben: Session

    def under(self, policy: Policy) -> Trade:
        return Trade(self.database, self.clock, Operations(self.database, policy, self.clock), self.anna, self.ben)

    def do(self, request: AnyRequest) -> Outcome:
        """Propose and confirm, as anna."""
        return self.operations.confirm(self.anna, self.operations.propose(self.anna, request).id)

    def order(self, order_id: str) -> Order:
        with self.database.read() as records:
            found = records.scalar(
                select(Order)
                .where(Order.id == order_id)
                .options(
                    selectinload(Order.lines),
                    selectinload(Order.payments),
                    selectinload(Order.returns),
                    selectinload(Order.shipments),
                )
            )
        assert found is not None
        return found

    def history(self, order_id: str) -> list[tuple[str, int, str | None]]:
        return [(one.kind, one.amount_minor, one.method_id) for one in self.order(order_id).payments]

    def returned(self, order_id: str) -> list[Return]:
        return list(self.order(order_id).returns)

    def balance(self, method_id: str) -> int:
        with self.database.read() as records:
            method = records.get(PaymentMethod, method_id)
        assert method is not None
        return method.balance_minor or 0

    def stock(self, variant_id: str) -> int | None:
        with self.database.read() as records:
            variant = records.get(Variant, variant_id)
        assert variant is not None
        return variant.stock

    def change(self, kind: type[Any], key: object, **values: object) -> None:
        """Change a record from outside, as another program of the shop would."""
        with self.database.write() as records:
            found = records.get(kind, key)
            for name, value in values.items():
                setattr(found, name, value)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables but the proposals' own."""
        with self.database.read() as records:
            return {
                table.name: sorted(
                    (tuple(row) for row in records.execute(text(f"SELECT * FROM {table.name}"))), key=str
                )
                for table in Base.metadata.sorted_tables
                if table.name not in {"proposals", "proposal_steps"}
            }


def _trade(database: Database, clock: FixedClock) -> Trade:
    fill(database, clock)
    operations = Operations(database, load_policy("retail"), clock)
    return Trade(database, clock, operations, Session.for_customer("anna"), Session.for_customer("ben"))


@pytest.fixture
def trade(database: Database, clock: FixedClock) -> Trade:
    """The shop under the retail policy."""
    return _trade(database, clock)


@pytest.fixture
def any_trade(any_database: Database, clock: FixedClock) -> Trade:
    """The same on SQLite and on PostgreSQL."""
    return _trade(any_database, clock)


@pytest.fixture(scope="session")
def open_trade() -> Callable[[Database, FixedClock], Trade]:
    """For tests that need many shops, or the same one twice."""
    return _trade
