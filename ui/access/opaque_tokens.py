"""Secrets that are made here: long random tokens, and the hash under which they are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_secret(prefix: str = "") -> str:
    """256 random bits as text that fits into an address."""
    return prefix + secrets.token_urlsafe(32)


def kept(secret: str) -> str:
    """How a random secret is kept. It has 256 bits of its own, so a fast hash is enough; a password has not."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bound(secret: str, purpose: str) -> str:
    """A value that only who holds ``secret`` can have, and that does not reveal it."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
