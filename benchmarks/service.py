"""Service: does the agent solve what customers ask for, to the state of every record?

``tau_replay_equal`` is the share of tau-retail tasks whose ground-truth calls, each proposed and confirmed by our
operations, are carried out or refused as recorded and leave exactly the recorded state.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from store import InputError

from .frame import Figures, Options
from .tau_replay import Replay, TauShop, full_sha256, read_tasks

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
_SPLITS = ("train", "dev")
_QUICK = 40
_CHECKED_WHOLE = 50


def run(options: Options) -> Figures:
    """Replay all tasks (a sample if quick). Files given by ``--data`` are tasks over the same shop."""
    figures = Figures()
    source = options.public / "service" / "tau_retail"
    files = list(options.data) or [source / f"tasks_{split}.jsonl.gz" for split in _SPLITS]
    with tempfile.TemporaryDirectory() as folder:
        shop = TauShop(source, Path(folder))
        try:
            found = {file: replay_file(shop, file, limit=_QUICK if options.quick else None) for file in files}
        finally:
            shop.close()
    if options.data:
        for file, replays in found.items():
            figures.add(f"{file.name.split('.')[0]}_tau_replay_equal", _share(replays))
    else:
        figures.add("tau_replay_equal", _share([one for replays in found.values() for one in replays]))
    for file, replays in found.items():
        _tell(figures, file, replays)
    for key in KEYS[1:]:
        if not options.data:
            figures.add(key, None)
    figures.note("Everything but tau_replay_equal is not measured: the chat does not call the operations yet")
    return figures


def replay_file(shop: TauShop, file: Path, *, limit: int | None = None) -> list[Replay]:
    """Replay the file's tasks, the first ``limit`` of them. Every 50th state is also read and hashed whole.

    Raises ``InputError`` if the file holds no tasks.
    """
    replays = []
    for place, task in enumerate(read_tasks(file)[:limit]):
        replays.append(shop.replay(task))
        if place % _CHECKED_WHOLE == 0 and full_sha256(shop.database) != replays[-1].state_sha256:
            raise AssertionError(f"{task.task_id}: the quick hash of the state is not that of the whole state")
    if not replays:
        raise InputError("the file holds no tasks", value=str(file))
    return replays


def _share(replays: list[Replay]) -> float:
    return sum(one.state_equal and one.refused_as_recorded for one in replays) / len(replays)


def _tell(figures: Figures, file: Path, replays: list[Replay]) -> None:
    refusing = [one for one in replays if one.task.replay_errors]
    figures.note(
        f"{file.name}: {sum(one.state_equal for one in replays)} of {len(replays)} states equal, "
        f"{sum(one.refused_as_recorded for one in refusing)} of {len(refusing)} tasks with refusals refused as recorded"
    )
    for one in replays:
        if not (one.state_equal and one.refused_as_recorded):
            figures.note(f"{one.task.task_id} differs; refused: {list(one.refused)}")
