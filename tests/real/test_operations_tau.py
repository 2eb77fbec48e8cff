"""The ground-truth calls of tau-retail, proposed and confirmed, leave exactly the recorded states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import Session
from agent.operations import CancelOrder, Operations, load_policy
from benchmarks.service import replay_tasks
from benchmarks.tau_replay import TauShop, full_sha256, read_tasks

pytestmark = pytest.mark.real
START = "2c9d39a6a0b5bf7847a476dd41dcb3ae8aeaf4cbcf2a6b2fdae5936334acef91"


@pytest.fixture(scope="module")
def tau(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TauShop]:
    shop = TauShop(data_folder / "service" / "tau_retail", tmp_path_factory.mktemp("tau"))
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def tasks(data_folder: Path) -> Path:
    return data_folder / "service" / "tau_retail"


def test_the_imported_shop_has_the_published_state(tau):
    tau.restore()
    assert full_sha256(tau.database) == tau.sha256() == START


@pytest.mark.parametrize(("split", "count", "refusing"), [("train", 500, 19), ("dev", 20, 0)])
def test_every_task_ends_in_its_recorded_state(tau, tasks, split, count, refusing):
    replays = replay_tasks(tau, read_tasks(tasks / f"tasks_{split}.jsonl.gz"), split)
    assert [one.task.task_id for one in replays if not one.state_equal] == []
    assert [one.task.task_id for one in replays if not one.refused_as_recorded] == []
    assert len(replays) == count
    refused = [one for one in replays if one.refused]
    assert len(refused) == refusing
    assert {rule for one in refused for _, rule in one.refused} <= {"balance"}
    assert all((one.state_sha256 != START) == one.task.state_changed for one in replays)


def test_a_proposal_alone_changes_nothing_of_the_state(tau):
    tau.restore()
    order_id, order = next((key, one) for key, one in tau.state["orders"].items() if one["status"] == "pending")
    session = Session.for_customer(order["user_id"])
    operations = Operations(tau.database, load_policy("retail"))
    told = operations.propose(session, CancelOrder(order_id=order_id, reason="no longer needed"))
    assert tau.sha256() == START
    assert operations.confirm(session, told.id).done
    assert tau.changed_customers() == {order["user_id"]}
    assert tau.sha256() == full_sha256(tau.database) != START
