"""Whatever is asked, in whatever order: no cent and no piece appears or is lost, and a refusal changes nothing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from agent.operations import (
    CancelOrder,
    ChangeAccountAddress,
    ChangeOrderItems,
    ChangeOrderPayment,
    ExchangeItems,
    NoSuchRecord,
    OperationRefused,
    Policy,
    ReturnItems,
    load_policy,
)
from store import Database, FixedClock
from store.schema import Order, Payment, PaymentMethod, Variant

OWN = load_policy("demo").model_copy(
    update={
        "approval": Policy().approval,
        "refund_to": ("original", "gift_card"),
        "allowed_statuses": {
            **load_policy("demo").allowed_statuses,
            "change_order_items": ("pending", "pending (item modified)"),
        },
    }
)
BOUGHT = {
    "#P1": ["shirt-s", "mug-red", "mug-red"],
    "#P2": ["shirt-m"],
    "#D1": ["shirt-s", "shirt-s", "mug-red"],
    "#D2": ["mug-blue"],
}
PENDING = st.sampled_from(["#P1", "#P1", "#P2", "#P2", "#P1", "#D1", "#B1", "#NONE"])
DELIVERED = st.sampled_from(["#D1", "#D1", "#D1", "#D2", "#D2", "#P1", "#X1"])
METHODS = st.sampled_from([None, None, "card_anna", "gift_anna", "gift_anna", "paypal_anna", "card_ben"])
OTHERS = {
    "shirt": ["shirt-s", "shirt-m", "shirt-l", "shirt-l", "shirt-m", "shirt-xl", "shirt-gone"],
    "mug": ["mug-red", "mug-blue", "mug-blue", "mug-gold"],
}
KINDS = ["cancel", "payment", "items", "items", "items", "return", "return", "exchange", "account"]


@st.composite
def requests(draw: st.DrawFn):
    """Mostly what can be done: an order in the right status, things that are in it, versions of the same product."""
    kind = draw(st.sampled_from(KINDS))
    order_id = draw(DELIVERED if kind in {"return", "exchange"} else PENDING)
    method = draw(METHODS)
    if kind == "cancel":
        return CancelOrder(order_id=order_id, reason=draw(st.sampled_from(["no longer needed"] * 3 + ["a whim"])))
    if kind == "payment":
        return ChangeOrderPayment(order_id=order_id, payment_method_id=method or "gift_anna")
    if kind == "account":
        return ChangeAccountAddress(address1="1 Main St", city="Boston", country="USA", zip="02108")
    # Things of the order as bought, or (after a change) what they may have become.
    mine = BOUGHT.get(order_id, ["mug-red"])
    some = draw(st.lists(st.sampled_from(mine), min_size=1, max_size=3))
    old = tuple(draw(st.sampled_from([one, one, one, *OTHERS[one.split("-")[0]][:3]])) for one in some)
    if kind == "return":
        return ReturnItems(order_id=order_id, item_ids=old, payment_method_id=method)
    new = tuple(draw(st.sampled_from(OTHERS[one.split("-")[0]])) for one in old)
    make = ChangeOrderItems if kind == "items" else ExchangeItems
    return make(order_id=order_id, item_ids=old, new_item_ids=new, payment_method_id=method)


class Ledger:
    """What has to stay the same, counted from the records."""

    def __init__(self, database: Database) -> None:
        with database.read() as records:
            orders = list(records.scalars(select(Order)))
            moved: Counter[str | None] = Counter()
            self.unbalanced = {}
            pieces: Counter[str | None] = Counter()
            for order in orders:
                held = 0
                for entry in order.payments:
                    signed = entry.amount_minor if entry.kind == "payment" else -entry.amount_minor
                    held += signed
                    moved[entry.method_id] += signed
                owed = 0 if order.status == "cancelled" else order.total_minor
                if held != owed:
                    self.unbalanced[order.id] = held - owed
                if order.status != "cancelled":
                    pieces.update({line.variant_id: 0 for line in order.lines})
                    for line in order.lines:
                        pieces[line.variant_id] += line.quantity
                for entry in order.returns:
                    pieces.update(entry.new_variant_ids)
            cards = records.scalars(select(PaymentMethod).where(PaymentMethod.kind == "gift_card"))
            # What is on a card and what it has paid with: no operation changes the sum.
            self.cards = {card.id: (card.balance_minor or 0) + moved[card.id] for card in cards}
            self.balances = [card for card in self.cards if self.cards[card] - moved[card] < 0]
            counted = [one for one in records.scalars(select(Variant)) if one.stock is not None]
            # What lies in the store and what lies in orders.
            self.pieces = {one.id: (one.stock or 0) + pieces[one.id] for one in counted}
            self.short = [one.id for one in counted if (one.stock or 0) < 0]
            self.entries = records.query(Payment).count()


@pytest.fixture(scope="module")
def start(open_trade, tmp_path_factory) -> Iterator[Callable[[], object]]:
    """Gives the shop back as it was at the start."""
    folder = tmp_path_factory.mktemp("invariants")
    clock = FixedClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    first = Database.open(f"sqlite:///{folder}/first.db")
    open_trade(first, clock)
    # The cancelled order of the shop was never paid back: settle it, so that every order starts in balance.
    with first.write() as records:
        records.add(
            Payment(order_id="#X1", position=1, kind="refund", amount_minor=650, currency="EUR", method_id="card_anna")
        )
        # Counted, so that pieces of two kinds move.
        for name, stock in (("mug-red", 4), ("mug-blue", 2), ("mug-gold", 1)):
            records.execute(update(Variant).where(Variant.id == name).values(stock=stock))
    first.close()
    work = Database.open(f"sqlite:///{folder}/work.db")
    trade = open_trade(work, clock)

    def restore():
        source, target = sqlite3.connect(folder / "first.db"), work.engine.raw_connection()
        source.backup(target.driver_connection)
        target.close()
        source.close()
        return trade

    yield restore
    work.close()


RETAIL = load_policy("retail")


@pytest.mark.parametrize("policy", [RETAIL, OWN], ids=["retail", "own"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(requests(), min_size=1, max_size=6))
def test_money_and_pieces_are_conserved(start, policy, asked):
    trade = start().under(policy)
    before = Ledger(trade.database)
    assert before.unbalanced == {}
    for request in asked:
        whole = trade.everything()
        try:
            outcome = trade.do(request)
        except (OperationRefused, NoSuchRecord):
            assert trade.everything() == whole
            continue
        assert outcome.done
        after = Ledger(trade.database)
        assert after.cards == before.cards
        assert after.balances == []
        assert after.pieces == before.pieces
        assert after.short == []
        if policy is RETAIL:
            # tau-bench pays every entry back: what was cancelled after a change of payment is known not to balance.
            cancelled = [one for one in after.unbalanced if trade.order(one).status == "cancelled"]
            assert list(after.unbalanced) == cancelled
        else:
            assert after.unbalanced == {}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(requests(), min_size=1, max_size=5))
def test_what_was_told_is_what_was_done(start, asked):
    trade = start().under(OWN)
    for request in asked:
        history = {one: trade.history(one) for one in ("#P1", "#P2", "#D1", "#D2")}
        try:
            done = trade.do(request).consequences
        except (OperationRefused, NoSuchRecord):
            continue
        if done.order_id is None:
            continue
        order = trade.order(done.order_id)
        assert order.status == done.status_after
        new = trade.history(done.order_id)[len(history[done.order_id]) :]
        told = [(one.kind, one.amount_minor, one.method.id) for one in done.movements if one.timing.start == "now"]
        assert [one for one in new if one[1]] == told
        if done.movements and done.movements[0].timing.start == "now" and order.status != "cancelled":
            assert order.total_minor == done.total_after_minor
