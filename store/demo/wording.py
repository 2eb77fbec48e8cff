"""Writes a review: sentences whose polarity fits the stars, in many ways to say the same.

Comes in: stars and what the reviewer thinks of each aspect. Goes out: title, text, and where which aspect is spoken of.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from .queries import mistype
from .vocabulary import Vocabulary

_CHOICE = re.compile(r"\[([^\[\]]+)\]")
# fmt: off
_VERBS = {
    "absorbs", "bleeds", "breathes", "broke", "browns", "burns", "charges", "closes", "clumps", "comes",
    "connects", "crackles", "crumbles", "cuts", "delivered", "dims", "does", "drips", "drives", "faded", "feels",
    "fills", "finds", "fits", "flickers", "gave", "gets", "goes", "grips", "heats", "holds", "hurts", "keeps",
    "kept", "lands", "leaks", "leaves", "looks", "loses", "lost", "pairs", "pilled", "pinches", "presses",
    "rattles", "reads", "reeks", "rolls", "runs", "sheds", "shrank", "sinks", "sits", "slips", "smells", "soaks",
    "sounds", "squashes", "stalls", "stays", "sticks", "stinks", "stopped", "struggles", "survived", "swallows",
    "takes", "tastes", "tipped", "wakes", "warped", "washes", "worked",
}
# fmt: on
_SLIPS_ZH = (("的", "得"), ("再", "在"), ("做", "作"), ("已经", "己经"))


class Mention(NamedTuple):
    """An aspect that a review speaks of; ``start`` and ``end`` are character offsets into its text."""

    aspect: str
    polarity: str
    start: int
    end: int


class Subject(NamedTuple):
    """What the review is about, in its language."""

    noun: str
    brand: str
    use: str


@dataclass(slots=True)
class Written:
    """A review's words."""

    title: str
    text: str
    mentions: list[Mention] = field(default_factory=list)


@lru_cache(maxsize=8192)
def _parts(phrase: str) -> tuple[tuple[str, ...], ...]:
    pieces: list[tuple[str, ...]] = []
    last = 0
    for match in _CHOICE.finditer(phrase):
        pieces.append((phrase[last : match.start()],))
        pieces.append(tuple(match.group(1).split("|")))
        last = match.end()
    return (*pieces, (phrase[last:],))


def say(text: random.Random, phrase: str) -> str:
    """One reading of a phrase with choices: ``"[very|so] soft"`` -> ``"so soft"``."""
    return "".join(part[0] if len(part) == 1 else text.choice(part) for part in _parts(phrase))


