"""Asks the customer for one missing thing of a goal, and knows the records that a goal speaks of."""

from __future__ import annotations

from collections.abc import Sequence

from ..draft import Work
from ..facts import AccountFacts, MethodFacts, OrderFacts, Problem, ProductFacts
from ..phrases import say_name
from ..planning.plan import Asking, Goal, Plan, PlannedItem, Slot

_MOST_ASKED = 3
_LISTED = 12
_KINDS = frozenset({"kind_credit_card", "kind_gift_card", "kind_paypal"})


class Asker:
    """The plan and the customer's records."""

    def __init__(self, work: Work, plan: Plan, orders: Sequence[OrderFacts], account: AccountFacts) -> None:
        self.work = work
        self.plan = plan
        self.orders = {one.order_id: one for one in orders}
        self.account = account

    def _ask_for_more(self, at: int, goal: Goal, operation: str) -> bool:
        """What can be done to an order once only is not proposed before he was asked whether that is all."""
        order = self.orders[goal.order_id or ""]
        if goal.complete or operation not in self.account.once or len(goal.items) >= len(order.lines):
            return False
        if operation not in order.possible:
            return False
        goal.complete = True
        titles = ", ".join(dict.fromkeys(self._line(one).title for one in goal.items))
        self.work.say("ask_for_more", order=order.order_id, titles=titles)
        self.work.draft.kind = "question"
        self.plan.asking = Asking(goal=at, slot="more")
        return True

    def _ask_openly(
        self, at: int, goal: Goal, slot: Slot, key: str | None, labels: list[str], values: list[str], *, item: int = 0
    ) -> bool:
        """Ask without buttons to choose from: he may know it by other words than ours."""
        goal.asked += 1
        if key is not None:
            self.work.say(key)
        for number, label in enumerate(labels[:_LISTED], 1):
            self.work.say_line("option_line", number=number, label=label)
        self.work.draft.kind = "question"
        self.plan.asking = Asking(goal=at, slot=slot, labels=labels, values=values, item=item)
        return True

    def _say_options(self, product: ProductFacts) -> None:
        options: dict[str, dict[str, None]] = {}
        for variant in product.variants:
            for name, value in variant.options.items() if variant.in_stock else ():
                options.setdefault(name, {})[say_name(value, self.work.language)] = None
        told = [f"{say_name(name, self.work.language)}: {', '.join(values)}" for name, values in options.items()]
        self.work.say("options_are", title=product.title, options="; ".join(told))

    def _ask(
        self, at: int, goal: Goal, slot: Slot, key: str, labels: list[str], values: list[str], *,
        title: str = "", prices: Sequence[str] = (), item: int = 0,
    ) -> bool:  # fmt: skip
        """Ask for one thing. Asked too often, the goal is given up, and ``False`` is returned."""
        goal.asked += 1
        if goal.asked > _MOST_ASKED + 2 * len(goal.items):
            goal.state = "dropped"
            self.work.say("given_up")
            return False
        self.work.say(key, order=goal.order_id or "", title=title)
        for number, label in enumerate(labels, 1):
            price = prices[number - 1] if number <= len(prices) else ""
            self.work.say_line("option_line_price" if price else "option_line", number=number, label=label, price=price)
        self.work.draft.kind = "choice" if labels else "question"
        self.work.draft.options = labels
        self.plan.asking = Asking(goal=at, slot=slot, labels=labels, values=values, item=item)
        return True

    # Records.

    def _line(self, item: PlannedItem):  # type: ignore[no-untyped-def]
        return self.orders[item.order_id].lines[item.place]

    def _product(self, item: PlannedItem) -> ProductFacts | None:
        line = self._line(item)
        if not line.product_id:
            return None
        found = self.work.need("get_product", ProductFacts, product_id=line.product_id)
        return None if isinstance(found, Problem) else found

    def _variant_ids(self, goal: Goal) -> list[str]:
        return [self._line(one).variant_id or "" for one in goal.items]

    def _line_label(self, order_id: str, place: int) -> str:
        line = self.orders[order_id].lines[place]
        options = ", ".join(say_name(one, self.work.language) for one in line.options.values())
        return f"{line.title} ({options}), {order_id}" if options else f"{line.title}, {order_id}"

    def _method_label(self, method: MethodFacts) -> str:
        kind = (
            self.work.word(f"kind_{method.kind}") if f"kind_{method.kind}" in _KINDS else method.kind.replace("_", " ")
        )
        alike = sum(one.kind == method.kind for one in self.account.methods) > 1
        more = ", ".join(one for one in (method.brand, method.last_four) if one) if alike else ""
        return f"{kind} ({more})" if more else kind
