"""Scores in words that a merchant can check with a pencil."""

from __future__ import annotations

from collections.abc import Sequence

from .records import SILENCE, Weighed


def why_scored(
    action: str,
    *,
    chance: float,
    silent: float,
    margin_minor: float,
    silent_margin_minor: float,
    cost_minor: float,
    annoyance_minor: float,
) -> str:
    """Where a score comes from. Amounts are in units of the currency (100 minor units), as the merchant reads them."""
    if action == SILENCE:
        return f"buys anyway with {silent:.1%}, which earns {_amount(silent * silent_margin_minor)} on average"
    parts = [
        f"buys with {chance:.1%} instead of {silent:.1%}",
        f"earns {_amount(chance * margin_minor)} on average instead of {_amount(silent * silent_margin_minor)}",
    ]
    if margin_minor < silent_margin_minor:
        parts.append(f"an order earns {_amount(silent_margin_minor - margin_minor)} less after it")
    if cost_minor:
        parts.append(f"costs {_amount(cost_minor)}")
    if annoyance_minor:
        parts.append(f"counts {_amount(annoyance_minor)} for the attention it takes")
    return "; ".join(parts)


def why_chosen(chosen: Weighed, ranked: Sequence[Weighed]) -> str:
    """Why this one. ``ranked`` holds all options, best first."""
    best = ranked[0]
    if chosen.action != best.action:
        return f"tried, to learn from it (probability {chosen.probability:.1%}); {best.action} has the highest score"
    if chosen.action == SILENCE:
        others = [one for one in ranked if one.action != SILENCE]
        if not others:
            return "nothing else was allowed"
        return f"nothing is worth a message: the best, {others[0].action}, would bring {_amount(others[0].score_minor)}"
    return f"expected to bring {_amount(chosen.score_minor)} more than silence: {chosen.why}"


def _amount(minor: float) -> str:
    return f"{minor / 100:.2f}"
