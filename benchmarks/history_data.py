"""Files of histories for ``benchmarks.history``: Amazon sequences with item texts, sessions with item categories."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval import ItemTable, Sequences

Numbers = NDArray[np.int64]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Histories:
    """One data set: whole histories, and what is known of the items, which are numbered from 1."""

    key: str
    histories: Sequences
    items: int
    table: ItemTable


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions with one right next item each, as the file splits them."""

    key: str
    train: Sequences
    train_targets: Numbers
    test: Sequences
    test_targets: Numbers
    items: int
    table: ItemTable


def amazon(file: Path, encode: Encode, most: int | None = None) -> Histories:
    """``NAME.txt.gz`` (``user item item ...`` in time order), with ``NAME_items.jsonl.gz`` beside it if any."""
    stem = file.name.split(".")[0]
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        lines = opened.read().splitlines()[:most]
    rows = [np.array(line.split()[1:], dtype=np.int64) for line in lines]
    histories = Sequences.of(rows)
    items = int(histories.items.max())
    table = ItemTable(_texts(file.with_name(f"{stem}_items.jsonl.gz"), items, encode))
    return Histories(stem.split("_")[0].lower(), histories, items, table)


def sessions(file: Path, most: int | None = None) -> Sessions:
    """A table with ``split``, ``items``, ``target`` and ``item_categories`` (one for each of ``items``)."""
    names: dict[str, int] = {}
    category: dict[int, str] = {}
    parts: dict[str, tuple[list[list[int]], list[int]]] = {"train": ([], []), "test": ([], [])}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened, delimiter="\t"):
            rows, targets = parts[row["split"]]
            if most is not None and len(rows) >= most:
                continue
            numbers = [names.setdefault(name, len(names) + 1) for name in row["items"].split()]
            category.update(zip(numbers, (row["item_categories"] or "").split(), strict=False))
            rows.append(numbers)
            targets.append(names.setdefault(row["target"], len(names) + 1))
    known = {name: place for place, name in enumerate(sorted(set(category.values())), start=1)}
    attributes = np.zeros((len(names) + 1, 1), dtype=np.int64)
    for number, name in category.items():
        attributes[number, 0] = known[name]
    return Sessions(
        file.name.split("_")[0].split(".")[0].lower(),
        Sequences.of(parts["train"][0]),
        np.array(parts["train"][1], dtype=np.int64),
        Sequences.of(parts["test"][0]),
        np.array(parts["test"][1], dtype=np.int64),
        len(names),
        ItemTable(None, attributes if known else None),
    )


def joined(histories: Sequences, targets: Numbers) -> Sequences:
    """Each history with its target at its end."""
    ends = histories.starts[1:]
    return Sequences.of(np.split(np.insert(histories.items, ends, targets), ends[:-1] + np.arange(1, len(ends))))


def without(histories: Sequences, gone: Numbers) -> Sequences:
    """The histories with the items ``gone`` taken out."""
    kept = ~np.isin(histories.items, gone)
    lengths = np.bincount(histories.row_numbers()[kept], minlength=len(histories))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Sequences(histories.items[kept], histories.kinds[kept], histories.gaps[kept], starts)


def _texts(file: Path, items: int, encode: Encode) -> NDArray[np.float32] | None:
    """Encoder vectors of title (or phrase), brand and categories; ``None`` without the file."""
    if not file.is_file():
        return None
    texts = [""] * (items + 1)
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        for line in opened:
            item = json.loads(line)
            if item["item_id"] <= items:
                texts[item["item_id"]] = _text_of(item)
    vectors = encode(texts)
    vectors[[not text for text in texts]] = 0
    return vectors


def _text_of(item: dict[str, Any]) -> str:
    levels = item.get("categories") or [
        level for path in item.get("category_paths") or [] for level in path.split(" > ")
    ]
    title = item.get("title") or item.get("text_id") or ""
    return ". ".join(part for part in (title, item.get("brand") or "", ", ".join(dict.fromkeys(levels))) if part)
