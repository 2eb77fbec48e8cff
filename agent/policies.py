"""The policies that a configuration can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from store import ConfigError

from .deciding import Policy, transparent_policy
from .settings import ProactiveSettings

POLICIES: Mapping[str, Callable[[ProactiveSettings], Policy]] = {
    "transparent": lambda settings: transparent_policy(settings.deciding),
}


def open_policy(name: str, settings: ProactiveSettings) -> Policy:
    """The policy ``name``. Raises ``ConfigError`` for one that is not known."""
    if name not in POLICIES:
        raise ConfigError("there is no such policy", value=name, allowed=sorted(POLICIES))
    return POLICIES[name](settings)
