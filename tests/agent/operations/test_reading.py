"""Refunds, invoices and what may be done, for the customer's own orders only."""

from __future__ import annotations

from datetime import date

import pytest

from agent.operations import CancelOrder, ExchangeItems, NoSuchRecord, ReturnItems, load_policy
from agent.operations.reading import add_business_days
from store.schema import Return


def test_a_refund_is_there_within_business_days(trade):
    trade.do(CancelOrder(order_id="#P1", reason="no longer needed"))
    status = trade.operations.refund_status(trade.anna, "#P1")
    assert (status.status, status.paid_minor, status.refunded_minor) == ("cancelled", 3600, 3600)
    (refund,) = status.refunds
    # Monday, 2 March 2026
    assert (refund.earliest, refund.latest) == (date(2026, 3, 9), date(2026, 3, 11))
    assert refund.method.last_four == "4242"


def test_a_gift_card_is_paid_back_the_same_day(trade):
    trade.do(CancelOrder(order_id="#P2", reason="no longer needed"))
    (refund,) = trade.operations.refund_status(trade.anna, "#P2").refunds
    assert refund.earliest == refund.latest == date(2026, 3, 2)


def test_what_is_still_to_come_for_a_return(trade):
    trade.do(ReturnItems(order_id="#D1", item_ids=("mug-red", "shirt-s")))
    status = trade.operations.refund_status(trade.anna, "d1")
    (coming,) = status.open_returns
    assert (coming.kind, coming.amount_minor, coming.timing.start) == ("return", 2520, "arrival")
    assert status.refunds == ()
    trade.change(Return, ("#D1", 0), status="refunded")
    assert trade.operations.refund_status(trade.anna, "#D1").open_returns == ()


def test_a_dearer_exchange_has_the_customer_pay(trade):
    trade.do(ExchangeItems(order_id="#D1", item_ids=("shirt-s",), new_item_ids=("shirt-l",)))
    assert trade.operations.refund_status(trade.anna, "#D1").open_returns[0].amount_minor == -500


def test_an_invoice_adds_up(trade):
    invoice = trade.operations.invoice(trade.anna, "#D1")
    assert [(one.title, one.quantity, one.amount_minor) for one in invoice.lines] == [
        ("Shirt", 2, 4000),
        ("Mug", 1, 800),
    ]
    assert invoice.total_minor == (
        invoice.goods_minor - invoice.discount_minor + invoice.shipping_minor + invoice.tax_minor
    )
    assert invoice.total_minor == invoice.paid_minor == 4810
    assert invoice.customer_name == "Anna"


def test_what_may_be_done_says_why_not(trade):
    told = {one.operation: one.refusal for one in trade.operations.possible(trade.anna, "#D2")}
    assert told["return_items"] is None
    assert told["exchange_items"] is None
    assert told["cancel_order"].rule == "status"
    late = trade.under(load_policy("retail").model_copy(update={"return_window_days": 5}))
    told = {one.operation: one.refusal for one in late.operations.possible(trade.anna, "#D2")}
    assert told["return_items"].rule == "window"
    assert told["exchange_items"] is None


def test_nobody_reads_anothers_order(trade):
    for read in (trade.operations.invoice, trade.operations.refund_status, trade.operations.possible):
        with pytest.raises(NoSuchRecord):
            read(trade.anna, "#B1")


def test_business_days_skip_the_weekend():
    friday = date(2026, 3, 6)
    assert add_business_days(friday, 1) == date(2026, 3, 9)
    assert add_business_days(friday, 0) == friday
    assert add_business_days(date(2026, 3, 7), 5) == date(2026, 3, 13)
