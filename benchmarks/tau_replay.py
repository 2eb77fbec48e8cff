"""Plays the ground-truth calls of tau-retail tasks through proposal and confirmation, and takes the state's hash.

Each task starts from the imported database as it was. The hash is that of the whole state; only what the task changed
is read again: a comparison of all tables, row by row, with the untouched copy tells whose records that are.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import RowMapping, text

from agent import Session
from agent.operations import NoSuchRecord, OperationRefused, Operations, Policy, load_policy, parse_request
from store import Database
from store.imports import import_file, state_sha256, tau_state
from store.schema import Base

TOOLS = {
    "cancel_pending_order": "cancel_order",
    "modify_pending_order_address": "change_order_address",
    "modify_pending_order_payment": "change_order_payment",
    "modify_pending_order_items": "change_order_items",
    "return_delivered_order_items": "return_items",
    "exchange_delivered_order_items": "exchange_items",
    "modify_user_address": "change_account_address",
}
"""tau-retail's writing tools -> our operations."""
# Our own records: they are no part of tau-retail's state.
_OWN = {"proposals", "proposal_steps", "conversations", "messages"}


class Call(BaseModel):
    name: str
    kwargs: dict[str, Any]


class ReplayError(BaseModel):
    action_index: int
    name: str
    message: str


class Task(BaseModel):
    """One task as the data tells it (fields that the replay does not need are left out)."""

    task_id: str
    user_id: str
    instruction: str
    actions: list[Call]
    outputs: list[str]
    replay_ok: bool
    replay_errors: list[ReplayError]
    state_changed: bool
    final_state_sha256: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of one task."""

    task: Task
    state_sha256: str
    refused: tuple[tuple[int, str], ...]
    """Place of each call that was refused, and the rule."""

    @property
    def state_equal(self) -> bool:
        return self.state_sha256 == self.task.final_state_sha256

    @property
    def refused_as_recorded(self) -> bool:
        return [place for place, _ in self.refused] == [one.action_index for one in self.task.replay_errors]

    @property
    def as_recorded(self) -> bool:
        """Same end state, and refused where it was recorded to be."""
        return self.state_equal and self.refused_as_recorded


def read_tasks(file: Path) -> list[Task]:
    """The tasks of a JSON-lines file, plain or .gz."""
    raw = file.read_bytes()
    lines = (gzip.decompress(raw) if file.suffix == ".gz" else raw).splitlines()
    return [Task.model_validate_json(line) for line in lines if line.strip()]


class TauShop:
    """The tau-retail shop, imported once; every task gets a fresh copy of it."""

    def __init__(self, source: Path, folder: Path) -> None:
        """``source``: the folder with users, orders and products. ``folder``: where the databases may lie."""
        self._untouched = folder / "untouched.db"
        database = Database.open(f"sqlite:///{self._untouched}")
        import_file(database, source, kind="tau-retail")
        self.state = tau_state(database)
        database.close()
        self._policy = load_policy("retail")
        self.database = Database.open(f"sqlite:///{folder / 'work.db'}", migrate=False)
        self._texts = {
            table: {key: _canonical_text(record) for key, record in records.items()}
            for table, records in self.state.items()
        }

    def replay(self, task: Task) -> Replay:
        """Play the task's calls in the session of its customer and hash the state that they leave."""
        self.restore()
        refused = tuple(_play(self.database, self._policy, task))
        return Replay(task, self.sha256(), refused)

    def restore(self) -> None:
        """Bring ``database`` back to what was imported: a copy of all its pages, so that the engine stays warm."""
        source = sqlite3.connect(self._untouched)
        target = self.database.engine.raw_connection()
        try:
            source.backup(target.driver_connection)  # type: ignore[arg-type]  # the driver is sqlite3
        finally:
            target.close()
            source.close()

    def keep(self) -> None:
        """Make what ``database`` holds now what ``restore`` brings back: an agent has made its own tables in it."""
        target = sqlite3.connect(self._untouched)
        source = self.database.engine.raw_connection()
        try:
            source.driver_connection.backup(target)  # type: ignore[union-attr]  # the driver is sqlite3
        finally:
            target.close()
            source.close()

    def close(self) -> None:
        self.database.close()

    def changed_customers(self) -> set[str]:
        """Whose records differ from the untouched copy. Raises ``AssertionError`` if a record of nobody's does."""
        with self.database.engine.connect() as connection:
            connection.execute(text("COMMIT"))
            connection.execute(text("ATTACH :file AS untouched"), {"file": str(self._untouched)})
            connection.execute(text("BEGIN"))
            owners: set[str] = set()
            for table in Base.metadata.sorted_tables:
                if table.name in _OWN:
                    continue
                rows = [
                    row._mapping
                    for now, then in (("main", "untouched"), ("untouched", "main"))
                    for row in connection.execute(
                        text(f"SELECT * FROM {now}.{table.name} EXCEPT SELECT * FROM {then}.{table.name}")
                    )
                ]
                owners.update(_owner(table.name, row, self.state["orders"]) for row in rows)
            connection.execute(text("COMMIT"))
            connection.execute(text("DETACH untouched"))
        return owners

    def sha256(self) -> str:
        """The whole state's hash; the records of customers for whom nothing changed are not read again."""
        changed = tau_state(self.database, only=sorted(self.changed_customers()))
        parts = []
        for table in sorted(self._texts):
            texts = self._texts[table] | {key: _canonical_text(one) for key, one in changed[table].items()}
            body = ",".join(f"{json.dumps(key)}:{texts[key]}" for key in sorted(texts))
            parts.append(f"{json.dumps(table)}:{{{body}}}")
        return hashlib.sha256(f"{{{','.join(parts)}}}".encode()).hexdigest()


def full_sha256(database: Database) -> str:
    """The whole state's hash the plain way, all read and all written: the check on the quick one."""
    return state_sha256(tau_state(database))


def _play(database: Database, policy: Policy, task: Task) -> Iterator[tuple[int, str]]:
    operations = Operations(database, policy)
    session = Session.for_customer(task.user_id)
    for place, call in enumerate(task.actions):
        arguments = {key: value for key, value in call.kwargs.items() if key != "user_id"}
        try:
            proposal = operations.propose(session, parse_request(TOOLS[call.name], arguments))
        except (OperationRefused, NoSuchRecord) as error:
            yield place, error.refusal.rule
            continue
        outcome = operations.confirm(session, proposal.id)
        if not outcome.done:
            yield place, outcome.refusal.rule if outcome.refusal else outcome.state


def _owner(table: str, row: RowMapping, orders: Mapping[str, Any]) -> str:
    if table == "customers":
        return str(row["id"])
    if "customer_id" in row:
        return str(row["customer_id"])
    if "order_id" in row and row["order_id"] in orders:
        return str(orders[row["order_id"]]["user_id"])
    raise AssertionError(f"a record of {table} was changed that belongs to no customer: {dict(row)}")


def _canonical_text(record: Any) -> str:
    return json.dumps(_canonical(record), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _canonical(value: Any) -> Any:
    """Numbers as text with two decimals. The amounts come from whole cents, so nothing is left to round."""
    if isinstance(value, dict):
        return {key: _canonical(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_canonical(one) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{round(value * 100) / 100:.2f}".replace("-0.00", "0.00")
    return value
