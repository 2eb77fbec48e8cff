"""What came of each decision: filled in when its window is over, for messages and for silences alike.

Bought, returned, clicked, "less of this", or none; and the reward: the margin of what was bought in the window, less
what came back, the cost of acting, and the annoyance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as Records
from sqlalchemy.orm import selectinload

from store import Database
from store.schema import Decision, Event, Message, Mute, Order, Variant

from .deciding import SILENCE
from .moments.reading import chunks
from .settings import ProactiveSettings

BOUGHT, RETURNED, CLICKED, LESS, NOTHING = "bought", "returned", "clicked", "less", "none"
RETURNS_DAYS = 30
"""What comes back so long after the window is still taken off."""


def settle_outcomes(database: Database, settings: ProactiveSettings, at: datetime, limit: int = 500) -> int:
    """Fill in what is known of decisions whose window ended by ``at``; returns how many."""
    open_rows = (
        select(Decision.id)
        .where(Decision.outcome.is_(None), Decision.window_until <= at)
        .order_by(Decision.window_until)
        .limit(limit)
    )
    with database.read() as records:
        ids = list(records.scalars(open_rows))
        rows = [row for part in chunks(ids) for row in records.scalars(select(Decision).where(Decision.id.in_(part)))]
        past = _read_past(records, rows)
        found = {row.id: outcome_of(row, past, settings) for row in rows}
    if not found:
        return 0
    with database.write() as records:
        for decision_id, (outcome, reward) in found.items():
            row = records.get(Decision, decision_id)
            if row is not None and row.outcome is None:
                row.outcome, row.outcome_at, row.reward_minor = outcome, at, reward
    return len(found)


def take_off_returns(database: Database, settings: ProactiveSettings, at: datetime, limit: int = 500) -> int:
    """Settle again the purchases whose goods came back since; returns how many changed."""
    since = at - timedelta(days=RETURNS_DAYS)
    with database.read() as records:
        bought = select(Decision).where(
            Decision.outcome == BOUGHT, Decision.window_until > since, Decision.window_until <= at
        )
        rows = list(records.scalars(bought.order_by(Decision.window_until).limit(limit)))
        past = _read_past(records, rows)
        found = {row.id: outcome_of(row, past, settings) for row in rows}
        changed = {row.id for row in rows if found[row.id] != (row.outcome, row.reward_minor)}
    if changed:
        with database.write() as records:
            for decision_id in changed:
                row = records.get(Decision, decision_id)
                if row is not None:
                    row.outcome, row.reward_minor = found[decision_id]
    return len(changed)


@dataclass(frozen=True, slots=True)
class Past:
    """What the customers of some decisions did."""

    orders: Mapping[str, Sequence[Order]]
    views: Mapping[str, Sequence[tuple[datetime, str | None]]]
    muted: frozenset[str]
    """Decisions that were answered with "less of this"."""
    shown: Mapping[str, frozenset[str]]
    """Message id -> the products it showed."""
    costs: Mapping[str, int | None]
    """Variant id -> what one piece costs the shop."""


def _read_past(records: Records, rows: Sequence[Decision]) -> Past:
    customers = {row.customer_id for row in rows}
    first = min((row.at for row in rows), default=None)
    orders: dict[str, list[Order]] = defaultdict(list)
    views: dict[str, list[tuple[datetime, str | None]]] = defaultdict(list)
    muted: set[str] = set()
    shown: dict[str, frozenset[str]] = {}
    for part in chunks(sorted(customers)):
        for order in read_orders(records, part, first):
            orders[order.customer_id or ""].append(order)
        seen = select(Event.customer_id, Event.at, Event.product_id).where(
            Event.customer_id.in_(part), Event.at > first, Event.kind == "view"
        )
        for customer, viewed_at, product in records.execute(seen):
            views[customer or ""].append((viewed_at, product))
        muted.update(one for one in records.scalars(select(Mute.decision_id).where(Mute.customer_id.in_(part))) if one)
    for part in chunks(row.message_id for row in rows if row.message_id):
        for message_id, cards in records.execute(select(Message.id, Message.products).where(Message.id.in_(part))):
            shown[message_id] = frozenset(str(one["id"]) for one in cards)
    costs = read_costs(records, [one for mine in orders.values() for one in mine])
    return Past(orders, views, frozenset(muted), shown, costs)


def read_orders(records: Records, customers: Sequence[str], after: datetime | None) -> list[Order]:
    """The orders of these customers placed after a moment, with their lines and what came back."""
    asked = select(Order).where(Order.customer_id.in_(customers), Order.placed_at > after)
    return list(records.scalars(asked.options(selectinload(Order.lines), selectinload(Order.returns))))


def read_costs(records: Records, orders: Iterable[Order]) -> dict[str, int | None]:
    """Variant id -> what one piece costs the shop, of all that was ordered."""
    variants = {line.variant_id for one in orders for line in one.lines if line.variant_id}
    costs: dict[str, int | None] = {}
    for part in chunks(sorted(variants)):
        rows_of = records.execute(select(Variant.id, Variant.cost_minor).where(Variant.id.in_(part)))
        costs.update((variant, cost) for variant, cost in rows_of)
    return costs


def earned_by(order: Order, costs: Mapping[str, int | None], settings: ProactiveSettings) -> tuple[int, bool]:
    """What an order earned in minor units, less what came back and its discount; and whether anything was kept."""
    back = {
        variant for one in order.returns if one.kind == "return" and one.requested_at for variant in one.variant_ids
    }
    earned, kept = -order.discount_minor, False
    for line in order.lines:
        if line.variant_id is not None and line.variant_id in back:
            continue
        kept = True
        cost = costs.get(line.variant_id or "")
        each = line.unit_price_minor
        earned += line.quantity * (int(each * settings.margin_share) if cost is None else each - cost)
    return earned, kept


def cancelled(order: Order) -> bool:
    """Whether it came to nothing."""
    return order.status.startswith("cancel")


def outcome_of(row: Decision, past: Past, settings: ProactiveSettings) -> tuple[str, int]:
    """Outcome and reward in minor units of the decision ``row``."""
    until = row.window_until or row.at
    orders = [
        one
        for one in past.orders.get(row.customer_id, ())
        if one.placed_at is not None and row.at < one.placed_at <= until and not cancelled(one)
    ]
    found = [earned_by(one, past.costs, settings) for one in orders]
    earned, kept = sum(earned for earned, _ in found), any(kept for _, kept in found)
    less = row.id in past.muted
    reward = earned - row.cost_minor - (settings.less_cost_minor if less else 0)
    if less:
        return LESS, reward
    if orders:
        return (BOUGHT if kept else RETURNED), reward
    shown = past.shown.get(row.message_id or "", frozenset())
    clicked = row.action != SILENCE and any(
        row.at < viewed_at <= until and product in shown for viewed_at, product in past.views.get(row.customer_id, ())
    )
    return (CLICKED if clicked else NOTHING), reward
