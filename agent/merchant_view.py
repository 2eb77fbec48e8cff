"""What the merchant sees of acting first: today's decisions, what they earned against the holdout, and a preview.

Reads the ledger; writes nothing but that a task is done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select

from store import Database, InputError, NotFound
from store.schema import Decision, Occasion, Tally, Todo

from .ledger import SILENCES, from_row
from .moments import MomentKind, find_moments, read_states
from .reply import DecisionRecord
from .rules import MESSAGES, read_contacts, read_spending
from .weighing import Weigher

_RESAMPLES = 2_000
_FEWEST = 20
_REPLAYED = 1_000
_EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class DayOfDecisions:
    """One UTC day of the ledger."""

    day: str
    """ISO 8601."""
    decisions: tuple[DecisionRecord, ...]
    """The newest first."""
    silences: Mapping[str, int]
    """``moment:rule`` -> how often nothing could be done because of that rule."""
    by_action: Mapping[str, int]
    messages: int
    """To customers, over all channels."""


@dataclass(frozen=True, slots=True)
class MomentEffect:
    """What acting at one moment (or at all of them) brought, compared with the holdout."""

    moment: str
    """``all``: every moment together."""
    customers: str
    """``all``, or at all moments: ``never_bought``, ``bought_once`` or ``regulars``, by their orders until then."""
    acted_on: int
    """Occasions of customers who may be written to, with a known outcome."""
    held_out: int
    """Occasions of the holdout group."""
    mean_minor: float
    """Mean reward of an occasion that was decided freely."""
    holdout_mean_minor: float
    difference_minor: float
    """Of the means: what an occasion earned because it was decided on."""
    interval_minor: tuple[float, float] | None
    """95 % bootstrap interval of the difference over customers; ``None``: fewer than 20 occasions on one side."""
    earned_minor: float
    """The difference times the occasions acted on."""
    currency: str


@dataclass(frozen=True, slots=True)
class PreviewChange:
    """One occasion that would be decided differently."""

    customer_id: str
    at: datetime
    moment: str
    was: str
    would: str
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The last days decided again under other settings, each occasion as it was known then."""

    occasions: int
    before: Mapping[str, int]
    """Action -> how often it was taken."""
    after: Mapping[str, int]
    """Action -> how often it would have been."""
    changes: tuple[PreviewChange, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TodoView:
    """A task for the shop's people."""

    id: str
    customer_id: str
    moment: str
    text: str
    created_at: datetime
    done_at: datetime | None
    done_by: str | None


def decisions_of_day(database: Database, day: datetime, limit: int = 500) -> DayOfDecisions:
    """The decisions of the UTC day that ``day`` lies in."""
    start = day.replace(hour=0, minute=0, second=0, microsecond=0)
    with database.read() as records:
        rows = records.scalars(
            select(Decision)
            .where(Decision.at >= start, Decision.at < start + timedelta(days=1))
            .order_by(Decision.at.desc(), Decision.id)
            .limit(limit)
        )
        found = tuple(from_row(row) for row in rows)
        counts = records.execute(
            select(Tally.name, Tally.count).where(
                Tally.day == start.date().isoformat(), Tally.name.startswith(SILENCES)
            )
        )
        silences = {name.removeprefix(SILENCES): int(count) for name, count in counts}
    return DayOfDecisions(
        day=start.date().isoformat(),
        decisions=found,
        silences=silences,
        by_action=dict(Counter(one.action for one in found)),
        messages=sum(one.surface in MESSAGES for one in found),
    )


def decisions_since(database: Database, since: datetime, customer_id: str | None, limit: int) -> list[DecisionRecord]:
    """The newest first; with ``customer_id`` that customer's only."""
    asked = select(Decision).where(Decision.at >= since)
    if customer_id is not None:
        asked = asked.where(Decision.customer_id == customer_id)
    with database.read() as records:
        return [from_row(row) for row in records.scalars(asked.order_by(Decision.at.desc(), Decision.id).limit(limit))]


def effects(database: Database, since: datetime, until: datetime, seed: int = 0) -> list[MomentEffect]:
    """What deciding brought: all moments together first, then each, then each kind of customer at all moments.

    Needs outcomes: windows that are over.
    """
    asked = select(
        Decision.moment,
        Decision.known["features"]["orders"].as_float(),
        Decision.customer_id,
        Decision.holdout,
        Decision.reward_minor,
        Decision.currency,
    ).where(Decision.at >= since, Decision.at <= until, Decision.reward_minor.is_not(None))
    rows: dict[tuple[str, str], list[tuple[str, bool, int]]] = defaultdict(list)
    currencies: Counter[str] = Counter()
    with database.read() as records:
        for moment, orders, customer, holdout, reward, currency in records.execute(asked):
            one = (customer, bool(holdout), int(reward or 0))
            rows[_EVERYBODY, _EVERYBODY].append(one)
            rows[moment, _EVERYBODY].append(one)
            if orders is not None:
                rows[_EVERYBODY, _kind_of(orders)].append(one)
            currencies[currency] += 1
    currency = currencies.most_common(1)[0][0] if currencies else ""
    ordered = sorted(rows, key=lambda name: (name[1] != _EVERYBODY, name[0] != _EVERYBODY, name))
    return [_effect(moment, customers, rows[moment, customers], currency, seed) for moment, customers in ordered]


def _kind_of(orders: float) -> str:
    return "never_bought" if orders < 1 else "bought_once" if orders < 2 else "regulars"


def _effect(
    moment: str, customers: str, rows: Sequence[tuple[str, bool, int]], currency: str, seed: int
) -> MomentEffect:
    free, held = _sums(rows, holdout=False), _sums(rows, holdout=True)
    mean, other = _mean(free), _mean(held)
    counts = int(free[:, 1].sum()), int(held[:, 1].sum())
    interval = None
    if min(counts) >= _FEWEST:
        chance = np.random.default_rng(seed)
        drawn = _resampled(free, chance) - _resampled(held, chance)
        low, high = np.quantile(drawn, (0.025, 0.975))
        interval = (float(low), float(high))
    difference = mean - other if min(counts) else 0.0
    return MomentEffect(
        moment, customers, counts[0], counts[1], mean, other, difference, interval, difference * counts[0], currency
    )


def _sums(rows: Sequence[tuple[str, bool, int]], *, holdout: bool) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(customers, 2): the sum of rewards of each customer, and the number of occasions."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for customer, held, reward in rows:
        if held == holdout:
            found[customer][0] += reward
            found[customer][1] += 1
    return np.array(list(found.values()), dtype=np.float64).reshape(len(found), 2)


def _mean(sums: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    return float(sums[:, 0].sum() / sums[:, 1].sum()) if len(sums) else 0.0


def _resampled(
    sums: np.ndarray[tuple[int, int], np.dtype[np.float64]], chance: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(resamples,) means over customers drawn with replacement: occasions of one customer belong together."""
    means = np.empty(_RESAMPLES)
    for place in range(_RESAMPLES):
        rewards, occasions = sums[chance.integers(0, len(sums), len(sums))].sum(axis=0)
        means[place] = rewards / occasions
    return means


def preview(
    database: Database, kinds: Sequence[MomentKind], weigher: Weigher, since: datetime, until: datetime
) -> Preview:
    """Decide the occasions of a time again with ``kinds`` and ``weigher``, each as it was known then.

    What the customer had been sent by then is what he was really sent. At most 1,000 occasions, the newest.
    """
    days = max((one.when.event_days for one in kinds), default=1.0)
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    changes: list[PreviewChange] = []
    with database.read() as records:
        decided = [
            (key, customer, at, action, moment)
            for key, customer, at, action, moment in records.execute(
                select(
                    Decision.idempotency_key, Decision.customer_id, Decision.at, Decision.action, Decision.moment
                ).where(Decision.at >= since, Decision.at <= until)
            )
        ]
        decided += [
            (key, customer, at, "silence", key.split(":", 1)[0])
            for key, customer, at in records.execute(
                select(Occasion.key, Occasion.customer_id, Occasion.at).where(
                    Occasion.at >= since, Occasion.at <= until
                )
            )
        ]
        for key, customer, at, action, moment in sorted(decided, key=lambda one: one[2], reverse=True)[:_REPLAYED]:
            (state,) = read_states(records, [customer], at, event_days=days)
            due = {one.key: one for one in find_moments(kinds, state, weigher.senses).due}
            would, why = "silence", "the moment would not have come up then"
            if key in due:
                contact = read_contacts(records, [customer], at)[customer]
                contact.sent = [one for one in contact.sent if one[0] < at]
                plan = weigher.plan(records, due[key], contact, read_spending(records, weigher.settings, at))
                would, why = ("silence" if plan.chosen is None else plan.chosen.action), plan.reason
                if plan.again_at is not None:
                    would = "put off"
            before[action] += 1
            after[would] += 1
            if would != action:
                changes.append(PreviewChange(customer, at, moment, action, would, why))
    return Preview(sum(before.values()), dict(before), dict(after), tuple(changes))


def todos(database: Database, *, done: bool = False, limit: int = 200) -> list[TodoView]:
    """Open tasks, the oldest first; with ``done`` those that are done, the newest first."""
    asked = select(Todo).where(Todo.done_at.is_not(None) if done else Todo.done_at.is_(None))
    asked = asked.order_by(Todo.done_at.desc() if done else Todo.created_at, Todo.id).limit(limit)
    with database.read() as records:
        return [_todo(row) for row in records.scalars(asked)]


def finish_todo(database: Database, todo_id: str, by: str, at: datetime) -> TodoView:
    """Mark a task as done. Raises ``NotFound`` for an unknown one; one that is done stays as it is."""
    if not by.strip():
        raise InputError("a task is done by somebody", value=by, allowed="a name")
    with database.write() as records:
        row = records.get(Todo, todo_id)
        if row is None:
            raise NotFound("there is no such task", value=todo_id)
        if row.done_at is None:
            row.done_at, row.done_by = at, by
        return _todo(row)


def _todo(row: Todo) -> TodoView:
    return TodoView(row.id, row.customer_id, row.moment, row.text, row.created_at, row.done_at, row.done_by)
