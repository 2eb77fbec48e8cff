"""Wishes about the customer's own orders. What would change an order is handed to a person, with a summary."""

from __future__ import annotations

from collections.abc import Sequence

from ..draft import Shown, Work
from ..facts import HandOver, LineFacts, OrderFacts, OrderList, Problem, ToldFacts
from ..language import grams
from ..phrases import say_method, say_name
from ..planning.goods import mentions
from ..slots import content_words, overlap
from ..understanding import Wish
from ..urgency import URGENT
from .naming import pick

_LISTED = 5
_DONE = frozenset(
    {"delivered", "cancelled", "canceled", "returned", "refunded", "return requested", "exchange requested"}
)
_FOR_DELIVERED = frozenset({"return", "exchange"})
_FOR_OPEN = frozenset({"cancel", "change_order", "change_address"})
_ACCOUNT_WIDE = frozenset({"change_address"})


def list_all(work: Work, wish: Wish) -> None:
    facts = all_of(work)
    if facts is None:
        return
    wanted = content_words(wish.text)
    open_only = wish.slots.latest and facts.count > 1
    orders = facts.orders[:1] if open_only else facts.orders[:_LISTED]
    fitting = [one for one in facts.orders if _line(one, wish.text)] if wanted else []
    orders = tuple(fitting[:_LISTED]) or orders
    if facts.count == 1:
        work.say("orders_count_one")
    else:
        work.say("orders_count" if len(orders) == facts.count else "orders_first", count=facts.count)
    list_orders(work, orders)
    if facts.count > 1 and facts.spent:
        # "Cancelled" is said only where an order is: what is not in the evidence is not said.
        cancelled = any(one.status == "cancelled" for one in facts.orders)
        work.say("orders_spent" if cancelled else "orders_spent_all", spent=facts.spent)


def status(work: Work, wish: Wish) -> None:
    order = one_order(work, wish, prefer_open=True)
    if order is None:
        return
    tell_status(work, order)
    if work.urgency >= URGENT and order.status not in _DONE:
        offer_person(work, wish)


def tell_status(work: Work, order: OrderFacts) -> None:
    """Where an order is: its status, dates, parcels and returns."""
    _show(work, order)
    _status(work, order)
    for parcel in order.shipments:
        if parcel.tracking_ids:
            carrier = work.word("carrier_part", carrier=parcel.carrier) if parcel.carrier else ""
            work.say("order_tracking", order=order.order_id, tracking=", ".join(parcel.tracking_ids), carrier=carrier)
    for state in order.returns:
        work.say("order_return", order=order.order_id, state=work.status(state))


def _status(work: Work, order: OrderFacts) -> None:
    items = _items(order)
    if order.status == "cancelled":
        work.say("order_cancelled", order=order.order_id, items=items)
        return
    work.say("order_status", order=order.order_id, items=items, status=work.status(order.status))
    shipped = next((one.shipped for one in order.shipments if one.shipped), None)
    promised = max((one.promised for one in order.shipments if one.promised), default=None)
    delivered = next((one.delivered for one in order.shipments if one.delivered), None)
    if delivered:
        work.say("order_delivered_on", order=order.order_id, date=work.day(delivered))
        return
    if shipped:
        work.say("order_shipped_on", order=order.order_id, date=work.day(shipped))
    if order.status in _DONE:
        return
    if promised is None:
        work.say("order_no_date", order=order.order_id)
        return
    work.say("order_promised", order=order.order_id, date=work.day(promised))
    if work.today and promised < work.today:
        work.say("order_late", order=order.order_id)


def details(work: Work, wish: Wish) -> None:
    order = one_order(work, wish)
    if order is None:
        return
    _show(work, order)
    line = _line(order, wish.text) if content_words(wish.text) else None
    if line is not None:
        options = _options(work, line)
        work.say("item_paid", order=order.order_id, title=line.title, options=options, price=line.unit_price)
    if order.status == "cancelled":
        work.say("order_cancelled", order=order.order_id, items=_items(order))
    else:
        work.say("order_status", order=order.order_id, items=_items(order), status=work.status(order.status))
    if order.placed:
        work.say("order_placed", order=order.order_id, date=work.day(order.placed))
    if line is None or len(order.lines) == 1:
        work.say("order_items")
        for one in order.lines:
            options = _options(work, one)
            work.say_line("item_line", quantity=one.quantity, title=one.title, options=options, price=one.unit_price)
    work.say("order_total", order=order.order_id, total=order.total)
    for payment in order.payments:
        method = work.word("method_part", method=say_method(payment.method, work.language)) if payment.method else ""
        key = "order_refund" if payment.kind == "refund" else "order_payment"
        work.say(key, order=order.order_id, amount=payment.amount, method=method)
    if order.address:
        work.say("order_address", address=order.address)


