"""``Proactive``: looks at whom something happened to, decides what to do, mostly nothing, and keeps every decision."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session as Records

from store import BeforehandError, Clock, Database, InputError, system_clock

from . import conversations as record
from .cards import product_cards
from .customer_view import Reason, less_of_this, reasons, undo_less
from .deciding import SILENCE, Policy
from .language import spoken
from .ledger import Ledger, plan_record, read_decision, settled
from .merchant_view import (
    DayOfDecisions,
    MomentEffect,
    Preview,
    TodoView,
    decisions_of_day,
    decisions_since,
    effects,
    finish_todo,
    preview,
    todos,
)
from .moments import Foresight, Found, Moment, MomentKind, ReadMood, Senses, find_moments, read_moments, read_states
from .outbox import Outbox
from .outcomes import settle_outcomes, take_off_returns
from .policies import open_policy, uses_learned
from .reply import DecisionRecord
from .rules import Contact, Spending, read_contacts, read_spending
from .settings import ProactiveSettings
from .thinning import thin
from .tools import ProductAdviser
from .watch import Round, close_round, from_later, next_round
from .weighing import Plan, Weigher

_log = logging.getLogger(__name__)
NONE = "none"
_AT_ONCE = 200
"""Customers that are read together."""
_RETRY = timedelta(minutes=10)
_HOUSEKEEPING = timedelta(hours=1)


@dataclass
class _Looked:
    """What was found in one round, before anything of it is written."""

    round: Round
    plans: list[Plan] = field(default_factory=list)
    look_again: dict[str, datetime] = field(default_factory=dict)

    def again(self, customer_id: str, at: datetime | None) -> None:
        if at is not None:
            self.look_again[customer_id] = min(at, self.look_again.get(customer_id, at))


class Proactive:
    """Decides when to write first. ``tick`` may run in several processes at once, and again after a crash."""

    def __init__(
        self,
        database: Database,
        *,
        recommender: ProductAdviser | None = None,
        settings: ProactiveSettings | None = None,
        clock: Clock = system_clock,
        foresight: Foresight | None = None,
        read_mood: ReadMood | None = None,
        policy: Policy | None = None,
        shadow: Policy | None = None,
        policy_folder: Path | None = None,
    ) -> None:
        """``policy`` and ``shadow`` take the place of those that the settings name; ``policy_folder`` holds what was
        learnt. Raises ``ConfigError`` for a policy that is not known, or a file of moments that cannot be used."""
        self.settings = settings or ProactiveSettings()
        self.moments: tuple[MomentKind, ...] = read_moments(self.settings.moments)
        self._event_days = max((one.when.event_days for one in self.moments), default=1.0)
        self._database, self._clock, self._recommender = database, clock, recommender
        named = self.settings.shadow
        self.weigher = Weigher(
            self.settings,
            policy or open_policy(self.settings.policy, self.settings, policy_folder),
            shadow=shadow or (open_policy(named, self.settings, policy_folder) if named is not None else None),
            adviser=recommender,
            senses=Senses(foresight, read_mood),
        )
        self._ledger = Ledger(database, self.settings)
        self.outbox = Outbox(database, self.settings.outbox)
        self._tidied_at: datetime | None = None
        self._policy_folder = policy_folder
        # A policy that was handed over is not ours to replace.
        self._learns = policy is None and shadow is None and uses_learned(self.settings)
        self._learnt_at: datetime | None = None

    def tick(self) -> list[DecisionRecord]:
        """Look at everybody to whom something happened, or for whom a time has come.

        Returns what was written to the ledger now. Also fills in outcomes that became known, sends what waits in the
        outbox, and thins the ledger.
        """
        if not self.settings.enabled:
            return []
        now = self._clock()
        written: list[DecisionRecord] = []
        seen: set[str] = set()
        while True:
            with self._database.read() as records:
                following = next_round(records, now, _AT_ONCE)
            if not following.stir_ids and not set(following.customer_ids) - seen:
                break
            seen.update(following.customer_ids)
            written += self._decide(following, now)
        self._tidy(now)
        return written

    def decide(self, customer_id: str, at: datetime | None = None) -> DecisionRecord:
        """What would be done for this customer now (or at ``at``, as it was known then), and why. Writes nothing.

        Of the past no product cards are made, for they show the present.

        Raises ``NotFound`` for a stranger.
        """
        now = at or self._clock()
        with self._database.read() as records:
            record.check_customer(records, customer_id)
            (state,) = read_states(records, [customer_id], now, event_days=self._event_days)
            due = find_moments(self.moments, state, self.weigher.senses).due
            contact = read_contacts(records, [customer_id], now)[customer_id]
            spending = read_spending(records, self.settings, now)
            nothing = "nothing that happened calls for a message"
            best = DecisionRecord(customer_id, now, NONE, SILENCE, nothing, policy=self.weigher.policy.name)
            for moment in due:
                earlier = read_decision(records, moment) if at is None else None
                if earlier is not None:
                    best = _decided_already(earlier, now)
                    continue
                plan = self.weigher.plan(records, moment, contact, spending)
                best = plan_record(plan)
                if plan.chosen is not None and at is None:
                    cards = product_cards(self._database, plan.chosen.products, spoken(state.person.language))
                    best = replace(best, products=cards)
                if plan.chosen is not None:
                    break
        if not self.settings.enabled:
            off = "the proactive side is switched off"
            return replace(best, action=SILENCE, reason=off, text=None, surface=None, products=())
        return best

    # What the merchant sees.

    def today(self, day: datetime | None = None) -> DayOfDecisions:
        """The decisions of a UTC day (default: today), and the silences in which nothing could be done."""
        return decisions_of_day(self._database, day or self._clock())

    def decisions(self, days: float = 7, customer_id: str | None = None, limit: int = 200) -> list[DecisionRecord]:
        """The ledger of the last days, the newest first."""
        return decisions_since(self._database, self._clock() - timedelta(days=days), customer_id, limit)

    def effects(self, days: float = 90) -> list[MomentEffect]:
        """What deciding earned against the holdout, with intervals: all moments together first, then each."""
        now = self._clock()
        return effects(self._database, now - timedelta(days=days), now)

    def preview(self, settings: ProactiveSettings, days: float = 7) -> Preview:
        """What the last days would have looked like under ``settings``. Writes nothing.

        Raises ``ConfigError`` for settings that cannot be used.
        """
        now = self._clock()
        other = Weigher(
            settings,
            open_policy(settings.policy, settings),
            adviser=self._recommender,
            senses=self.weigher.senses,
        )
        kinds = read_moments(settings.moments)
        return preview(self._database, kinds, other, now - timedelta(days=days), now)

    def todos(self, *, done: bool = False) -> list[TodoView]:
        """Tasks for the shop's people that decisions led to."""
        return todos(self._database, done=done)

    def finish_todo(self, todo_id: str, by: str) -> TodoView:
        """A member of staff has done a task. Raises ``NotFound`` for an unknown one."""
        return finish_todo(self._database, todo_id, by, self._clock())

    # What the customer sees and says.

    def reasons(self, customer_id: str, language: str = "en") -> list[Reason]:
        """Why the customer got each of his latest unasked messages, the newest first."""
        return reasons(self._database, customer_id, spoken(language), self._clock())

    def less_of_this(self, customer_id: str, decision_id: str | None = None) -> str:
        """The customer wants less of what led to a message (his latest if none is named). Returns the moment.

        Raises ``NotFound`` if there was no such message to this customer.
        """
        return less_of_this(self._database, customer_id, decision_id, self._clock())

    def undo_less(self, customer_id: str, moment: str) -> None:
        """He wants messages of that moment again."""
        undo_less(self._database, customer_id, moment)

    def _decide(self, following: Round, now: datetime) -> list[DecisionRecord]:
        """Look at the customers of one round and write what comes of it, all in one transaction."""
        looked = self._look(following, now)
        cards = self._ledger.cards(looked.plans)
        with self._database.write() as records:
            written = self._ledger.write(records, looked.plans, cards, now)
            for customer_id in written.put_off:
                looked.again(customer_id, now + timedelta(minutes=1))
            close_round(records, following, looked.look_again, now)
        for one in written.decisions:
            _log.info("%s for %s: %s (%s)", one.action, one.customer_id, one.moment, one.reason)
        return written.decisions

    def _look(self, following: Round, now: datetime) -> _Looked:
        looked = _Looked(following)
        with self._database.read() as records:
            states = read_states(records, following.customer_ids, now, event_days=self._event_days)
            for customer_id, first in from_later(records, following.customer_ids, now).items():
                looked.again(customer_id, first)
            found: dict[str, Found] = {}
            for state in states:
                try:
                    found[state.customer_id] = find_moments(self.moments, state, self.weigher.senses)
                except Exception:  # noqa: BLE001 - one customer's records must not stop all others
                    _log.exception("looking at customer %s failed; it is tried again", state.customer_id)
                    looked.again(state.customer_id, now + _RETRY)
            due = {one: each.due for one, each in found.items() if each.due}
            done = settled(records, [moment.key for each in due.values() for moment in each])
            contacts = read_contacts(records, list(due), now) if due else {}
            spending = read_spending(records, self.settings, now) if due else Spending()
            for customer_id, each in found.items():
                looked.again(customer_id, each.look_again)
                open_ones = [one for one in each.due if one.key not in done]
                if not open_ones:
                    continue
                try:
                    self._weigh(looked, records, open_ones, contacts, spending)
                except Exception:  # noqa: BLE001 - as above
                    _log.exception("deciding on customer %s failed; it is tried again", customer_id)
                    looked.again(customer_id, now + _RETRY)
        return looked

    def _weigh(
        self,
        looked: _Looked,
        records: Records,
        moments: Sequence[Moment],
        contacts: Mapping[str, Contact],
        spending: Spending,
    ) -> None:
        """Plan the customer's moments, the most urgent first, up to the first that leads to something."""
        for place, moment in enumerate(moments):
            plan = self.weigher.plan(records, moment, contacts[moment.customer_id], spending)
            if plan.again_at is not None:
                looked.again(moment.customer_id, plan.again_at)
                continue
            looked.plans.append(plan)
            if plan.chosen is not None:
                if moments[place + 1 :]:
                    gap = timedelta(hours=self.settings.min_gap_hours)
                    looked.again(moment.customer_id, moment.at + max(gap, timedelta(minutes=1)))
                return

    def _tidy(self, now: datetime) -> None:
        settle_outcomes(self._database, self.settings, now)
        if self.settings.outbox.webhook_url is not None or self.settings.outbox.mail_folder is not None:
            self.outbox.deliver(now)
        if self._tidied_at is None or now - self._tidied_at >= _HOUSEKEEPING:
            self._tidied_at = now
            take_off_returns(self._database, self.settings, now)
            thin(self._database, self.settings, now)
        every = timedelta(days=self.settings.deciding.learn_every_days)
        if self._learns and (self._learnt_at is None or now - self._learnt_at >= every):
            self._learnt_at = now
            self._learn(now)

    def _learn(self, now: datetime) -> None:
        """Learn from the ledger and go on with what was learnt, if it may decide."""
        from .learning import train_policy

        if self._policy_folder is None:
            return
        try:
            report = train_policy(self._database, self.settings, self._policy_folder, now)
        except InputError as error:
            _log.info("Nothing was learnt for deciding: %s", error)
            return
        except (BeforehandError, OSError, ArithmeticError, ValueError):
            _log.exception("learning from the ledger failed; deciding goes on as before")
            return
        _log.info("Deciding learnt from %d decisions: %s", report.decisions, report.why)
        named = self.settings.shadow
        self.weigher.policy = open_policy(self.settings.policy, self.settings, self._policy_folder)
        self.weigher.shadow = None if named is None else open_policy(named, self.settings, self._policy_folder)


def _decided_already(earlier: DecisionRecord, now: datetime) -> DecisionRecord:
    reason = f"this was decided on {earlier.at:%Y-%m-%d %H:%M} UTC: {earlier.action} ({earlier.reason})"
    return replace(earlier, at=now, action=SILENCE, reason=reason, text=None, surface=None, id=None, message_id=None)
