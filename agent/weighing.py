"""From a moment to a plan: what may be done, what the policy chooses of it, and why. Writes nothing.

The rules come first: what they forbid is not among the options that a policy sees.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Records

from store.schema import Order, OrderLine, Variant

from .actions import OFFERS, TASKS, Case, Option, propose
from .deciding import SILENCE, Choice, Choosable, Policy, Situation, transparent_policy
from .foreseeing import buy_chance
from .language import spoken
from .moments import Moment, Senses
from .rules import Contact, Ruling, Spending, first_objection, option_objection
from .settings import ProactiveSettings
from .tools import ProductAdviser

_log = logging.getLogger(__name__)
_ORDERS = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done about a moment."""

    moment: Moment
    ruling: Ruling | None
    """The rule against writing to the customer, if there is one."""
    options: tuple[Option, ...] = ()
    choice: Choice | None = None
    """``None``: nothing was allowed, so nothing was weighed."""
    chosen: Option | None = None
    """``None``: silence."""
    shadow: Choice | None = None
    buy_chance: float | None = None
    situation: Situation | None = None
    """What the policy was shown."""
    stake_minor: int = 0
    """What an order would earn without a word."""
    offer_considered: bool = False
    """An offer was allowed by everything but, maybe, fairness."""

    @property
    def again_at(self) -> datetime | None:
        """When to decide instead, where it is put off."""
        return None if self.choice is not None or self.ruling is None else self.ruling.again_at

    @property
    def holdout(self) -> bool:
        return self.ruling is not None and self.ruling.rule == "holdout"

    @property
    def rule(self) -> str:
        """What the silence is counted under, if nothing could be done."""
        return self.ruling.rule if self.ruling is not None else "nothing"

    @property
    def reason(self) -> str:
        if self.ruling is not None and (self.chosen is None or not self.chosen.is_task):
            return f"{self.ruling.rule}: {self.ruling.why}"
        if self.choice is None:
            refused = next((one.why for one in self.options if not one.eligible), "")
            return f"nothing could be done: {refused}" if refused else "nothing could be done"
        return self.choice.reason

    def known(self) -> dict[str, object]:
        """For the ledger: what was known when it was decided."""
        signal = self.moment.signal
        found: dict[str, object] = {**signal.facts, "because": self.moment.kind.because.model_dump()}
        if signal.product_id is not None:
            found["product"] = signal.product_id
        if signal.order_id is not None:
            found["order"] = signal.order_id
        if signal.cart is not None:
            found["cart"] = [one.product_id for one in signal.cart.lines]
        if self.situation is not None:
            found["features"] = dict(self.situation.features)
        if self.buy_chance is not None:
            found["buy_chance"] = round(self.buy_chance, 4)
        if self.holdout and self.choice is not None:
            found["would"] = self.choice.action
        return found


