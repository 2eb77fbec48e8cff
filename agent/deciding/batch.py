"""Many occasions as arrays, so that one and a million are weighed by the same code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from store import InputError

from .records import SILENCE, Choosable, Situation

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Batch:
    """n occasions with a actions, of which column 0 is silence, and f features."""

    moments: tuple[str, ...]
    """(n,) kinds of moment."""
    names: tuple[str, ...]
    """(f,) names of the features."""
    values: Floats
    """(n, f); NaN where a feature is not known."""
    actions: tuple[str, ...]
    """(a,)"""
    eligible: Flags
    """(n, a); silence always is."""
    margin: Floats
    """(n, a) minor units earned by a purchase after that action."""
    cost: Floats
    """(n, a) minor units."""
    discount: Floats
    """(n, a) share of the price given away."""
    keys: tuple[str, ...]
    """(n,) names of the occasions, which decide the draws."""

    def __post_init__(self) -> None:
        if not self.actions or self.actions[0] != SILENCE:
            raise InputError("silence must be the first action", value=", ".join(self.actions))
        if not bool(self.eligible[:, 0].all()):
            raise InputError("silence must always be among the options", advice="Add Choosable('silence', ...)")

    def __len__(self) -> int:
        return len(self.keys)

    def feature(self, name: str, otherwise: float) -> Floats:
        """(n,) the feature ``name``, with ``otherwise`` where it is not known."""
        if name not in self.names:
            return np.full(len(self), otherwise)
        found = self.values[:, self.names.index(name)]
        return np.where(np.isnan(found), otherwise, found)

    @classmethod
    def of_one(cls, situation: Situation, options: Sequence[Choosable], key: str) -> Batch:
        """One occasion, its actions by name. Raises ``InputError`` if silence is missing or an action stands twice."""
        ordered = sorted(options, key=lambda one: (one.action != SILENCE, one.action))
        actions = tuple(one.action for one in ordered)
        if len(set(actions)) != len(actions):
            raise InputError("an action stands twice among the options", value=", ".join(sorted(actions)))
        names = tuple(sorted(situation.features))
        return cls(
            moments=(situation.moment,),
            names=names,
            values=np.array([[float(situation.features[name]) for name in names]]).reshape(1, len(names)),
            actions=actions,
            eligible=np.ones((1, len(actions)), dtype=bool),
            margin=np.array([[float(one.margin_minor) for one in ordered]]),
            cost=np.array([[float(one.cost_minor) for one in ordered]]),
            discount=np.array([[one.discount_share for one in ordered]]),
            keys=(key,),
        )
