"""Service: does the agent solve what customers ask for, to the state of every record, and how fast?

``tau_replay_equal`` plays recorded calls through our operations; the other ``tau_`` figures play a scripted customer
(``scripted_customer``) against the chat with the built-in model; the rest are times (``service_speed``).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from agent import Agent, AgentSettings, Reply, Session
from encoders import EncoderSettings, TextEncoder
from store import InputError

from .frame import Figures, Options, bootstrap
from .parts import kept_part
from .scripted_customer import Play, Script, play, script_of
from .service_speed import crowd, turn_times
from .tau_replay import Replay, Task, TauShop, full_sha256, read_tasks

KEYS = (
    "tau_replay_equal",
    "tau_unseen_pass1",
    "tau_unseen_pass4",
    "tau_dev_pass1",
    "tau_retold_pass1",
    "tau_retold_zh_pass1",
    "turn_p50_ms",
    "turn_p95_ms",
    "empty_loop_p50_ms",
    "crowd_errors",
    "crowd_p95_ms",
)
_PARTS = ("replay", "unseen", "wordings", "dev", "retold", "turns", "crowd")
_TIMES = {"turns": turn_times, "crowd": crowd}
_CODE = ("agent", "store", "encoders", "retrieval", "benchmarks/service.py", "benchmarks/scripted_customer.py",
         "benchmarks/service_speed.py", "benchmarks/tau_replay.py")  # fmt: skip
_RETOLD = Path(__file__).parent / "queries" / "retold_tau_retail.jsonl"
_QUICK = 12
_CHECKED_WHOLE = 50
_WORDINGS = 4
_UNSEEN_FROM = 80


class Retold(BaseModel):
    """A task told again, piece by piece."""

    task: str
    """The last digits of its id."""
    language: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Solved:
    """What came of one played task."""

    task: Task
    solved: bool
    played: Play


def is_unseen(task: Task) -> bool:
    """Whether the task's customer is one of the 20 % from whose tasks nothing was learnt."""
    return int(hashlib.sha1(task.user_id.encode()).hexdigest()[:8], 16) % 100 >= _UNSEEN_FROM


def run(options: Options) -> Figures:
    """All figures (samples if quick). Files given by ``--data`` are tasks over the same shop: replayed and played.

    Stopped (Ctrl-C), it writes what was finished; the next run of the same code goes on from there.
    """
    figures = Figures()
    parts: list[tuple[str, Path | None]] = [(part, file) for file in options.data for part in _PARTS[:3]]
    for part, file in parts or [(part, None) for part in _PARTS]:
        try:
            figures.take(kept(part, file, options))
        except KeyboardInterrupt:
            figures.note("the run was stopped before all parts were finished")
            break
    return figures


def kept(part: str, file: Path | None, options: Options) -> Figures:
    """One part, from an earlier run of the same code or measured now."""
    name = f"service-{part}" + ("" if file is None else f"-{file.name.split('.')[0]}")
    return kept_part(name, options, _CODE, lambda: _measured(part, file, options))


def _measured(part: str, file: Path | None, options: Options) -> Figures:
    figures = Figures()
    if part in _TIMES:
        _TIMES[part](figures, quick=options.quick)
        return figures
    source = options.public / "service" / "tau_retail"
    stem = "" if file is None else f"{file.name.split('.')[0]}_"
    tasks = read_tasks(file or source / f"tasks_{'dev' if part == 'dev' else 'train'}.jsonl.gz")
    with tempfile.TemporaryDirectory() as folder:
        shop = TauShop(source, Path(folder))
        try:
            if part == "replay":
                tasks += [] if file else read_tasks(source / "tasks_dev.jsonl.gz")
                _add_replay(figures, f"{stem}tau_replay_equal", shop, tasks[: 3 * _QUICK if options.quick else None])
                return figures
            player = Player(shop)
            try:
                _add_played(figures, stem, player, part, tasks, _QUICK if options.quick else None)
            finally:
                player.close()
        finally:
            shop.close()
    return figures


def _add_replay(figures: Figures, key: str, shop: TauShop, tasks: Sequence[Task]) -> None:
    replays = replay_tasks(shop, tasks, key)
    figures.add(key, _share([one.as_recorded for one in replays]))
    for one in replays:
        if not one.as_recorded:
            figures.note(f"{one.task.task_id} differs; refused: {list(one.refused)}")


