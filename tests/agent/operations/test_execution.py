"""From proposal to outcome: once, by whom it may be, and the same answer however often it is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from agent import Session
from agent.operations import CancelOrder, ChangeOrderItems, ChangeOrderPayment, NoSuchRecord, ReturnItems, load_policy
from agent.operations.policy import Approval
from store import NotAllowed, NotFound
from store.schema import PaymentMethod, Proposal, ProposalStep, Variant

CANCEL = CancelOrder(order_id="#P1", reason="no longer needed")
STAFF = Session.for_staff("Olga", "manager")


def steps(trade, proposal_id: str) -> list[tuple[str, str]]:
    with trade.database.read() as records:
        rows = records.scalars(select(ProposalStep).where(ProposalStep.proposal_id == proposal_id))
        return sorted((one.step, one.actor) for one in rows)


def guarded(trade, **limits: object):
    """The same shop with limits above which a person approves."""
    return trade.under(load_policy("retail").model_copy(update={"approval": Approval(**limits)}))


def test_confirming_again_gives_the_same_outcome_and_does_nothing(any_trade):
    trade = any_trade
    told = trade.operations.propose(trade.anna, CANCEL, conversation_id="c1")
    first = trade.operations.confirm(trade.anna, told.id)
    after = trade.everything()
    trade.clock.advance(timedelta(days=3))
    assert trade.operations.confirm(trade.anna, told.id) == first
    assert trade.operations.decline(trade.anna, told.id) == first, "what is done stays done"
    assert trade.operations.outcome(trade.anna, told.id) == first
    assert trade.everything() == after
    assert steps(trade, told.id) == [("confirmed", "customer"), ("executed", "customer"), ("proposed", "customer")]


def test_nobody_sees_or_confirms_anothers_proposal(trade):
    told = trade.operations.propose(trade.anna, CANCEL)
    messages = []
    for proposal_id in (told.id, "P-none"):
        for act in (trade.operations.confirm, trade.operations.decline, trade.operations.outcome):
            with pytest.raises(NotFound) as caught:
                act(trade.ben, proposal_id)
            messages.append(str(caught.value).replace(proposal_id, "X"))
    assert len(set(messages)) == 1
    assert trade.operations.open_proposals(trade.ben) == ()
    assert trade.operations.outcome(trade.anna, told.id).state == "proposed"


def test_a_proposal_of_staff_is_no_customers(trade):
    with pytest.raises(NotAllowed):
        trade.operations.propose(STAFF, CANCEL)


def test_asked_for_twice_it_is_one_proposal_until_something_differs(trade):
    first = trade.operations.propose(trade.anna, CANCEL, conversation_id="c1")
    assert trade.operations.propose(trade.anna, CANCEL, conversation_id="c1") == first
    other = trade.operations.propose(trade.anna, CANCEL, conversation_id="c2")
    assert other.id != first.id
    assert [one.id for one in trade.operations.open_proposals(trade.anna, "c2")] == [other.id]
    trade.clock.advance(timedelta(minutes=16))
    late = trade.operations.propose(trade.anna, CANCEL, conversation_id="c1")
    assert late.id not in {first.id, other.id}, "one that is about to expire leaves no time to answer"


def test_declined_is_declined(trade):
    told = trade.operations.propose(trade.anna, CANCEL)
    before = trade.everything()
    assert trade.operations.decline(trade.anna, told.id).state == "declined"
    assert trade.operations.confirm(trade.anna, told.id).state == "declined"
    assert trade.everything() == before


def test_nothing_is_done_after_the_time_is_over(trade):
    told = trade.operations.propose(trade.anna, CANCEL)
    before = trade.everything()
    trade.clock.advance(timedelta(minutes=30))
    assert trade.operations.open_proposals(trade.anna) == ()
    assert trade.operations.proposal(trade.anna, told.id).state == "expired"
    assert trade.operations.outcome(trade.anna, told.id).refusal.rule == "expired"
    outcome = trade.operations.confirm(trade.anna, told.id)
    assert (outcome.state, outcome.refusal.rule) == ("expired", "expired")
    assert trade.everything() == before


def test_what_no_longer_passes_is_refused_at_the_confirmation(trade):
    change = trade.operations.propose(trade.anna, ChangeOrderPayment(order_id="#P1", payment_method_id="gift_anna"))
    trade.change(PaymentMethod, "gift_anna", balance_minor=100)
    before = trade.everything()
    outcome = trade.operations.confirm(trade.anna, change.id)
    assert (outcome.state, outcome.refusal.rule) == ("refused", "balance")
    assert trade.everything() == before
    trade.change(PaymentMethod, "gift_anna", balance_minor=9000)
    assert trade.operations.confirm(trade.anna, change.id) == outcome, "a new yes needs a new proposal"


def test_a_yes_to_one_price_is_no_yes_to_another(trade):
    told = trade.operations.propose(
        trade.anna, ChangeOrderItems(order_id="#P1", item_ids=("shirt-s",), new_item_ids=("shirt-l",))
    )
    trade.change(Variant, "shirt-l", price_minor=2600)
    before = trade.everything()
    outcome = trade.operations.confirm(trade.anna, told.id)
    assert (outcome.state, outcome.refusal.rule) == ("refused", "changed")
    assert trade.everything() == before


def test_a_gift_card_used_elsewhere_meanwhile_does_not_spoil_the_yes(trade):
    told = trade.operations.propose(trade.anna, ChangeOrderPayment(order_id="#P1", payment_method_id="gift_anna"))
    trade.change(PaymentMethod, "gift_anna", balance_minor=4000)
    outcome = trade.operations.confirm(trade.anna, told.id)
    assert outcome.done
    assert outcome.consequences.movements[0].balance_after_minor == 400


def test_the_second_of_two_proposals_for_the_same_item_finds_it_gone(any_trade):
    trade = any_trade
    request = ReturnItems(order_id="#D2", item_ids=("mug-blue",))
    one = trade.operations.propose(trade.anna, request, conversation_id="c1")
    two = trade.operations.propose(trade.anna, request, conversation_id="c2")
    assert one.id != two.id
    assert trade.operations.confirm(trade.anna, one.id).done
    assert trade.operations.confirm(trade.anna, two.id).refusal.rule == "status"
    assert len(trade.returned("#D2")) == 1


def test_above_the_limit_a_person_approves(any_trade):
    trade = guarded(any_trade, refund_above={"EUR": "30.00"}, roles=("manager",))
    told = trade.operations.propose(trade.anna, CANCEL)
    assert told.needs_approval
    assert (told.approval[0].rule, told.approval[0].amount_minor, told.approval[0].limit_minor) == (
        "refund_above",
        3600,
        3000,
    )
    assert trade.operations.queue(STAFF) == ()
    with pytest.raises(NotAllowed):
        trade.operations.approve(STAFF, told.id)

    assert trade.operations.confirm(trade.anna, told.id).state == "waiting"
    assert trade.operations.confirm(trade.anna, told.id).state == "waiting"
    assert trade.order("#P1").status == "pending"
    assert [one.id for one in trade.operations.queue(STAFF)] == [told.id]
    trade.clock.advance(timedelta(days=2))

    done = trade.operations.approve(STAFF, told.id, note="fine")
    assert (done.done, done.decided_by, done.note) == (True, "Olga (manager)", "fine")
    assert trade.operations.approve(STAFF, told.id) == done
    assert trade.operations.confirm(trade.anna, told.id) == done
    assert trade.operations.queue(STAFF) == ()
    assert trade.history("#P1")[1:] == [("refund", 3600, "card_anna")]
    assert ("approved", "Olga (manager)") in steps(trade, told.id)


def test_a_rejected_one_stays_rejected(trade):
    trade = guarded(trade, always=("cancel_order",))
    told = trade.operations.propose(trade.anna, CANCEL)
    trade.operations.confirm(trade.anna, told.id)
    before = trade.everything()
    outcome = trade.operations.reject(STAFF, told.id, note="already packed")
    assert (outcome.state, outcome.note) == ("rejected", "already packed")
    assert trade.operations.approve(STAFF, told.id) == outcome
    assert trade.operations.confirm(trade.anna, told.id) == outcome
    assert trade.everything() == before


def test_a_customer_can_take_back_what_waits(trade):
    trade = guarded(trade, always=("cancel_order",))
    told = trade.operations.propose(trade.anna, CANCEL)
    trade.operations.confirm(trade.anna, told.id)
    assert trade.operations.decline(trade.anna, told.id).state == "declined"
    assert trade.operations.approve(STAFF, told.id).state == "declined"
    assert trade.order("#P1").status == "pending"


def test_an_approval_makes_every_check_again(trade):
    trade = guarded(trade, always=("return_items",))
    request = ReturnItems(order_id="#D2", item_ids=("mug-blue",))
    ids = [trade.operations.propose(trade.anna, request, conversation_id=one).id for one in ("c1", "c2")]
    for one in ids:
        assert trade.operations.confirm(trade.anna, one).state == "waiting"
    assert trade.operations.approve(STAFF, ids[0]).done
    assert trade.operations.approve(STAFF, ids[1]).refusal.rule == "status"
    assert len(trade.returned("#D2")) == 1


def test_small_refunds_add_up_to_the_limit_of_a_customer(trade):
    trade = guarded(trade, refund_sum_above={"EUR": "40.00"}, sum_days=30)
    assert trade.do(CANCEL).done
    request = ReturnItems(order_id="#D2", item_ids=("mug-blue",))
    told = trade.operations.propose(trade.anna, request)
    assert [(one.rule, one.amount_minor) for one in told.approval] == [("refund_sum_above", 4250)]
    trade.clock.advance(timedelta(days=31))
    assert not trade.operations.propose(trade.anna, request).needs_approval


def test_a_limit_in_one_currency_holds_every_refund_in_another(trade):
    trade = guarded(trade, refund_above={"USD": "9999"})
    assert trade.operations.propose(trade.anna, CANCEL).approval[0].limit_minor == 0


def test_an_exchange_of_money_between_two_cards_needs_nobody(trade):
    trade = guarded(trade, refund_above={"EUR": "0"})
    assert trade.do(ChangeOrderPayment(order_id="#P1", payment_method_id="paypal_anna")).done


def test_only_the_named_roles_approve_and_look(trade):
    trade = guarded(trade, roles=("manager",), always=("cancel_order",))
    told = trade.operations.propose(trade.anna, CANCEL)
    for session in (Session.for_staff("Tim", "trainee"), trade.anna):
        with pytest.raises(NotAllowed):
            trade.operations.queue(session)
        with pytest.raises(NotAllowed):
            trade.operations.approve(session, told.id)
    with pytest.raises(NotAllowed):
        trade.operations.proposal(Session.for_staff("Tim", "trainee"), told.id)
    assert trade.operations.proposal(STAFF, told.id).id == told.id
    with pytest.raises(NoSuchRecord):
        trade.operations.approve(STAFF, "P-none")


def test_the_row_keeps_what_was_given(trade):
    told = trade.operations.propose(trade.anna, CANCEL)
    trade.operations.confirm(trade.anna, told.id)
    with trade.database.read() as records:
        row = records.get(Proposal, told.id)
        assert (row.state, row.money_out_minor, row.currency) == ("done", 3600, "EUR")
        assert row.executed_at == trade.clock()
