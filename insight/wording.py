"""Says in plain words what a number about a customer means: in English and in Simplified Chinese.

The words are data (``words.yaml``): per feature its topic, and a phrase in each language with one place for the value.
Features of one topic tell much the same thing, so an explanation names a topic once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from store import ModelError, format_amount, minor_digits

Language = Literal["en", "zh"]
_FILE = Path(__file__).with_name("words.yaml")
_PLURAL = re.compile(r"\b1 (?P<kind>(?:different |late |bad )?)(?P<noun>[a-z]+s)\b(?P<verb> are)?")
_STRONG, _CLEAR = 0.8, 0.3
_EFFECTS: Mapping[tuple[str, bool, int], str] = {
    ("en", True, 2): "makes it much more likely",
    ("en", True, 1): "makes it more likely",
    ("en", True, 0): "makes it slightly more likely",
    ("en", False, 2): "makes it much less likely",
    ("en", False, 1): "makes it less likely",
    ("en", False, 0): "makes it slightly less likely",
    ("zh", True, 2): "可能性大大提高",
    ("zh", True, 1): "可能性提高",
    ("zh", True, 0): "可能性略有提高",
    ("zh", False, 2): "可能性大大降低",
    ("zh", False, 1): "可能性降低",
    ("zh", False, 0): "可能性略有降低",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """How one feature is told."""

    topic: str
    unit: str
    """days, hours, minutes, seconds, count, money, share, times, stars or number."""
    en: str
    zh: str
    en_none: str = ""
    """Where the value is not known or, of a count, 0."""
    zh_none: str = ""


@cache
def phrases() -> Mapping[str, Phrase]:
    """Every feature's phrase, by the feature's name."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Phrase(**entry) for name, entry in raw["features"].items()}


@cache
def titles() -> Mapping[str, Mapping[str, str]]:
    """Names of forecasts, segments and levels: key -> language -> words."""
    raw: dict[str, dict[str, str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["titles"]
    return raw


def title(key: str, language: str) -> str:
    """The name of a forecast, segment or level. Raises ``ModelError`` for one that has no words."""
    if key not in titles():
        raise ModelError("there are no words for this", value=key, allowed=sorted(titles()))
    return titles()[key][_language(language)]


def fact(feature: str, value: float, language: str, currency: str) -> str:
    """What ``value`` of ``feature`` means: "last bought 12 days ago" """
    phrase, chosen = phrases()[feature], _language(language)
    text, none = (phrase.en, phrase.en_none) if chosen == "en" else (phrase.zh, phrase.zh_none)
    if math.isnan(value) or (none and phrase.unit == "count" and value == 0):
        return none or text.format("?")
    told = text.format(_number(value, phrase.unit, chosen, currency))
    return _one(told) if chosen == "en" and phrase.unit == "count" else told


def effect(log_odds: float, language: str) -> str:
    """How much a contribution moves a forecast: "makes it more likely"."""
    size = abs(log_odds)
    return _EFFECTS[_language(language), log_odds > 0, 2 if size >= _STRONG else 1 if size >= _CLEAR else 0]


def sentence(feature: str, value: float, log_odds: float, language: str, currency: str) -> str:
    """A whole reason: "Last bought 12 days ago: makes it less likely." """
    told = fact(feature, value, language, currency)
    if _language(language) == "zh":
        return f"{told}，{effect(log_odds, language)}。"
    return f"{told[0].upper()}{told[1:]}: {effect(log_odds, language)}."


def _language(language: str) -> str:
    return "zh" if language.lower().startswith("zh") else "en"


def _one(text: str) -> str:
    """ "1 things" as "1 thing", "1 parcels are" as "1 parcel is"."""
    found = _PLURAL.search(text)
    if found is None:
        return text
    noun = "category" if found["noun"] == "categories" else found["noun"].removesuffix("s")
    verb = " is" if found["verb"] else ""
    return f"{text[: found.start()]}1 {found['kind']}{noun}{verb}{text[found.end() :]}"


def _number(value: float, unit: str, language: str, currency: str) -> str:
    if unit == "money":
        return format_amount(round(value * 10 ** minor_digits(currency)), currency)
    if unit == "share":
        return f"{value:.0%}"
    if unit in {"stars", "times", "number"}:
        return f"{value:.1f}".removesuffix(".0")
    if unit == "count":
        return f"{value:.0f}"
    return _span(value, unit, language)


def _span(value: float, unit: str, language: str) -> str:
    """A length of time in the largest unit that gives at least 1.5 of it: "36 hours" stays, "72 hours" are 3 days."""
    seconds = value * {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}[unit]
    names = (("days", "天", 86400.0), ("hours", "小时", 3600.0), ("minutes", "分钟", 60.0), ("seconds", "秒", 1.0))
    for english, chinese, size in names:
        if seconds >= 1.5 * size or size == 1.0:
            amount = round(seconds / size)
            if language == "zh":
                return f"{amount} {chinese}"
            return f"{amount} {english}" if amount != 1 else f"1 {english.removesuffix('s')}"
    raise AssertionError("unreachable: seconds always fit")
