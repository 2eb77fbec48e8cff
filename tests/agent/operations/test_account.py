"""The account's own address."""

from __future__ import annotations

import pytest

from agent import Session
from agent.operations import ChangeAccountAddress, NoSuchRecord, OperationRefused, Policy
from store.schema import Customer

MOVED = ChangeAccountAddress(address1="1 Main St", city="Boston", state="MA", country="USA", zip="02108")


def test_the_account_moves_and_placed_orders_stay(trade):
    done = trade.do(MOVED)
    assert done.consequences.order_id is None
    with trade.database.read() as records:
        anna, ben = records.get(Customer, "anna"), records.get(Customer, "ben")
        assert anna.address == {
            "address1": "1 Main St",
            "address2": "",
            "city": "Boston",
            "state": "MA",
            "country": "USA",
            "zip": "02108",
        }
        assert ben.address["city"] == "Bonn"
    assert trade.order("#P1").address["city"] == "Bonn"


def test_a_country_that_was_read_from_the_address_moves_with_it(trade):
    trade.change(Customer, "anna", country="Germany")
    trade.do(MOVED)
    with trade.database.read() as records:
        assert records.get(Customer, "anna").country == "USA"


def test_a_customer_without_an_account_and_a_shop_that_does_not_offer_it(trade):
    with pytest.raises(NoSuchRecord):
        trade.operations.propose(Session.for_customer("nobody"), MOVED)
    closed = trade.under(Policy(change_account_address=False))
    with pytest.raises(OperationRefused):
        closed.operations.propose(trade.anna, MOVED)