class Weigher:
    """Makes plans. May be shared between threads."""

    def __init__(
        self,
        settings: ProactiveSettings,
        policy: Policy,
        *,
        shadow: Policy | None = None,
        adviser: ProductAdviser | None = None,
        senses: Senses | None = None,
    ) -> None:
        self.settings, self.policy, self.shadow = settings, policy, shadow
        self.senses = senses or Senses()
        self._adviser = adviser
        self._usual: dict[str, int] = {}

    def plan(self, records: Records, moment: Moment, contact: Contact, spending: Spending) -> Plan:
        """What would be done about ``moment``."""
        ruling = first_objection(moment.state.person, contact, self.settings, moment)
        tasks_only = all(one in TASKS for one in moment.kind.actions)
        if ruling is not None and ruling.again_at is not None and not tasks_only:
            return Plan(moment, ruling)
        # A task for the shop's people writes to nobody: of the rules only those of the experiment and of the
        # customer's own wish hold it back.
        stops_all = ruling is not None and ruling.rule in {"holdout", "less"}
        if ruling is not None and not stops_all and not any(one in TASKS for one in moment.kind.actions):
            return Plan(moment, ruling)
        if ruling is not None and ruling.rule == "less":
            return Plan(moment, ruling)
        language = spoken(moment.state.person.language)
        case = Case(records, moment, language, self.settings, self._adviser, self._usual_margin(records, moment.at))
        options = propose(case)
        if ruling is not None and not stops_all:
            options = [one if one.is_task else one.refused(f"{ruling.rule}: {ruling.why}") for one in options]
        chance = buy_chance(moment, self.senses) if any(one.eligible for one in options) else None
        considered = any(one.eligible and one.action in OFFERS for one in options)
        options = [self._within_rules(one, moment, contact, spending, chance) for one in options]
        if not any(one.eligible for one in options):
            return Plan(moment, ruling, tuple(options), buy_chance=chance, offer_considered=considered)
        situation = self._situation(moment, contact, chance)
        choice = self._choose(self.policy, situation, options, case, moment.key)
        shadow = None if self.shadow is None else self._choose(self.shadow, situation, options, case, moment.key)
        chosen = next((one for one in options if one.eligible and one.action == choice.action), None)
        if stops_all:
            chosen = None
        return Plan(
            moment,
            ruling,
            tuple(options),
            choice,
            chosen,
            shadow,
            chance,
            situation=situation,
            stake_minor=case.stake_minor,
            offer_considered=considered,
        )

    def _within_rules(
        self, option: Option, moment: Moment, contact: Contact, spending: Spending, chance: float | None
    ) -> Option:
        if not option.eligible:
            return option
        objection = option_objection(option, moment, contact, self.settings, spending, chance)
        return option if objection is None else option.refused(objection)

    def _situation(self, moment: Moment, contact: Contact, chance: float | None) -> Situation:
        state, at = moment.state, moment.at
        features = {
            "messages_7d": float(len(contact.since(at, timedelta(days=7)))),
            "messages_30d": float(len(contact.since(at, timedelta(days=30)))),
            "orders_90d": float(sum(one.placed_at > at - timedelta(days=90) for one in state.kept_orders)),
            "orders": float(len(state.kept_orders)),
            "events_7d": float(sum(one.at > at - timedelta(days=7) for one in state.events)),
        }
        if chance is not None:
            features["buy_chance"] = chance
        for name, value in moment.signal.facts.items():
            if isinstance(value, int | float):
                features[name] = float(value)
        return Situation(moment.customer_id, at, moment.name, features)

    def _choose(self, policy: Policy, situation: Situation, options: Sequence[Option], case: Case, key: str) -> Choice:
        choosable = [Choosable(SILENCE, margin_minor=case.stake_minor)]
        choosable += [
            Choosable(one.action, one.cost_minor, one.margin_minor, one.discount_share)
            for one in options
            if one.eligible
        ]
        try:
            return policy.choose(situation, choosable, key)
        except Exception:  # noqa: BLE001 - a learnt policy that fails must not stop the shop
            _log.exception("the policy %s failed; the transparent one decides", policy.name)
            return transparent_policy(self.settings.deciding).choose(situation, choosable, key)

    def _usual_margin(self, records: Records, at: datetime) -> int:
        """What the shop's orders before this day earned on average; counted once a day."""
        day = at.date().isoformat()
        if day not in self._usual:
            start = at.replace(hour=0, minute=0, second=0, microsecond=0)
            last = select(Order.id).where(Order.placed_at < start).order_by(Order.placed_at.desc()).limit(_ORDERS)
            spent, orders = records.execute(
                select(
                    func.sum(OrderLine.quantity * OrderLine.unit_price_minor),
                    func.count(func.distinct(OrderLine.order_id)),
                ).where(OrderLine.order_id.in_(last))
            ).one()
            # Before the first order the stake is one product.
            usual = (spent or 0) / orders if orders else records.scalar(select(func.avg(Variant.price_minor))) or 0
            self._usual = {day: int(float(usual) * self.settings.margin_share)}
        return self._usual[day]
