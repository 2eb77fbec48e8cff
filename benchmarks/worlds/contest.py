"""Runs a contestant through a world and adds up what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from store import InputError

from .interface import Floats, World
from .rivals import Contestant


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy made of a world."""

    profit_minor: Floats
    """(customers,) over all days."""
    messages: int
    complaints: int
    by_day_minor: Floats
    """(days,)"""


def play(world: World, contestant: Contestant) -> Outcome:
    """Raises ``InputError`` if something is chosen that is not eligible."""
    profit, by_day = np.zeros(world.customers), np.zeros(world.days)
    messages = complaints = 0
    for day in range(world.days):
        occasions = world.open_day(day)
        chosen = contestant.choose(occasions)
        rows = np.arange(len(occasions.batch))
        if not bool(occasions.batch.eligible[rows, chosen].all()):
            raise InputError("a policy chose what was not eligible", value=f"{type(contestant).__name__}, day {day}")
        result = world.close_day(chosen)
        contestant.see(result)
        profit += result.profit_minor
        by_day[day] = result.profit_minor.sum()
        messages += int((chosen > 0).sum())
        complaints += int(result.complaints.sum())
    return Outcome(profit, messages, complaints, by_day)
