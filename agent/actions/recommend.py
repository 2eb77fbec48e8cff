"""Show other products: like one that is gone or hard to decide on, or chosen for the customer."""

from __future__ import annotations

from ..phrases import say
from .case import Case
from .option import Option, not_possible


def propose(case: Case) -> Option:
    lead = case.lead
    named = case.moment.signal.cart is not None or case.moment.signal.product_id is not None
    if named and lead is None:
        return not_possible("recommend", "what it would be like is not shown in the shop any more")
    found = case.similar() if lead is not None else case.for_customer()
    if not found:
        return not_possible("recommend", "nothing fitting can be bought")
    book = case.book_of_lead()
    for one in found:
        book.record(one)
    if lead is None:
        text, why = say("recommend_for_you", case.language), "chosen from the customer's history"
    elif case.moment.signal.cart is not None:
        text = say("recommend_gone", case.language, title=lead.title)
        why = "what was left is out of stock, and there are alternatives"
    else:
        text, why = say("recommend_beside", case.language, title=lead.title), "there are alternatives"
    return Option(
        "recommend",
        True,
        why,
        case.text(text),
        tuple(one.product_id for one in found),
        book,
        margin_minor=case.stake_minor,
    )
