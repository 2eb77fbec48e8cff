"""Ask one of the shop's people to take over: a task for them, and no word to the customer."""

from __future__ import annotations

from ..phrases import say
from .case import Case
from .option import Option


def propose(case: Case) -> Option:
    signal, language, customer = case.moment.signal, case.settings.staff_language, case.moment.customer_id
    stars = signal.facts.get("stars")
    if signal.order_id is not None and "hours_late" in signal.facts:
        hours = signal.facts["hours_late"]
        text = say("todo_late", language, order=signal.order_id, customer=customer, hours=hours)
    elif stars is not None and signal.product_id is not None:
        title = case.lead.title if case.lead is not None else signal.product_id
        text = say("todo_review", language, customer=customer, title=title, stars=stars)
    elif stars is not None:
        text = say("todo_chat", language, customer=customer, stars=stars)
    else:
        text = say("todo_other", language, customer=customer, moment=case.moment.name)
    cost = case.settings.task_cost_minor
    return Option("invite_person", True, "a person can mend it", text, cost_minor=cost, margin_minor=case.stake_minor)
