"""Sentences whose aspects are marked, one format for all of the aspect files.

Comes in: the data folder. Goes out: ``AspectSentence`` rows: a text, and the spans in it with their polarity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from store import InputError

from .sources import POLARITIES, text_key


@dataclass(frozen=True, slots=True)
class Span:
    """An aspect term at characters ``start`` to ``end`` (exclusive)."""

    start: int
    end: int
    polarity: str


@dataclass(frozen=True, slots=True)
class AspectSentence:
    """A text with its aspect terms. ``complete``: what is not marked in it is no aspect."""

    text: str
    spans: tuple[Span, ...]
    source: str
    complete: bool = True


ASPECT_FILES = (
    "absa_semeval14",
    "absa_semeval15_16_restaurants",
    "absa_mams",
    "absa_acos",
    "absa_tv_tshirt",
    "absa_zh_products",
    "absa_zh_cosmetics",
    "absa_zh_restaurant_triples",
)
# One clause per row, cut out around its one aspect, partly badly: good for polarity, poor for finding.
_INCOMPLETE = ("absa_zh_products",)


def read_aspects(
    folder: Path, name: str, split: str, *, source: str | None = None, domain: str | None = None
) -> list[AspectSentence]:
    """The sentences of ``folder/name.csv.gz`` in ``split``, with the aspects that they name.

    Aspects that stand in a text more than once count where the file says, else at their first place. A span that is
    marked twice with different polarities keeps the first. Raises ``InputError`` if the file is not there.
    """
    import pandas

    path = folder / f"{name}.csv.gz"
    if not path.is_file():
        raise InputError(
            "there is no such training file", value=str(path), advice="Point BEFOREHAND_DATA at the data folder"
        )
    rows = pandas.read_csv(path, keep_default_na=False, dtype=str)
    rows = rows[(rows["split"] == split) & rows["label"].isin(POLARITIES)]
    if "task" in rows:
        rows = rows[rows["task"] == "atsa"]
    if source is not None:
        rows = rows[rows["source"] == source]
    if domain is not None:
        rows = rows[rows["domain"] == domain]
    starts = rows["aspect_start"] if "aspect_start" in rows else [""] * len(rows)
    spans: dict[str, dict[tuple[int, int], str]] = {}
    for text, aspect, start, label in zip(rows["text"], rows["aspect"], starts, rows["label"], strict=True):
        found = spans.setdefault(text, {})
        place = int(start) if start else text.find(aspect)
        if aspect and place >= 0 and text[place : place + len(aspect)] == aspect:
            found.setdefault((place, place + len(aspect)), label)
    return [
        AspectSentence(
            text,
            tuple(Span(start, end, label) for (start, end), label in sorted(found.items())),
            name,
            name not in _INCOMPLETE,
        )
        for text, found in spans.items()
    ]


def learnable_aspects(folder: Path, names: Iterable[str] = ASPECT_FILES) -> list[AspectSentence]:
    """The training sentences of ``names``, less those that stand in a dev or test split of any aspect file."""
    held_out = {
        text_key(sentence.text)
        for name in ASPECT_FILES
        for split in ("dev", "test")
        # SemEval-2016's training part holds the test part of 2015, so only one of the two can be measured on: 2016.
        for sentence in read_aspects(folder, name, split, source="semeval2016_task5" if "15_16" in name else None)
    }
    learnt = [sentence for name in names for sentence in read_aspects(folder, name, "train")]
    return [sentence for sentence in learnt if text_key(sentence.text) not in held_out]


def without_crossing(spans: Sequence[Span]) -> list[Span]:
    """``spans`` in their order, less those that overlap an earlier one."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.start - one.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept
