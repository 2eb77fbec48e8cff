"""Scoring an uploaded file of reviews, told step by step, and what the result says in short.

Pure but for the one thread that scores: comes in a file, goes out ``Running`` steps and last ``Scored`` or ``Failed``.
It knows neither Gradio nor HTML.
"""

from __future__ import annotations

import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from store import BeforehandError

if TYPE_CHECKING:
    from sentiment import ScoreProgress, ScoreReport

_log = logging.getLogger("beforehand.ui")
_QUOTES = 3
_QUOTE_CHARACTERS = 220
_TELLING_CHARACTERS = 6
_ROWS_AT_ONCE = 50_000


class ReviewDoor(Protocol):
    """What scoring needs of the shop."""

    def score(
        self, source: Path, target: Path, text_column: str | None, progress: Callable[[ScoreProgress], None]
    ) -> ScoreReport:
        """Score the file; raises ``InputError`` for one that cannot be."""
        ...


@dataclass(frozen=True, slots=True)
class Running:
    """How far it is; ``share`` 0 to 1, ``None`` where that is not known yet."""

    rows: int
    share: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Quote:
    """A review that shows one end of what customers feel."""

    stars: float
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What the scored file says in short."""

    polarities: dict[str, int]
    """negative, neutral, positive -> reviews."""
    mean_stars: float | None
    stars: tuple[int, int, int, int, int]
    """Reviews by expected stars, rounded, from 1 to 5."""
    happiest: tuple[Quote, ...]
    unhappiest: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """The work is done."""

    rows: int
    rejected: int
    seconds: float
    target: Path
    rejects: Path | None
    summary: Summary


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done; ``problem`` says why, in English, ``None`` for a fault of ours."""

    problem: str | None


Step = Running | Scored | Failed


class _Stopped(Exception):
    """The visitor wants no more of it."""


@dataclass
class Stop:
    """Set from another thread to stop a run at its next step."""

    asked: threading.Event = field(default_factory=threading.Event)


def score_steps(
    door: ReviewDoor, source: Path, folder: Path, text_column: str | None, stop: Stop | None = None
) -> Iterator[Step]:
    """Score ``source`` into ``folder``. Closing the iterator, or ``stop``, ends the work; nothing half is left."""
    stop = stop or Stop()
    steps: queue.Queue[Step | None] = queue.Queue()
    began = time.monotonic()
    target = folder / f"scored-{source.name}"

    def told(progress: ScoreProgress) -> None:
        if stop.asked.is_set():
            raise _Stopped
        steps.put(Running(progress.rows, progress.share, time.monotonic() - began))

    def work() -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            report = door.score(source, target, text_column, told)
            rejects = Path(report.rejects) if report.rejects and report.rejected else None
            summary = summarise(target, report.text_column, report.polarities)
            steps.put(Scored(report.rows, report.rejected, report.seconds, target, rejects, summary))
        except _Stopped:
            shutil.rmtree(folder, ignore_errors=True)
        except BeforehandError as error:
            steps.put(Failed(str(error)))
        except Exception:  # noqa: BLE001
            # The visitor is told that it failed; the operator finds the cause in the log.
            _log.exception("scoring %s failed", source.name)
            steps.put(Failed(None))
        finally:
            steps.put(None)

    threading.Thread(target=work, name="score-reviews", daemon=True).start()
    try:
        yield Running(0, None, 0.0)
        while (step := steps.get()) is not None:
            yield step
    finally:
        stop.asked.set()


def summarise(scored: Path, text_column: str, polarities: dict[str, int]) -> Summary:
    """Read the scored file once and keep what is worth saying."""
    counts = [0, 0, 0, 0, 0]
    total = 0.0
    ends: list[Quote] = []
    for texts, stars in _columns(scored, text_column):
        for value in stars:
            counts[min(5, max(1, round(value))) - 1] += 1
            total += value
        quotes = [Quote(value, _short(str(text))) for text, value in zip(texts, stars, strict=True)]
        # Very short texts say little; they are quoted only where there is nothing else.
        ranked = sorted({*ends, *quotes}, key=lambda one: (one.stars, one.text))
        telling = [one for one in ranked if len(one.text) >= _TELLING_CHARACTERS] or ranked
        ends = [*telling[:_QUOTES], *telling[_QUOTES:][-_QUOTES:]]
    rows = sum(counts)
    low = tuple(one for one in ends[:_QUOTES] if one.stars < 3)
    high = tuple(one for one in reversed(ends[-_QUOTES:]) if one.stars >= 3)
    return Summary(
        {name: polarities.get(name, 0) for name in ("negative", "neutral", "positive")},
        total / rows if rows else None,
        (counts[0], counts[1], counts[2], counts[3], counts[4]),
        high,
        low,
    )


def _columns(file: Path, text_column: str) -> Iterator[tuple[list[Any], list[float]]]:
    """Texts and expected stars of a scored file, some rows at a time."""
    wanted = [text_column, "sentiment_stars"]
    suffixes = [one.lower() for one in file.suffixes if one.lower() != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind in {".parquet", ".pq"}:
        import pyarrow.parquet

        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(_ROWS_AT_ONCE, columns=wanted):
            yield batch.column(0).to_pylist(), batch.column(1).to_pylist()
        return
    import pandas

    if kind in {".jsonl", ".json", ".ndjson"}:
        frames = pandas.read_json(file, lines=True, chunksize=_ROWS_AT_ONCE, dtype={text_column: str})
    else:
        separator = "\t" if kind in {".tsv", ".tab"} else ","
        frames = pandas.read_csv(
            file,
            sep=separator,
            usecols=wanted,
            chunksize=_ROWS_AT_ONCE,
            dtype={text_column: str},
            keep_default_na=False,
        )
    for frame in frames:
        yield frame[text_column].tolist(), frame["sentiment_stars"].astype(float).tolist()


def _short(text: str) -> str:
    text = " ".join(text.split()).removeprefix("'")
    return text if len(text) <= _QUOTE_CHARACTERS else text[: _QUOTE_CHARACTERS - 1] + "…"
