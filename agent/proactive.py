"""``Proactive``: looks for moments, decides what to do about each, mostly nothing, and keeps every decision."""

from __future__ import annotations

import logging
from dataclasses import replace

from store import Clock, Database, system_clock
from store.schema import Customer

from . import conversations as record
from .cards import product_cards
from .language import spoken
from .ledger import decided, read_decision, write_decision
from .moments import NONE, Moment, find_moments
from .policy import POLICY, Option, weigh
from .reply import DecisionRecord
from .rules import Ruling, first_objection
from .settings import ProactiveSettings
from .tools import ProductAdviser, ProductFinder

_log = logging.getLogger(__name__)


class Proactive:
    """Decides when to write first. ``tick`` may run in several processes at once, and again after a crash."""

    def __init__(
        self,
        database: Database,
        *,
        products: ProductFinder | None,
        recommender: ProductAdviser | None,
        settings: ProactiveSettings | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self.settings = settings or ProactiveSettings()
        self._database = database
        self._products = products
        self._recommender = recommender
        self._clock = clock

    def tick(self) -> list[DecisionRecord]:
        """Decide every moment that is due and not decided yet; returns what was written to the ledger now."""
        if not self.settings.enabled:
            return []
        now = self._clock()
        moments = find_moments(self._database, self.settings, now)
        known = decided(self._database, moments)
        written: list[DecisionRecord] = []
        for moment in moments:
            if moment.key in known:
                continue
            plan, option, ruling = self._plan(moment)
            if ruling is not None and ruling.later:
                continue
            found = write_decision(self._database, moment, plan, option, self.settings)
            if found is not None:
                _log.info("%s for %s: %s (%s)", found.action, found.customer_id, found.moment, found.reason)
                written.append(replace(found, products=plan.products if found.message_id else ()))
        return written

    def decide(self, customer_id: str) -> DecisionRecord:
        """What would be done for this customer now, and why. Writes nothing. Raises ``NotFound`` for a stranger."""
        with self._database.read() as records:
            record.check_customer(records, customer_id)
        now = self._clock()
        moments = find_moments(self._database, self.settings, now, customer_id)
        if not moments:
            reason = f"no cart was left for more than {self.settings.idle_minutes} minutes: nothing calls for a message"
            return DecisionRecord(customer_id, now, NONE, "silence", reason, policy=POLICY)
        moment = moments[-1]
        earlier = read_decision(self._database, moment)
        if earlier is not None:
            reason = f"this cart was decided on {earlier.at:%Y-%m-%d %H:%M} UTC: {earlier.action} ({earlier.reason})"
            return replace(earlier, at=now, action="silence", reason=reason, text=None, id=None, message_id=None)
        plan, _, _ = self._plan(moment)
        if not self.settings.enabled:
            return replace(plan, action="silence", reason="the proactive side is switched off", text=None, products=())
        return plan

    def _plan(self, moment: Moment) -> tuple[DecisionRecord, Option, Ruling | None]:
        """The decision that would be written, the option behind it, and the rule against it, if there is one."""
        with self._database.read() as records:
            customer = records.get(Customer, moment.customer_id)
            ruling = first_objection(records, customer, self.settings, moment.at)
        language = spoken(customer.language if customer else None)
        options, known = weigh(self._database, self._recommender, moment, self.settings, language)
        best = options[0]
        silent = ruling is not None or best.candidate.action == "silence"
        reason = best.candidate.why if ruling is None else f"{ruling.rule}: {ruling.why}"
        plan = DecisionRecord(
            customer_id=moment.customer_id,
            at=moment.at,
            moment=moment.kind,
            action="silence" if silent else best.candidate.action,
            reason=reason,
            candidates=tuple(one.candidate for one in options),
            policy=POLICY,
            holdout=ruling is not None and ruling.rule == "holdout",
            text=None if silent else best.text,
            products=() if silent else product_cards(self._database, best.products, language),
            known=known,
        )
        return plan, best, ruling
