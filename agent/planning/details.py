"""What belongs to a wish that was already read: more on the version, the way to pay, the reason, the address."""

from __future__ import annotations

from collections.abc import Sequence

from ..facts import AccountFacts, OrderFacts
from .acts import Part
from .addresses import address_given
from .conditions import read_condition
from .goods import Line
from .methods import methods_meant, reason_given
from .plan import Goal


def join(known: Goal, goal: Goal) -> None:
    """Put what ``goal`` says into ``known``, which speaks of the same."""
    for item in goal.items:
        same = next((one for one in known.items if (one.order_id, one.place) == (item.order_id, item.place)), None)
        if same is None:
            known.items.append(item)
        elif item.said not in same.said:
            same.said = f"{same.said} . {item.said}"
    known.said = known.said if goal.said in known.said else f"{known.said} {goal.said}"
    known.methods = goal.methods or known.methods
    known.reason = goal.reason or known.reason
    known.address = goal.address or known.address
    known.only_if = goal.only_if or known.only_if


def add_detail(
    goals: Sequence[Goal], part: Part, lines: Sequence[Line], account: AccountFacts, orders: Sequence[OrderFacts]
) -> None:
    """Put what a part says beside the goals that it belongs to: by the thing it names, else the latest of them."""
    text = part.text
    keys = {line.key for line in lines}
    hit = [
        (goal, item)
        for goal in goals
        for item in goal.items
        if (item.order_id, item.place) in keys and goal.deed == "items"
    ]
    if not hit and not keys:
        last = next((one for one in reversed(goals) if one.deed == "items" and one.items), None)
        hit = [(last, last.items[-1])] if last is not None else []
    for _, item in hit:
        if text not in item.said:
            item.said = f"{item.said} or if not: {text}" if part.reserve else f"{item.said} . {text}"
    condition = read_condition(text, account.currency)
    methods = methods_meant(text, account.methods)
    reason = reason_given(text, account.cancel_reasons)
    for goal in goals:
        if condition is not None and goal.deed == "items" and goal.only_if is None:
            goal.only_if = condition
        if methods and not goal.methods and goal.deed in {"return", "items"}:
            goal.methods = methods
        if reason and goal.deed == "cancel" and goal.reason is None:
            goal.reason = reason
        if goal.deed == "payment" and methods and not goal.methods:
            goal.methods = methods
        if goal.deed in {"address", "account_address"} and not goal.address:
            goal.address = address_given(text, account, orders, goal.order_id) or {}
