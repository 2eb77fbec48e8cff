"""What a random world of shoppers is made of: parameters of the world, and people with hidden traits.

Everything is drawn from the seed alone. Independent of the demo shop's generator, and of any policy's settings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .interface import Floats

MOMENTS = ("cart_abandoned", "long_look", "searched_in_vain", "price_drop", "delivery_late", "quiet_spell")
ACTIONS = ("silence", "remind", "answer_doubt", "recommend", "bestsellers", "reassure", "offer", "apologise")
TRAITS = ("doubt", "thrift", "forgetful", "private")
OFFER, BESTSELLERS = ACTIONS.index("offer"), ACTIONS.index("bestsellers")
ALLOWED = {
    "cart_abandoned": ("remind", "answer_doubt", "offer", "bestsellers"),
    "long_look": ("answer_doubt", "recommend", "offer", "bestsellers"),
    "searched_in_vain": ("recommend", "offer", "bestsellers"),
    "price_drop": ("remind", "recommend", "offer", "bestsellers"),
    "delivery_late": ("reassure", "apologise", "offer", "bestsellers"),
    "quiet_spell": ("recommend", "offer", "bestsellers"),
}
"""What makes sense at a moment."""
_SPEAKS_TO = {"answer_doubt": "doubt", "offer": "thrift", "remind": "forgetful"}


@dataclass(frozen=True, slots=True)
class Nature:
    """The parameters of one world: m moments, a actions, t traits. Effects are in log-odds of a purchase."""

    moment_base: Floats
    """(m,) how near a purchase a moment is."""
    moment_share: Floats
    """(m,)"""
    effect: Floats
    """(m, a) what a message does to an average shopper; some do harm."""
    reaction: Floats
    """(a, t) by how much more per unit of a trait."""
    spread: float
    """Standard deviation of how ready people are to buy."""
    mood_weight: float
    fatigue_weight: float
    fatigue_kept: float
    """Part of the fatigue that is left a day later."""
    sated: float
    """How much less ready a shopper is in the days after an order."""
    waiting: float
    """How much less ready the thrifty are to pay the full price after they saw an offer."""
    annoying: Floats
    """(a,) how tiring an action is."""
    complaint_base: float
    discount: float
    """Share of the price."""
    margin_rate: float
    """Margin as a share of the price."""
    message_cost: Floats
    """(a,) minor units."""
    clarity: Floats
    """(t + 2,) how well what can be seen tells the traits, the readiness and the mood: a correlation."""
    forecast: bool
    """Whether the shop has a forecast of purchases."""
    activity: float
    """Mean visits of a customer in a day."""


@dataclass(frozen=True, slots=True)
class People:
    """c customers with what nobody sees."""

    traits: Floats
    """(c, t) standard normal."""
    ready: Floats
    """(c,) log-odds."""
    activity: Floats
    """(c,) visits in a day."""
    margin_minor: Floats
    """(c,) usual margin of an order."""
    tires: Floats
    """(c,) fatigue of a message."""
    kinds: Floats
    """(c, m) shares of the moments."""


def draw_nature(random: np.random.Generator) -> Nature:
    """The parameters of a world."""
    moments, actions, traits = len(MOMENTS), len(ACTIONS), len(TRAITS)
    effect = random.normal(0.2, 0.3, actions) + random.normal(0.0, 0.25, (moments, actions))
    reaction = random.normal(0.0, 0.15, (actions, traits))
    for action, trait in _SPEAKS_TO.items():
        reaction[ACTIONS.index(action), TRAITS.index(trait)] += random.uniform(0.1, 0.6)
    reaction[1:, TRAITS.index("private")] -= random.uniform(0.0, 0.4)
    effect[:, OFFER] += random.uniform(0.2, 0.8)
    # What sells best speaks to nobody in particular.
    effect[:, BESTSELLERS] *= 0.5
    effect[:, 0] = reaction[0] = 0.0
    annoying = random.uniform(0.6, 1.4, actions)
    cost = random.uniform(0.0, 15.0, actions)
    annoying[0] = cost[0] = 0.0
    return Nature(
        moment_base=random.normal(-2.2, 0.6, moments),
        moment_share=random.dirichlet(np.full(moments, 3.0)),
        effect=effect,
        reaction=reaction,
        spread=random.uniform(0.4, 1.2),
        mood_weight=random.uniform(0.1, 0.5),
        fatigue_weight=random.uniform(0.1, 0.6),
        fatigue_kept=random.uniform(0.75, 0.95),
        sated=random.uniform(0.0, 1.0),
        waiting=random.uniform(0.0, 0.6),
        annoying=annoying,
        complaint_base=random.uniform(-7.0, -4.5),
        discount=random.uniform(0.05, 0.2),
        margin_rate=random.uniform(0.25, 0.5),
        message_cost=cost,
        clarity=random.uniform(0.4, 0.9, traits + 2),
        forecast=bool(random.random() < 0.5),
        activity=random.uniform(0.06, 0.2),
    )


def draw_people(nature: Nature, customers: int, random: np.random.Generator) -> People:
    """The customers of a world."""
    traits = random.normal(size=(customers, len(TRAITS)))
    gammas = random.gamma(nature.moment_share * 20 + 0.1, size=(customers, len(MOMENTS)))
    private = traits[:, TRAITS.index("private")]
    return People(
        traits=traits,
        ready=random.normal(0.0, nature.spread, customers),
        activity=np.clip(random.gamma(1.5, nature.activity / 1.5, customers), 0.005, 0.8),
        margin_minor=np.exp(random.normal(np.log(random.uniform(500, 3000)), 0.5, customers)),
        tires=np.exp(random.normal(np.log(random.uniform(0.03, 0.2)), 0.5, customers) + 0.4 * private),
        kinds=gammas / gammas.sum(axis=1, keepdims=True),
    )
