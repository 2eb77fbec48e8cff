"""The policies that a configuration can name."""

from __future__ import annotations

import logging
from pathlib import Path

from store import ConfigError, ModelError

from .deciding import Policy, ProfitPolicy, transparent_policy
from .deciding.experiments import SplitPolicy
from .deciding.saved import read
from .settings import ProactiveSettings

_log = logging.getLogger(__name__)
_SPLIT = "ab:"
NAMES = ("transparent", "learned", f"{_SPLIT}NAME=CONTROL/VARIANT")


def open_policy(name: str, settings: ProactiveSettings, folder: Path | None = None) -> Policy:
    """The policy ``name``: ``transparent``, ``learned`` (from ``folder``), or ``ab:NAME=CONTROL/VARIANT`` to test two.

    Where nothing was learnt, it is damaged, or it may not decide, "learned" is the transparent policy, which tries
    a little more, so that something can be learnt. Raises ``ConfigError`` for one that is not known.
    """
    if name == "transparent":
        return transparent_policy(settings.deciding)
    if name == "learned":
        return _learned(settings, folder)
    test, _, arms = name.removeprefix(_SPLIT).partition("=")
    control, _, variant = arms.partition("/")
    if not name.startswith(_SPLIT) or not (test and control and variant) or _SPLIT in arms:
        raise ConfigError("there is no such policy", value=name, allowed=NAMES)
    return SplitPolicy(test, open_policy(control, settings, folder), open_policy(variant, settings, folder))


def uses_learned(settings: ProactiveSettings) -> bool:
    """Whether what is learnt from the ledger is used, to decide or beside."""
    return any("learned" in name for name in (settings.policy, settings.shadow or ""))


def _learned(settings: ProactiveSettings, folder: Path | None) -> Policy:
    start = transparent_policy(settings.deciding)
    if folder is None:
        return start
    try:
        saved = read(folder, settings.deciding)
    except ModelError as error:
        _log.info("The transparent policy decides: %s", error)
        return start
    if not saved.live:
        _log.warning("The transparent policy decides: %s", saved.why)
        return start
    return ProfitPolicy(saved.belief, settings.deciding, "learned", saved.version, learnt=True)
