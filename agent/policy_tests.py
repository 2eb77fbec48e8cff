"""Tests of policies, read from the ledger: what the customers of each arm brought."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select

from store import Database
from store.schema import Decision

from .deciding.experiments import Arm, Comparison, arm_of, compare


def read_test(
    database: Database, test: str, *, planned: int, share: float = 0.5, since: datetime | None = None
) -> Comparison:
    """The test ``test`` as it stands: minor units per customer, from settled decisions, the held out left aside.

    ``planned`` is the number of customers in all that the test was planned for.
    """
    asked = select(Decision.customer_id, Decision.reward_minor).where(
        Decision.reward_minor.is_not(None), Decision.holdout.is_(False)
    )
    if since is not None:
        asked = asked.where(Decision.at >= since)
    brought: dict[str, float] = defaultdict(float)
    with database.read() as records:
        for customer, reward in records.execute(asked):
            brought[customer] += reward or 0
    arms: tuple[list[float], list[float]] = ([], [])
    for customer, value in brought.items():
        arms[arm_of(test, customer, share)].append(value)
    return compare(Arm.of(arms[0]), Arm.of(arms[1]), planned=planned)
