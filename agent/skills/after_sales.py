"""Drives the plan: takes a yes or an answer, reads new wishes, and goes on to the next thing to propose or to ask."""

from __future__ import annotations

from ..draft import Shown, Work
from ..facts import AccountFacts, OperationFacts, OrderList, Problem, RefusalFacts
from ..language import CHINESE
from ..planning.acts import WORDS_OF_DOING, Part, drops, read_parts, wants_doing
from ..planning.consent import asks_whether_done, consent
from ..planning.details import add_detail
from ..planning.goods import Line, lines_of, mentions, named_orders
from ..planning.merging import merge, order_of_work, withdraw
from ..planning.plan import Goal, Plan
from ..planning.reading import Reader
from ..planning.recalling import line_recalled
from ..planning.tokens import without_typos, words
from .answers import Answers
from .asides import is_aside, speaks_of_purchase, tells_of_own
from .missing_parcel import goes_on, is_missing
from .orders import with_named
from .shown import is_about_shown

_ACTS = {"cancel", "return", "exchange", "change_order", "change_address"}
_TALK = {"greeting", "thanks", "goodbye", "identity", "others_data", "out_of_scope"}
_ELSEWHERE = frozenset(
    {
        "find_product", "compare", "price", "stock", "reviews", "recommend", "list_orders", "order_status",
        "order_details", "refund_status", "policy", "invoice", "account", "stop_messages", "payment_problem", "person",
        "greeting", "thanks", "goodbye", "identity", "others_data",
    }
)  # fmt: skip
"""Wishes that are met by looking something up, or by a word."""
_PLAIN = frozenset({"policy", "stop_messages", "person", "greeting", "thanks", "goodbye", "identity", "others_data"})
_CHOOSING = frozenset({"find_product", "price", "stock", "details", "reviews", "compare"})
_AWAITED = frozenset({"order_status", "refund_status"})
_SURE = 0.5
_SHORTEST, _SHORTEST_ZH = 6, 3


def takes(work: Work) -> bool:
    """Whether the message is about something to be done after the sale, or answers what was asked for it."""
    if "propose_cancel_order" not in work.tools or not work.understanding.text.strip():
        return False
    plan, wishes = work.memory.plan, work.understanding.wishes
    if wishes[0].intent == "person" and wishes[0].probability >= _SURE and len(wishes) == 1:
        return False
    if not plan.live and (is_about_shown(work, wishes[0]) or is_missing(wishes[0]) or goes_on(work)):
        return False
    if plan.live or (plan.goals and asks_whether_done(work.understanding.text)):
        return True
    if all(one.intent in {"others_data", "stop_messages", "policy"} and one.probability >= _SURE for one in wishes):
        return False
    parts = _parts(work, work.understanding.text)
    if wants_doing(parts) or wishes[0].intent in _ACTS:
        return True
    if work.memory.pending in _CHOOSING:
        return False  # He was asked which product he means.
    told = _long_enough(work.understanding.text) and not any(one.question for one in parts)
    if told and wishes[0].intent in {"order_status", "order_details", "list_orders"}:
        return True
    first = wishes[0]
    if plan.goals or plan.lines or work.memory.heard or tells_of_own(work.understanding.text):
        return _long_enough(work.understanding.text) and first.intent not in _PLAIN
    return not (first.intent in _ELSEWHERE and first.probability >= _SURE) and _long_enough(work.understanding.text)


def _long_enough(text: str) -> bool:
    """Whether it can say more than a yes or a no; Chinese says more with fewer signs."""
    return len(text) >= _SHORTEST or len(CHINESE.findall(text)) >= _SHORTEST_ZH


def drive(work: Work) -> bool:
    """Go one step on. Returns whether the draft is the whole reply; if not, the message wants something else too."""
    work.fetch(("get_orders", {}), ("get_account", {}))
    found = work.need("get_orders", OrderList)
    account = work.account()
    if isinstance(found, Problem) or not found.count:
        parts = _parts(work, work.understanding.text)
        if wants_doing(parts) or work.understanding.wishes[0].intent in _ACTS:
            work.say("orders_none")
            return True
        return False  # Who has bought nothing wants something else.
    return _Turn(work, with_named(work, found), account).run()


def _model(work: Work):  # type: ignore[no-untyped-def]  # the intent heads are there whenever the built-in model runs
    assert work.intents is not None
    return work.intents


def _parts(work: Work, text: str) -> list[Part]:
    return read_parts(text, _model(work), work.language, of_order=work.memory.about == "order")


