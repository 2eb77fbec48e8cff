"""Many at once, and a process that dies in the middle: everything happens once or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agent.operations import CancelOrder, ChangeOrderItems, ChangeOrderPayment, ReturnItems, load_policy
from store import Database
from store.schema import ProposalStep, Variant

ROOT = Path(__file__).parents[3]


def executed(trade) -> int:
    with trade.database.read() as records:
        return records.scalar(select(func.count()).where(ProposalStep.step == "executed")) or 0


def test_the_same_confirmation_sent_twenty_times_at_once_executes_once(any_trade):
    trade = any_trade
    told = trade.operations.propose(trade.anna, CancelOrder(order_id="#P2", reason="no longer needed"))
    with ThreadPoolExecutor(20) as crowd:
        outcomes = list(crowd.map(lambda _: trade.operations.confirm(trade.anna, told.id), range(20)))
    assert all(one == outcomes[0] for one in outcomes)
    assert outcomes[0].done
    assert trade.balance("gift_anna") == 7490
    assert len(trade.history("#P2")) == 2
    assert executed(trade) == 1


def test_ten_proposals_that_return_the_same_item_at_once_end_in_one_return(any_trade):
    # Under a policy that lets an order have several returns, so that the item itself has to be the guard.
    trade = any_trade.under(load_policy("demo"))
    request = ReturnItems(order_id="#D2", item_ids=("mug-blue",))
    ids = [trade.operations.propose(trade.anna, request, conversation_id=str(at)).id for at in range(10)]
    assert len(set(ids)) == 10
    with ThreadPoolExecutor(10) as crowd:
        outcomes = list(crowd.map(lambda one: trade.operations.confirm(trade.anna, one), ids))
    assert Counter(one.state for one in outcomes) == {"done": 1, "refused": 9}
    assert {one.refusal.rule for one in outcomes if one.refusal} <= {"item", "changed"}
    assert len(trade.returned("#D2")) == 1


def test_a_gift_card_is_never_spent_twice(any_trade):
    trade = any_trade
    dearer = ChangeOrderItems(
        order_id="#P1", item_ids=("shirt-s",), new_item_ids=("shirt-l",), payment_method_id="gift_anna"
    )
    pay = ChangeOrderPayment(order_id="#P1", payment_method_id="gift_anna")
    ids = [trade.operations.propose(trade.anna, one).id for one in (dearer, pay)]
    with ThreadPoolExecutor(2) as crowd:
        list(crowd.map(lambda one: trade.operations.confirm(trade.anna, one), ids))
    moved = sum(
        -amount if kind == "payment" else amount
        for kind, amount, method in trade.history("#P1")
        if method == "gift_anna"
    )
    assert trade.balance("gift_anna") == 5000 + moved >= 0


def test_two_customers_get_the_last_piece_once(any_trade):
    trade = any_trade
    trade.change(Variant, "shirt-m", stock=1)
    asks = [(trade.anna, "#P1", "shirt-s"), (trade.ben, "#B1", "shirt-l")]
    ids = [
        (who, trade.operations.propose(
            who, ChangeOrderItems(order_id=order, item_ids=(item,), new_item_ids=("shirt-m",))
        ).id)
        for who, order, item in asks
    ]  # fmt: skip
    with ThreadPoolExecutor(2) as crowd:
        outcomes = list(crowd.map(lambda one: trade.operations.confirm(*one), ids))
    assert Counter(one.state for one in outcomes) == {"done": 1, "refused": 1}
    assert trade.stock("shirt-m") == 0


_DYING = """
    import os, signal, sys
    from datetime import UTC, datetime
    from sqlalchemy import event
    from agent import Session
    from agent.operations import CancelOrder, Operations, load_policy
    from store import Database, FixedClock

    url, when, proposal_id = sys.argv[1:]
    database = Database.open(url, migrate=False)
    operations = Operations(database, load_policy("retail"), FixedClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC)))
    anna = Session.for_customer("anna")

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    def die_after(statement_part):
        @event.listens_for(database.engine, "after_cursor_execute")
        def _watch(connection, cursor, statement, *rest):
            if statement_part in statement:
                die()

    if when == "before the commit":
        event.listen(database.engine, "commit", die)
    elif when == "after the answer":
        pass
    else:
        die_after(when)
    if proposal_id == "-":
        operations.propose(anna, CancelOrder(order_id="#P2", reason="no longer needed"))
    else:
        operations.confirm(anna, proposal_id)
    die()
"""


def die_in_the_middle(trade, when: str, proposal_id: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_DYING), trade.database.url, when, proposal_id],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(
    ("when", "survives"),
    [
        ("INSERT INTO payments", False),
        ("UPDATE payment_methods", False),
        ("UPDATE proposals", False),
        ("INSERT INTO proposal_steps", False),
        ("before the commit", False),
        ("after the answer", True),
    ],
)
def test_a_killed_confirmation_has_happened_whole_or_not_at_all(trade, when, survives):
    told = trade.operations.propose(trade.anna, CancelOrder(order_id="#P2", reason="no longer needed"))
    before = trade.everything()
    die_in_the_middle(trade, when, told.id)

    assert trade.operations.outcome(trade.anna, told.id).state == ("done" if survives else "proposed")
    if not survives:
        assert trade.everything() == before
    # The customer, who got no answer, says yes again.
    assert trade.operations.confirm(trade.anna, told.id).done
    assert trade.history("#P2") == [("payment", 2490, "gift_anna"), ("refund", 2490, "gift_anna")]
    assert trade.balance("gift_anna") == 7490
    assert trade.stock("shirt-m") == 2
    assert executed(trade) == 1


@pytest.mark.parametrize("when", ["INSERT INTO proposals", "before the commit", "after the answer"])
def test_a_killed_proposal_leaves_one_thing_to_confirm(trade, when):
    die_in_the_middle(trade, when, "-")
    told = trade.operations.propose(trade.anna, CancelOrder(order_id="#P2", reason="no longer needed"))
    assert [one.id for one in trade.operations.open_proposals(trade.anna)] == [told.id]
    assert trade.operations.confirm(trade.anna, told.id).done
    assert trade.balance("gift_anna") == 7490


def test_a_failure_while_executing_leaves_the_proposal_as_it_was(trade, monkeypatch):
    from agent.operations import case

    told = trade.operations.propose(trade.anna, CancelOrder(order_id="#P2", reason="no longer needed"))
    before = trade.everything()
    real = case.Case.book

    def fail_after(self, order, movements):
        real(self, order, movements)
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(case.Case, "book", fail_after)
        with pytest.raises(OSError, match="disk"):
            trade.operations.confirm(trade.anna, told.id)
    assert trade.everything() == before
    assert trade.operations.confirm(trade.anna, told.id).done


def test_another_process_sees_the_outcome(trade):
    told = trade.operations.propose(trade.anna, CancelOrder(order_id="#P2", reason="no longer needed"))
    first = trade.operations.confirm(trade.anna, told.id)
    other = Database.open(trade.database.url)
    again = type(trade.operations)(other, trade.operations.policy, trade.clock)
    assert again.confirm(trade.anna, told.id) == first
    other.close()
