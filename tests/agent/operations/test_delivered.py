"""Returning and exchanging what has arrived."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.operations import ExchangeItems, OperationRefused, Policy, ReturnItems, load_policy
from store.schema import Order, Return, Shipment, Variant

OWN = load_policy("demo").model_copy(update={"approval": Policy().approval, "refund_to": ("original", "gift_card")})


def refusal_of(trade, request):
    before = trade.everything()
    with pytest.raises(OperationRefused) as caught:
        trade.operations.propose(trade.anna, request)
    assert trade.everything() == before
    return caught.value.refusal


def test_a_return_is_noted_sorted_and_money_waits_for_the_goods(trade):
    done = trade.do(
        ReturnItems(order_id="#D1", item_ids=("shirt-s", "mug-red", "shirt-s"), payment_method_id="gift_anna")
    )
    order = trade.order("#D1")
    assert order.status == "return requested"
    (entry,) = order.returns
    assert (entry.kind, entry.variant_ids, entry.payment_method_id) == (
        "return",
        ["mug-red", "shirt-s", "shirt-s"],
        "gift_anna",
    )
    assert len(trade.history("#D1")) == 1
    assert trade.balance("gift_anna") == 5000
    assert trade.stock("shirt-s") == 5
    refund = done.consequences.movements[0]
    assert (refund.amount_minor, refund.timing.start) == (4320, "arrival"), "the discount's share stays with the shop"
    assert [(one.variant_id, one.change, one.start) for one in done.consequences.stock] == [("shirt-s", 2, "arrival")]


def test_without_a_named_method_the_refund_goes_where_the_money_came_from(trade):
    done = trade.do(ReturnItems(order_id="#D2", item_ids=("mug-blue",)))
    assert trade.returned("#D2")[0].payment_method_id == "paypal_anna"
    assert done.consequences.refund_minor == 650


@pytest.mark.parametrize(
    ("order_id", "items", "method", "rule", "value"),
    [
        ("#P1", ("shirt-s",), "card_ben", "status", "pending"),
        ("#D1", ("no-such",), "card_ben", "payment_method", "card_ben"),
        ("#D1", ("no-such",), "paypal_anna", "refund_target", "paypal_anna"),
        ("#D1", ("no-such",), "card_anna", "item", "no-such"),
        ("#D1", ("mug-red", "mug-red"), "card_anna", "item", "mug-red"),
    ],
)
def test_a_return_is_refused_for_the_first_broken_rule(trade, order_id, items, method, rule, value):
    refusal = refusal_of(trade, ReturnItems(order_id=order_id, item_ids=items, payment_method_id=method))
    assert (refusal.rule, refusal.value) == (rule, value)


def test_a_return_names_where_a_refund_may_go(trade):
    request = ReturnItems(order_id="#D1", item_ids=("mug-red",), payment_method_id="paypal_anna")
    assert refusal_of(trade, request).allowed == ("card_anna", "gift_anna")
    only_cards = trade.under(load_policy("retail").model_copy(update={"refund_to": ("gift_card",)}))
    assert refusal_of(only_cards, ReturnItems(order_id="#D1", item_ids=("mug-red",))).allowed == ("gift_anna",)


def test_a_second_return_takes_only_what_is_left_and_pays_the_rest_to_the_cent(trade):
    lenient = trade.under(OWN)
    amounts = [
        lenient.do(ReturnItems(order_id="#D1", item_ids=(item,))).consequences.refund_minor
        for item in ("shirt-s", "mug-red", "shirt-s")
    ]
    assert sum(amounts) == 4320
    assert refusal_of(lenient, ReturnItems(order_id="#D1", item_ids=("shirt-s",))).rule == "item"


def test_a_return_that_was_called_off_gives_its_pieces_back(trade):
    lenient = trade.under(OWN)
    lenient.do(ReturnItems(order_id="#D2", item_ids=("mug-blue",)))
    trade.change(Return, ("#D2", 0), status="rejected")
    assert lenient.do(ReturnItems(order_id="#D2", item_ids=("mug-blue",))).consequences.refund_minor == 650


def test_no_more_comes_back_than_the_order_still_holds(trade):
    with trade.database.write() as records:
        records.get(Order, "#D2").payments[0].amount_minor = 500
    assert trade.do(ReturnItems(order_id="#D2", item_ids=("mug-blue",))).consequences.refund_minor == 500


def test_the_window_ends_with_its_last_day(trade):
    policy = load_policy("retail").model_copy(update={"return_window_days": 12, "exchange_window_days": 11})
    strict = trade.under(policy)
    request = ReturnItems(order_id="#D2", item_ids=("mug-blue",))
    trade.clock.advance(timedelta(days=2))
    assert strict.operations.propose(trade.anna, request).consequences.refund_minor == 650
    exchange = ExchangeItems(order_id="#D2", item_ids=("mug-blue",), new_item_ids=("mug-red",))
    assert refusal_of(strict, exchange).rule == "window"
    trade.clock.advance(timedelta(days=1))
    refusal = refusal_of(strict, request)
    assert (refusal.rule, refusal.value, refusal.allowed) == ("window", "2026-02-20", ("2026-03-04",))


def test_where_the_delivery_is_not_known_a_person_decides(trade):
    trade.change(Shipment, ("#D2", 0), delivered_at=None)
    strict = trade.under(load_policy("retail").model_copy(update={"return_window_days": 12}))
    told = strict.operations.propose(trade.anna, ReturnItems(order_id="#D2", item_ids=("mug-blue",)))
    assert [one.rule for one in told.approval] == ["delivery_unknown"]


def test_an_exchange_is_noted_and_reserves_what_goes_out(trade):
    done = trade.do(
        ExchangeItems(
            order_id="#D1",
            item_ids=("shirt-s", "mug-red"),
            new_item_ids=("shirt-l", "mug-blue"),
            payment_method_id="gift_anna",
        )
    )
    order = trade.order("#D1")
    (entry,) = order.returns
    assert order.status == "exchange requested"
    assert (entry.variant_ids, entry.new_variant_ids) == (["mug-red", "shirt-s"], ["mug-blue", "shirt-l"])
    assert (entry.payment_method_id, entry.price_difference_minor) == ("gift_anna", 350)
    assert [one.variant_id for one in order.lines] == ["shirt-s", "mug-red"]
    assert len(trade.history("#D1")) == 1
    assert trade.balance("gift_anna") == 5000
    assert (trade.stock("shirt-l"), trade.stock("shirt-s")) == (2, 5)
    assert (done.consequences.movements[0].kind, done.consequences.movements[0].timing.start) == ("payment", "arrival")


@pytest.mark.parametrize(
    ("items", "new", "method", "rule"),
    [
        (("no-such",), (), "nothing", "item"),
        (("mug-red",), ("mug-blue", "mug-blue"), "nothing", "pairs"),
        (("mug-red",), ("shirt-l",), "nothing", "variant"),
        (("mug-red",), ("mug-blue",), "card_ben", "payment_method"),
        (("mug-red",), ("mug-gold",), "gift_anna", "balance"),
    ],
)
def test_an_exchange_is_refused_for_the_first_broken_rule(trade, items, new, method, rule):
    # The model itself asks for at least one new item.
    request = ExchangeItems(order_id="#D1", item_ids=items, new_item_ids=new or ("x",), payment_method_id=method)
    assert refusal_of(trade, request).rule == rule


def test_the_last_piece_is_exchanged_once(trade):
    trade.change(Variant, "shirt-l", stock=1)
    request = ExchangeItems(order_id="#D1", item_ids=("shirt-s", "shirt-s"), new_item_ids=("shirt-l", "shirt-l"))
    assert refusal_of(trade, request).rule == "stock"
    trade.do(ExchangeItems(order_id="#D1", item_ids=("shirt-s",), new_item_ids=("shirt-l",)))
    assert trade.stock("shirt-l") == 0
