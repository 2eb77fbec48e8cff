"""Parts of a benchmark that were measured are not measured again, unless the code changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import parts
from benchmarks.frame import Figures, Options


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parts, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(parts, "_ROOT", tmp_path)
    path = tmp_path / "package" / "module.py"
    path.parent.mkdir()
    path.write_text("first = 1\n")
    return path


def test_a_part_is_measured_once_by_the_same_code(code: Path) -> None:
    runs: list[int] = []

    def measure() -> Figures:
        runs.append(1)
        return Figures({"recall": 0.5, "gpu": None}, {"recall": (0.4, 0.6)}, ["one seed"])

    first = parts.kept_part("part", Options(), ["package"], measure)
    again = parts.kept_part("part", Options(), ["package"], measure)
    assert (again.metrics, again.intervals, again.notes) == (first.metrics, first.intervals, first.notes)
    assert len(runs) == 1
    parts.kept_part("part", Options(seed=1), ["package"], measure)
    assert len(runs) == 2
    code.write_text("first = 2\n")
    parts.kept_part("part", Options(), ["package"], measure)
    assert len(runs) == 3


def test_a_part_that_failed_leaves_nothing(code: Path) -> None:
    def broken() -> Figures:
        raise RuntimeError("no data")

    with pytest.raises(RuntimeError):
        parts.kept_part("part", Options(), ["package"], broken)
    assert parts.kept_part("part", Options(), ["package"], Figures).metrics == {}
