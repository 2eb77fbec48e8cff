"""Long work tells where it stands; the steps of one piece share its time."""

from __future__ import annotations

import threading
import time

import pytest

from ui.long_work import LongWork, Told


def test_steps_of_one_piece_share_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, seen = 0.0, threading.Event()
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def work(told: Told) -> str:
        nonlocal now
        told("learning: buys_7_days", 2, 10)
        seen.wait()
        now = 6.0
        told("learning: leaves", 5, 10)
        return "done"

    running, found = LongWork(work), []
    for step in running.steps():
        found.append(step)
        if step.share == 0.2:
            assert step.left_s is None, "nothing is known of a piece that has just begun"
            seen.set()
    assert running.result == "done"
    assert found[-1].what == "learning: leaves"
    assert found[-1].left_s == pytest.approx(6 * (1 - 0.5) / (0.5 - 0.2))
