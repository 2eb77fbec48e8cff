"""Remind of something the customer wanted, with its price, if it can be bought."""

from __future__ import annotations

from ..phrases import say
from .case import Case
from .option import Option, not_possible

_ABOUT = {"changed": "remind_looked", "runs_out": "remind_refill", "repeated": "remind_looked"}


def propose(case: Case) -> Option:
    lead, price = case.lead, case.price_minor
    if lead is None:
        return not_possible("remind", "there is nothing to remind of that the shop still shows")
    if not case.can_be_bought(lead.product_id):
        return not_possible("remind", "it cannot be bought now")
    if price is None:
        return not_possible("remind", "the shop has no price for it")
    book, values = case.book_of_lead(), {"title": lead.title, "price": case.amount(price)}
    key, why = _key(case), "it can be bought"
    facts = case.moment.signal.facts
    if key == "remind_cheaper":
        before = int(facts["before_minor"])
        values["before"] = case.amount(before)
        book.add(f"product:{lead.product_id}", "earlier_price", "amount", before, currency=case.currency)
        why = f"it costs {case.amount(price)} instead of {case.amount(before)}"
    text = case.text(say(key, case.language, **values))
    return Option("remind", True, why, text, (lead.product_id,), book, margin_minor=case.stake_minor)


def _key(case: Case) -> str:
    signal, kind = case.moment.signal, case.moment.kind.when.kind
    if signal.cart is not None:
        return "remind_cart_more" if case.others_in_cart else "remind_cart"
    if "before_minor" in signal.facts:
        return "remind_cheaper"
    if getattr(case.moment.kind.when, "change", "") == "back_in_stock":
        return "remind_back"
    return _ABOUT.get(kind, "remind_looked")
