"""Score a file of reviews: every column kept, what was found added, killed runs taken up where they stopped.

The input is worked through in fixed chunks of rows. Each scored chunk is a file of its own in ``TARGET.parts/``, named
last of all by one rename; a run started again skips the chunks that are there, so its output is that of a run never
disturbed. At the end the chunks are joined into the target, again with one rename.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from store import InputError

from .row_files import BadRow, Format, Row, RowReader, format_of
from .row_output import join_parts, write_rejects, write_rows

if TYPE_CHECKING:
    from .model import SentimentModel

_CHUNK_ROWS = 4096
_CHUNK_CHARACTERS = 16_000_000
_TEXT_NAMES = (
    "text", "review_text", "reviewtext", "review_body", "reviewbody", "review", "body", "content", "comment",
    "comments", "review_content", "feedback", "message", "description", "评论", "评论内容", "评价", "评价内容", "内容",
    "留言", "正文",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoreProgress:
    """How far a run is. ``share`` is 0 to 1, or ``None`` where the end is not known (standard input)."""

    rows: int
    rejected: int
    rows_per_s: float
    share: float | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What a run did. ``resumed`` rows were scored by an earlier, broken-off run of the same command."""

    rows: int
    rejected: int
    resumed: int
    seconds: float
    text_column: str
    polarities: dict[str, int]
    target: str
    rejects: str | None


def score_file(
    model: SentimentModel,
    source: str | Path,
    target: str | Path,
    *,
    text_column: str | None = None,
    source_format: str | None = None,
    target_format: str | None = None,
    rejects: str | Path | None = None,
    aspects: bool = False,
    progress: Callable[[ScoreProgress], None] | None = None,
) -> ScoreReport:
    """Score the texts of ``source`` into ``target``; each may be ``-`` for standard input or output.

    Formats go by suffix (.csv, .tsv, .jsonl, .parquet, each with .gz but the last) or as given. Rows that cannot be
    read go to ``rejects`` (JSONL; by default ``TARGET.rejects.jsonl``) with their reason. Cells that a spreadsheet
    would run as a formula get an apostrophe in CSV and TSV. ``aspects`` adds a column with what is said of what, in
    JSON.

    Raises ``InputError`` when the file is missing, in no known format, or has no column of texts.
    """
    job = _Job.of(model, str(source), str(target), text_column, source_format, target_format, aspects)
    began = time.monotonic()
    job.parts.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    rows = rejected = resumed = 0
    column = text_column
    reader = RowReader(job.source, job.source_format, job.source_gzipped)
    for number, chunk in enumerate(_chunks(reader)):
        good = [row for row in chunk if isinstance(row, Row)]
        bad = [row for row in chunk if isinstance(row, BadRow)]
        if column is None or number == 0:
            column = _text_column(good, text_column, job.source)
        read = [(row, text) for row in good if (text := _text(row, column)) is not None]
        bad += [BadRow(row.number, f"no text in {column!r}", "") for row in good if _text(row, column) is None]
        tally = job.parts / f"{number:07d}.done"
        if tally.is_file():
            resumed += len(read)
            counts += Counter(json.loads(tally.read_text()))
        else:
            found = model.score([text for _, text in read], aspects=aspects)
            polarities: Counter[str] = Counter(one.polarity for one in found)
            write_rows(
                job.parts / f"{number:07d}.rows",
                job.target_format,
                [row for row, _ in read],
                found,
                aspects=aspects,
                schema=reader.schema,
            )
            write_rejects(job.parts / f"{number:07d}.rejects", sorted(bad, key=lambda one: one.number))
            _write_tally(tally, polarities)
            counts += polarities
        rows, rejected = rows + len(read), rejected + len(bad)
        if progress is not None:
            progress(_progress(rows, rejected, resumed, time.monotonic() - began, reader.share()))
    if column is None:
        raise InputError("the file holds no rows", value=job.source)
    rejects_path = _finish(job, rejects, rejected)
    seconds = time.monotonic() - began
    return ScoreReport(rows, rejected, resumed, seconds, column, dict(counts), job.target, rejects_path)


