"""API keys: what another program comes in with, and which doors it opens. Only a hash of the secret is kept."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select

from store import Clock, Database, InputError, NotAllowed, NotFound
from store.schema import ApiKey

from .audit import Actor, AuditLog
from .opaque_tokens import kept, new_secret

Scope = Literal["search", "recommend", "score", "events", "decisions", "insight", "metrics"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "bh_"
_CACHE_S = 5.0
_CACHED = 1000


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key, without its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    per_minute: int
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def actor(self) -> str:
        return f"key:{self.name}"


class ApiKeys:
    """The keys. May be shared between threads."""

    def __init__(self, database: Database, clock: Clock, audit: AuditLog) -> None:
        self._database, self._clock, self._audit = database, clock, audit
        # A busy door asks hundreds of times a second; a revoked key works a few seconds longer for that.
        self._known: OrderedDict[str, tuple[float, KeyEntry]] = OrderedDict()
        self._lock = threading.Lock()

    def add(
        self,
        name: str,
        scopes: Iterable[str],
        by: Actor,
        *,
        per_minute: int = 600,
        expires_at: datetime | None = None,
    ) -> tuple[KeyEntry, str]:
        """A new key and its secret, which is shown this once. Raises ``InputError``."""
        wanted = tuple(dict.fromkeys(scopes))
        unknown = [one for one in wanted if one not in SCOPES]
        if unknown or not wanted:
            raise InputError("a key needs known scopes", value=", ".join(unknown) or "none", allowed=SCOPES)
        if not name.strip() or len(name) > 64:
            raise InputError("a key needs a name", value=name, allowed="1 to 64 characters")
        secret = new_secret(PREFIX)
        row = ApiKey(
            id=f"key_{uuid.uuid4().hex[:12]}",
            name=name.strip(),
            secret_hash=kept(secret),
            scopes=list(wanted),
            per_minute=per_minute,
            created_at=self._clock(),
            expires_at=expires_at,
        )
        with self._database.write() as records:
            records.add(row)
        self._audit.write("security", by, "key_added", key=row.id, name=row.name, scopes=" ".join(wanted))
        return _entry(row), secret

    def entries(self) -> Sequence[KeyEntry]:
        with self._database.read() as records:
            return [_entry(one) for one in records.scalars(select(ApiKey).order_by(ApiKey.created_at, ApiKey.id))]

    def revoke(self, key_id: str, by: Actor) -> None:
        """The key opens nothing any more. Raises ``NotFound``."""
        with self._database.write() as records:
            row = records.get(ApiKey, key_id)
            if row is None:
                raise NotFound("there is no such key", value=key_id)
            row.revoked_at = row.revoked_at or self._clock()
        with self._lock:
            self._known.clear()
        self._audit.write("security", by, "key_revoked", key=key_id)

    def known(self, secret: str) -> KeyEntry | None:
        """The key if it was read moments ago and still holds: asks no database."""
        with self._lock:
            found = self._known.get(kept(secret))
        return found[1] if found is not None and found[0] >= time.monotonic() and self._holds(found[1]) else None

    def read(self, secret: str) -> KeyEntry:
        """Whose key it is. Raises ``NotAllowed`` for one that is unknown, revoked or expired."""
        hashed = kept(secret)
        with self._database.read() as records:
            row = records.scalar(select(ApiKey).where(ApiKey.secret_hash == hashed))
        if row is None:
            raise NotAllowed("the API key is not valid")
        entry = _entry(row)
        if not self._holds(entry):
            raise NotAllowed("the API key is not valid any more", value=entry.id)
        with self._lock:
            self._known[hashed] = (time.monotonic() + _CACHE_S, entry)
            while len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return entry

    def _holds(self, entry: KeyEntry) -> bool:
        return entry.revoked_at is None and (entry.expires_at is None or entry.expires_at > self._clock())


def _entry(row: ApiKey) -> KeyEntry:
    return KeyEntry(row.id, row.name, tuple(row.scopes), row.per_minute, row.created_at, row.expires_at, row.revoked_at)