def refund(work: Work, wish: Wish) -> None:
    order = one_order(work, wish)
    if order is None:
        return
    _show(work, order)
    if "get_refund_status" in work.tools:
        told = work.need("get_refund_status", ToldFacts, order_id=order.order_id)
        if isinstance(told, ToldFacts):
            work.draft.parts.extend(told.told)
            return
    refunds = [one for one in order.payments if one.kind == "refund"]
    for one in refunds:
        method = work.word("method_part", method=say_method(one.method, work.language)) if one.method else ""
        work.say("order_refund", order=order.order_id, amount=one.amount, method=method)
    for state in order.returns:
        work.say("order_return", order=order.order_id, state=work.status(state))
    if not refunds:
        work.say("no_refund_seen", order=order.order_id)
        offer_person(work, wish)


def invoice(work: Work, wish: Wish) -> None:
    """The invoice as the records have it, where the shop lets us; else a person's."""
    if "get_invoice" not in work.tools:
        work.say("cannot_do", wish=work.word("wish_invoice"))
        offer_person(work, wish)
        return
    order = one_order(work, wish)
    if order is None:
        return
    _show(work, order)
    told = work.need("get_invoice", ToldFacts, order_id=order.order_id)
    if isinstance(told, Problem):
        work.say("order_not_found", order=order.order_id)
        return
    for line in told.told:
        work.say_line("plain", text=line)


def wish_about_order(work: Work, wish: Wish) -> None:
    """Cancel, change, return, exchange: find the order it is about, then give it to a person."""
    if wish.intent in _ACCOUNT_WIDE and not wish.slots.ids:
        hand_over(work, wish, "")
        return
    order = one_order(work, wish, fits=_fitting(wish.intent))
    if order is None:
        return
    _show(work, order)
    if order.status == "cancelled":
        work.say("order_cancelled", order=order.order_id, items=_items(order))
        return
    line = _line(order, wish.text)
    about = f"{order.order_id} ({order.status}): {line.title if line else _items(order)}"
    work.say("order_status", order=order.order_id, items=_items(order), status=work.status(order.status))
    hand_over(work, wish, about)


def hand_over(work: Work, wish: Wish, about: str) -> None:
    """Say what cannot be done here, and give the conversation to a person with a summary of what is known."""
    said = f"{work.memory.pending_text} {work.understanding.text}".strip()[:400]
    summary = f"{wish.intent.replace('_', ' ')}. {about + '. ' if about else ''}Customer: {said}"
    work.need("hand_over_to_person", HandOver, summary=summary)
    if wish.intent != "person":
        work.say("cannot_do", wish=work.word(f"wish_{wish.intent}"))
    work.say("handed_over_urgent" if work.urgency >= URGENT else "handed_over")
    work.draft.kind = "handover"


def offer_person(work: Work, wish: Wish) -> None:
    """Ask whether somebody shall see to it."""
    work.say("offer_person")
    work.draft.kind = "question"
    work.draft.pending = "person"
    work.draft.pending_text = wish.text[:300]


