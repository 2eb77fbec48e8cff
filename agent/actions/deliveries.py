"""A late parcel: apologise with the facts, or reassure with them. And the apology after a bad review."""

from __future__ import annotations

from ..evidence import EvidenceBook
from ..facts import OrderFacts, ShipmentFacts
from ..phrases import say, say_date
from .case import Case
from .option import Option, not_possible


def apologise(case: Case) -> Option:
    if case.moment.signal.order_id is not None:
        return _about_delivery(case, sorry=True)
    lead = case.lead
    if lead is None:
        return not_possible("apologise", "the product of the review is not shown any more")
    text = case.text(say("review_sorry", case.language, title=lead.title), say("review_ask", case.language))
    why = f"a review of {case.moment.signal.facts['stars']} stars"
    return Option("apologise", True, why, text, (), case.book_of_lead(), margin_minor=case.stake_minor)


def reassure(case: Case) -> Option:
    """Delivery facts without an apology: says where it is."""
    return _about_delivery(case, sorry=False)


def _waiting(case: Case, order: OrderFacts) -> list[ShipmentFacts]:
    """The parcels that had not come by then, in the order of the record."""
    past = next((one for one in case.moment.state.orders if one.id == order.order_id), None)
    parcels = past.parcels if past is not None else ()
    return [facts for facts, one in zip(order.shipments, parcels, strict=False) if one.delivered_at is None]


def _about_delivery(case: Case, *, sorry: bool) -> Option:
    action, order = ("apologise" if sorry else "reassure"), case.order
    if order is None:
        return not_possible(action, "there is no order to speak of")
    waiting, today = _waiting(case, order), case.moment.at.date().isoformat()
    promised = min((one.promised for one in waiting if one.promised), default=None)
    shipped = next((one.shipped for one in waiting if one.shipped and one.shipped <= today), None)
    if promised is None:
        return not_possible(action, "no delivery date was promised")
    if not sorry and shipped is None:
        return not_possible(action, "it has not left the shop, so nothing would reassure")
    book = EvidenceBook()
    book.record(order)
    values = {"order": order.order_id, "date": say_date(promised, case.language)}
    if sorry:
        parts = [say("late_sorry", case.language, order=order.order_id), say("late_promised", case.language, **values)]
    else:
        parts = [say("late_open", case.language, **values)]
    if shipped is not None:
        day = say_date(shipped, case.language)
        parts.append(say("parcel_shipped", case.language, order=order.order_id, date=day))
    parts.append(say("late_ask", case.language))
    why = f"promised for {promised}, and it has not come"
    return Option(action, True, why, case.text(*parts), (), book, margin_minor=case.stake_minor)
