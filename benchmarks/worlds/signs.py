"""What a shop sees of its shoppers: noisy signs of what they hide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from .interface import Floats, Integers
from .traits import Nature, People

NAMES = (
    "looks",
    "coupon_share",
    "days_to_decide",
    "support_contacts",
    "orders_90d",
    "sentiment",
    "sessions_30d",
    "days_since_order",
    "cart_minor",
    "hour",
    "device",
    "messages_7d",
    "messages_30d",
)


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of the customers that do not change from day to day; (c,) each."""

    trait_signs: Floats
    """(c, t) each correlated with its trait by the world's clarity."""
    ready_sign: Floats
    device: Floats
    hour: Floats

    @classmethod
    def of(cls, nature: Nature, people: People, random: np.random.Generator) -> Signs:
        """Noisy signs of ``people``."""
        count = people.ready.size
        clear = nature.clarity[: people.traits.shape[1]]
        noise = random.normal(size=people.traits.shape)
        ready = people.ready / max(nature.spread, 1e-9)
        return cls(
            trait_signs=clear * people.traits + np.sqrt(1 - clear**2) * noise,
            ready_sign=blurred(ready, float(nature.clarity[-2]), random.normal(size=count)),
            device=random.integers(0, 3, count).astype(float),
            hour=random.uniform(8, 22, count),
        )

    def table(
        self,
        who: Integers,
        *,
        sentiment: Floats,
        activity: Floats,
        since_order: Floats,
        ordered: Floats,
        margin_minor: Floats,
        messages: tuple[Floats, Floats],
    ) -> Floats:
        """(n, f) the columns of ``NAMES`` for the customers ``who``; the rest are (n,) of the day."""
        doubt, thrift, forgetful, private = self.trait_signs[who].T
        columns = (
            np.floor(np.exp(0.8 + 0.6 * doubt)),
            np.round(ndtr(thrift), 2),
            np.floor(np.exp(1.0 + 0.5 * forgetful)),
            np.floor(np.exp(-0.5 - 0.7 * private)),
            np.floor(np.exp(0.6 + 0.7 * self.ready_sign[who])) + ordered,
            np.round(np.tanh(sentiment), 2),
            np.round(activity * 30),
            np.minimum(since_order, 90.0),
            np.round(margin_minor, -1),
            np.floor(self.hour[who]),
            self.device[who],
            *messages,
        )
        return np.column_stack(columns)

    def forecast(self, who: Integers, nature: Nature, known_part: Floats) -> Floats:
        """(n,) a shop's forecast of a purchase: right on average, blind to what has no sign."""
        clear = float(nature.clarity[-2])
        told: Floats = expit(known_part + nature.spread * clear * self.ready_sign[who])
        return told


def blurred(value: Floats, clarity: float, noise: Floats) -> Floats:
    """Standard normal ``value`` seen through noise: the result correlates with it by ``clarity``."""
    seen: Floats = clarity * value + np.sqrt(1 - clarity**2) * noise
    return seen