def one_order(
    work: Work, wish: Wish, *, prefer_open: bool = False, fits: frozenset[str] | None = None
) -> OrderFacts | None:
    """The order that ``wish`` is about. ``None``: the draft already says why not, or asks back."""
    for one in wish.slots.ids:
        facts = work.need("get_order", OrderFacts, order_id=one)
        if isinstance(facts, OrderFacts):
            return facts
    if wish.slots.ids:
        work.say("order_not_found", order=wish.slots.ids[0])
        return None
    at_place = pick(work.memory.orders, wish.slots.ordinals)
    if at_place:
        return _known(work, at_place[0].id)
    facts_of_all = all_of(work)
    if facts_of_all is None:
        return None
    named = naming(facts_of_all.orders, wish.text) if wish.slots.content else []
    focus = work.memory.order
    pointing = wish.slots.refers or (fits is not None and not wish.slots.content and work.memory.about == "order")
    if not named and pointing and not wish.slots.latest and focus is not None:
        return _known(work, focus.id)
    orders = list(named or facts_of_all.orders)
    if wish.slots.latest:
        return orders[0]
    if fits is not None:
        orders = [one for one in orders if one.status in fits] or orders
    elif prefer_open and not named:
        orders = [one for one in orders if one.status not in _DONE] or orders[:1]
    if not named and not prefer_open and fits is None and focus is not None:
        return _known(work, focus.id)
    if len(orders) == 1:
        return orders[0]
    list_orders(work, orders[:_LISTED])
    work.ask("which_order", wish, [f"{one.order_id} {_items(one)}" for one in orders[:_LISTED]])
    return None


def _known(work: Work, order_id: str) -> OrderFacts | None:
    known = work.need("get_order", OrderFacts, order_id=order_id)
    return known if isinstance(known, OrderFacts) else None


def _fitting(intent: str) -> frozenset[str]:
    return frozenset({"delivered"}) if intent in _FOR_DELIVERED else frozenset({"pending", "processing", "paid"})


def all_of(work: Work) -> OrderList | None:
    """The customer's orders. ``None``: he has none, and the draft says so."""
    facts = work.need("get_orders", OrderList)
    if isinstance(facts, Problem) or not facts.count:
        work.say("orders_none")
        return None
    return facts


def with_named(work: Work, found: OrderList) -> OrderList:
    """``found``, which holds the newest orders only, with the older ones that the message or the plan names."""
    if found.count <= len(found.orders):
        return found
    known = {one.order_id for one in found.orders}
    plan = work.memory.plan
    named = [*work.understanding.slots.ids, *plan.orders, *(one.order_id for one in plan.goals if one.order_id)]
    facts = [
        work.need("get_order", OrderFacts, order_id=one)
        for one in dict.fromkeys(named)
        if one.startswith("#") and one not in known
    ]
    older = tuple(one for one in facts if isinstance(one, OrderFacts))
    return found.model_copy(update={"orders": (*found.orders, *older)})


def _shared(text: str, title: str) -> float:
    """How many of the thing-words of ``text`` stand in ``title``; whole titles win over parts of them."""
    return len(set(content_words(text)) & set(grams(title))) + overlap(text, title)


def naming(orders: Sequence[OrderFacts], text: str) -> list[OrderFacts]:
    """The orders with the line that the message names best; none if it names none."""
    meant = {title for one in mentions(text, _titles(orders)) for title in one.titles}
    if meant:
        return [one for one in orders if any(line.title in meant for line in one.lines)]
    scored = [(max((_shared(text, line.title) for line in one.lines), default=0.0), one) for one in orders]
    best = max((score for score, _ in scored), default=0.0)
    return [one for score, one in scored if best >= 1 and score == best]


def _titles(orders: Sequence[OrderFacts]) -> set[str]:
    return {line.title for one in orders for line in one.lines}


def _line(order: OrderFacts, text: str) -> LineFacts | None:
    scored = [(_shared(text, line.title), -at) for at, line in enumerate(order.lines)]
    best = max(scored, default=(0.0, 0))
    return order.lines[-best[1]] if best[0] >= 1 else None


def _options(work: Work, line: LineFacts) -> str:
    told = ", ".join(say_name(value, work.language) for value in line.options.values())
    return work.word("options_part", options=told) if told else ""


def _items(order: OrderFacts) -> str:
    names = list(dict.fromkeys(line.title for line in order.lines))
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def list_orders(work: Work, orders: Sequence[OrderFacts]) -> None:
    for number, one in enumerate(orders, 1):
        placed = work.word("placed_part", date=work.day(one.placed)) if one.placed else ""
        work.say_line(
            "order_line",
            number=number,
            order=one.order_id,
            placed=placed,
            items=_items(one),
            total=one.total,
            status=work.status(one.status),
        )
        work.draft.shown.append(Shown("order", one.order_id))


def _show(work: Work, order: OrderFacts) -> None:
    work.draft.shown.append(Shown("order", order.order_id))
    for line in order.lines:
        if line.product_id:
            work.draft.shown.append(Shown("product", line.product_id, line.title))
