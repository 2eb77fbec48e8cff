"""The ledger does not grow for ever: first the details go, then the rows; counts of silences stay.

A row loses what was known and the candidates after ``keep_detail_days``, if its outcome is known; it goes after
``keep_days``. Of occasions settled in silence the key is kept for ``keep_detail_days``: by then none can come again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, cast, delete, select, update

from store import Database
from store.schema import Decision, Occasion, Offer, Outgoing

from .settings import ProactiveSettings

_AT_ONCE = 1_000


def thin(database: Database, settings: ProactiveSettings, at: datetime) -> int:
    """Do a part of it; returns how many rows were changed, so that it can be called until there are none."""
    detail, old = at - timedelta(days=settings.keep_detail_days), at - timedelta(days=settings.keep_days)
    fat = (
        select(Decision.id)
        .where(Decision.at < detail, Decision.outcome.is_not(None), Decision.policy != "")
        # As text: PostgreSQL does not compare JSON.
        .where(cast(Decision.candidates, String) != "[]")
        .limit(_AT_ONCE)
    )
    gone = select(Decision.id).where(Decision.at < old).limit(_AT_ONCE)
    forgotten = select(Occasion.key).where(Occasion.at < detail).limit(_AT_ONCE)
    sent = select(Outgoing.id).where(Outgoing.sent_at < detail).limit(_AT_ONCE)
    changed = 0
    with database.write() as records:
        for statement in (
            update(Decision).where(Decision.id.in_(fat)).values(candidates=[], known={}, shadow=None),
            delete(Decision).where(Decision.id.in_(gone)),
            delete(Offer).where(Offer.made_at < old),
            delete(Occasion).where(Occasion.key.in_(forgotten)),
            delete(Outgoing).where(Outgoing.id.in_(sent)),
        ):
            done = records.execute(statement.execution_options(synchronize_session=False))
            changed += done.rowcount  # type: ignore[attr-defined]  # an update or delete has a row count
    return changed
