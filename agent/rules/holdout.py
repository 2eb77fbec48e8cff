"""Who is never written to, so that what the messages bring can be measured."""

from __future__ import annotations

import hashlib

from ..settings import ProactiveSettings


def in_holdout(customer_id: str, settings: ProactiveSettings) -> bool:
    """By a stable hash of the id, so that a customer stays on one side whatever else changes."""
    digest = hashlib.sha256(f"{settings.seed}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < settings.holdout_share
