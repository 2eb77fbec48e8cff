"""What insight hands out: forecasts with their reasons in words, value, segments, and the report of a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from store import format_amount

from .wording import effect, fact, sentence, title

FORECASTS = ("buys_7_days", "buys_this_visit", "abandons_cart", "leaves", "returns_item", "dissatisfied", "buys_carted")
"""What is foreseen as a probability."""


@dataclass(frozen=True, slots=True)
class PredictionReason:
    """One reason for a forecast: a fact about the customer, and how far it moves the forecast."""

    feature: str
    value: float
    log_odds: float
    """What this fact, with others of its topic, adds to the forecast's log-odds (SHAP value)."""
    currency: str

    def words(self, language: str = "en") -> str:
        """ "Last bought 12 days ago: makes it less likely." """
        return sentence(self.feature, self.value, self.log_odds, language, self.currency)

    def fact(self, language: str = "en") -> str:
        """ "last bought 12 days ago" """
        return fact(self.feature, self.value, language, self.currency)

    def effect(self, language: str = "en") -> str:
        """ "makes it less likely" """
        return effect(self.log_odds, language)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A calibrated forecast for one customer."""

    forecast: str
    """One of ``FORECASTS``."""
    probability: float
    usual: float
    """The shop's share, over the customers that the forecast is made for."""
    subject: str | None
    """The visit's id, or the product's id of an item bought or carted; ``None``: the customer as such."""
    reasons: tuple[PredictionReason, ...]
    """The strongest first; none where only the shop's mean is known."""

    @property
    def level(self) -> str:
        """low, usual or high: by a factor of 1.5 in the odds against what is usual."""
        odds = (self.probability + 1e-9) / (1 - self.probability + 1e-9)
        usual = (self.usual + 1e-9) / (1 - self.usual + 1e-9)
        return "high" if odds >= 1.5 * usual else "low" if odds <= usual / 1.5 else "usual"

    def words(self, language: str = "en") -> str:
        """ "Buys within 7 days: 12 % (high; usual is 5 %)" """
        name, level = title(self.forecast, language), title(self.level, language)
        if language.lower().startswith("zh"):
            return f"{name}：{_percent(self.probability)}（{level}；一般为 {_percent(self.usual)}）"
        return f"{name}: {_percent(self.probability)} ({level}; usual is {_percent(self.usual)})"


@dataclass(frozen=True, slots=True)
class ValueForecast:
    """What a customer is expected to bring in the next ``days``."""

    days: int
    purchases: float
    """Expected days with a purchase."""
    amount_minor: int
    """Expected purchases times the expected amount of one, in minor units of ``currency``."""
    purchase_minor: int
    """Expected amount of one purchase."""
    currency: str
    still_customer: float
    """Probability that the customer has not left for good (BG/NBD)."""

    def words(self, language: str = "en") -> str:
        amount = format_amount(self.amount_minor, self.currency)
        if language.lower().startswith("zh"):
            return f"未来 {self.days} 天预计购买 {self.purchases:.1f} 次，共 {amount}"
        return f"Expected in the next {self.days} days: {self.purchases:.1f} purchases, {amount}"


@dataclass(frozen=True, slots=True)
class CustomerInsight:
    """All that is foreseen of one customer at a moment."""

    customer_id: str
    at: datetime
    segment: str
    """Key of the segment; ``segment_name`` says it in words."""
    predictions: tuple[Prediction, ...]
    value: ValueForecast | None
    """``None``: has not bought yet, or the shop has too few purchases to say."""
    withheld: bool = False
    """The customer does not allow the use of his history: nothing was read and nothing is foreseen."""

    def segment_name(self, language: str = "en") -> str:
        return title(self.segment, language)

    def prediction(self, forecast: str) -> Prediction | None:
        """The forecast of this name; of several (items) the most probable one; ``None`` where it does not apply."""
        found = [one for one in self.predictions if one.forecast == forecast]
        return max(found, key=lambda one: one.probability, default=None)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A customer's place in a list by one forecast."""

    customer_id: str
    probability: float


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """One segment of the shop at a moment."""

    key: str
    customers: int
    share: float
    revenue_share: float
    """Of all that was ever spent."""
    mean_purchases: float
    mean_days_since_purchase: float | None
    mean_spent_minor: int
    currency: str

    def name(self, language: str = "en") -> str:
        return title(self.key, language)


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """How one forecast was learnt and how it did on later time that it had not seen."""

    forecast: str
    rows: int
    positives: int
    learnt: bool
    why: str
    """If not learnt, why; the shop's mean is used then."""
    auc: float | None = None
    """Area under the ROC curve on the latest part of the time, by a model of the time before; ``None``: too little."""
    calibration_excess: float | None = None
    """Calibration error there, above what chance alone would show."""


@dataclass(frozen=True, slots=True)
class InsightReport:
    """What came of a training."""

    at: datetime
    customers: int
    forecasts: tuple[ForecastReport, ...]
    value: str
    """What expected purchases are computed by: learnt, bg_nbd or none, and why."""
    seconds: float = field(compare=False)


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0 < share < 0.0995 or share > 0.9 else f"{share:.0%}"
