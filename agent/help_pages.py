"""The shop's policy and help pages: a folder of Markdown that a merchant edits, quoted and never paraphrased.

A page may begin with a front part (``---``) holding ``language: zh``; else its language is read from its text. Each
heading begins a passage. A line ``<!-- asked: how long ...? | can I ...? -->`` below a heading gives other ways to ask.
"""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store import ConfigError

from .facts import PageFacts
from .language import grams, language_of

_log = logging.getLogger(__name__)
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_ASKED = re.compile(r"<!--\s*asked:(.*?)-->", re.S)
_STOP = frozenset(
    re.findall(
        r"\S+",
        """
        a an the do does is are can could i you your my me we it its to of for in on at and or how what when which who
        why there if with be have has need want please tell about will would
    """,
    )
) | {"可以", "怎么", "什么", "请问", "你们", "我们", "我想", "一下", "是什", "多少"}
_MIN_WORDS = 0.34
_MIN_BOTH = 0.5

Embed = Callable[[Sequence[str]], Any]
"""Texts -> float32 array (n, dimension), L2-normalised."""


@dataclass(frozen=True)
class Passage:
    page: str
    heading: str
    text: str
    language: str
    asked: tuple[str, ...]


class HelpPages:
    """The passages of a folder, found by words and, in English, by meaning."""

    def __init__(self, passages: Sequence[Passage] = (), embed: Embed | None = None) -> None:
        self.passages = tuple(passages)
        self._embed = embed
        self._ways = [
            (index, way)
            for index, one in enumerate(self.passages)
            for way in (f"{one.heading} {one.text[:300]}", one.heading, *one.asked)
        ]
        self._words = [set(grams(way)) - _STOP for _, way in self._ways]
        spread = Counter(word for words in self._words for word in words)
        total = max(len(self._ways), 1)
        self._rarity = {word: math.log(1 + total / count) for word, count in spread.items()}
        self._unknown = math.log(1 + total)
        self._vectors: Any = None

    @classmethod
    def read(cls, folder: Path | None, embed: Embed | None = None) -> HelpPages:
        """All ``*.md`` below ``folder``. Raises ``ConfigError`` if the folder is not there."""
        if folder is None:
            return cls()
        if not folder.is_dir():
            raise ConfigError(
                "there is no such folder of help pages", value=str(folder), advice="Correct agent.help_pages"
            )
        passages = [one for file in sorted(folder.rglob("*.md")) for one in _passages(file, folder)]
        return cls(passages, embed)

    def find(self, question: str, language: str) -> PageFacts | None:
        """The passage that answers ``question``, or ``None`` if none is near enough."""
        asked = set(grams(question)) - _STOP
        places = [place for place, (index, _) in enumerate(self._ways) if self._speaks(index, language)]
        if not places or not asked:
            return None
        near = self._near(question) if language == "en" else None
        best, best_score = -1, 0.0
        for place in places:
            words = self._overlap(asked, self._words[place])
            score = words if near is None else 0.4 * words + 0.6 * float(near[place])
            if score > best_score:
                best, best_score = place, score
        if best < 0 or best_score < (_MIN_WORDS if near is None else _MIN_BOTH):
            return None
        passage = self.passages[self._ways[best][0]]
        return PageFacts(page=passage.page, heading=passage.heading, text=passage.text, score=round(best_score, 3))

    def _speaks(self, index: int, language: str) -> bool:
        return self.passages[index].language == language

    def _overlap(self, asked: set[str], words: set[str]) -> float:
        """Cosine of the two sets of words, each word weighing as much as it is rare here."""
        if not words:
            return 0.0
        both = sum(self._rarity[word] ** 2 for word in asked & words)
        one = sum(self._rarity.get(word, self._unknown) ** 2 for word in asked)
        other = sum(self._rarity[word] ** 2 for word in words)
        return both / math.sqrt(one * other)

    def _near(self, question: str) -> Any:
        if self._embed is None:
            return None
        if self._vectors is None:
            self._vectors = self._embed([way for _, way in self._ways])
        return self._vectors @ self._embed([question])[0]


def _passages(file: Path, folder: Path) -> list[Passage]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"the help page {file} is not UTF-8: {error}") from error
    front = _FRONT.match(text)
    told: dict[str, str] = {}
    for line in front.group(1).splitlines() if front else ():
        name, _, value = line.partition(":")
        told[name.strip()] = value.strip()
    body = text[front.end() :] if front else text
    language = told.get("language", "")[:2] or language_of(body)
    page = file.relative_to(folder).with_suffix("").as_posix()
    found: list[Passage] = []
    for part in re.split(r"(?m)^(?=#{1,6} )", body):
        heading, _, rest = part.partition("\n") if part.startswith("#") else ("", "", part)
        asked = tuple(way.strip() for match in _ASKED.findall(rest) for way in match.split("|") if way.strip())
        passage = re.sub(r"<!--.*?-->", "", rest, flags=re.S).strip()
        if passage:
            title = heading.lstrip("# ").strip() or told.get("title", page)
            found.append(Passage(page, title, passage, language, asked))
    if not found:
        _log.warning("the help page %s is empty", file)
    return found
