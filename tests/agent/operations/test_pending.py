"""Cancelling and changing pending orders: the checks in their order, and the effects to the cent."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from agent.operations import (
    CancelOrder,
    ChangeOrderAddress,
    ChangeOrderItems,
    ChangeOrderPayment,
    NoSuchRecord,
    OperationRefused,
    Policy,
    load_policy,
)
from store.schema import Order, PaymentMethod, Variant

NEW = {
    "address1": "Oak Road 1", "address2": "Flat 2", "city": "Cologne", "state": "NW", "country": "Germany",
    "zip": "50667",
}  # fmt: skip
OWN = load_policy("demo").model_copy(update={"approval": Policy().approval})


def refusal_of(trade, request: BaseModel):
    """The refusal of a request, having made sure that nothing at all was changed."""
    before = trade.everything()
    with pytest.raises((OperationRefused, NoSuchRecord)) as caught:
        trade.operations.propose(trade.anna, request)
    assert trade.everything() == before
    assert trade.operations.open_proposals(trade.anna) == ()
    return caught.value.refusal


def test_a_cancelled_order_pays_back_where_the_money_came_from_and_restocks(trade):
    told = trade.operations.propose(trade.anna, CancelOrder(order_id="#P2", reason="no longer needed"))
    refund = told.consequences.movements[0]
    assert (refund.kind, refund.amount_minor, refund.balance_after_minor) == ("refund", 2490, 7490)
    assert refund.timing.at_once
    assert trade.order("#P2").status == "pending", "a proposal changes nothing"

    done = trade.operations.confirm(trade.anna, told.id)
    assert done.done
    order = trade.order("#P2")
    assert (order.status, order.cancel_reason) == ("cancelled", "no longer needed")
    assert trade.history("#P2") == [("payment", 2490, "gift_anna"), ("refund", 2490, "gift_anna")]
    assert trade.balance("gift_anna") == 7490
    assert trade.stock("shirt-m") == 2


def test_a_refund_to_a_card_takes_days_and_moves_no_balance(trade):
    done = trade.do(CancelOrder(order_id="#P1", reason="ordered by mistake"))
    timing = done.consequences.movements[0].timing
    assert (timing.start, timing.fewest_days, timing.most_days) == ("now", 5, 7)
    assert trade.balance("gift_anna") == 5000
    assert trade.stock("mug-red") is None, "what is not counted stays uncounted"


@pytest.mark.parametrize(
    ("order_id", "reason", "rule", "value"),
    [
        ("#NONE", "no longer needed", "exists", "#NONE"),
        ("#B1", "no longer needed", "exists", "#B1"),
        ("#D1", "just because", "status", "delivered"),
        ("#P1", "just because", "reason", "just because"),
    ],
)
def test_cancelling_is_refused_for_the_first_rule_that_is_broken(trade, order_id, reason, rule, value):
    refusal = refusal_of(trade, CancelOrder(order_id=order_id, reason=reason))
    assert (refusal.rule, refusal.value) == (rule, value)


def test_another_customers_order_is_told_in_the_words_of_one_that_does_not_exist(trade):
    told = []
    for order_id in ("#B1", "#Z1"):
        with pytest.raises(NoSuchRecord) as caught:
            trade.operations.propose(trade.anna, CancelOrder(order_id=order_id, reason="no longer needed"))
        told.append(str(caught.value).replace(order_id, "X"))
    assert told[0] == told[1]


def test_an_order_id_is_found_without_its_hash_sign_and_a_reason_in_chinese(trade):
    done = trade.do(CancelOrder(order_id=" p1", reason="下错单了"))
    assert done.consequences.order_id == "#P1"
    assert trade.order("#P1").cancel_reason == "ordered by mistake"


def test_cancelling_after_a_payment_change_pays_back_once_unless_the_policy_says_each_entry(trade):
    change = ChangeOrderPayment(order_id="#P1", payment_method_id="paypal_anna")
    cancel = CancelOrder(order_id="#P1", reason="no longer needed")
    trade.do(change)
    told = trade.operations.propose(trade.anna, cancel).consequences
    assert [one.amount_minor for one in told.movements] == [3600, 3600, 3600], "tau-bench's table, to the letter"
    done = trade.under(OWN).do(cancel)
    assert [(one.method.id, one.amount_minor) for one in done.consequences.movements] == [("paypal_anna", 3600)]
    assert sum(amount if kind == "payment" else -amount for kind, amount, _ in trade.history("#P1")) == 0


def test_an_address_becomes_exactly_the_six_fields(trade):
    done = trade.do(ChangeOrderAddress(order_id="#P1", **NEW))
    assert trade.order("#P1").address == NEW
    assert done.consequences.address_before["city"] == "Bonn"
    assert refusal_of(trade, ChangeOrderAddress(order_id="#D1", **NEW)).allowed == ("pending",)


def test_another_way_to_pay_gives_what_the_first_one_gets_back(trade):
    done = trade.do(ChangeOrderPayment(order_id="#P1", payment_method_id="gift_anna"))
    assert trade.history("#P1")[1:] == [("payment", 3600, "gift_anna"), ("refund", 3600, "card_anna")]
    assert trade.balance("gift_anna") == 1400
    assert done.consequences.money_out_minor == 0
    assert trade.order("#P1").status == "pending"
    assert refusal_of(trade, ChangeOrderPayment(order_id="#P1", payment_method_id="paypal_anna")).rule == (
        "payment_history"
    )


def test_money_goes_back_to_a_gift_card_that_no_longer_pays(trade):
    trade.do(ChangeOrderPayment(order_id="#P2", payment_method_id="card_anna"))
    assert trade.balance("gift_anna") == 5000 + 2490


@pytest.mark.parametrize(
    ("order_id", "method", "rule", "value", "allowed"),
    [
        ("#D1", "nothing", "status", "delivered", ("pending",)),
        ("#P1", "card_ben", "payment_method", "card_ben", ("card_anna", "paypal_anna", "gift_anna")),
        ("#P1", "card_anna", "same_payment_method", "card_anna", ("paypal_anna", "gift_anna")),
    ],
)
def test_changing_the_payment_is_refused_for_the_first_broken_rule(trade, order_id, method, rule, value, allowed):
    refusal = refusal_of(trade, ChangeOrderPayment(order_id=order_id, payment_method_id=method))
    assert (refusal.rule, refusal.value, refusal.allowed) == (rule, value, allowed)


def test_a_gift_card_must_hold_the_amount_in_the_orders_currency(trade):
    request = ChangeOrderPayment(order_id="#P1", payment_method_id="gift_anna")
    trade.change(PaymentMethod, "gift_anna", balance_minor=3599)
    refusal = refusal_of(trade, request)
    assert (refusal.rule, refusal.value, refusal.allowed, refusal.currency) == ("balance", "3600", ("3599",), "EUR")
    trade.change(PaymentMethod, "gift_anna", balance_minor=9999, currency="USD")
    assert refusal_of(trade, request).rule == "currency"


def test_items_become_other_variants_and_the_difference_is_paid(trade):
    request = ChangeOrderItems(
        order_id="#P1",
        item_ids=("shirt-s", "mug-red"),
        new_item_ids=("shirt-l", "mug-blue"),
        payment_method_id="gift_anna",
    )
    done = trade.do(request)
    assert done.consequences.price_difference_minor == 350
    assert (done.consequences.total_before_minor, done.consequences.total_after_minor) == (3600, 3950)
    order = trade.order("#P1")
    # One of the two red mugs became blue: its line keeps one, the new one has a line of its own.
    lines = [(one.variant_id, one.quantity, one.unit_price_minor, one.options) for one in order.lines]
    assert lines == [
        ("shirt-l", 1, 2500, {"size": "L"}),
        ("mug-red", 1, 800, {"kind": "mug-red"}),
        ("mug-blue", 1, 650, {"color": "blue"}),
    ]
    assert order.total_minor == 3950
    assert order.status == "pending (item modified)"
    assert trade.history("#P1")[1:] == [("payment", 350, "gift_anna")]
    assert trade.balance("gift_anna") == 4650
    assert (trade.stock("shirt-s"), trade.stock("shirt-l")) == (6, 2)
    assert refusal_of(trade, request).rule == "status", "items can be changed once"


def test_a_cheaper_item_pays_back_by_what_the_order_was_paid_with(trade):
    done = trade.do(ChangeOrderItems(order_id="#P1", item_ids=("mug-red",), new_item_ids=("mug-blue",)))
    assert trade.history("#P1")[1:] == [("refund", 150, "card_anna")]
    assert done.consequences.refund_minor == 150


@pytest.mark.parametrize(
    ("items", "new", "method", "rule", "value"),
    [
        (("shirt-s", "shirt-s"), ("shirt-l",), "card_anna", "item", "shirt-s"),
        (("shirt-s", "mug-red"), ("shirt-l",), "nothing", "pairs", "1"),
        (("shirt-s",), ("mug-blue",), "nothing", "variant", "mug-blue"),
        (("shirt-s",), ("shirt-xl",), "nothing", "variant", "shirt-xl"),
        (("shirt-s",), ("shirt-gone",), "nothing", "variant", "shirt-gone"),
        (("shirt-s",), ("no-such",), "nothing", "variant", "no-such"),
        (("shirt-s",), ("shirt-secret",), "nothing", "price", "shirt-secret"),
        (("shirt-s",), ("shirt-l",), "card_ben", "payment_method", "card_ben"),
        (("mug-red",), ("mug-gold",), "gift_anna", "balance", "9100"),
    ],
)
def test_changing_items_is_refused_for_the_first_broken_rule(trade, items, new, method, rule, value):
    request = ChangeOrderItems(order_id="#P1", item_ids=items, new_item_ids=new, payment_method_id=method)
    refusal = refusal_of(trade, request)
    assert (refusal.rule, refusal.value) == (rule, value)


def test_more_than_is_in_stock_cannot_be_chosen(trade):
    trade.change(Variant, "mug-blue", stock=1)
    refusal = refusal_of(
        trade,
        ChangeOrderItems(order_id="#P1", item_ids=("mug-red", "mug-red"), new_item_ids=("mug-blue", "mug-blue")),
    )
    assert (refusal.rule, refusal.value, refusal.allowed) == ("stock", "2", ("1",))


def test_an_item_may_stay_as_it_is(trade):
    trade.do(ChangeOrderItems(order_id="#P1", item_ids=("shirt-s",), new_item_ids=("shirt-s",)))
    assert trade.history("#P1")[1:] == [("refund", 0, "card_anna")]
    assert trade.stock("shirt-s") == 5


def test_an_order_whose_way_to_pay_is_unknown_can_be_paid_back_but_not_charged(trade):
    with trade.database.write() as records:
        records.get(Order, "#P1").payments[0].method_id = None
    dearer = ChangeOrderItems(order_id="#P1", item_ids=("shirt-s",), new_item_ids=("shirt-l",))
    assert refusal_of(trade, dearer).rule == "payment_method"
    trade.do(ChangeOrderItems(order_id="#P1", item_ids=("mug-red",), new_item_ids=("mug-blue",)))
    assert trade.history("#P1")[1:] == [("refund", 150, None)]


def test_what_the_policy_does_not_name_is_not_offered(trade):
    closed = trade.under(Policy(allowed_statuses={"return_items": ("delivered",)}))
    assert refusal_of(closed, CancelOrder(order_id="#P1", reason="any")).rule == "offered"
