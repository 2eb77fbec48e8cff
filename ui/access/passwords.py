"""Passwords: argon2id hashes, and which ones are taken (NIST SP 800-63B: length counts, composition rules do not)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from store import InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    # The library's defaults are RFC 9106's second recommendation: argon2id, 64 MiB, three passes.
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash("a password that nobody has")


def hash_password(password: str, name: str) -> str:
    """The hash to keep. Raises ``InputError`` for a password that is too short, too long or easily guessed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError("the password has the wrong length", allowed=f"{SHORTEST} to {LONGEST} characters")
    plain = password.strip().lower()
    if len(set(plain)) < 5 or (name and plain.replace(name.lower(), "") in {"", *(str(n) for n in range(10_000))}):
        raise InputError("the password is too easy to guess", advice="Take several words that do not belong together")
    return _hasher().hash(password)


def verify_password(password: str, kept: str | None) -> bool:
    """Whether it is the one. For ``None`` (no such person) it takes as long and is never."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        right = _hasher().verify(kept or _nobodys(), password[:LONGEST])
    except (InvalidHashError, VerificationError):
        return False
    return right and kept is not None
