"""The numbered evidence of a conversation: every fact that a tool has looked up, bound to its record and field.

Comes in: the tools' facts. Goes out: ``EvidenceItem`` records. Knows nothing of sentences.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from .facts import (
    AccountFacts,
    ComparisonFacts,
    Facts,
    HandOver,
    OperationFacts,
    OrderFacts,
    OrderList,
    PageFacts,
    ProductFacts,
    ProductList,
    RefusalFacts,
    ReviewFacts,
    Stopped,
    ToldFacts,
)
from .reply import EvidenceItem, EvidenceKind

SHOP = "shop"
TOLD = "told"
"""Field of sentences that the operations worded from the records: they may be repeated word for word."""


_COLUMNS = tuple(one.name for one in fields(EvidenceItem))


class EvidenceBook:
    """Evidence of one conversation; a turn starts with what earlier turns found and adds to it.

    Tools that a model calls together run in threads of their own and write into it at once.
    """

    def __init__(self, earlier: Iterable[EvidenceItem] = ()) -> None:
        self._adding = threading.Lock()
        self._items: dict[tuple[str, str, str], EvidenceItem] = {}
        self._first_new = 1
        for item in earlier:
            self._items.setdefault((item.record, item.field, item.value), item)
            self._first_new = max(self._first_new, item.number + 1)
        self._next = self._first_new
        self.touched: dict[int, None] = {}
        self.proposed: OperationFacts | None = None
        """What this turn proposed last and the customer has not yet said yes to."""
        self.compared: ComparisonFacts | None = None
        """What this turn put side by side last."""

    def __iter__(self) -> Iterator[EvidenceItem]:
        with self._adding:
            return iter(tuple(self._items.values()))

    def new_items(self) -> tuple[EvidenceItem, ...]:
        """What this turn looked up, whether or not an earlier turn had it too."""
        by_number = {item.number: item for item in self}
        return tuple(by_number[number] for number in self.touched)

    def add(
        self,
        record: str,
        field: str,
        kind: EvidenceKind,
        value: object,
        *,
        currency: str | None = None,
        owner: str | None = None,
    ) -> None:
        """Note one fact; what has no value is no fact."""
        if value is None or value == "":
            return
        key = (record, field, str(value))
        with self._adding:
            item = self._items.get(key)
            if item is None:
                item = EvidenceItem(self._next, record, field, kind, str(value), currency, owner)
                self._items[key] = item
                self._next += 1
            self.touched[item.number] = None

    def record(self, facts: Facts) -> None:
        """Note everything that ``facts`` states."""
        match facts:
            case ProductList():
                self.add(SHOP, "found_count", "number", len(facts.products))
                for product in facts.products:
                    self._product(product)
            case ProductFacts():
                self._product(facts)
            case ComparisonFacts():
                self.compared = facts
                for product in facts.products:
                    self._product(product)
            case ReviewFacts():
                self._reviews(facts)
            case OrderList():
                self.add(SHOP, "order_count", "number", facts.count)
                open_count = sum(one.status not in {"delivered", "cancelled"} for one in facts.orders)
                self.add(SHOP, "open_order_count", "number", open_count)
                self.add(SHOP, "spent", "amount", facts.spent_minor, currency=_currency(facts.orders))
                for order in facts.orders:
                    self._order(order)
            case OrderFacts():
                self._order(facts)
            case PageFacts():
                self.add(f"page:{facts.page}", facts.heading or "text", "text", facts.text)
                self.add(f"page:{facts.page}", "heading", "name", facts.heading)
            case Stopped():
                self.add(SHOP, "messages_stopped", "status", "stopped")
            case HandOver():
                self.add(SHOP, "handed_over", "status", "handed over")
            case AccountFacts():
                self._account(facts)
            case OperationFacts():
                record = f"proposal:{facts.proposal_id}"
                if facts.state == "proposed" and facts.question:
                    self.proposed = facts
                elif self.proposed is not None and self.proposed.proposal_id == facts.proposal_id:
                    self.proposed = None
                self.add(record, "state", "status", facts.state)
                self._told(record, (*facts.told, facts.question))
            case RefusalFacts():
                self._told(SHOP, facts.told)
            case ToldFacts():
                self._told(facts.record, facts.told)
            case _:
                pass

    def _told(self, record: str, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.add(record, TOLD, "text", sentence)

    def _account(self, account: AccountFacts) -> None:
        self.add("account", "address", "text", account.address)
        for method in account.methods:
            part = f"payment_method:{method.method_id}"
            self.add(part, "id", "id", method.method_id, owner="account")
            self.add(part, "brand", "name", method.brand, owner="account")
            self.add(part, "last_four", "text", method.last_four, owner="account")
            self.add(part, "balance", "amount", method.balance_minor, currency=account.currency, owner="account")

    def _product(self, product: ProductFacts) -> None:
        record = f"product:{product.product_id}"
        self.add(record, "id", "id", product.product_id)
        self.add(record, "title", "name", product.title)
        self.add(record, "brand", "name", product.brand)
        self.add(record, "why", "text", product.why)
        self.add(record, "category", "name", product.category)
        self.add(record, "description", "text", product.description)
        self.add(record, "price", "amount", product.price_minor, currency=product.currency)
        self.add(record, "highest_price", "amount", product.highest_price_minor, currency=product.currency)
        self.add(record, "in_stock", "status", "in stock" if product.in_stock else "out of stock")
        self.add(record, "rating", "number", product.rating)
        self.add(record, "review_count", "number", product.review_count)
        self.add(record, "variant_count", "number", product.variant_count or None)
        if product.variants:
            buyable = sum(one.in_stock for one in product.variants)
            self.add(record, "variants_in_stock", "number", buyable)
        for name, value in product.attributes.items():
            self.add(record, name, "text", value)
        for variant in product.variants:
            part = f"variant:{variant.variant_id}"
            self.add(part, "id", "id", variant.variant_id, owner=record)
            self.add(part, "price", "amount", variant.price_minor, currency=product.currency, owner=record)
            self.add(part, "pieces_in_stock", "number", variant.pieces_in_stock, owner=record)
            self.add(part, "in_stock", "status", "in stock" if variant.in_stock else "out of stock", owner=record)
            for name, value in variant.options.items():
                self.add(part, name, "text", value, owner=record)

    def _reviews(self, facts: ReviewFacts) -> None:
        record = f"product:{facts.product_id}"
        self.add(record, "id", "id", facts.product_id)
        self.add(record, "title", "name", facts.title)
        self.add(record, "review_count", "number", facts.review_count)
        self.add(record, "rating", "number", facts.rating)
        for field in ("positive", "neutral", "negative"):
            count = getattr(facts, field)
            self.add(record, f"{field}_reviews", "number", count)
            if facts.review_count:
                self.add(record, f"{field}_percent", "number", round(100 * count / facts.review_count))
        if facts.about:
            self.add(record, "reviews_about", "number", facts.about_count)
        for quote in (*facts.liked, *facts.disliked):
            part = f"review:{quote.review_id}"
            self.add(part, "text", "text", quote.text, owner=record)
            self.add(part, "stars", "number", quote.stars, owner=record)

    def _order(self, order: OrderFacts) -> None:
        record = f"order:{order.order_id}"
        self.add(record, "id", "id", order.order_id)
        self.add(record, "status", "status", order.status)
        self.add(record, "placed", "date", order.placed)
        self.add(record, "total", "amount", order.total_minor, currency=order.currency)
        self.add(record, "line_count", "number", len(order.lines))
        self.add(record, "piece_count", "number", sum(one.quantity for one in order.lines))
        self.add(record, "address", "text", order.address)
        self.add(record, "cancel_reason", "text", order.cancel_reason)
        for position, line in enumerate(order.lines):
            part = f"line:{order.order_id}:{position}"
            self.add(part, "title", "name", line.title, owner=record)
            self.add(part, "product", "id", line.product_id, owner=record)
            self.add(part, "variant", "id", line.variant_id, owner=record)
            self.add(part, "unit_price", "amount", line.unit_price_minor, currency=order.currency, owner=record)
            self.add(part, "quantity", "number", line.quantity, owner=record)
            if line.quantity > 1:
                whole = line.quantity * line.unit_price_minor
                self.add(part, "line_price", "amount", whole, currency=order.currency, owner=record)
            for name, value in line.options.items():
                self.add(part, name, "text", value, owner=record)
        for shipment in order.shipments:
            self.add(record, "shipment_status", "status", shipment.status)
            self.add(record, "carrier", "name", shipment.carrier)
            for tracking in shipment.tracking_ids:
                self.add(record, "tracking", "id", tracking)
            for field in ("promised", "shipped", "delivered"):
                self.add(record, field, "date", getattr(shipment, field))
        for payment in order.payments:
            self.add(record, payment.kind, "amount", payment.amount_minor, currency=order.currency)
            self.add(record, "method", "text", payment.method)
        for returned in order.returns:
            self.add(record, "return", "status", returned)


def _currency(orders: tuple[OrderFacts, ...]) -> str | None:
    return orders[0].currency if orders else None


def to_row(item: EvidenceItem) -> dict[str, Any]:
    """For the ``evidence`` column of a message."""
    return {name: getattr(item, name) for name in _COLUMNS}


def from_row(row: Mapping[str, Any]) -> EvidenceItem:
    return EvidenceItem(**row)