@dataclass(frozen=True, slots=True)
class _Job:
    """Source and target with their formats, and the folder of finished chunks."""

    source: str
    source_format: Format
    source_gzipped: bool
    target: str
    target_format: Format
    target_gzipped: bool
    parts: Path

    @classmethod
    def of(
        cls,
        model: SentimentModel,
        source: str,
        target: str,
        text_column: str | None,
        source_format: str | None,
        target_format: str | None,
        aspects: bool,
    ) -> _Job:
        read_format, read_gzipped = format_of(source, source_format)
        write_format, write_gzipped = format_of(target, target_format or (read_format if target == "-" else None))
        if source != "-" and not Path(source).is_file():
            raise InputError("there is no such file", value=source)
        # A chunk is only taken over from a run of the same file by the same model with the same options.
        stamp = "stdin" if source == "-" else f"{Path(source).resolve()} {_head_sha256(Path(source))}"
        told = json.dumps(
            [stamp, model.name, model.settings.model_dump(mode="json"), text_column, read_format, aspects]
        )
        key = hashlib.sha256(told.encode()).hexdigest()[:12]
        place = Path(".beforehand-stdout") if target == "-" else Path(target)
        parts = place.with_name(f"{place.name}.parts") / f"{key}-{write_format}"
        if source == "-":
            shutil.rmtree(parts, ignore_errors=True)
        return cls(source, read_format, read_gzipped, target, write_format, write_gzipped, parts)


def _chunks(rows: Iterable[Row | BadRow]) -> Iterator[list[Row | BadRow]]:
    """Chunks of ``_CHUNK_ROWS`` rows, or of fewer where they are long; the same for the same file, always."""
    chunk: list[Row | BadRow] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += (
            sum(len(value) for value in row.values.values() if isinstance(value, str)) if isinstance(row, Row) else 200
        )
        if len(chunk) == _CHUNK_ROWS or size > _CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _text_column(rows: Sequence[Row], given: str | None, source: str) -> str:
    """The column of texts: as given, by its name, or the one with the longest texts."""
    columns = list(dict.fromkeys(name for row in rows[:200] for name in row.values))
    if given is not None:
        if rows and given not in columns:
            raise InputError(f"{source} has no such column", value=given, allowed=columns)
        return given
    plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(columns)}
    for name in _TEXT_NAMES:
        if name in plain:
            return plain[name]
    means = {
        name: sum(len(str(row.values.get(name) or "")) for row in rows[:200]) / max(1, len(rows[:200]))
        for name in columns
    }
    best = max(means, key=lambda name: means[name], default=None)
    if best is None or means[best] < 10:
        raise InputError(
            f"no column of {source} looks like texts", allowed=columns, advice="Name it with --text-column"
        )
    return best


def _text(row: Row, column: str) -> str | None:
    value = row.values.get(column)
    if value is None:
        return None
    return value if isinstance(value, str) else str(value)


def _write_tally(path: Path, polarities: Counter[str]) -> None:
    """Written last of a chunk's three files: where it is, the others are whole."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(dict(polarities)), encoding="utf-8")
    unfinished.replace(path)


def _progress(rows: int, rejected: int, resumed: int, seconds: float, share: float | None) -> ScoreProgress:
    rate = (rows - resumed) / max(seconds, 1e-9)
    left = seconds * (1 - share) / share if share and not resumed else None
    if share and resumed and rate:
        left = rows * (1 - share) / share / rate
    return ScoreProgress(rows, rejected, rate, share, left)


def _finish(job: _Job, rejects: str | Path | None, rejected: int) -> str | None:
    """Join the chunks into the target and the rejects file, and clear up."""
    parts = sorted(job.parts.glob("*.rows"))
    if job.target == "-":
        join_parts(parts, job.target_format, sys.stdout.buffer, gzipped=job.target_gzipped)
        sys.stdout.buffer.flush()
    else:
        unfinished = Path(f"{job.target}.unfinished")
        with unfinished.open("wb") as file:
            join_parts(parts, job.target_format, file, gzipped=job.target_gzipped)
        unfinished.replace(job.target)
    path: str | None = None
    if rejected:
        path = str(rejects or ("rejects.jsonl" if job.target == "-" else f"{job.target}.rejects.jsonl"))
        with Path(path).open("wb") as file:
            for part in sorted(job.parts.glob("*.rejects")):
                file.write(part.read_bytes())
    shutil.rmtree(job.parts.parent, ignore_errors=True)
    return path


def _head_sha256(path: Path) -> str:
    """Size, time and the first and last megabyte: enough to know a file again without reading it whole."""
    status = path.stat()
    with path.open("rb") as file:
        head = file.read(2**20)
        file.seek(max(0, status.st_size - 2**20))
        tail = file.read()
    return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode() + head + tail).hexdigest()
