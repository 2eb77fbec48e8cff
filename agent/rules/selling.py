"""Rules of single options: who buys anyway is not sold to, and an offer must fit budget, pause and fairness."""

from __future__ import annotations

from datetime import timedelta

from ..actions import OFFERS, SELLING, Option
from ..moments import Moment
from ..settings import ProactiveSettings
from .contact import Contact
from .money import Spending


def option_objection(
    option: Option,
    moment: Moment,
    contact: Contact,
    settings: ProactiveSettings,
    spending: Spending,
    buy_chance: float | None,
) -> str | None:
    """Why ``option`` may not be taken, or ``None``. The margin floor is kept where the offer is worked out."""
    if option.action in SELLING:
        sure = sure_buyer(moment, settings, buy_chance)
        if sure:
            return sure
    if option.action in OFFERS and option.offer is not None:
        return _offer_objection(option.offer.cost_minor, moment, contact, settings, spending)
    return None


def sure_buyer(moment: Moment, settings: ProactiveSettings, buy_chance: float | None) -> str | None:
    """Why the customer is taken to buy without a word from us, or ``None``.

    Without a forecast only an open cart is judged, by how often he has bought lately.
    """
    if buy_chance is not None:
        if buy_chance < settings.sure_chance:
            return None
        return f"buys without being asked (forecast {buy_chance:.0%})"
    if moment.signal.cart is None:
        return None
    since = moment.at - timedelta(days=90)
    orders = sum(one.placed_at > since for one in moment.state.kept_orders)
    if orders < settings.sure_orders:
        return None
    return f"{orders} orders in 90 days say that the customer buys without being asked"


def _offer_objection(
    cost_minor: int, moment: Moment, contact: Contact, settings: ProactiveSettings, spending: Spending
) -> str | None:
    offers = settings.offers
    if not offers.enabled:
        return "offers are switched off"
    pause = timedelta(days=offers.pause_days)
    if contact.offered_at is not None and moment.at - contact.offered_at < pause:
        return f"had an offer less than {offers.pause_days} days ago"
    if spending.spent_minor + cost_minor > offers.budget_minor:
        return f"the budget of {offers.budget_days} days for offers does not allow it"
    return spending.fairness_objection(spending.group_of(moment.state.person, settings), settings)
