"""Ask: what was looked for in vain, what a newcomer needs, what is missing."""

from __future__ import annotations

from ..phrases import say
from .case import Case
from .option import Option, not_possible


def propose(case: Case) -> Option:
    signal, kind, lead = case.moment.signal, case.moment.kind.when.kind, case.lead
    query = str(signal.facts.get("query", ""))
    if query:
        text, why = say("ask_search", case.language, query=query), f"searched for {query!r} and was shown nothing"
    elif kind == "newcomer":
        text, why = say("ask_new", case.language), "a new customer who looks around"
    elif lead is not None:
        key = "ask_size" if kind == "often_returned" else "ask_product"
        text, why = say(key, case.language, title=lead.title), "hesitates over a product"
    elif signal.product_id is None:
        text, why = say("ask_missing", case.language), "has become quiet"
    else:
        return not_possible("ask", "the product is not shown in the shop any more")
    return Option(
        "ask", True, why, case.text(text), (), case.book_of_lead(), margin_minor=case.stake_minor, asked=query
    )
