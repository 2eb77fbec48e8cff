"""From what is known of an occasion to the columns of a regression: who buys anyway, and whom an action moves.

Features are put on one scale by their ranks, so that a sum of money, a count and a share can be compared and an outlier
moves nothing. What is not known counts as usual, and that it is not known is a column of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .batch import Batch, Floats
from .settings import DecidingSettings

_GRID = 33
_EDGE = 1e-3
_FORECAST = "buy_chance"
_MESSAGES = "messages_7d"


@dataclass(frozen=True, slots=True)
class Scale:
    """One feature's way to its column: ``column = normal quantile of the share of rows below``."""

    name: str
    points: tuple[float, ...]
    """Distinct values, rising."""
    heights: tuple[float, ...]
    """The column at each of them; in between by straight lines."""
    gaps: bool
    """Whether it was ever not known."""

    @classmethod
    def of(cls, name: str, values: Floats) -> Scale | None:
        """From (n,) values; ``None`` for a feature that says nothing (one value, or never known)."""
        known = np.sort(values[~np.isnan(values)])
        if known.size == 0:
            return None
        points = np.unique(np.quantile(known, np.linspace(0, 1, _GRID), method="nearest"))
        gaps = known.size < values.size
        if points.size < 2:
            return cls(name, (float(points[0]),), (0.0,), True) if gaps else None
        below = (np.searchsorted(known, points, "left") + np.searchsorted(known, points, "right")) / 2 / known.size
        heights = ndtri(np.clip(below, 1 / (4 * known.size + 4), 1 - 1 / (4 * known.size + 4)))
        at = np.interp(known, points, heights)
        heights = np.clip((heights - at.mean()) / max(float(at.std()), 1e-6), -3.0, 3.0)
        return cls(name, tuple(points.tolist()), tuple(heights.tolist()), gaps)

    def __call__(self, values: Floats) -> Floats:
        """(n,) columns; 0 where not known."""
        return np.where(np.isnan(values), 0.0, np.interp(values, self.points, self.heights))


@dataclass(frozen=True, slots=True)
class Spreads:
    """Standard deviations of the belief about the coefficients, in log-odds: how far they may move."""

    main: float = 0.35
    """Of an action's lift."""
    moment: float = 0.25
    """Of what the moment adds to it."""
    feature: float = 0.05
    """Of what one standard deviation of a feature adds to it."""


@dataclass(frozen=True, slots=True)
class Design:
    """The columns. The base ones are the same for all actions; lifts have a block for each action but silence."""

    scales: tuple[Scale, ...]
    moments: tuple[str, ...]
    actions: tuple[str, ...]

    @classmethod
    def of(cls, batch: Batch) -> Design:
        """From the occasions that are to be learnt from."""
        found = (
            Scale.of(name, batch.values[:, at])
            for at, name in enumerate(batch.names)
            if name not in (_FORECAST, _MESSAGES)
        )
        scales = tuple(one for one in found if one is not None)
        return cls(scales, tuple(sorted(set(batch.moments))), batch.actions)

    @property
    def block(self) -> int:
        """Columns of one action's lift."""
        return 1 + len(self.moments) + len(self.scales)

    @property
    def base_size(self) -> int:
        """Columns of the base."""
        return 3 + len(self.moments) + 2 * len(self.scales) + len(self._gappy)

    @property
    def columns(self) -> tuple[object, ...]:
        """What the columns stand for, without the scales, which move with every row."""
        return self.actions, self.moments, tuple((one.name, one.gaps) for one in self.scales)

    @property
    def fatigue(self) -> int:
        """The column of the base that counts the messages of the last week."""
        return 2

    @property
    def _gappy(self) -> list[Scale]:
        return [one for one in self.scales if one.gaps]

    def base(self, batch: Batch, settings: DecidingSettings) -> tuple[Floats, Floats]:
        """(n, base_size) columns, and the (n,) offset: the log-odds that are believed without them."""
        told = np.clip(batch.feature(_FORECAST, settings.base_chance), _EDGE, 1 - _EDGE)
        offset: Floats = np.log(told / (1 - told))
        centred = offset - np.log(settings.base_chance / (1 - settings.base_chance))
        features, kinds = self._features(batch), self._kinds(batch)
        messages = np.minimum(batch.feature(_MESSAGES, 0.0), 7.0)
        gaps = [np.isnan(batch.feature(one.name, np.nan)).astype(float) for one in self._gappy]
        bends = np.minimum(features**2, 4.0) - 1.0
        columns = (np.ones(len(batch)), centred, messages, kinds, features, bends, *gaps)
        return np.column_stack(columns), offset

    def lift(self, batch: Batch) -> Floats:
        """(n, block) the columns that every action's lift is a sum over."""
        return np.column_stack((np.ones(len(batch)), self._kinds(batch), self._features(batch)))

    def prior(self, settings: DecidingSettings, spreads: Spreads) -> tuple[Floats, Floats]:
        """(d,) means and standard deviations: base, what all messages share, then a block for each action."""
        moments, scales = len(self.moments), len(self.scales)
        base = [2.0, 0.5, 0.1, *[0.7] * moments, *[0.4] * scales, *[0.2] * scales, *[0.3] * len(self._gappy)]
        own = [spreads.main, *[spreads.moment] * moments, *[spreads.feature] * scales]
        means: list[float] = [0.0] * (self.base_size + self.block)
        means[self.fatigue] = -settings.fatigue
        for action in self.actions[1:]:
            usual = settings.lift(action, "")
            means += [usual, *(settings.lift(action, one) - usual for one in self.moments), *[0.0] * scales]
        return np.array(means), np.array([*base, *own * len(self.actions)])

    def boldness(self, settings: DecidingSettings) -> Floats:
        """(d,) how far draws move each coefficient: what messages do on the whole, and at a moment. Not the features:
        with every one of them in doubt, some action always seems worth a try.
        """
        own = np.repeat([settings.boldness, 0.0], [1 + len(self.moments), len(self.scales)])
        found: Floats = np.concatenate((np.zeros(self.base_size), np.tile(own, len(self.actions))))
        return found

    def chosen(self, batch: Batch, columns: NDArray[np.int64], settings: DecidingSettings) -> tuple[Floats, Floats]:
        """(n, d) the columns of the regression for the actions that were chosen, and the (n,) offset."""
        base, offset = self.base(batch, settings)
        lift = self.lift(batch)
        wide = np.zeros((len(batch), len(self.actions), self.block))
        wide[np.arange(len(batch)), columns] = lift
        wide[:, 0] = lift * (columns > 0)[:, None]
        return np.column_stack((base, wide.reshape(len(batch), -1))), offset

    def _features(self, batch: Batch) -> Floats:
        columns = [one(batch.feature(one.name, np.nan)) for one in self.scales]
        return np.column_stack(columns) if columns else np.zeros((len(batch), 0))

    def _kinds(self, batch: Batch) -> Floats:
        kinds: Floats = (np.array(batch.moments)[:, None] == np.array(self.moments)).astype(float)
        return kinds
