"""The loop closed: decisions and their outcomes are read from the ledger, a policy learns from them, and goes live if
it would have done better.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from store import Database, InputError
from store.schema import Decision

from .deciding import SILENCE, Batch, DecidingSettings, ProfitPolicy
from .deciding.evaluation import Evaluation
from .deciding.experience import Experience
from .deciding.learned import learn
from .deciding.replay import drift, replay
from .deciding.saved import SavedPolicy, write
from .outcomes import BOUGHT, LESS
from .settings import ProactiveSettings

_FEATURES = "features"


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


def read_experience(
    database: Database, settings: ProactiveSettings, *, since: datetime | None = None, holdout: bool = True
) -> Experience:
    """All settled decisions in which something could be done, oldest first. Rows of other currencies than the most
    frequent one, and rows that were thinned, are left out. Raises ``InputError`` if there are none.
    """
    asked = select(Decision).where(Decision.outcome.is_not(None)).order_by(Decision.at, Decision.id)
    if since is not None:
        asked = asked.where(Decision.at >= since)
    if not holdout:
        asked = asked.where(Decision.holdout.is_(False))
    with database.read() as records:
        rows = [row for row in records.scalars(asked) if row.candidates and _FEATURES in row.known]
        currency = Counter(row.currency for row in rows).most_common(1)
        rows = [row for row in rows if row.currency == currency[0][0]]
        if not rows:
            raise InputError("the ledger has no settled decisions to learn from", advice="Wait for outcomes")
        return Experience.joined([_experience(row, settings) for row in rows])


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
        day=np.array([row.at.timestamp() / 86400]),
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
    whole = read_experience(database, settings)
    if len(whole) < known.min_rows:
        raise InputError(
            "too few settled decisions to learn from", value=len(whole), allowed=f"at least {known.min_rows}"
        )
    border = (now - timedelta(days=replay_days)).timestamp() / 86400
    lately = _not_held_out(read_experience(database, settings, since=now - timedelta(days=replay_days), holdout=False))
    earlier = whole.take(np.flatnonzero(whole.day < border))
    belief = learn(whole, known)
    found: Evaluation | None = None
    told, changed = "too little of the past to compare", False
    if len(earlier) >= known.min_rows // 2 and len(lately) >= known.min_rows // 4:
        before = learn(earlier, known)
        found = replay(ProfitPolicy(before, known, "learned", "replay", rows=len(earlier)), lately)
        moved = drift(before, lately)
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


def _not_held_out(rows: Experience) -> Experience:
    """Only decisions that chance made: others say nothing of what else could have been done."""
    return rows.take(np.flatnonzero(rows.batch.eligible.sum(axis=1) > 1))


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
