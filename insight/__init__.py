"""What is known of customers at a moment, and what follows from it: open carts, forecasts, value and segments.

Everything here is point in time: of a moment in the past it says what could be known then. Models are trained on the
shop's own records (``train_insight``) and asked through ``Insight``; every forecast is a calibrated probability with
its reasons in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .settings import InsightSettings, LearnerSettings

if TYPE_CHECKING:
    from .carts import CART_EVENTS, CartEvent, CartLine, OpenCart, open_carts, replay_cart
    from .foresight import Insight
    from .records import (
        FORECASTS,
        CustomerInsight,
        ForecastReport,
        InsightReport,
        Prediction,
        PredictionReason,
        Ranked,
        SegmentSummary,
        ValueForecast,
    )
    from .training import train_insight

__all__ = [
    "CART_EVENTS",
    "FORECASTS",
    "CartEvent",
    "CartLine",
    "CustomerInsight",
    "ForecastReport",
    "Insight",
    "InsightReport",
    "InsightSettings",
    "LearnerSettings",
    "OpenCart",
    "Prediction",
    "PredictionReason",
    "Ranked",
    "SegmentSummary",
    "ValueForecast",
    "open_carts",
    "replay_cart",
    "train_insight",
]

_HEAVY = {
    "CART_EVENTS": "carts",
    "CartEvent": "carts",
    "CartLine": "carts",
    "OpenCart": "carts",
    "open_carts": "carts",
    "replay_cart": "carts",
    "Insight": "foresight",
    "train_insight": "training",
}


def __getattr__(name: str) -> Any:
    # SQLAlchemy, SciPy and LightGBM load when they are first used.
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f".{_HEAVY.get(name, 'records')}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
