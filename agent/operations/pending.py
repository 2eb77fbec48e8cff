"""What can be done to an order before it leaves: cancel it, change its address, its payment, its items.

Checks stand in the order in which they are made; the effects are those of the tau-bench retail tools where the policy
says so (Yao et al. 2024, tau-bench).
"""

from __future__ import annotations

from store.schema import Order

from .case import Case, Plan, original_method
from .consequences import Consequences, Movement
from .goods import check_pairs, choose_variants, leaving, stock_effects, swap, write_lines, write_stock
from .pieces import pieces, take_items
from .refusal import refused
from .requests import CancelOrder, ChangeOrderAddress, ChangeOrderItems, ChangeOrderPayment

ITEMS_CHANGED = "pending (item modified)"


def plan_cancel(case: Case, request: CancelOrder) -> Plan:
    """Every payment goes back to where it came from; the goods go back to the stock."""
    order = case.order(request.order_id)
    case.check_status(order, "cancel_order")
    reason = _known_reason(case, order, request.reason)
    refunds = _refunds_of(case, order)
    counted = case.variants(line.variant_id for line in order.lines if line.variant_id)
    back = [line.variant_id for line in order.lines for _ in range(line.quantity)]
    stock = stock_effects(counted, back, ())
    consequences = Consequences(
        order_id=order.id,
        currency=order.currency,
        status_before=order.status,
        status_after="cancelled",
        total_before_minor=order.total_minor,
        total_after_minor=0,
        movements=case.with_balances(refunds),
        items=tuple(leaving(piece) for piece in pieces(order)),
        stock=stock,
        reason=reason,
    )

    def apply() -> None:
        case.book(order, refunds)
        write_stock(counted, stock)
        order.status = "cancelled"
        order.cancel_reason = reason

    return Plan(request.model_copy(update={"order_id": order.id, "reason": reason}), consequences, apply)


def _known_reason(case: Case, order: Order, reason: str) -> str:
    """The policy's own word for the reason, which may be given as it is shown in any language."""
    known = case.policy.cancel_reasons
    if not known or reason in known:
        return reason
    for name, shown in known.items():
        if reason.casefold() in {name.casefold(), *(label.casefold() for label in shown.values())}:
            return name
    raise refused(f"order:{order.id}", "reason", reason, known)


def _refunds_of(case: Case, order: Order) -> list[Movement]:
    if case.policy.refund_of_cancelled == "each_entry":
        return [case.refund(entry.method_id, entry.amount_minor) for entry in order.payments]
    given: dict[str | None, int] = {}
    for entry in order.payments:
        sign = 1 if entry.kind == "payment" else -1
        given[entry.method_id] = given.get(entry.method_id, 0) + sign * entry.amount_minor
    return [case.refund(method_id, amount) for method_id, amount in given.items() if amount > 0]


def plan_address(case: Case, request: ChangeOrderAddress) -> Plan:
    """The order's address becomes exactly the six fields."""
    order = case.order(request.order_id)
    case.check_status(order, "change_order_address")
    consequences = Consequences(
        order_id=order.id,
        currency=order.currency,
        status_before=order.status,
        status_after=order.status,
        total_before_minor=order.total_minor,
        total_after_minor=order.total_minor,
        address_before=dict(order.address),
        address_after=request.address,
    )

    def apply() -> None:
        order.address = request.address

    return Plan(request.model_copy(update={"order_id": order.id}), consequences, apply)


def plan_payment(case: Case, request: ChangeOrderPayment) -> Plan:
    """Another way to pay gives the amount, the first one gets it back."""
    order = case.order(request.order_id)
    record = f"order:{order.id}"
    case.check_status(order, "change_order_payment")
    method = case.own_method(request.payment_method_id)
    if len(order.payments) != 1 or order.payments[0].kind != "payment":
        raise refused(record, "payment_history", len(order.payments), [1], kind="number")
    paid = order.payments[0]
    if paid.method_id == method.id:
        others = [one for one in case.methods if one != method.id]
        raise refused(record, "same_payment_method", method.id, others, kind="id")
    case.check_balance(method, paid.amount_minor, order.currency)
    movements = [case.charge(method.id, paid.amount_minor), case.refund(paid.method_id, paid.amount_minor)]
    consequences = Consequences(
        order_id=order.id,
        currency=order.currency,
        status_before=order.status,
        status_after=order.status,
        total_before_minor=order.total_minor,
        total_after_minor=order.total_minor,
        movements=case.with_balances(movements),
    )
    return Plan(request.model_copy(update={"order_id": order.id}), consequences, lambda: case.book(order, movements))


def plan_items(case: Case, request: ChangeOrderItems) -> Plan:
    """Items become other variants of their products; the difference in price is paid or paid back at once."""
    order = case.order(request.order_id)
    case.check_status(order, "change_order_items")
    take_items(order, request.item_ids)
    check_pairs(order, request.item_ids, request.new_item_ids)
    variants = choose_variants(case, order, request.item_ids, request.new_item_ids)
    lines, changes = swap(pieces(order), request.item_ids, request.new_item_ids, variants)
    stock = stock_effects(variants, request.item_ids, request.new_item_ids)
    delta = sum((one.new_price_minor or 0) - one.price_minor for one in changes)
    method_id = settle_with(case, order, request.payment_method_id, delta)
    # With no difference, the history still tells that the items were changed: by a refund of nothing.
    move = case.charge(method_id, delta) if delta > 0 else case.refund(method_id, -delta)
    consequences = Consequences(
        order_id=order.id,
        currency=order.currency,
        status_before=order.status,
        status_after=ITEMS_CHANGED,
        total_before_minor=order.total_minor,
        total_after_minor=order.total_minor + delta,
        price_difference_minor=delta,
        movements=case.with_balances([move] if delta else []),
        items=tuple(changes),
        stock=stock,
    )

    def apply() -> None:
        case.book(order, [move])
        write_lines(order, lines)
        write_stock(variants, stock)
        order.status = ITEMS_CHANGED

    return Plan(request.model_copy(update={"order_id": order.id, "payment_method_id": method_id}), consequences, apply)


def settle_with(case: Case, order: Order, method_id: str | None, delta_minor: int) -> str | None:
    """Who pays or receives a price difference: the way to pay that was named, else what the order was paid with.

    Raises ``OperationRefused`` if it is not the customer's, or is a gift card that does not hold the difference. An
    order whose own way to pay is no longer on file can still be paid back to, but not charged.
    """
    meant = method_id if method_id is not None else original_method(order)
    if method_id is None and delta_minor <= 0 and meant not in case.methods:
        return meant
    method = case.own_method(meant or "")
    case.check_balance(method, delta_minor, order.currency)
    return method.id
