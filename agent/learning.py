"""The loop closed: decisions and their outcomes are read from the ledger, a policy learns from them, and goes live if
it would have done better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session as Records

from store import Database, InputError
from store.schema import Decision

from .deciding import SILENCE, Batch, DecidingSettings, ProfitPolicy
from .deciding.attribution import Claims, learn_shared, shared
from .deciding.batch import Flags, Floats
from .deciding.evaluation import Evaluation
from .deciding.experience import Experience
from .deciding.learned import LearnedBelief
from .deciding.replay import drift, replay
from .deciding.saved import SavedPolicy, write
from .moments.reading import chunks
from .outcomes import BOUGHT, LESS, cancelled, earned_by, read_costs, read_orders
from .settings import ProactiveSettings

_FEATURES = "features"
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """What came of training a policy."""

    decisions: int
    replayed: int
    """Of the last days, which the replayed policy had not seen."""
    live: bool
    why: str
    gain_minor: float | None
    """Per decision, beyond what was earned; doubly robust."""
    gain_low_minor: float | None
    gain_high_minor: float | None
    warnings: tuple[str, ...]
    drift: str
    file: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What the ledger says came of decisions, and the orders behind it."""

    rows: Experience
    """Oldest first; each decision has all orders within its window."""
    held: Flags
    """(rows,) whether the customer was held out."""
    window: Floats
    """(rows,) days."""
    order_customers: tuple[str, ...]
    order_day: Floats
    order_margin: Floats
    """Minor units."""

    def take(self, which: NDArray[np.int64]) -> Settled:
        """Some of the decisions, by position."""
        return replace(self, rows=self.rows.take(which), held=self.held[which], window=self.window[which])

    def learn(self, settings: DecidingSettings) -> LearnedBelief:
        """A belief from these decisions; an order is shared among all that may have led to it."""
        return learn_shared(self.rows, self._claims(), self.order_margin, settings)

    def shared(self, believed: LearnedBelief) -> Experience:
        """The decisions with their shares of the orders."""
        return shared(self.rows, self._claims(), self.order_margin, believed)

    def _claims(self) -> Claims:
        names = {one: number for number, one in enumerate(sorted({*self.rows.customers, *self.order_customers}))}
        customers, order_customers = (
            np.array([names[one] for one in those], dtype=np.int64)
            for those in (self.rows.customers, self.order_customers)
        )
        return Claims.of(customers, self.rows.day, self.window, order_customers, self.order_day)


def read_settled(database: Database, settings: ProactiveSettings) -> Settled:
    """All settled decisions in which something could be done. Rows of other currencies than the most frequent one, and
    rows that were thinned, are left out. Raises ``InputError`` if there are none.
    """
    asked = select(Decision).where(Decision.outcome.is_not(None)).order_by(Decision.at, Decision.id)
    with database.read() as records:
        rows = [row for row in records.scalars(asked) if row.candidates and _FEATURES in row.known]
        currency = Counter(row.currency for row in rows).most_common(1)
        rows = [row for row in rows if row.currency == currency[0][0]]
        if not rows:
            raise InputError("the ledger has no settled decisions to learn from", advice="Wait for outcomes")
        orders = _orders(records, rows, settings)
        return Settled(
            rows=Experience.joined([_experience(row, settings) for row in rows]),
            held=np.array([row.holdout for row in rows], dtype=bool),
            window=np.array([((row.window_until or row.at) - row.at).total_seconds() / _DAY for row in rows]),
            order_customers=tuple(customer for customer, _, _ in orders),
            order_day=np.array([day for _, day, _ in orders], dtype=float),
            order_margin=np.array([earned for _, _, earned in orders], dtype=float),
        )


def _orders(records: Records, rows: Sequence[Decision], settings: ProactiveSettings) -> list[tuple[str, float, int]]:
    """Customer, day and margin of all orders, of which something was kept, of those who were decided on repeatedly."""
    times = Counter(row.customer_id for row in rows)
    several = [customer for customer, count in times.items() if count > 1]
    placed = [one for part in chunks(several) for one in read_orders(records, part, rows[0].at)]
    costs = read_costs(records, placed)
    found = []
    for order in placed:
        earned, kept = earned_by(order, costs, settings)
        if order.placed_at is not None and kept and not cancelled(order):
            found.append((order.customer_id or "", order.placed_at.timestamp() / _DAY, earned))
    return found


