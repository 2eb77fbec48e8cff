"""One request of one customer, in one transaction: finds his records (and nobody else's) and checks what all share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import GenerativeSelect, select
from sqlalchemy.orm import Session as Records
from sqlalchemy.orm import selectinload

from store.schema import Customer, Order, Payment, PaymentMethod, Variant

from .consequences import Consequences, MethodView, Movement, Timing
from .policy import Policy
from .proposal import ApprovalReason
from .refusal import NoSuchRecord, refused
from .requests import AnyRequest, OperationName

GIFT_CARD = "gift_card"
_Select = TypeVar("_Select", bound=GenerativeSelect)
AT_ONCE = Timing(start="now", fewest_days=0, most_days=0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that passed every check: what it would do, and the doing. Nothing is changed until ``apply``."""

    request: AnyRequest
    """With the order's own id and the payment method that is meant."""
    consequences: Consequences
    apply: Callable[[], None]
    approval: tuple[ApprovalReason, ...] = ()
    """What the operation itself found that a person should look at."""


@dataclass(slots=True)
class Case:
    """The customer's records as they stand in this transaction.

    With ``locked``, rows are locked as they are read (on PostgreSQL; SQLite's write transaction locks them all), the
    customer first: so all writes for one customer stand in line, and nobody waits in a circle.
    """

    records: Records
    customer_id: str
    policy: Policy
    now: datetime
    locked: bool
    methods: dict[str, PaymentMethod] = field(init=False)
    """The customer's ways to pay."""
    customer: Customer | None = field(init=False)
    loaded: dict[str, Order] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.customer = self.records.get(Customer, self.customer_id, with_for_update=self.locked or None)
        wanted = select(PaymentMethod).where(PaymentMethod.customer_id == self.customer_id)
        rows = self.records.scalars(self._lock(wanted.order_by(PaymentMethod.position, PaymentMethod.id)))
        self.methods = {method.id: method for method in rows}

    def order(self, order_id: str) -> Order:
        """The customer's own order, by its id with or without "#" and in any case of letters.

        Raises ``NoSuchRecord`` for another's as for one that does not exist.
        """
        if order_id in self.loaded:
            return self.loaded[order_id]
        own = list(self.records.scalars(select(Order.id).where(Order.customer_id == self.customer_id)))
        found = order_id if order_id in own else None
        if found is None:
            alike = [one for one in own if _plain(one) == _plain(order_id)]
            found = alike[0] if len(alike) == 1 else None
        order = self.records.scalar(self._lock(select(Order).where(Order.id == found))) if found is not None else None
        if order is None:
            raise NoSuchRecord("order", order_id)
        return order

    def load_orders(self) -> None:
        """Read all the customer's orders and parcels at once, for a look at each of them."""
        wanted = select(Order).where(Order.customer_id == self.customer_id).options(selectinload(Order.shipments))
        self.loaded = {order.id: order for order in self.records.scalars(self._lock(wanted))}

    def check_status(self, order: Order, operation: OperationName) -> None:
        """Whether the shop offers ``operation``, and for an order in this status. Raises ``OperationRefused``."""
        statuses = self.policy.allowed_statuses.get(operation, ())
        if not statuses:
            raise refused(f"order:{order.id}", "offered", operation)
        if order.status not in statuses:
            raise refused(f"order:{order.id}", "status", order.status, statuses, kind="status")

    def own_method(self, method_id: str) -> PaymentMethod:
        """The customer's way to pay with this id. Raises ``OperationRefused``."""
        if method_id not in self.methods:
            raise refused(f"payment_method:{method_id}", "payment_method", method_id, self.methods, kind="id")
        return self.methods[method_id]

    def check_balance(self, method: PaymentMethod, amount_minor: int, currency: str) -> None:
        """Whether a gift card holds ``amount_minor``; other ways to pay are asked nothing.

        Raises ``OperationRefused``.
        """
        if method.kind != GIFT_CARD:
            return
        record = f"payment_method:{method.id}"
        if method.currency != currency:
            raise refused(record, "currency", method.currency, [currency])
        balance = method.balance_minor or 0
        if balance < amount_minor:
            raise refused(record, "balance", amount_minor, [balance], kind="amount", currency=currency)

    def variants(self, ids: Iterable[str]) -> dict[str, Variant]:
        """The variants with these ids, locked in the order of their ids."""
        wanted = select(Variant).where(Variant.id.in_(sorted(set(ids)))).order_by(Variant.id)
        return {variant.id: variant for variant in self.records.scalars(self._lock(wanted))}

    def view(self, method_id: str | None) -> MethodView:
        """A way to pay as it may be shown; an order may name one that is no longer on file."""
        method = self.methods.get(method_id or "")
        if method is None:
            return MethodView(id=method_id)
        return MethodView(id=method.id, kind=method.kind, brand=method.brand, last_four=method.last_four)

    def refund(self, method_id: str | None, amount_minor: int, *, on_arrival: bool = False) -> Movement:
        """Money back to a way to pay, with when it is there by the policy."""
        view = self.view(method_id)
        fewest, most = self.policy.refund_timing(view.kind)
        timing = Timing(start="arrival" if on_arrival else "now", fewest_days=fewest, most_days=most)
        return Movement(kind="refund", method=view, amount_minor=amount_minor, timing=timing)

    def charge(self, method_id: str | None, amount_minor: int, *, on_arrival: bool = False) -> Movement:
        """Money that the customer pays."""
        timing = Timing(start="arrival", fewest_days=0, most_days=0) if on_arrival else AT_ONCE
        return Movement(kind="payment", method=self.view(method_id), amount_minor=amount_minor, timing=timing)

    def with_balances(self, movements: Iterable[Movement]) -> tuple[Movement, ...]:
        """The movements with the balance of each gift card after them, where they touch it now."""
        balances = {one.id: one.balance_minor or 0 for one in self.methods.values() if one.kind == GIFT_CARD}
        told = []
        for movement in movements:
            card = movement.method.id
            if card in balances and movement.timing.start == "now":
                balances[card] += movement.amount_minor if movement.kind == "refund" else -movement.amount_minor
                movement = movement.model_copy(update={"balance_after_minor": balances[card]})
            told.append(movement)
        return tuple(told)

    def book(self, order: Order, movements: Iterable[Movement]) -> None:
        """Append the movements to the order's payment history and to the gift cards that they touch."""
        place = max((entry.position for entry in order.payments), default=-1) + 1
        for offset, movement in enumerate(movements):
            order.payments.append(
                Payment(
                    position=place + offset,
                    kind=movement.kind,
                    amount_minor=movement.amount_minor,
                    currency=order.currency,
                    method_id=movement.method.id,
                    paid_at=self.now,
                )
            )
            card = self.methods.get(movement.method.id or "")
            if card is not None and card.kind == GIFT_CARD:
                change = movement.amount_minor if movement.kind == "refund" else -movement.amount_minor
                card.balance_minor = (card.balance_minor or 0) + change

    def _lock(self, statement: _Select) -> _Select:
        return statement.with_for_update() if self.locked else statement


def original_method(order: Order) -> str | None:
    """What the order was paid with at first; ``None`` where its history does not say."""
    return order.payments[0].method_id if order.payments else None


def _plain(order_id: str) -> str:
    return order_id.strip().lstrip("#").upper()
