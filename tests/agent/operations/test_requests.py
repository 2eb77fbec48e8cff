"""Arguments as models and forms give them."""

from __future__ import annotations

import pytest

from agent.operations import CancelOrder, ReturnItems, parse_request
from store import InputError


def test_a_request_is_read_and_blanks_are_cut():
    request = parse_request("cancel_order", {"order_id": " #W1 ", "reason": "no longer needed"})
    assert request == CancelOrder(order_id="#W1", reason="no longer needed")
    assert isinstance(parse_request("return_items", {"order_id": "#W1", "item_ids": ["1", "1"]}), ReturnItems)


def test_an_unknown_operation_names_the_nearest():
    with pytest.raises(InputError, match="cancel_order'"):
        parse_request("cancel_oder", {})


@pytest.mark.parametrize(
    ("operation", "arguments", "told"),
    [
        ("cancel_order", {"order_id": "#W1"}, "reason"),
        ("cancel_order", {"order_id": "", "reason": "x"}, "order_id"),
        ("return_items", {"order_id": "#W1", "item_ids": []}, "item_ids"),
        ("return_items", {"order_id": "#W1", "item_ids": "123"}, "item_ids"),
        ("return_items", {"order_id": "#W1", "item_ids": ["1"], "customer_id": "ben"}, "customer_id"),
        ("change_account_address", {"address1": " ", "city": "Bonn", "country": "DE", "zip": "1"}, "address1"),
        ("change_account_address", {"user_id": "ben"}, "user_id"),
    ],
)
def test_wrong_arguments_are_named(operation, arguments, told):
    with pytest.raises(InputError, match=told):
        parse_request(operation, arguments)
