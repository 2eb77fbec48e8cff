"""What a merchant knows of searches: for a query, which products answer it, judged by people or told by clicks.

A CSV or JSONL file with a query, a product id and, if it has one, a grade per row. Rows without a grade are clicks (or
purchases): each counts, and the more a product has, the better it answers.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from store import InputError

_QUERY = ("query", "search_term", "search", "keywords", "q")
_PRODUCT = ("product", "product_id", "product_uid", "item_id", "item", "sku", "asin")
_GRADE = ("grade", "relevance", "rating", "label", "score", "judgement", "judgment")


@dataclass(frozen=True, slots=True)
class BadJudgement:
    """A row that could not be taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Judgements:
    """Query -> product id -> grade, 0 (does not answer it) to 1 (the best there is in the file)."""

    grades: dict[str, dict[str, float]]
    rejected: tuple[BadJudgement, ...] = ()

    @property
    def count(self) -> int:
        return sum(map(len, self.grades.values()))


def read_judgements(path: Path) -> Judgements:
    """Read a ``.csv``, ``.tsv`` or ``.jsonl`` file, ``.gz`` or not; good rows are kept, bad ones are listed.

    A pair that is graded twice has the mean. Raises ``InputError`` if the file has no column for query or product.
    """
    graded: dict[tuple[str, str], list[float]] = defaultdict(list)
    clicks: Counter[tuple[str, str]] = Counter()
    rejected: list[BadJudgement] = []
    for line, row in _rows(path):
        if isinstance(row, str):
            rejected.append(BadJudgement(line, row))
            continue
        query, product = (_of(row, names) for names in (_QUERY, _PRODUCT))
        if query is None or product is None:
            if line <= 2 and not rejected and not graded and not clicks and not _named(row):
                raise InputError(
                    f"{path.name} has no column for the query, or none for the product",
                    value=", ".join(map(str, row)),
                    allowed=f"{', '.join(_QUERY)}; {', '.join(_PRODUCT)}",
                )
            rejected.append(BadJudgement(line, "the query or the product is empty"))
            continue
        grade = _of(row, _GRADE)
        if grade is None:
            clicks[query, product] += 1
            continue
        try:
            value = float(grade)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            graded[query, product].append(value)
        else:
            rejected.append(BadJudgement(line, f"the grade is no number: {grade!r}"))
    return Judgements(_scaled(graded, clicks), tuple(rejected))


def _scaled(
    graded: Mapping[tuple[str, str], list[float]], clicks: Mapping[tuple[str, str], int]
) -> dict[str, dict[str, float]]:
    """Grades from 0 to 1 over the whole file; clicks against the most clicked product of the same query."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    most: dict[str, int] = defaultdict(int)
    for (query, _), count in clicks.items():
        most[query] = max(most[query], count)
    for (query, product), count in clicks.items():
        found[query][product] = math.log1p(count) / math.log1p(most[query])
    values = [value for several in graded.values() for value in several]
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = min(low, 0.0) if low == high else low
    for (query, product), several in graded.items():
        found[query][product] = (sum(several) / len(several) - low) / ((high - low) or 1.0)
    return dict(found)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object] | str]]:
    """Line number and row, or why the line is none."""
    if not path.is_file():
        raise InputError("there is no such file of judgements", value=str(path))
    kind = path.name.removesuffix(".gz").rsplit(".", 1)[-1].lower()
    if kind not in {"csv", "tsv", "jsonl"}:
        raise InputError("judgements come in another form", value=path.name, allowed=("csv", "tsv", "jsonl"))
    with _opened(path) as file:
        if kind == "jsonl":
            for line, text in enumerate(file, 1):
                if text.strip():
                    yield line, _object(text)
            return
        reader = csv.DictReader(file, delimiter="\t" if kind == "tsv" else ",")
        for row in reader:
            yield reader.line_num, "more fields than columns" if None in row else dict(row)


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _object(text: str) -> dict[str, object] | str:
    try:
        found = json.loads(text)
    except ValueError:
        return "no JSON"
    return found if isinstance(found, dict) else "no JSON object"


def _of(row: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    for key, value in row.items():
        if key.strip().lower() in names and value is not None and str(value).strip():
            return str(value).strip()
    return None


def _named(row: Mapping[str, object]) -> bool:
    columns = {key.strip().lower() for key in row}
    return bool(columns & set(_QUERY)) and bool(columns & set(_PRODUCT))