def _add_played(
    figures: Figures, stem: str, player: Player, part: str, tasks: Sequence[Task], limit: int | None
) -> None:
    """Tasks told by the scripted customer; those of a file are all unseen."""
    if part == "retold":
        _add_retold(figures, player, {task.task_id.rsplit("_", 1)[1]: task for task in tasks}, limit)
        return
    middle = "" if stem else "unseen_"
    if part == "dev":
        middle = "dev_"
    elif not stem:
        tasks = [task for task in tasks if is_unseen(task)]
        figures.note(f"unseen: the {len(tasks)} train tasks of customers with sha1 bucket >= {_UNSEEN_FROM}")
    if part == "wordings":
        _add_pass4(figures, f"{stem}tau_{middle}pass4", player, tasks[:limit])
    else:
        solved = player.solve(tasks[:limit], lambda task: script_of(task.instruction))
        _add(figures, f"{stem}tau_{middle}pass1", solved)


def _add_retold(figures: Figures, player: Player, tasks: Mapping[str, Task], limit: int | None) -> None:
    lines = _RETOLD.read_text(encoding="utf-8").splitlines()
    retold = [Retold.model_validate(json.loads(line)) for line in lines]
    told = [one for language in ("en", "zh") for one in [two for two in retold if two.language == language][:limit]]
    solved = [player.solve_one(tasks[one.task], _retold_script(one)) for one in told]
    chinese = [play for one, play in zip(told, solved, strict=True) if one.language == "zh"]
    _add(figures, "tau_retold_pass1", solved)
    _add(figures, "tau_retold_zh_pass1", chinese)


def _retold_script(one: Retold) -> Script:
    return Script(one.pieces, " ".join(one.pieces), one.language)


class Player:
    """The chat over the tau-retail shop, every task from its first state."""

    def __init__(self, shop: TauShop) -> None:
        shop.restore()
        self._shop = shop
        encoder = TextEncoder.load(EncoderSettings(threads=1))
        settings = AgentSettings(policy="retail")
        self._agent = Agent(shop.database, products=None, recommender=None, encoder=encoder, settings=settings)
        shop.keep()

    def solve(self, tasks: Sequence[Task], script: Callable[[Task], Script]) -> list[Solved]:
        """Play the tasks that count: those that change something or list outputs."""
        return [self.solve_one(task, script(task)) for task in tasks if task.state_changed or task.outputs]

    def solve_one(self, task: Task, script: Script) -> Solved:
        """One conversation from the untouched shop, and whether it ended in the task's state."""
        self._shop.restore()
        session = Session.for_customer(task.user_id)
        conversation = self._agent.start(session)

        def speak(text: str) -> Reply:
            return self._agent.reply(session, text, conversation)

        played = play(script, speak)
        equal = self._shop.sha256() == task.final_state_sha256
        return Solved(task, equal and played.holds(task.outputs), played)

    def close(self) -> None:
        self._agent.close()


def replay_tasks(shop: TauShop, tasks: Sequence[Task], name: str) -> list[Replay]:
    """Replay the tasks' recorded calls. Every 50th state is also read and hashed whole.

    Raises ``InputError`` if there are no tasks.
    """
    replays = []
    for place, task in enumerate(tasks):
        replays.append(shop.replay(task))
        if place % _CHECKED_WHOLE == 0 and full_sha256(shop.database) != replays[-1].state_sha256:
            raise AssertionError(f"{task.task_id}: the quick hash of the state is not that of the whole state")
    if not replays:
        raise InputError("the file holds no tasks", value=name)
    return replays


def _add(figures: Figures, key: str, solved: Sequence[Solved]) -> None:
    _add_share(figures, key, [one.solved for one in solved])
    failed = [one.task.task_id for one in solved if not one.solved]
    figures.note(f"{key}: {len(solved) - len(failed)} of {len(solved)}; not solved: {', '.join(failed) or 'none'}")


def _add_pass4(figures: Figures, key: str, player: Player, tasks: Sequence[Task]) -> None:
    """The share of tasks that are solved in every wording."""
    rounds = [
        [one.solved for one in player.solve(tasks, lambda task, seed=seed: script_of(task.instruction, seed))]  # type: ignore[misc]
        for seed in range(_WORDINGS)
    ]
    _add_share(figures, key, [all(row) for row in zip(*rounds, strict=True)])
    figures.note(f"{key}: each wording alone solves {', '.join(str(sum(one)) for one in rounds)} of {len(rounds[0])}")


def _add_share(figures: Figures, key: str, values: Sequence[bool]) -> None:
    kept = np.asarray(values, dtype=np.float64)
    figures.add(key, float(kept.mean()), bootstrap(lambda at: float(kept[at].mean()), len(kept)))


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)
