"""A process that decides is killed (SIGKILL) before one statement after another: what is written is written once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

# Runs in a process of its own. Each point is a fresh process (a fork before any thread or connection was made), killed
# before its n-th statement or commit, every second one in turn; the last is let through.
_SCRIPT = """
import json, os, signal, sys
from datetime import UTC, datetime, timedelta
from sqlalchemy import func, select
from sqlalchemy.event import listen
from agent import DecidingSettings, OutboxSettings, ProactiveSettings
from agent.proactive import Proactive
from store import Database, FixedClock
from store.schema import Agenda, Customer, Decision, Event, Message, Outgoing, Product, Stir, Tally, Variant

url, now = sys.argv[1], datetime(2026, 3, 2, 12, tzinfo=UTC)
settings = ProactiveSettings(
    holdout_share=0.0,
    deciding=DecidingSettings(exploration=0.0),
    outbox=OutboxSettings(mail_folder=sys.argv[2]),
    moments=sys.argv[3],
)

def in_child(work):
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]

def fill():
    database = Database.open(url)
    with database.write() as records:
        variant = Variant(id="v", currency="EUR", price_minor=5000, stock=9)
        records.add(Product(id="p", title="Plain Lamp", variants=[variant]))
        for number in range(4):
            name, mail = f"c{number}", number == 3
            records.add(Customer(id=name, email=f"{name}@example.com", consent_email=mail,
                                 consent_proactive=number != 2))
            at = now - timedelta(hours=2)
            records.add(Event(id=name, kind="cart_add", at=at, customer_id=name, product_id="p", variant_id="v",
                              value_minor=5000, currency="EUR"))

def tick(point):
    database, done = Database.open(url, migrate=False), 0
    def step(*_):
        nonlocal done
        done += 1
        if done == point:
            os.kill(os.getpid(), signal.SIGKILL)
    listen(database.engine, "before_cursor_execute", step)
    listen(database.engine, "commit", step)
    Proactive(database, settings=settings, clock=FixedClock(now)).tick()

def count():
    database = Database.open(url, migrate=False)
    with database.read() as records:
        number = lambda table: records.scalar(select(func.count()).select_from(table))
        print(json.dumps({
            "killed": killed, "points": point, "messages": number(Message), "decisions": number(Decision),
            "distinct": records.scalar(select(func.count(func.distinct(Message.decision_id)))),
            "counted": sum(records.scalars(select(Tally.count))), "outgoing": number(Outgoing), "stirs": number(Stir),
            "unsent": records.scalar(select(func.count()).where(Outgoing.sent_at.is_(None))),
        }), flush=True)

in_child(fill)
killed, point = 0, -1
while True:
    point += 2
    if os.WIFSIGNALED(in_child(lambda: tick(point))):
        killed += 1
    else:
        break
in_child(lambda: tick(0))
in_child(count)
"""


def test_one_message_per_decision_wherever_it_is_killed(tmp_path: Path) -> None:
    moments = tmp_path / "moments.yaml"
    # Three customers get the chat, but for one who takes mail; one has not agreed to anything.
    moments.write_text("moments: {cart_abandoned: {channel: email}}")
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, f"sqlite:///{tmp_path}/shop.db", str(tmp_path / "mail"), str(moments)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] > 25
    assert (found["messages"], found["distinct"]) == (2, 2)
    assert (found["decisions"], found["counted"]) == (3, 1)
    assert (found["outgoing"], found["unsent"], found["stirs"]) == (1, 0, 0)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