def choose_aspects(
    text: random.Random, stars: int, opinions: Sequence[tuple[str, float]], room: int
) -> list[tuple[str, str]]:
    """Which aspects a review speaks of, with polarity: the strongest opinions, and few against the stars."""
    ranked = sorted(opinions, key=lambda pair: pair[1] + text.gauss(0, 0.35))
    best, worst = [name for name, _ in reversed(ranked)], [name for name, _ in ranked]
    if stars == 3:
        half = max(1, room // 2)
        chosen = [(name, "positive") for name in best[:half]] + [(worst[0], "negative")]
        if room > 2:
            chosen.append((best[half], "neutral"))
        return list(dict(reversed(chosen)).items())[::-1]
    main, other = (best, worst) if stars > 3 else (worst, best)
    polarity, against = ("positive", "negative") if stars > 3 else ("negative", "positive")
    chosen = [(name, polarity) for name in main[:room]]
    chance = {5: 0.05, 4: 0.25, 2: 0.4, 1: 0.12}[stars]
    strong = dict(opinions)[other[0]]
    if len(opinions) > room and text.random() < chance and (stars < 3 or strong < 0.2):
        chosen.append((other[0], against))
    elif stars == 4 and len(opinions) > room and text.random() < 0.4:
        chosen.append((other[0], "neutral"))
    return chosen


class Writer:
    """Writes reviews in one language."""

    def __init__(self, vocabulary: Vocabulary, language: str) -> None:
        self.language = language
        self.frames: Mapping[str, Any] = vocabulary.frames[language]
        self.aspects = vocabulary.aspects

    def write(
        self, text: random.Random, stars: int, aspects: Sequence[tuple[str, str]], subject: Subject, *, brief: bool
    ) -> Written:
        """``aspects`` in the order in which they are to be spoken of. ``brief`` reviews are a phrase or two."""
        sentences: list[tuple[str, tuple[str, str] | None]] = []
        if brief:
            sentences.append((self._frame(text, self.frames["short"][stars], subject), None))
            if text.random() < 0.3 and aspects:
                sentences.append((self._opinion(text, *aspects[0]), aspects[0]))
        else:
            if text.random() < 0.8:
                sentences.append((self._frame(text, self.frames["open"][stars], subject), None))
            for _ in range(text.choices((0, 1, 2), (58, 34, 8))[0]):
                sentences.insert(
                    text.randrange(len(sentences) + 1), (self._frame(text, self.frames["context"], subject), None)
                )
            sentences.extend((self._linked(text, stars, at, *pair), pair) for at, pair in enumerate(aspects))
            if text.random() < 0.5 or not sentences:
                sentences.append((self._frame(text, self.frames["close"][stars], subject), None))
        title = self._frame(text, self.frames["title"][stars], subject) if text.random() < 0.7 else ""
        return self._joined(text, title, sentences, stars)

    def _frame(self, text: random.Random, phrases: Sequence[str], subject: Subject) -> str:
        words = say(text, text.choice(phrases))
        if "{" not in words:
            return words
        return words.format(
            noun=subject.noun, brand=subject.brand, use=subject.use, days=text.choice(self.frames["days"])
        )

    def _opinion(self, text: random.Random, aspect: str, polarity: str) -> str:
        entry = self.aspects[aspect]
        term = text.choice(entry.terms[self.language])
        if polarity == "neutral":
            return say(text, text.choice(self.frames["mixed"])).format(t=term)
        own = entry.good if polarity == "positive" else entry.bad
        if text.random() < 0.72:
            return say(text, text.choice(own[self.language]))
        return say(text, text.choice(self.frames["good" if polarity == "positive" else "bad"])).format(t=term)

    def _linked(self, text: random.Random, stars: int, at: int, aspect: str, polarity: str) -> str:
        words = self._opinion(text, aspect, polarity)
        turns = (stars >= 3 and polarity != "positive") or (stars < 3 and polarity == "positive")
        if turns:
            frame = text.choice(self.frames["but" if stars >= 3 else "least"])
        else:
            frame = text.choice(self.frames["also"]) if at else "{x}"
        if frame != "{x}" and self.language == "en" and words.split(" ", 1)[0] in _VERBS:
            words = f"it {words}"
        return say(text, str(frame)).format(x=words)

    def _joined(
        self, text: random.Random, title: str, sentences: Sequence[tuple[str, tuple[str, str] | None]], stars: int
    ) -> Written:
        chinese = self.language == "zh"
        careless = text.random() < 0.12
        loud = text.random() < 0.1 and stars in (1, 5)
        written = Written(title, "")
        for at, (sentence, pair) in enumerate(sentences):
            last = at == len(sentences) - 1
            words = self._slip(text, sentence)
            if not chinese:
                words = (words[0].lower() if careless else words[0].upper()) + words[1:]
            if words[-1] not in ".!?。！？":
                words += self._stop(text, last=last, careless=careless, loud=loud)
            start = len(written.text)
            written.text += words
            if pair:
                written.mentions.append(Mention(pair[0], pair[1], start, len(written.text)))
            if not chinese and not last:
                written.text += " "
        if text.random() < 0.05:
            written.text += text.choice(
                ("👍", " 😊", "❤️") if stars > 3 else ("👎", " 😡", " 😞") if stars < 3 else (" 🤷",)
            )
        return written

    def _stop(self, text: random.Random, *, last: bool, careless: bool, loud: bool) -> str:
        if self.language == "zh":
            if last:
                return "" if careless else "！" if loud else "。"
            return text.choice("，，。")
        if careless:
            return "" if last else text.choice(",.")
        return "!" if loud else "."

    def _slip(self, text: random.Random, sentence: str) -> str:
        if text.random() > 0.045:
            return sentence
        if self.language == "zh":
            right, wrong = text.choice(_SLIPS_ZH)
            return sentence.replace(right, wrong, 1)
        return mistype(text, sentence)