def _experience(row: Decision, settings: ProactiveSettings) -> Experience:
    allowed = sorted(
        (one for one in row.candidates if one["eligible"]), key=lambda one: (one["action"] != SILENCE, one["action"])
    )
    actions = tuple(str(one["action"]) for one in allowed)
    features: dict[str, Any] = row.known[_FEATURES]

    def column(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([[float(one.get(name, 0)) for one in allowed]])

    less = row.outcome == LESS
    margin = float(row.reward_minor or 0) + row.cost_minor + (settings.less_cost_minor if less else 0)
    return Experience(
        batch=Batch(
            moments=(row.moment,),
            names=tuple(features),
            values=np.array([[float(one) for one in features.values()]]).reshape(1, len(features)),
            actions=actions,
            eligible=np.ones((1, len(actions)), dtype=bool),
            margin=column("margin_minor"),
            cost=column("cost_minor"),
            discount=column("discount_share"),
            keys=(row.idempotency_key,),
        ),
        customers=(row.customer_id,),
        day=np.array([row.at.timestamp() / _DAY]),
        chosen=np.array([actions.index(row.action)], dtype=np.int64),
        propensity=np.array([row.propensity]),
        bought=np.array([float(row.outcome == BOUGHT or (less and margin > 0))]),
        margin=np.array([margin]),
        complained=np.array([less]),
        ripe=np.ones(1),
    )


def train_policy(
    database: Database, settings: ProactiveSettings, folder: Path, now: datetime, *, replay_days: int = 14
) -> PolicyReport:
    """Learn from the whole ledger and save. It may decide only if a policy that learnt from all but the last
    ``replay_days`` would have earned more in them than was earned, and the shop has not changed meanwhile.

    Raises ``InputError`` if there are fewer decisions than ``settings.deciding.min_rows``.
    """
    known: DecidingSettings = settings.deciding
    settled = read_settled(database, settings)
    whole = settled.rows
    if len(whole) < known.min_rows:
        raise InputError(
            "too few settled decisions to learn from", value=len(whole), allowed=f"at least {known.min_rows}"
        )
    border = (now - timedelta(days=replay_days)).timestamp() / _DAY
    earlier = settled.take(np.flatnonzero(whole.day < border))
    # Only decisions that chance made: others say nothing of what else could have been done.
    chosen = np.flatnonzero((whole.day >= border) & ~settled.held & (whole.batch.eligible.sum(axis=1) > 1))
    lately = whole.take(chosen)
    belief = settled.learn(known)
    found: Evaluation | None = None
    told, changed = "too little of the past to compare", False
    if len(earlier.rows) >= known.min_rows // 2 and len(lately) >= known.min_rows // 4:
        before = earlier.learn(known)
        found = replay(ProfitPolicy(before, known, "learned", "replay", learnt=True), lately)
        moved = drift(before, settled.shared(before).take(chosen))
        told, changed = moved.told, moved.noticed
    live, why = _may_decide(found, changed, told)
    file = write(folder, SavedPolicy(belief, f"{now:%Y-%m-%d}", live, why))
    return PolicyReport(
        decisions=len(whole),
        replayed=len(lately),
        live=live,
        why=why,
        gain_minor=None if found is None else found.gain.value,
        gain_low_minor=None if found is None else found.gain.low,
        gain_high_minor=None if found is None else found.gain.high,
        warnings=() if found is None else found.overlap.warnings,
        drift=told,
        file=str(file),
    )


def _may_decide(found: Evaluation | None, changed: bool, told: str) -> tuple[bool, str]:
    if found is None:
        return False, f"it was not replayed: {told}"
    if changed:
        return False, told
    if found.overlap.warnings:
        return False, found.overlap.warnings[0]
    if found.gain.value <= 0:
        return False, f"in the last days it would have earned {-found.gain.value / 100:.2f} less per decision"
    sure = "surely" if found.gain.low > 0 else "probably"
    return True, f"in the last days it would {sure} have earned {found.gain.value / 100:.2f} more per decision"
