"""A process that is killed between proposal, execution and reply loses nothing and does nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from agent import Agent, AgentSettings, Session
from encoders import TextEncoder
from retrieval import ProductSearch, Recommender, RetrievalSettings
from store import Database, FixedClock
from store.schema import Message, Order, Payment, Proposal

WEI = Session.for_customer("wei")
ROOT = Path(__file__).resolve().parents[2]
_CHILD = """
import os, signal, sys
from datetime import datetime
from agent import Agent, AgentSettings, Session
from agent.operations import Operations
import agent.turns as turns
from store import Database, FixedClock
url, at, where, said = sys.argv[1:]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
def after(plain):
    def run(*args, **kwargs):
        plain(*args, **kwargs)
        die()
    return run
if where == "proposed":
    Operations.propose = after(Operations.propose)
elif where == "executed":
    Operations.confirm = after(Operations.confirm)
else:
    turns.Turns._keep = die
clock = FixedClock(datetime.fromisoformat(at))
settings = AgentSettings(policy="retail")
agent = Agent(Database.open(url), products=None, recommender=None, encoder=None, settings=settings, clock=clock)
agent.reply(Session.for_customer("wei"), said)
"""


def _killed(database: Database, clock: FixedClock, where: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, database.url, clock().isoformat(), where, said],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("where", ["proposed", "executed", "replied"])
def test_killed(shop: Database, clock: FixedClock, encoder: TextEncoder, where: str) -> None:
    search = ProductSearch(shop, encoder, RetrievalSettings())
    agent = Agent(
        shop,
        products=search,
        recommender=Recommender(shop, search, RetrievalSettings(), clock),
        encoder=encoder,
        settings=AgentSettings(policy="retail"),
        clock=clock,
    )
    try:
        wish = "Cancel order #B2001 please, ordered by mistake"
        if where == "proposed":
            _killed(shop, clock, where, wish)
            proposed = agent.reply(WEI, wish)
        else:
            proposed = agent.reply(WEI, wish)
            _killed(shop, clock, where, "yes")
        assert proposed.kind == "proposal"
        done = agent.reply(WEI, "yes")
        assert done.kind == "answer"
    finally:
        agent.close()
    with shop.read() as records:
        order = records.get(Order, "#B2001")
        assert order is not None
        assert order.status == "cancelled"
        assert [one.kind for one in records.scalars(select(Payment).where(Payment.order_id == "#B2001"))] == [
            "payment",
            "refund",
        ]
        assert [one.state for one in records.scalars(select(Proposal))] == ["done"]
        said = [one.text for one in records.scalars(select(Message).where(Message.role == "customer"))]
        assert len(said) == 3
