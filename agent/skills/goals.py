"""One goal at a time: finds what is missing, asks for one thing, chooses versions, and proposes."""

from __future__ import annotations

from collections.abc import Sequence

from store import parse_amount

from ..draft import Shown
from ..facts import (
    OperationFacts,
    OrderFacts,
    RefusalFacts,
    VariantFacts,
)
from ..phrases import say_name
from ..planning.addresses import missing_part
from ..planning.choosing import choose, price_minor
from ..planning.methods import ORIGINAL
from ..planning.options import read_wants
from ..planning.plan import OPERATIONS, Goal, PlannedItem
from .asking import Asker

_LISTED = 12


class Goals(Asker):
    """The plan's goals against the customer's records."""

    def advance(self) -> bool:
        """Go through the open goals. Returns whether one was proposed or something was asked."""
        self._fetch_products()
        for at, goal in enumerate(self.plan.goals):
            if goal.state != "open":
                continue
            if goal.reserve and at and self.plan.goals[at - 1].state not in {"refused"}:
                goal.state = "dropped"
                continue
            if self._step(at, goal):
                return True
        return False

    def _fetch_products(self) -> None:
        """All products whose versions are in question, in one go."""
        wanted = [
            self._line(item).product_id
            for goal in self.plan.goals
            if goal.state == "open" and goal.deed == "items"
            for item in goal.items
            if item.order_id in self.orders
        ]
        if "get_product" in self.work.tools:
            self.work.fetch(*(("get_product", {"product_id": one}) for one in dict.fromkeys(wanted) if one))

    def _step(self, at: int, goal: Goal) -> bool:
        match goal.deed:
            case "cancel":
                return self._cancel(at, goal)
            case "return":
                return self._return(at, goal)
            case "items":
                return self._items(at, goal)
            case "address" | "account_address":
                return self._address(at, goal)
            case "payment":
                return self._payment(at, goal)

    # Each deed.

    def _cancel(self, at: int, goal: Goal) -> bool:
        if not self._has_order(goal):
            return self._ask_order(at, goal)
        if goal.partial:
            self.work.say("cancel_whole_only", order=goal.order_id)
            goal.state = "refused"
            return False
        reasons = self.account.cancel_reasons
        if "cancel_order" not in self.orders[goal.order_id or ""].possible:
            # Asking for a reason first would promise something.
            goal.reason = goal.reason or next(iter(reasons), "")
        if goal.reason is None and reasons:
            labels = list(reasons.values())
            return self._ask(at, goal, "reason", "ask_reason", labels, list(reasons))
        return self._propose(at, goal, "propose_cancel_order", order_id=goal.order_id, reason=goal.reason or "-")

    def _return(self, at: int, goal: Goal) -> bool:
        if not goal.items:
            if goal.choices:
                return self._ask_item(at, goal)
            if not self._has_order(goal):
                return self._ask_order(at, goal)
            order = self.orders[goal.order_id or ""]
            goal.items = [PlannedItem(order_id=order.order_id, place=place) for place in range(len(order.lines))]
        if self._ask_for_more(at, goal, "return_items"):
            return True
        method = self._method(at, goal)
        if method is None:
            return True
        ids = self._variant_ids(goal)
        arguments = {"order_id": goal.order_id, "item_ids": ids}
        return self._propose(at, goal, "propose_return_items", **arguments, **method)

    def _items(self, at: int, goal: Goal) -> bool:
        if not goal.items:
            return self._ask_item(at, goal)
        order = self.orders[goal.order_id or ""]
        tool = (
            "propose_exchange_items"
            if order.status.startswith(("delivered", "return", "exchange"))
            else "propose_change_order_items"
        )
        if not any(one in order.possible for one in OPERATIONS["items"]):
            ids = self._variant_ids(goal)
            return self._propose(at, goal, tool, order_id=goal.order_id, item_ids=ids, new_item_ids=ids)
        for place, item in enumerate(list(goal.items)):
            if item.new_variant_id is None and self._choose(at, goal, place, item):
                return True
        goal.items = [one for one in goal.items if one.new_variant_id]
        if not goal.items:
            goal.state = "dropped" if goal.implied else "refused"
            return False
        if not self._condition_holds(goal):
            goal.state = "refused"
            return False
        if self._ask_for_more(at, goal, tool.removeprefix("propose_")):
            return True
        method = self._method(at, goal)
        if method is None:
            return True
        return self._propose(
            at, goal, tool, order_id=goal.order_id, item_ids=self._variant_ids(goal),
            new_item_ids=[one.new_variant_id or "" for one in goal.items], **method,
        )  # fmt: skip

    def _address(self, at: int, goal: Goal) -> bool:
        if goal.deed == "address" and not self._has_order(goal):
            return self._ask_order(at, goal)
        missing = missing_part(goal.address)
        if missing is not None:
            key = "ask_address" if not goal.address.get("address1") else f"ask_{missing}"
            return self._ask(at, goal, "address", key, [], [])
        address = {part: value for part, value in goal.address.items() if value}
        if goal.deed == "account_address":
            return self._propose(at, goal, "propose_change_account_address", **address)
        return self._propose(at, goal, "propose_change_order_address", order_id=goal.order_id, **address)

    def _payment(self, at: int, goal: Goal) -> bool:
        if not self._has_order(goal):
            return self._ask_order(at, goal)
        used = self.orders[goal.order_id or ""].paid_with
        methods = [one for one in goal.methods if one != ORIGINAL] or []
        if len(methods) > 1:
            methods = [one for one in methods if one != used]
        if len(methods) != 1:
            known = [
                one
                for one in self.account.methods
                if one.method_id != used and (not methods or one.method_id in methods)
            ]
            if len(known) == 1:
                methods = [known[0].method_id]
            else:
                labels = [self._method_label(one) for one in known]
                return self._ask(at, goal, "method", "ask_method", labels, [one.method_id for one in known])
        return self._propose(
            at, goal, "propose_change_order_payment", order_id=goal.order_id, payment_method_id=methods[0]
        )

    # What is missing.

    def _has_order(self, goal: Goal) -> bool:
        if goal.order_id is None and len(goal.orders) == 1:
            goal.order_id = goal.orders[0]
        return goal.order_id is not None

    def _ask_order(self, at: int, goal: Goal) -> bool:
        if not goal.orders:
            self.work.say(f"no_order_for_{goal.deed}")
            goal.state = "refused"
            return False
        orders = [self.orders[one] for one in goal.orders if one in self.orders]
        labels = [f"{one.order_id} {_titles(one)}" for one in orders]
        if goal.asked == 0:
            return self._ask_openly(at, goal, "order", "which_order", labels, [one.order_id for one in orders])
        return self._ask(at, goal, "order", "which_order", labels, [one.order_id for one in orders])

    def _ask_item(self, at: int, goal: Goal) -> bool:
        if not goal.choices:
            self.work.say(f"no_order_for_{goal.deed}")
            goal.state = "refused"
            return False
        lines = [(str(order), int(place)) for order, place in goal.choices]
        if len(lines) == 1:
            goal.order_id, goal.choices = lines[0][0], []
            goal.items = [PlannedItem(order_id=lines[0][0], place=lines[0][1], said=goal.said)]
            return self._step(at, goal)
        labels = [self._line_label(order, place) for order, place in lines]
        if goal.asked == 0:
            keys = [f"{order} {place}" for order, place in lines]
            return self._ask_openly(at, goal, "item", "which_item", labels, keys)
        return self._ask(at, goal, "item", "which_item", labels, [f"{order} {place}" for order, place in lines])

    def _choose(self, at: int, goal: Goal, place: int, item: PlannedItem) -> bool:
        """Choose the version that ``item`` becomes. Returns whether it had to be asked."""
        line = self._line(item)
        product = self._product(item)
        if product is None or not line.variant_id:
            self.work.say("version_unknown", title=line.title)
            goal.items.remove(item)
            return False
        wants = read_wants(item.said, product, line.options)
        found = choose(product, line.options, line.variant_id, wants)
        if len(found.variants) == 1:
            item.new_variant_id = found.variants[0].variant_id
            return False
        if found.variants:
            return self._ask_version(at, goal, place, "which_version", line.title, found.variants)
        if wants.empty and not wants.same and goal.implied:
            # It was not a wish after all.
            goal.items.remove(item)
            return False
        if wants.empty and not wants.same and goal.asked == 0:
            self.work.say("what_instead", title=line.title)
            self._say_options(product)
            return self._ask_openly(at, goal, "variant", None, [], [], item=place)
        if wants.empty and not wants.same:
            current = [one for one in product.variants if one.variant_id == line.variant_id and one.in_stock]
            others = [
                one for one in product.variants if one.variant_id != line.variant_id and one.in_stock and one.price
            ]
            if current or others:
                return self._ask_version(at, goal, place, "which_version", line.title, [*current, *others])
        self.work.say("version_gone" if found.out_of_stock else "version_none", title=line.title)
        goal.items.remove(item)
        return False

    def _ask_version(
        self, at: int, goal: Goal, place: int, key: str, title: str, variants: Sequence[VariantFacts]
    ) -> bool:
        labels = [
            ", ".join(say_name(one, self.work.language) for one in variant.options.values()) for variant in variants
        ]
        shown = list(zip(labels, variants, strict=True))[:_LISTED]
        return self._ask(
            at, goal, "variant", key, [label for label, _ in shown], [one.variant_id for _, one in shown], title=title,
            prices=[one.price or "" for _, one in shown], item=place,
        )  # fmt: skip

    def _method(self, at: int, goal: Goal) -> dict[str, str] | None:
        """The way to pay as an argument; ``None``: it had to be asked."""
        methods = goal.methods
        if not methods or methods == [ORIGINAL]:
            return {}
        used = self.orders[goal.order_id or ""].paid_with
        if len(methods) > 1 and used in methods:
            return {"payment_method_id": used} if used else {}
        if len(methods) > 1:
            known = [one for one in self.account.methods if one.method_id in methods]
            labels = [self._method_label(one) for one in known]
            if self._ask(at, goal, "method", "ask_method", labels, [one.method_id for one in known]):
                return None
            return {}
        return {"payment_method_id": methods[0]}

    def _condition_holds(self, goal: Goal) -> bool:
        condition = goal.only_if
        if condition is None:
            return True
        difference = 0
        for item in goal.items:
            product = self._product(item)
            new = (
                next((one for one in product.variants if one.variant_id == item.new_variant_id), None)
                if product
                else None
            )
            if new is None:
                return False
            difference += price_minor(new) - parse_amount(self._line(item).unit_price, "USD")
        too_much = condition.most_minor is not None and difference > condition.most_minor
        too_little = condition.least_minor is not None and difference < condition.least_minor
        if too_much or too_little:
            self.work.say("condition_fails", titles=", ".join(self._line(one).title for one in goal.items))
            for item in goal.items:
                product = self._product(item)
                new = (
                    next(one for one in product.variants if one.variant_id == item.new_variant_id) if product else None
                )
                if product is not None and new is not None:
                    options = ", ".join(say_name(one, self.work.language) for one in new.options.values())
                    self.work.say("price_variant", title=product.title, options=options, price=new.price)
            return False
        return True

    # Proposing.

    def _propose(self, at: int, goal: Goal, tool: str, **arguments: object) -> bool:
        found = self.work.operate(tool, **arguments)
        draft = self.work.draft
        if isinstance(found, OperationFacts):
            draft.parts.extend(found.told)
            draft.parts.append(found.question)
            draft.kind, draft.proposal_id = "proposal", found.proposal_id
            goal.state, goal.proposal_id = "proposed", found.proposal_id
            self.plan.proposal_id, self.plan.asking = found.proposal_id, None
            if found.order_id:
                draft.shown.append(Shown("order", found.order_id))
            return True
        if isinstance(found, RefusalFacts) and found.refused == "refund_target" and goal.asked == 0:
            draft.parts.extend(found.told)
            known = [one for one in self.account.methods if one.method_id in found.allowed]
            if known:
                goal.methods = []
                labels = [self._method_label(one) for one in known]
                return self._ask(at, goal, "method", "ask_method", labels, [one.method_id for one in known])
        draft.parts.extend(found.told if isinstance(found, RefusalFacts) else [self.work.word("cannot_now")])
        goal.state = "refused"
        return False


def _titles(order: OrderFacts) -> str:
    return ", ".join(dict.fromkeys(line.title for line in order.lines))
