"""The audit log: who saw and did what, when, of which customer; and the security log: what was tried and refused."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select

from store import Clock, Database
from store.schema import AuditEntry

_log = logging.getLogger("beforehand.security")
Log = Literal["audit", "security"]
SYSTEM = "system"
"""The name of an ``Actor`` that is this program itself, and with ``:NAME`` of who sits at its command line."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it."""

    name: str
    """``staff:NAME``, ``key:NAME``, ``customer:ID``, ``system``, ``system:NAME``, or ``anyone``."""
    role: str | None = None
    address: str = ""
    """Network address; empty: this machine's command line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, as it is shown."""

    at: datetime
    log: str
    actor: str
    role: str | None
    action: str
    customer_id: str | None
    address: str
    detail: dict[str, object]


class AuditLog:
    """Writes and reads both logs. May be shared between threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def write(
        self, log: Log, actor: Actor, action: str, *, customer_id: str | None = None, **detail: str | int | float | None
    ) -> None:
        """Add a row. What came from outside is cut to a sane length; a secret must never be handed in."""
        row = AuditEntry(
            id=f"aud_{uuid.uuid4().hex}",
            at=self._clock(),
            log=log,
            actor=_short(actor.name),
            role=actor.role,
            action=action,
            customer_id=None if customer_id is None else _short(customer_id),
            address=_short(actor.address),
            detail={name: _short(one) if isinstance(one, str) else one for name, one in detail.items()},
        )
        with self._database.write() as records:
            records.add(row)
        if log == "security":
            # What was done at this machine, the owner's link of a first start too, is on its screen already.
            level = logging.INFO if actor.name.partition(":")[0] == SYSTEM else logging.WARNING
            _log.log(level, "%s by %s from %s: %r", row.action, row.actor, row.address or "this machine", row.detail)

    def count(self, action: str, within: timedelta, *, actor: str | None = None, address: str | None = None) -> int:
        """How many such rows there are of the last ``within``."""
        asked = select(func.count()).where(AuditEntry.action == action, AuditEntry.at > self._clock() - within)
        if actor is not None:
            asked = asked.where(AuditEntry.actor == _short(actor))
        if address is not None:
            asked = asked.where(AuditEntry.address == _short(address))
        with self._database.read() as records:
            return records.scalar(asked) or 0

    def entries(
        self,
        *,
        log: Log | None = None,
        customer_id: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        limit: int = 200,
    ) -> Sequence[Entry]:
        """Newest first."""
        asked = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id).limit(limit)
        for column, value in ((AuditEntry.log, log), (AuditEntry.customer_id, customer_id), (AuditEntry.actor, actor)):
            if value is not None:
                asked = asked.where(column == value)
        if since is not None:
            asked = asked.where(AuditEntry.at >= since)
        with self._database.read() as records:
            return [
                Entry(one.at, one.log, one.actor, one.role, one.action, one.customer_id, one.address, dict(one.detail))
                for one in records.scalars(asked)
            ]


def _short(text: str) -> str:
    # Control characters would let a name forge lines of a log file.
    clean = "".join(one if one.isprintable() else "?" for one in text[: _LONGEST + 1])
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"