class _Turn:
    """One message and the plan before it."""

    def __init__(self, work: Work, found: OrderList, account: AccountFacts) -> None:
        self.work = work
        self.plan: Plan = work.memory.plan.model_copy(deep=True)
        self.orders = found.orders
        self.account = account
        self.titles = {line.facts.title for line in lines_of(found.orders)}
        known = {word for title in self.titles for word in words(title)} | WORDS_OF_DOING
        self.text = without_typos(work.understanding.text, known)
        self.recalled = self._recalled()
        if self.recalled is not None:
            self.text = f"{self.text} ({self.recalled.facts.title})"
        self.parts = _parts(work, self.text)
        self.goals = Answers(work, self.plan, self.orders, account)
        self._named_own = False
        self._was_open = self.plan.live

    def run(self) -> bool:
        work, plan = self.work, self.plan
        self._tone()
        fresh = True
        if stranger := self._not_his():
            work.say("order_not_found", order=stranger)
            work.draft.kind, work.draft.plan = "question", plan
            return True
        if self.recalled is None and is_aside(work, self.text, self.parts, self.orders, self.titles):
            work.draft.plan, work.draft.proposal_id = plan, plan.proposal_id
            return False
        if plan.proposal_id is not None:
            fresh = self._on_proposal()
            if plan.proposal_id is not None:
                work.draft.plan = plan
                return fresh
        elif plan.asking is not None:
            taken = self.goals.take_answer(self.text)
            fresh = not taken or self._asks_more()
            if not taken and self._speaks_of_something_else():
                # What was asked stays open; his question is answered first.
                work.draft.plan = plan
                return False
        if drops(self.text) and not self._asks_more():
            self._drop_all()
        before = len(plan.goals)
        if fresh:
            self._read()
        if not plan.goals:
            return self._wonder()
        if not self.goals.advance():
            plan.asking = None  # What was asked was of a wish that is settled now.
            if not work.draft.parts and self._nothing_new(before):
                plan.goals = plan.goals[:before]
                return self._wonder()
            self._close()
        work.draft.plan = plan
        return True

    def _not_his(self) -> str | None:
        """An order id that is none of his, where the message names no other: what he says is not about his orders."""
        ids = [one for one in self.work.understanding.slots.ids if one.startswith("#")]
        known = {word for order in self.orders for word in (order.order_id.lower(), f"#{order.order_id.lower()}")}
        stranger = [one for one in ids if one.lower() not in known]
        return stranger[0] if stranger and len(stranger) == len(ids) else None

    def _meant(self) -> Line | None:
        """The one thing of his own that the message speaks of."""
        if self.recalled is not None or not self._named_own or len(self.plan.lines) != 1:
            return self.recalled
        return next((one for one in lines_of(self.orders) if list(one.key) == self.plan.lines[0]), None)

    def _recalled(self) -> Line | None:
        """What he means of his own where orders are spoken of and he names none."""
        plan = self.work.memory.plan
        asked = plan.asking is not None and plan.asking.slot in {"order", "item"}
        if not asked and (plan.live or self.work.memory.about != "order"):
            return None
        if mentions(self.text, self.titles) or self.work.understanding.slots.ids:
            return None
        return line_recalled(self.text, lines_of(self.orders), self.work.embed)

    def _speaks_of_something_else(self) -> bool:
        first = self.work.understanding.wishes[0]
        return first.intent in _PLAIN and first.probability >= _SURE and not self._asks_more()

    def _nothing_new(self, before: int) -> bool:
        """What seemed to be wanted was nothing, and nobody asked how far things are."""
        fresh = self.plan.goals[before:]
        implied = bool(fresh) and all(one.implied and one.state == "dropped" for one in fresh)
        return (implied or not fresh) and not asks_whether_done(self.text) and not self._named_goal()

    def _named_goal(self) -> bool:
        return any(one.act != "none" for one in self.parts) or drops(self.text) or bool(self.work.draft.parts)

    def _wonder(self) -> bool:
        """Nothing is wanted yet. Where he speaks of something of his own, ask what he would like."""
        first = self.work.understanding.wishes[0]
        if first.intent == "list_orders" and not self._named_own:
            return False  # Who does not know what he bought is shown it.
        if first.slots.ids and not first.slots.content and first.intent in {"order_status", "order_details"}:
            return False  # An id and nothing else wants to see it.
        meant = self._meant()
        if meant is not None and not any(one.question for one in self.parts):
            line, order = meant.facts, meant.order
            self.work.say("recalled", title=line.title, order=order.order_id, status=self.work.status(order.status))
            self.work.draft.shown.append(Shown("order", order.order_id))
            self.work.draft.plan = self.plan
        if (self._named_own or self._about_orders()) and not any(one.question for one in self.parts):
            self.work.say("what_with_it")
            self.work.draft.kind = "question"
            return True
        return False

    def _tone(self) -> None:
        if self.work.understanding.upset and not self.work.memory.plan.goals:
            self.work.say("complaint")

    def _about_orders(self) -> bool:
        """He tells of an order and asks nothing ("two things from my delivered order don't work out")."""
        first = self.work.understanding.wishes[0].intent
        if first == "complaint" and (self.work.memory.intent in _AWAITED or not speaks_of_purchase(self.text)):
            return False  # It is about what was just told, or about the shop.
        return first in {"order_status", "order_details", "list_orders", "complaint"} | _ACTS

    # A proposal waits.

    def _on_proposal(self) -> bool:
        """Take the customer's word on it. Returns whether the message may hold new wishes as well.

        Leaves ``plan.proposal_id`` set if the proposal still waits.
        """
        work, plan = self.work, self.plan
        assert plan.proposal_id is not None
        goal = next((one for one in plan.goals if one.proposal_id == plan.proposal_id), None)
        said = consent(self.text)
        if said == "yes":
            outcome = work.operate("confirm_proposal", proposal_id=plan.proposal_id)
            if isinstance(outcome, Problem):
                outcome = work.operate("check_proposal", proposal_id=plan.proposal_id)
            return not self._settled(goal, outcome) and self._ask_again()
        outcome = work.operate("check_proposal", proposal_id=plan.proposal_id)
        if isinstance(outcome, OperationFacts) and outcome.state != "proposed":
            # It was carried out, but the reply that should have said so never came.
            self._settled(goal, outcome)
            return True
        if goal is not None and self._corrects(goal):
            work.operate("decline_proposal", proposal_id=plan.proposal_id)
            plan.proposal_id = None
            goal.state, goal.proposal_id = "open", None
            for item in goal.items:
                item.new_variant_id = None
            return True
        if said == "no" or drops(self.text):
            self._settled(goal, work.operate("decline_proposal", proposal_id=plan.proposal_id))
            return self._asks_more()
        if self._asks_more():
            # Something else is wanted: it comes after this one, or in its place.
            before = len(plan.goals)
            self._read()
            if goal is not None and any(one.lines & goal.lines for one in plan.goals[before:] if one.state == "open"):
                work.operate("decline_proposal", proposal_id=plan.proposal_id)
                plan.proposal_id, goal.proposal_id, goal.state = None, None, "dropped"
                return True
        return self._again()

    def _again(self) -> bool:
        """Answer what else was asked, and put the question again."""
        work, plan = self.work, self.plan
        work.draft.proposal_id = plan.proposal_id
        wishes = [one for one in work.understanding.wishes if one.intent not in _ACTS and one.probability >= _SURE]
        figures = not any(sign.isalpha() for sign in work.understanding.text)  # "42": the version that is proposed.
        if wishes and not figures and wishes[0].intent not in {"yes", "no", "unsure", "complaint"} | _TALK:
            return False
        return self._ask_again()

    def _ask_again(self) -> bool:
        self.work.say("still_open")
        self.work.draft.kind, self.work.draft.proposal_id = "proposal", self.plan.proposal_id
        return True

    def _corrects(self, goal: Goal) -> bool:
        """Put what the message changes about ``goal`` into it. Returns whether it changes anything."""
        before = goal.model_copy(deep=True)
        lines = [one for one in lines_of(self.orders) if one.key in goal.lines]
        named = mentions(self.text, self.titles)
        own = not named or any(line.facts.title in mention.titles for mention in named for line in lines)
        if goal.deed == "items" and own and lines and not named and self._names_value(goal):
            for item in goal.items[-1:]:
                item.said = f"{item.said} . {self.text}"
        elif own:
            fresh = goal.model_copy(deep=True)
            fresh.methods, fresh.address = [], {}
            for part in self.parts:
                add_detail([fresh], part, lines if named else [], self.account, self.orders)
            if fresh.methods and goal.deed in {"return", "items", "payment"}:
                goal.methods = fresh.methods
            if fresh.address and goal.deed in {"address", "account_address"}:
                goal.address = fresh.address
            if goal.deed == "items" and named:
                goal.items = fresh.items
        return goal.model_dump(exclude={"said"}) != before.model_dump(exclude={"said"})

    def _names_value(self, goal: Goal) -> bool:
        return self.goals.names_version(goal, self.text)

    def _settled(self, goal: Goal | None, outcome: OperationFacts | RefusalFacts | Problem) -> bool:
        """Tell what came of the proposal, and note it in the plan."""
        work, plan = self.work, self.plan
        if isinstance(outcome, Problem) or (isinstance(outcome, OperationFacts) and outcome.state == "proposed"):
            work.draft.proposal_id = plan.proposal_id
            return False
        for sentence in outcome.told:
            work.draft.parts.append(sentence)
        plan.proposal_id = None
        if goal is not None:
            state = outcome.state if isinstance(outcome, OperationFacts) else "refused"
            goal.state = state if state in {"done", "waiting", "declined"} else "refused"  # type: ignore[assignment]
        return True

    # New wishes.

    def _asks_more(self) -> bool:
        return wants_doing(self.parts)

    def _read(self) -> None:
        plan = self.plan
        earlier = [(str(order), int(place)) for order, place in plan.lines] or self._shown()
        model, language = _model(self.work), self.work.language
        heard = [part for text in self.work.memory.heard for part in read_parts(text, model, language)]
        reader = Reader(self.orders, self.account, earlier, heard=[one for one in heard if one.act == "none"])
        reader.last_deed = plan.goals[-1].deed if plan.goals else None
        reader.context = [one for one in self.orders if one.order_id in plan.orders]
        goals = reader.read(self.parts)
        self._named_own = bool(mentions(self.text, self.titles)) or bool(named_orders(self.text, self.orders))
        current = self._current()
        if current is not None and not self._named_own:
            _instead(current, goals)
        if not goals and plan.goals:
            self._details(reader)
        for goal in goals:
            merge(self.plan.goals, goal)
        plan.lines = [[line.order.order_id, line.place] for line in reader.spoken]
        plan.orders = [one.order_id for one in reader.context]
        order_of_work(plan)

    def _current(self) -> Goal | None:
        """The goal that something was asked for, or that waits for his yes."""
        plan = self.plan
        if plan.proposal_id is not None:
            return next((one for one in plan.goals if one.proposal_id == plan.proposal_id), None)
        return plan.goals[plan.asking.goal] if plan.asking and plan.asking.goal < len(plan.goals) else None

    def _shown(self) -> list[tuple[str, int]]:
        """What was shown last is what "it" means."""
        order = self.work.memory.order
        if order is None or self.work.memory.about != "order":
            return []
        return [line.key for line in lines_of(self.orders) if line.order.order_id == order.id]

    def _details(self, reader: Reader) -> None:
        open_goals = [one for one in self.plan.goals if one.state == "open"]
        for part in self.parts:
            if part.denied:
                withdraw(self.plan, part, lines_of(self.orders), self.titles)
            else:
                found = mentions(part.text, self.titles)
                lines = [one for one in lines_of(self.orders) if any(one.facts.title in m.titles for m in found)]
                add_detail(open_goals, part, lines, self.account, self.orders)

    def _drop_all(self) -> None:
        for goal in self.plan.goals:
            if goal.state == "open":
                goal.state = "dropped"
        self.plan.asking = None

    def _close(self) -> None:
        """Nothing is left to do: say so."""
        work, plan = self.work, self.plan
        if work.draft.parts:
            if any(one.state in {"done", "waiting"} for one in plan.goals):
                work.say("anything_else")
            return
        undone = [one for one in plan.goals if one.state in {"refused", "declined", "dropped"}]
        done = [one for one in plan.goals if one.state in {"done", "waiting"}]
        if not plan.goals:
            work.say("not_understood")
            work.draft.kind = "question"
        elif done and not undone:
            work.say("plan_all_done")
        elif done:
            work.say("plan_some_done", done=len(done), undone=len(undone))
        elif self._was_open or asks_whether_done(self.text):
            work.say("plan_none_done")
        else:
            work.say("no_to_nothing")  # "Forget it", where nothing was open.


def _instead(asked: Goal, goals: list[Goal]) -> None:
    """ "Then give me the money back", while the version to get was asked for: of the same things."""
    for goal in goals:
        if asked.deed != "items" or goal.deed not in {"return", "cancel"}:
            continue
        if not goal.lines and goal.order_id is None:
            goal.order_id, goal.choices, goal.orders = asked.order_id, [], []
            goal.items = [one.model_copy(update={"new_variant_id": None}) for one in asked.items]
        if goal.lines and goal.lines <= asked.lines:
            goal.complete = asked.complete  # He has said that this is all.
