"""``Insight``: a shop's trained models, asked about a customer at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store import Clock, Database, InputError, ModelError, NotFound, minor_digits, system_clock
from store.schema import Customer

from . import saved
from .cart_features import cart_features, cart_states
from .customer_features import customer_features
from .examples import active, may_be_upset, may_leave
from .history import DAY, NEVER, History, Numbers, moment_of
from .item_features import item_features
from .learning import ProbabilityModel, Table
from .loading import MoodReader, load_history
from .records import CustomerInsight, Prediction, PredictionReason, Ranked, SegmentSummary, ValueForecast
from .segments import SEGMENTS, Quintiles, segment_of
from .settings import InsightSettings
from .value import ValueModel
from .visit_features import VisitMoments, visit_features
from .wish_features import open_wishes, wish_features
from .wording import phrases

_REASONS = 4
_SMALLEST = 0.05
"""Log-odds: a fact that moves a forecast by less is no reason."""
_OPEN_CART_DAYS = 30


@dataclass(frozen=True, slots=True)
class _Trained:
    """What ``train_insight`` left."""

    at: datetime
    currency: str
    settings: InsightSettings
    models: Mapping[str, ProbabilityModel]
    base_rates: Mapping[str, float]
    value: ValueModel | None
    quintiles: Quintiles
    category_shares: Mapping[str, float]


class Insight:
    """Foresees what customers of one shop will do. Safe to share between threads: it only reads."""

    def __init__(
        self, database: Database, trained: _Trained, clock: Clock = system_clock, read_mood: MoodReader | None = None
    ) -> None:
        self._database, self._trained, self._clock, self._read_mood = database, trained, clock, read_mood

    @classmethod
    def load(
        cls, database: Database, folder: Path, *, clock: Clock = system_clock, read_mood: MoodReader | None = None
    ) -> Insight:
        """The models that ``train_insight`` put into ``folder``.

        ``read_mood`` must be given if it was given in training. Raises ``ModelError`` if there are no models, or they
        are damaged.
        """
        body = saved.read(folder)
        try:
            return cls(database, _trained(body), clock, read_mood)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "the insight models are of another version", value=str(folder), advice="Train them again"
            ) from error

    @property
    def trained_at(self) -> datetime:
        """The moment up to which the models know the shop."""
        return self._trained.at

    def customer(self, customer_id: str, at: datetime | None = None) -> CustomerInsight:
        """All that is foreseen of one customer at ``at`` (default: now); nothing later than that is looked at.

        Raises ``NotFound`` for an unknown customer.
        """
        moment = at or self._clock()
        with self._database.read() as records:
            customer = records.get(Customer, customer_id)
        if customer is None:
            raise NotFound("there is no such customer", value=customer_id)
        if not customer.consent_personal:
            return CustomerInsight(customer_id, moment, "withheld", (), None, withheld=True)
        history = self._history(moment, customer_id)
        if customer_id not in history.customers:
            raise NotFound("this customer was not there yet", value=f"{customer_id} at {moment:%Y-%m-%d}")
        row = history.customers.index(customer_id)
        features = self._features(history)
        predictions = [
            *self._of_customer(features, row),
            *self._of_visit(history, row),
            *self._of_cart(history, row),
            *self._of_items(history, row, moment),
            *self._of_wishes(history),
        ]
        segment = segment_of(features.rows(np.array([row])), self._trained.quintiles)[0]
        return CustomerInsight(customer_id, moment, segment, tuple(predictions), self._value(history, features, row))

    def rank(self, forecast: str, limit: int = 20, at: datetime | None = None) -> list[Ranked]:
        """The customers for whom ``buys_7_days``, ``leaves`` or ``dissatisfied`` is most probable, best first.

        Raises ``InputError`` for another forecast, or one that the shop has too little past for.
        """
        possible = ("buys_7_days", "leaves", "dissatisfied")
        if forecast not in possible:
            raise InputError("customers cannot be ranked by this", value=forecast, allowed=possible)
        model = self._trained.models.get(forecast)
        if model is None:
            raise InputError(
                "the shop had too little past to learn this", value=forecast, advice="Train again when it has more"
            )
        history = self._history(at or self._clock(), None)
        features = self._features(history)
        applies = np.flatnonzero(self._applies(forecast, features))
        probability = model.probability(features.rows(applies).select(model.names))
        best = np.argsort(-probability, kind="stable")[:limit]
        return [Ranked(history.customers[applies[one]], float(probability[one])) for one in best]

    def segments(self, at: datetime | None = None) -> list[SegmentSummary]:
        """Who the shop's customers are, the best first; segments without anybody are left out."""
        history = self._history(at or self._clock(), None)
        features = self._features(history)
        keys = np.array(segment_of(features, self._trained.quintiles))
        spent = np.nan_to_num(features.column("spent"))
        found = []
        for key in SEGMENTS:
            mine = keys == key
            if not mine.any():
                continue
            recency = features.column("days_since_purchase")[mine]
            found.append(
                SegmentSummary(
                    key=key,
                    customers=int(mine.sum()),
                    share=float(mine.mean()),
                    revenue_share=float(spent[mine].sum() / spent.sum()) if spent.sum() > 0 else 0.0,
                    mean_purchases=float(features.column("purchase_days")[mine].mean()),
                    mean_days_since_purchase=None if np.isnan(recency).all() else float(np.nanmean(recency)),
                    mean_spent_minor=self._minor(float(spent[mine].mean())),
                    currency=self._trained.currency,
                )
            )
        return found

    def members(self, segment: str, limit: int = 50, at: datetime | None = None) -> list[str]:
        """The customers of one segment, those who spent most first. Raises ``InputError`` for an unknown segment."""
        if segment not in SEGMENTS:
            raise InputError("there is no such segment", value=segment, allowed=SEGMENTS)
        history = self._history(at or self._clock(), None)
        features = self._features(history)
        mine = np.flatnonzero(np.array(segment_of(features, self._trained.quintiles)) == segment)
        spent = np.nan_to_num(features.column("spent"))[mine]
        return [history.customers[one] for one in mine[np.argsort(-spent, kind="stable")[:limit]]]

    def _history(self, at: datetime, customer_id: str | None) -> History:
        settings = self._trained.settings
        return load_history(
            self._database,
            at,
            currency=self._trained.currency,
            since=at - timedelta(days=settings.history_days),
            customer_id=customer_id,
            visit_gap=timedelta(minutes=settings.visit_gap_minutes),
            read_mood=self._read_mood,
        )

    def _features(self, history: History) -> Table:
        value = self._trained.value
        return customer_features(history, None if value is None else value.rates)

    def _applies(self, forecast: str, features: Table) -> NDArray[np.bool_]:
        if forecast == "buys_7_days":
            return active(features, self._trained.settings)
        return may_leave(features, self._trained.settings) if forecast == "leaves" else may_be_upset(features)

    def _of_customer(self, features: Table, row: int) -> list[Prediction]:
        mine = features.rows(np.array([row]))
        return [
            one
            for forecast in ("buys_7_days", "leaves", "dissatisfied")
            if self._applies(forecast, mine)[0]
            for one in self._predicted(forecast, mine, [None])
        ]

    def _of_visit(self, history: History, row: int) -> list[Prediction]:
        """Of the visit that the customer is in, if he is in one and has not bought in it."""
        mine = history.events.where(history.events.customer == row)
        if not len(mine):
            return []
        at, visit = history.known_until, int(mine.visit[-1])
        here = mine.where(mine.visit == visit)
        gap = self._trained.settings.visit_gap_minutes * DAY // 1440
        bought = history.purchases.customer == row
        if at - int(here.at[-1]) > gap or np.any(history.purchases.at[bought] >= here.at[0]):
            return []
        moments = VisitMoments(np.array([row]), np.array([visit]), np.array([at]))
        return self._predicted("buys_this_visit", visit_features(history, moments), [history.visits[visit] or None])

    def _of_cart(self, history: History, row: int) -> list[Prediction]:
        states, at = cart_states(history), history.known_until
        lately = (states.ends == NEVER) & (states.at > at - _OPEN_CART_DAYS * DAY) & (states.customer == row)
        carts = states.rows(lately)
        # Beyond the time after which a cart counts as abandoned there is nothing left to foresee.
        if not len(carts) or at - int(carts.at[0]) > self._trained.settings.cart_hours * DAY // 24:
            return []
        return self._predicted("abandons_cart", cart_features(history, carts, np.array([at])), [None])

    def _of_items(self, history: History, row: int, at: datetime) -> list[Prediction]:
        """Of what was ordered lately and has not come back."""
        since = history.known_until - self._trained.settings.return_days * DAY
        lines = history.lines
        mine = (lines.customer == row) & (lines.at > since) & (lines.returned == NEVER) & (lines.product >= 0)
        if not mine.any():
            return []
        names = {history.products[number] for number in lines.product[mine]}
        # How often a product comes back is told by all who bought it, and this customer by all that he bought.
        shop = load_history(
            self._database, at, currency=self._trained.currency, product_ids=names, also=history.customers[row]
        )
        who = shop.customers.index(history.customers[row])
        recent = (shop.lines.customer == who) & (shop.lines.at > since) & (shop.lines.returned == NEVER)
        rows: Numbers = np.flatnonzero(recent & (shop.lines.product >= 0))
        share = self._trained.base_rates.get("returns_item", 0.0)
        table = item_features(shop, rows, category_shares=self._trained.category_shares, shop_share=share)
        return self._predicted("returns_item", table, [shop.products[number] for number in shop.lines.product[rows]])

    def _of_wishes(self, history: History) -> list[Prediction]:
        """Of each product that lies in the customer's cart, or lay there and was not bought."""
        wishes = open_wishes(history, self._trained.settings.wish_days)
        return self._predicted(
            "buys_carted", wish_features(history, wishes), [history.products[number] for number in wishes.product]
        )

    def _predicted(self, forecast: str, table: Table, subjects: Sequence[str | None]) -> list[Prediction]:
        model, usual = self._trained.models.get(forecast), self._trained.base_rates.get(forecast)
        if usual is None or not len(table):
            return []
        if model is None:
            return [Prediction(forecast, usual, usual, subject, ()) for subject in subjects]
        mine = table.select(model.names)
        probabilities, (parts, _) = model.probability(mine), model.contributions(mine)
        return [
            Prediction(forecast, float(probability), usual, subject, self._reasons(mine.names, values, effects, model))
            for probability, subject, values, effects in zip(probabilities, subjects, mine.values, parts, strict=True)
        ]

    def _reasons(
        self, names: tuple[str, ...], values: NDArray[np.float64], effects: NDArray[np.float64], model: ProbabilityModel
    ) -> tuple[PredictionReason, ...]:
        """The strongest topics, each told by its strongest feature that pulls the same way."""
        topics: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            topics.setdefault(phrases()[name].topic, []).append(place)
        scaled = effects * model.calibrator.slope
        found = []
        for places in topics.values():
            whole = float(scaled[places].sum())
            told = max(places, key=lambda place: scaled[place] * np.sign(whole))
            if abs(whole) >= _SMALLEST:
                found.append(PredictionReason(names[told], float(values[told]), whole, self._trained.currency))
        return tuple(sorted(found, key=lambda reason: -abs(reason.log_odds))[:_REASONS])

    def _value(self, history: History, features: Table, row: int) -> ValueForecast | None:
        model = self._trained.value
        if model is None:
            return None
        purchases, amount, alive = (float(part[row]) for part in model.forecast(history, features))
        if np.isnan(purchases):
            return None
        one = 0.0 if np.isnan(amount) else amount
        return ValueForecast(
            model.days, purchases, self._minor(purchases * one), self._minor(one), self._trained.currency, alive
        )

    def _minor(self, major: float) -> int:
        return round(major * 10 ** float(minor_digits(self._trained.currency)))


def _trained(body: dict[str, Any]) -> _Trained:
    return _Trained(
        at=moment_of(body["at_us"]),
        currency=body["currency"],
        settings=InsightSettings.model_validate(body["settings"]),
        models={name: saved.probability_model(record) for name, record in body["models"].items()},
        base_rates=body["base_rates"],
        value=saved.value_model(body["value"]),
        quintiles=saved.quintiles_of(body["quintiles"]),
        category_shares=body["category_shares"],
    )
