"""The words of the demo shop, read from the YAML files in ``words/``: what it sells, who buys, what is said.

Comes in: package files. Goes out: one ``Vocabulary``. Knows nothing of seeds, prices of single products or customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Pair(NamedTuple):
    """The same words in English and in Simplified Chinese."""

    en: str
    zh: str

    def inside(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


class Feature(NamedTuple):
    """Something a product can have: ``key`` is its attribute, ``title`` its word in the product's name."""

    key: str
    title: Pair
    sentence: Pair


class Spec(NamedTuple):
    """An attribute with one value out of a few."""

    key: str
    label_zh: str
    values: tuple[Pair, ...]


class Size(NamedTuple):
    """One choice of size or pack; ``factor`` multiplies the price."""

    name: Pair
    factor: float


class Brand(NamedTuple):
    """``tier`` is -1 (cheap), 0 or 1 (premium)."""

    name: str
    tier: int


@dataclass(frozen=True, slots=True)
class SubCategory:
    """The narrow category: its products share nouns, features, sizes, aspects and price range (in minor units)."""

    index: int
    category: int
    name: Pair
    shape: str
    price_minor: tuple[int, int]
    colors: tuple[str, ...]
    sizes: tuple[Size, ...]
    size_system: str | None
    nouns: tuple[Pair, ...]
    uses: tuple[Pair, ...]
    features: tuple[Feature, ...]
    specs: tuple[Spec, ...]
    aspects: tuple[str, ...]
    searches: tuple[tuple[str, ...], tuple[str, ...]]
    """English and Chinese queries."""
    season: tuple[float, ...]
    """Factor on interest per calendar month, January first."""
    cycle_days: int | None
    """Days one piece of a consumable lasts; ``None``: not consumable."""
    restricted: float
    """Share of products not sold to every country."""
    return_rate: float


@dataclass(frozen=True, slots=True)
class Category:
    index: int
    name: Pair
    brands: tuple[Brand, ...]
    models: tuple[str, ...]


class Aspect(NamedTuple):
    """What reviewers say of one aspect; phrases hold choices such as ``[good|great]``. Keys are languages."""

    terms: Mapping[str, tuple[str, ...]]
    good: Mapping[str, tuple[str, ...]]
    bad: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything in ``words/``, parsed."""

    categories: tuple[Category, ...]
    subs: tuple[SubCategory, ...]
    aspects: Mapping[str, Aspect]
    general: Mapping[str, Any]
    people: Mapping[str, Any]
    frames: Mapping[str, Any]

    @property
    def colors(self) -> dict[str, tuple[str, str]]:
        """Colour -> (Chinese name, RGB as six hex digits)."""
        return {name: (pair(text).en, pair(text).zh) for name, text in self.general["colors"].items()}

    @property
    def feature_keys(self) -> list[str]:
        return sorted({feature.key for sub in self.subs for feature in sub.features})


def pair(text: str) -> Pair:
    """``"English | 中文"`` as a ``Pair``."""
    first, _, second = str(text).partition("|")
    return Pair(first.strip(), second.strip())


def words(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(word.strip() for word in str(text).split(",") if word.strip())


@lru_cache(maxsize=1)
def read_vocabulary() -> Vocabulary:
    """Read all word files once per process."""
    folder = files("store.demo").joinpath("words")
    general = _load(folder.joinpath("general.yaml").read_text("utf-8"))
    categories: list[Category] = []
    subs: list[SubCategory] = []
    for file in sorted(folder.joinpath("categories").iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        raw = _load(file.read_text("utf-8"))
        brands = tuple(Brand(text.rsplit(" ", 1)[0], int(text.rsplit(" ", 1)[1])) for text in words(raw["brands"]))
        categories.append(Category(len(categories), pair(raw["name"]), brands, words(raw["models"])))
        for entry in raw["subs"]:
            subs.append(_sub_category(entry, raw, general, len(categories) - 1, len(subs)))
    aspects = {name: _aspect(raw) for name, raw in _load(folder.joinpath("aspects.yaml").read_text("utf-8")).items()}
    return Vocabulary(
        tuple(categories),
        tuple(subs),
        aspects,
        general,
        _load(folder.joinpath("people.yaml").read_text("utf-8")),
        _load(folder.joinpath("reviews.yaml").read_text("utf-8")),
    )


def _load(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)


def _sub_category(
    raw: Mapping[str, Any], category: Mapping[str, Any], general: Mapping[str, Any], category_index: int, index: int
) -> SubCategory:
    system = raw.get("sizes", category.get("sizes"))
    size_text = general["sizes"][system] if system else raw.get("size", "")
    low, high = (float(part) for part in raw["price"].split("-"))
    english, _, chinese = raw["search"].partition(" / ")
    return SubCategory(
        index=index,
        category=category_index,
        name=pair(raw["name"]),
        shape=raw["shape"],
        price_minor=(round(low * 100), round(high * 100)),
        colors=words(raw.get("colors", "")),
        sizes=tuple(_size(text) for text in words(size_text)),
        size_system=system,
        nouns=tuple(pair(text) for text in raw["nouns"]),
        uses=tuple(_use(text) for text in _rejoined(raw["for"])),
        features=tuple(_feature(text) for text in raw["features"]),
        specs=tuple(_spec(key, text) for key, text in raw["specs"].items()),
        aspects=words(raw.get("aspects", category["aspects"])),
        searches=(words(english), words(chinese)),
        season=tuple(float(part) for part in str(raw.get("season", category["season"])).split()),
        cycle_days=raw.get("consumable", category.get("consumable")),
        restricted=float(raw.get("restricted", category.get("restricted", 0.05))),
        return_rate=float(category["returns"]),
    )


def _rejoined(entries: list[Any]) -> list[str]:
    # Uses hold commas ("flour, pasta and beans"), at which a YAML flow list splits: join up to the "|" again.
    joined: list[str] = []
    pending = ""
    for entry in entries:
        pending = f"{pending}, {entry}" if pending else str(entry)
        if "|" in pending:
            joined.append(pending)
            pending = ""
    return joined


def _use(text: str) -> Pair:
    return pair(text)


def _size(text: str) -> Size:
    english, _, rest = text.partition("=")
    chinese, _, factor = rest.partition("*")
    return Size(Pair(english, chinese), float(factor or 1))


def _feature(text: str) -> Feature:
    key, title, title_zh, sentence, sentence_zh = (part.strip() for part in text.split("|"))
    return Feature(key, Pair(title, title_zh), Pair(sentence, sentence_zh))


def _spec(head: str, text: str) -> Spec:
    key, label = head.split(" ")
    return Spec(key, label, tuple(Pair(*value.split("=")) for value in words(text)))


def _aspect(raw: Mapping[str, Any]) -> Aspect:
    english, _, chinese = raw["terms"].partition(" / ")
    return Aspect(
        {"en": words(english), "zh": words(chinese)},
        {"en": tuple(raw["good"]), "zh": tuple(raw["zh_good"])},
        {"en": tuple(raw["bad"]), "zh": tuple(raw["zh_bad"])},
    )
