"""What can be done to an order that has arrived: return items, or exchange them. Money moves when the goods are back.

Checks stand in the order in which they are made; the effects are those of the tau-bench retail tools where the policy
says so (Yao et al. 2024, tau-bench).
"""

from __future__ import annotations

from datetime import timedelta

from store.schema import Order, Return

from .case import GIFT_CARD, Case, Plan, original_method
from .consequences import Consequences
from .goods import check_pairs, choose_variants, exchanged, leaving, price_of, stock_effects, write_stock
from .pending import settle_with
from .pieces import split_by_return, take_items, worth_of
from .proposal import ApprovalReason
from .refusal import refused
from .requests import ExchangeItems, ReturnItems


def plan_return(case: Case, request: ReturnItems) -> Plan:
    """Items come back; their price goes to the original way to pay, or to a gift card if the policy lets it."""
    order = case.order(request.order_id)
    case.check_status(order, "return_items")
    approval = check_window(case, order, case.policy.return_window_days)
    method_id = _refund_target(case, order, request.payment_method_id)
    taken = take_items(order, request.item_ids)
    amount = worth_of(order, split_by_return(order)[1], taken)
    counted = case.variants(request.item_ids)
    consequences = Consequences(
        order_id=order.id,
        currency=order.currency,
        status_before=order.status,
        status_after="return requested",
        total_before_minor=order.total_minor,
        total_after_minor=order.total_minor - amount,
        movements=(case.refund(method_id, amount, on_arrival=True),),
        items=tuple(leaving(piece) for piece in taken),
        stock=stock_effects(counted, request.item_ids, (), back_on="arrival"),
        reason=request.reason,
    )

    def apply() -> None:
        order.returns.append(
            Return(
                position=_next_place(order),
                kind="return",
                variant_ids=sorted(request.item_ids),
                payment_method_id=method_id,
                reason=request.reason or None,
                requested_at=case.now,
            )
        )
        order.status = "return requested"

    resolved = request.model_copy(update={"order_id": order.id, "payment_method_id": method_id})
    return Plan(resolved, consequences, apply, approval)


def _refund_target(case: Case, order: Order, method_id: str | None) -> str | None:
    original = original_method(order)
    to_original = "original" in case.policy.refund_to
    cards = [one.id for one in case.methods.values() if one.kind == GIFT_CARD]
    if "gift_card" not in case.policy.refund_to:
        cards = []
    if method_id is None and to_original:
        # What was paid in a way that is not on file (cash at the door, say) goes back the way it came.
        return original
    if method_id is not None:
        method_id = case.own_method(method_id).id
        if (to_original and method_id == original) or method_id in cards:
            return method_id
    allowed = dict.fromkeys([original] if original and to_original else []) | dict.fromkeys(cards)
    raise refused(f"order:{order.id}", "refund_target", method_id or "", allowed, kind="id")


def plan_exchange(case: Case, request: ExchangeItems) -> Plan:
    """Items come back and other variants of their products go out; the difference is settled on arrival."""
    order = case.order(request.order_id)
    case.check_status(order, "exchange_items")
    approval = check_window(case, order, case.policy.exchange_window_days)
    taken = take_items(order, request.item_ids)
    check_pairs(order, request.item_ids, request.new_item_ids)
    variants = choose_variants(case, order, request.item_ids, request.new_item_ids)
    pairs = list(zip(taken, (variants[one] for one in request.new_item_ids), strict=True))
    stock = stock_effects(variants, request.item_ids, request.new_item_ids, back_on="arrival")
    delta = sum(price_of(variant) - piece.price_minor for piece, variant in pairs)
    method_id = settle_with(case, order, request.payment_method_id, delta)
    move = case.charge if delta > 0 else case.refund
    consequences = Consequences(
        order_id=order.id,
        currency=order.currency,
        status_before=order.status,
        status_after="exchange requested",
        total_before_minor=order.total_minor,
        total_after_minor=order.total_minor + delta,
        price_difference_minor=delta,
        movements=(move(method_id, abs(delta), on_arrival=True),) if delta else (),
        items=tuple(exchanged(piece, variant) for piece, variant in pairs),
        stock=stock,
        reason=request.reason,
    )

    def apply() -> None:
        order.returns.append(
            Return(
                position=_next_place(order),
                kind="exchange",
                variant_ids=sorted(request.item_ids),
                new_variant_ids=sorted(request.new_item_ids),
                payment_method_id=method_id,
                price_difference_minor=delta,
                reason=request.reason or None,
                requested_at=case.now,
            )
        )
        write_stock(variants, stock)
        order.status = "exchange requested"

    resolved = request.model_copy(update={"order_id": order.id, "payment_method_id": method_id})
    return Plan(resolved, consequences, apply, approval)


def check_window(case: Case, order: Order, days: int | None) -> tuple[ApprovalReason, ...]:
    """Whether the order came less than ``days`` ago; a whole last day counts. Raises ``OperationRefused``.

    Where the day of delivery is not known the answer is a person's.
    """
    if days is None:
        return ()
    arrived = [one.delivered_at for one in order.shipments if one.delivered_at is not None]
    if not arrived:
        return (ApprovalReason(rule="delivery_unknown"),)
    delivered = max(arrived).date()
    last = delivered + timedelta(days=days)
    if case.now.date() > last:
        raise refused(f"order:{order.id}", "window", delivered.isoformat(), [last.isoformat()], kind="date")
    return ()


def _next_place(order: Order) -> int:
    return max((entry.position for entry in order.returns), default=-1) + 1
