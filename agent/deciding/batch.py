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

    def take(self, rows: NDArray[np.int64]) -> Batch:
        """Some of the occasions, by position."""
        return Batch(
            moments=tuple(self.moments[row] for row in rows),
            names=self.names,
            values=self.values[rows],
            actions=self.actions,
            eligible=self.eligible[rows],
            margin=self.margin[rows],
            cost=self.cost[rows],
            discount=self.discount[rows],
            keys=tuple(self.keys[row] for row in rows),
        )

    def lined_up(self, names: tuple[str, ...], actions: tuple[str, ...]) -> Batch:
        """The same occasions with these features and actions: what is new is not known, or not eligible."""
        if (names, actions) == (self.names, self.actions):
            return self
        columns = [self.actions.index(one) if one in self.actions else -1 for one in actions]
        missing = np.array([one < 0 for one in columns])

        def widened(table: Floats) -> Floats:
            return np.where(missing, 0.0, table[:, columns])

        return Batch(
            moments=self.moments,
            names=names,
            values=np.column_stack([self.feature(one, np.nan) for one in names]).reshape(len(self), len(names)),
            actions=actions,
            eligible=self.eligible[:, columns] & ~missing,
            margin=np.where(missing, self.margin[:, :1], self.margin[:, columns]),
            cost=widened(self.cost),
            discount=widened(self.discount),
            keys=self.keys,
        )

    @classmethod
    def joined(cls, parts: Sequence[Batch]) -> Batch:
        """Occasions one after the other, with all features and actions of any of them."""
        names = tuple(dict.fromkeys(name for one in parts for name in one.names))
        actions = tuple(dict.fromkeys(action for one in parts for action in one.actions))
        same = [one.lined_up(names, actions) for one in parts]
        return cls(
            moments=tuple(moment for one in same for moment in one.moments),
            names=names,
            values=np.concatenate([one.values for one in same]),
            actions=actions,
            eligible=np.concatenate([one.eligible for one in same]),
            margin=np.concatenate([one.margin for one in same]),
            cost=np.concatenate([one.cost for one in same]),
            discount=np.concatenate([one.discount for one in same]),
            keys=tuple(key for one in same for key in one.keys),
        )

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
