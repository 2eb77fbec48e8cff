"""Insight's forecasts as the proactive side asks for them: one at a time, each moment's remembered."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING

from store import BeforehandError

from .moments import Moment, Senses

if TYPE_CHECKING:
    from insight import CustomerInsight, Insight, Prediction

_KEPT = 256


class InsightForesight:
    """Implements ``moments.Foresight`` over trained models."""

    def __init__(self, insight: Insight) -> None:
        self._insight = insight
        self._kept: OrderedDict[tuple[str, datetime], CustomerInsight | None] = OrderedDict()

    def predicted(self, customer_id: str, forecast: str, at: datetime) -> Prediction | None:
        key = (customer_id, at)
        if key not in self._kept:
            try:
                self._kept[key] = self._insight.customer(customer_id, at)
            except BeforehandError:
                self._kept[key] = None
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        found = self._kept[key]
        return None if found is None else found.prediction(forecast)


def buy_chance(moment: Moment, senses: Senses) -> float | None:
    """Probability that the customer buys without a word from us; ``None`` where nothing was learnt.

    With an open cart that he finishes it, else that he buys within seven days.
    """
    foresight = senses.foresight
    if foresight is None:
        return None
    if moment.signal.cart is not None:
        abandons = foresight.predicted(moment.customer_id, "abandons_cart", moment.at)
        if abandons is not None:
            return 1 - abandons.probability
        carted = foresight.predicted(moment.customer_id, "buys_carted", moment.at)
        if carted is not None:
            return carted.probability
    found = foresight.predicted(moment.customer_id, "buys_7_days", moment.at)
    return None if found is None else found.probability
