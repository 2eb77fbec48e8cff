"""The errors of Beforehand: one small tree, shared by every package.

Each error says what was wrong, shows the offending value, says what is allowed and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable


class BeforehandError(Exception):
    """Base of every error that Beforehand raises on purpose.

    ``problem`` says in a sentence what was wrong. ``value`` is the offending value, ``allowed`` what would have been
    accepted, ``advice`` what to do now; each is shown only where it is given.
    """

    def __init__(
        self,
        problem: str,
        *,
        value: object = None,
        allowed: str | Iterable[object] | None = None,
        advice: str | None = None,
    ) -> None:
        self.problem = problem
        self.value = value
        self.allowed = allowed if isinstance(allowed, str | None) else ", ".join(str(one) for one in allowed)
        self.advice = advice
        parts = [problem.rstrip(".")]
        if value is not None:
            parts[0] += f": {_shown(value)}"
        if self.allowed:
            parts.append(f"Allowed: {self.allowed}")
        if advice:
            parts.append(advice.rstrip("."))
        super().__init__(". ".join(parts) + ".")


class ConfigError(BeforehandError):
    """The configuration cannot be used as it stands."""


class InputError(BeforehandError):
    """A file, row or argument from outside does not have the form it must have."""


class NotFound(BeforehandError):
    """A record that was asked for by its id does not exist (or is not this customer's)."""


class NotAllowed(BeforehandError):
    """The session may not do what it asked for."""


class StoreError(BeforehandError):
    """The database cannot be reached, or is not at the version this program needs."""


class ModelError(BeforehandError):
    """Weights, an encoder or a chat model are missing, damaged or failed."""


class IndexDamaged(BeforehandError):
    """A saved vector index does not match its checksum or its database."""


def _shown(value: object, limit: int = 120) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
