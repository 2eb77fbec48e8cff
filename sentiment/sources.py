"""The review texts that the sentiment model learns from and is measured on, one format for all of them.

Comes in: the folder of ``*.csv.gz`` files described in its README (columns text, label, split, sometimes stars, dup).
Goes out: ``Example`` rows. Knows nothing of tokens or networks.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from store import InputError

Split = Literal["train", "dev", "test"]

SST2 = ("sst2",)
ENGLISH_GROUPS: dict[str, tuple[str, ...]] = {
    "blitzer": ("en_stars_blitzer",),
    "amazon": (
        "en_stars_amazon_musical",
        "en_stars_amazon_beauty",
        "en_stars_amazon_hairdryer_microwave_pacifier",
        "en_stars_amazon_alexa",
        "en_stars_amazon_in_earphones",
    ),
    "datafiniti": ("en_stars_datafiniti_amazon_devices", "en_stars_datafiniti_products"),
    "flipkart": ("en_stars_flipkart_205k", "en_stars_flipkart_headphones"),
}
"""Four groups of English star reviews; each can be left out of training to stand for a shop never seen."""
ENGLISH_STARS = tuple(name for group in ENGLISH_GROUPS.values() for name in group)
CHINESE = ("zh_online_shopping_10_cats", "zh_chnsenticorp_hotel", "zh_stars_meituan_dining")
EPRSTMT = ("zh_eprstmt",)
"""Only ever measured on: it stands for a Chinese shop never seen."""

POLARITIES = ("negative", "neutral", "positive")
_STARS_OF = {"negative": (1, 2), "neutral": (3,), "positive": (4, 5)}


@dataclass(frozen=True, slots=True)
class Example:
    """A text with what is known of its stars.

    ``allowed`` are the stars that the label leaves possible (one, where the stars are known), ``possible`` the stars
    that its source could have given: a source of positive and negative texts alone says nothing of three stars.
    """

    text: str
    label: str
    source: str
    allowed: tuple[int, ...]
    possible: tuple[int, ...] = (1, 2, 3, 4, 5)


def text_key(text: str) -> str:
    """What makes two texts the same: their letters and digits in NFKC and lower case, hashed."""
    kept = "".join(one for one in unicodedata.normalize("NFKC", text).lower() if one.isalnum())
    return hashlib.sha1(kept.encode()).hexdigest()


def read_source(folder: Path, name: str, split: Split) -> list[Example]:
    """The distinct labelled texts of one split of ``folder/name.csv.gz``. Raises ``InputError`` if it is not there."""
    import pandas

    path = folder / f"{name}.csv.gz"
    if not path.is_file():
        raise InputError(
            "there is no such training file", value=str(path), advice="Point BEFOREHAND_DATA at the data folder"
        )
    rows = pandas.read_csv(path, keep_default_na=False, dtype=str)
    rows = rows[(rows["split"] == split) & rows["label"].isin(POLARITIES)]
    if "dup" in rows:
        rows = rows[rows["dup"] == "0"]
    labels = set(rows["label"])
    possible = (1, 2, 3, 4, 5) if "neutral" in labels else (1, 2, 4, 5)
    stars = rows["stars"] if "stars" in rows else [""] * len(rows)
    return [
        Example(text, label, name, (round(float(star)),) if star else _STARS_OF[label], possible)
        for text, label, star in zip(rows["text"], rows["label"], stars, strict=True)
    ]


def read_sources(folder: Path, names: Iterable[str], split: Split) -> list[Example]:
    """``read_source`` for several files, one after the other."""
    return [example for name in names for example in read_source(folder, name, split)]


def without_texts_of(examples: Sequence[Example], held_out: Iterable[Example]) -> list[Example]:
    """``examples`` less those whose text (by ``text_key``) is also in ``held_out``: no test text is ever learnt."""
    keys = {text_key(example.text) for example in held_out}
    return [example for example in examples if text_key(example.text) not in keys]
