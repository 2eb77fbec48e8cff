"""How new goals join a plan: more is said of one, one takes the place of another, one is withdrawn; and their order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .acts import Part
from .goods import Line, mentions
from .plan import Goal, Plan


def merge(goals: list[Goal], goal: Goal) -> None:
    """Take ``goal`` into ``goals``: it says more of one of them, takes the place of one, or is new."""
    for known in goals:
        if not (known.same_as(goal) or (known.deed == goal.deed and goal.said and goal.said in known.said)):
            continue
        if known.state in {"done", "waiting", "proposed"} or goal.said in known.said:
            return
        if known.state == "open":
            known.said = f"{known.said} {goal.said}"
            for item in goal.items:
                same = next(
                    (one for one in known.items if (one.order_id, one.place) == (item.order_id, item.place)), None
                )
                if same is None:
                    known.items.append(item)
                    known.complete = False
                else:
                    same.said, same.new_variant_id = f"{same.said} . {item.said}", None
            known.methods = goal.methods or known.methods
            known.address = goal.address or known.address
            known.reason = goal.reason or known.reason
            return
    for known in goals:
        rival = known.lines & goal.lines or (
            known.order_id and known.order_id == goal.order_id and "cancel" in {known.deed, goal.deed}
        )
        if rival and known.state == "open" and known.deed != goal.deed and not goal.reserve:
            known.state = "dropped"
    goals.append(goal)


def withdraw(plan: Plan, part: Part, lines: Sequence[Line], known: Collection[str]) -> None:
    """What ``part`` denies is wanted no more."""
    titles = {title for mention in mentions(part.text, known) for title in mention.titles}
    for goal in plan.goals:
        keys = {line.key for line in lines if line.facts.title in titles}
        if goal.state == "open" and goal.lines & keys:
            goal.items = [one for one in goal.items if (one.order_id, one.place) not in keys]
            goal.state = "open" if goal.items else "dropped"


def order_of_work(plan: Plan) -> None:
    """An order's address and payment come before its items: changed items close the order to other changes."""
    for at, goal in enumerate(plan.goals):
        if goal.deed != "items" or goal.state != "open":
            continue
        for later in range(at + 1, len(plan.goals)):
            other = plan.goals[later]
            if other.deed in {"address", "payment"} and other.state == "open" and other.order_id == goal.order_id:
                plan.goals.insert(at, plan.goals.pop(later))
                order_of_work(plan)
                return
