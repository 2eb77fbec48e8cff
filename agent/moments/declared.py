"""Moments as they are declared: the shipped file, and the merchant's own laid over it. Checked when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, field_validator

from store import ConfigError, Settings, check_settings

from .carts import CartLeft
from .changes import Changed
from .forecasts import Foreseen
from .moods import Unhappy
from .newcomers import Newcomer
from .parcels import ParcelLate
from .repeats import Repeated
from .signals import Trigger
from .sizes import OftenReturned
from .supply import RunsOut

KINDS: Mapping[str, type[Trigger]] = {
    "cart_left": CartLeft,
    "repeated": Repeated,
    "changed": Changed,
    "runs_out": RunsOut,
    "parcel_late": ParcelLate,
    "unhappy": Unhappy,
    "foreseen": Foreseen,
    "newcomer": Newcomer,
    "often_returned": OftenReturned,
}
ActionName = Literal[
    "recommend",
    "answer_doubt",
    "remind",
    "reassure",
    "offer",
    "offer_shipping",
    "offer_bundle",
    "ask",
    "invite_person",
    "apologise",
]
_SHIPPED = ("demo",)


class Because(Settings):
    """Ends "I write because ..." for the customer."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class Declared(Settings):
    """One moment but for its trigger."""

    enabled: bool = True
    actions: tuple[ActionName, ...] = Field(min_length=1)
    priority: int = 30
    outcome_hours: int = Field(default=72, ge=1, le=24 * 60)
    pause_days: float = Field(default=0.0, ge=0)
    channel: Literal["chat", "email"] = "chat"
    because: Because

    @field_validator("actions")
    @classmethod
    def _each_once(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(actions)) != len(actions):
            raise ValueError("an action stands twice")
        return actions


class MomentKind(Declared):
    """One moment: what is noticed, and what may be done about it."""

    name: str
    when: Trigger


def read_moments(own: str | None = None) -> tuple[MomentKind, ...]:
    """The moments in force, the most urgent first. ``own``: the merchant's file, or ``demo``.

    Raises ``ConfigError`` that names the file, the moment, the key, its value and what is allowed.
    """
    folder = files("agent.moments")
    shipped = _moments(folder.joinpath("moments.yaml").read_text("utf-8"), "moments.yaml")
    changes: dict[str, Any] = {}
    place = "moments.yaml"
    if own in _SHIPPED:
        place = f"{own}.yaml"
        changes = _moments(folder.joinpath(place).read_text("utf-8"), place)
    elif own is not None:
        place = own
        try:
            changes = _moments(Path(own).read_text("utf-8"), place)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise ConfigError("there is no such file of moments", value=own, allowed="a YAML file, or demo") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{own} is not YAML: {error}") from error
    merged = {name: dict(shipped.get(name, {})) for name in {**shipped, **changes}}
    for name, change in changes.items():
        when = {**merged[name].get("when", {}), **_mapping(change.get("when", {}), f"{place}: {name}.when")}
        given_kind = change.get("when", {}).get("kind")
        if given_kind is not None and given_kind != shipped.get(name, {}).get("when", {}).get("kind"):
            # Another kind has other numbers: nothing of the shipped ones is kept.
            when = dict(change["when"])
        merged[name] = {**merged[name], **change, "when": when}
    found = [_checked(name, raw, place if name in changes else "moments.yaml") for name, raw in merged.items()]
    return tuple(sorted((one for one in found if one.enabled), key=lambda one: (-one.priority, one.name)))


def _moments(text: str, place: str) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{place} is not YAML: {error}") from error
    whole = _mapping(raw or {}, place)
    unknown = set(whole) - {"moments"}
    if unknown:
        raise ConfigError(f"{place}: unknown key", value=", ".join(sorted(map(str, unknown))), allowed="moments")
    moments = _mapping(whole.get("moments") or {}, f"{place}: moments")
    return {str(name): dict(_mapping(one or {}, f"{place}: {name}")) for name, one in moments.items()}


def _mapping(raw: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{place} must hold keys and values", value=type(raw).__name__)
    return raw


def _checked(name: str, raw: Mapping[str, Any], place: str) -> MomentKind:
    where = f"{place}: {name}"
    if not name.isidentifier():
        raise ConfigError(f"{place}: not a name for a moment", value=name, allowed="letters, digits and _")
    when = dict(_mapping(raw.get("when") or {}, f"{where}.when"))
    kind = str(when.get("kind"))
    if kind not in KINDS:
        raise ConfigError(f"{where}.when: no such kind", value=kind, allowed=sorted(KINDS))
    trigger = check_settings(when, KINDS[kind], f"{where}.when")
    declared = check_settings({key: one for key, one in raw.items() if key != "when"}, Declared, where)
    return MomentKind.model_construct(
        name=name, when=trigger, **{one: getattr(declared, one) for one in Declared.model_fields}
    )
