"""The loop closed: from rows of the ledger to a policy that may decide, or may not, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from agent import ProactiveSettings, go_back, read_test, train_policy
from agent.deciding import SILENCE, Choosable, DecidingSettings, Situation
from agent.deciding.experiments import SplitPolicy, arm_of
from agent.deciding.learned import learn
from agent.deciding.saved import read
from agent.learning import read_settled
from agent.policies import open_policy
from store import ConfigError, Database, FixedClock, InputError, ModelError
from store.schema import Decision, Order, OrderLine

SETTINGS = ProactiveSettings(deciding=DecidingSettings(min_rows=200))
CLOCK = FixedClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
ROWS, DAYS = 1600, 40
TRUTH = {SILENCE: 0.15, "remind": 0.1, "ask": 0.4}


def ledger_rows(seed: int = 0) -> Iterator[Decision]:
    """Forty days of choices made by chance alone; asking is what works, and customers with a number ending in 0 are
    held out."""
    random = np.random.default_rng(seed)
    for number in range(ROWS):
        at = CLOCK() - timedelta(days=DAYS * (1 - number / ROWS) + 1)
        customer = number % 100
        held = customer % 10 == 0
        action = SILENCE if held else str(random.choice(list(TRUTH)))
        bought = bool(random.random() < TRUTH[action])
        yield Decision(
            id=f"d{number}",
            idempotency_key=f"k{number}",
            customer_id=f"C{customer}",
            at=at,
            moment="long_look",
            known={"features": {"looks": float(random.integers(1, 9)), "messages_7d": 0.0}},
            candidates=[
                {"action": one, "score": 0, "eligible": True, "why": "", "cost_minor": 0, "margin_minor": 2000}
                for one in TRUTH
            ]
            + [{"action": "offer", "score": 0, "eligible": False, "why": "budget"}],
            action=action,
            reason="",
            policy="transparent 1",
            propensity=1.0 if held else 1 / 3,
            holdout=held,
            currency="EUR",
            outcome="bought" if bought else "none",
            reward_minor=2000 if bought else 0,
            window_until=at,
        )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'shop.db'}")) as database:
        with database.write() as records:
            records.add_all(ledger_rows())
        yield database


def test_rows_of_the_ledger_become_experience(ledger: Database) -> None:
    settled = read_settled(ledger, SETTINGS)
    rows = settled.rows
    assert len(rows) == ROWS
    assert rows.batch.actions[0] == SILENCE
    assert set(rows.batch.actions) == set(TRUTH)
    assert set(rows.batch.names) == {"looks", "messages_7d"}
    assert rows.batch.margin.max() == 2000
    assert (np.diff(rows.day) >= 0).all()
    assert rows.bought.sum() * 2000 == rows.margin.sum()
    assert (~settled.held).sum() == ROWS * 9 // 10


def test_an_order_in_two_windows_is_shared_between_the_decisions(tmp_path: Path) -> None:
    placed = CLOCK() - timedelta(days=9)
    decisions = [next(ledger_rows()) for _ in range(4)]
    for number, (row, customer, days, action) in enumerate(
        zip(decisions, ("C1", "C1", "C2", "C2"), (11, 10, 10, 30), (SILENCE, "ask", SILENCE, SILENCE), strict=True)
    ):
        row.id, row.idempotency_key, row.customer_id, row.action = f"d{number}", f"k{number}", customer, action
        row.holdout, row.at = False, CLOCK() - timedelta(days=days)
        row.window_until, row.outcome, row.reward_minor = row.at + timedelta(days=3), "bought", 600
    decisions[3].outcome, decisions[3].reward_minor = "none", 0

    def order(customer: str, status: str = "delivered") -> Order:
        line = OrderLine(position=0, product_id="P1", variant_id=None, title="Lamp", unit_price_minor=2000)
        return Order(
            id=f"#{customer}{status}",
            customer_id=customer,
            status=status,
            currency="EUR",
            placed_at=placed,
            lines=[line],
        )

    with closing(Database.open(f"sqlite:///{tmp_path / 'shop.db'}")) as database:
        with database.write() as records:
            records.add_all([*decisions, order("C1"), order("C1", "cancelled"), order("C2")])
        settled = read_settled(database, SETTINGS)
    # Oldest first: C2's old silence, C1's silence, then C1's question and C2's silence of the same moment.
    assert settled.rows.customers == ("C2", "C1", "C1", "C2")
    earned = 2000 * SETTINGS.margin_share
    assert settled.order_margin.tolist() == [earned, earned]
    assert settled.rows.margin.tolist() == [0.0, 600.0, 600.0, 600.0]
    known = SETTINGS.deciding
    found = settled.shared(learn(settled.rows, known))
    assert found.bought[[0, 3]].tolist() == [0.0, 1.0]
    assert found.margin[3] == 600.0
    assert found.bought[1:3].sum() == pytest.approx(1.0)
    assert found.margin[1:3].sum() == pytest.approx(1200.0 - earned)
    assert found.bought[2] > found.bought[1] > 0


def test_it_learns_what_works_and_may_decide(ledger: Database, tmp_path: Path) -> None:
    report = train_policy(ledger, SETTINGS, tmp_path, CLOCK())
    assert report.live, report.why
    assert report.gain_low_minor is not None
    assert report.gain_low_minor > 0
    assert "more per decision" in report.why
    policy = open_policy("learned", SETTINGS, tmp_path)
    assert (policy.name, policy.version) == ("learned", f"{CLOCK():%Y-%m-%d}")
    options = [Choosable(one, 0, 2000) for one in TRUTH]
    choice = policy.choose(Situation("C1", CLOCK(), "long_look", {"looks": 3.0, "messages_7d": 0.0}), options, "k")
    best = choice.weighed[0]
    assert best.action == "ask"
    assert best.probability > 0.8
    assert best.chance == pytest.approx(TRUTH["ask"], abs=0.08)


def test_saved_is_what_is_read_and_damage_is_noticed(ledger: Database, tmp_path: Path) -> None:
    report = train_policy(ledger, SETTINGS, tmp_path, CLOCK())
    first = read(tmp_path, SETTINGS.deciding)
    assert (first.belief.coefficients == read(tmp_path, SETTINGS.deciding).belief.coefficients).all()
    file = Path(report.file)
    file.write_text(file.read_text().replace("long_look", "cart_left", 1))
    with pytest.raises(ModelError, match="damaged"):
        read(tmp_path, SETTINGS.deciding)
    assert open_policy("learned", SETTINGS, tmp_path).name == "transparent"


def test_one_can_go_back(ledger: Database, tmp_path: Path) -> None:
    assert not go_back(tmp_path)
    train_policy(ledger, SETTINGS, tmp_path, CLOCK())
    assert not go_back(tmp_path)
    train_policy(ledger, SETTINGS, tmp_path, CLOCK() + timedelta(days=1))
    assert go_back(tmp_path)
    assert read(tmp_path, SETTINGS.deciding).version == f"{CLOCK():%Y-%m-%d}"


def test_a_shop_that_has_changed_is_left_to_the_transparent_policy(tmp_path: Path) -> None:
    with closing(Database.open(f"sqlite:///{tmp_path / 'shop.db'}")) as database:
        with database.write() as records:
            records.add_all(ledger_rows(1))
            lately = Decision.at >= CLOCK() - timedelta(days=14)
            records.execute(update(Decision).where(lately).values(outcome="none", reward_minor=0))
        report = train_policy(database, SETTINGS, tmp_path / "policy", CLOCK())
    assert not report.live
    assert "the shop has changed" in report.why
    assert open_policy("learned", SETTINGS, tmp_path / "policy").name == "transparent"


def test_without_enough_decisions_nothing_is_learnt(ledger: Database, tmp_path: Path) -> None:
    greedy = ProactiveSettings(deciding=DecidingSettings(min_rows=ROWS + 1))
    with pytest.raises(InputError, match="too few settled decisions"):
        train_policy(ledger, greedy, tmp_path, CLOCK())
    assert open_policy("learned", greedy, tmp_path).name == "transparent"


def test_a_test_of_two_policies_is_read_from_the_ledger(ledger: Database, tmp_path: Path) -> None:
    found = read_test(ledger, "asking", planned=90)
    assert found.control.customers + found.variant.customers == 90
    assert found.variant.customers == sum(arm_of("asking", f"C{n}") for n in range(100) if n % 10)
    assert found.low < found.effect < found.high
    split = open_policy("ab:asking=transparent/learned", SETTINGS, tmp_path)
    assert isinstance(split, SplitPolicy)
    assert split.test == "asking"


@pytest.mark.parametrize("name", ["best", "ab:x", "ab:x=transparent", "ab:x=transparent/best"])
def test_unknown_policies_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="no such policy"):
        open_policy(name, SETTINGS)
