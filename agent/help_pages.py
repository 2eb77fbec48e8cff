"""The shop's policy and help pages: a folder of Markdown that a merchant edits, quoted and never paraphrased.

``returns.zh.md`` is Chinese by its name, another page by a front part (``---``) holding ``language: zh``, else by its
text. Each paragraph and each item of a list is a passage. A comment below one, ``<!-- asked: how long ...? | may I
...? -->``, gives ways to ask for it; readers of the page do not see it.
"""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from store import ConfigError

from .facts import PageFacts
from .language import grams, language_of, tokens

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
) | {"可以", "怎么", "什么", "请问", "你们", "我们", "我想", "一下", "是什", *"的吗呢了么你们我是要可以什怎请问有"}
_MIN_WORDS = 0.46
_MIN_BOTH = 0.5
_AS_WELL = 0.04
_BLOCK = re.compile(r"\n\s*\n|\n(?=[-*+] |#)")

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
            for way in (f"{one.heading}: {one.text[:300]}", one.text[:300], *one.asked)
        ]
        self._words = [_words(way) for _, way in self._ways]
        spread = Counter(word for words in self._words for word in words)
        total = max(len(self._ways), 1)
        self._rarity = {word: math.log(1 + total / count) for word, count in spread.items()}
        self._unknown = math.log(1 + total)
        self._vectors: Any = None

    @classmethod
    def read(cls, folder: Path, embed: Embed | None = None) -> HelpPages:
        """All ``*.md`` below ``folder``. Raises ``ConfigError`` if the folder is not there or a page is not UTF-8."""
        if not folder.is_dir():
            raise ConfigError(
                "there is no such folder of help pages", value=str(folder), advice="Correct agent.help_pages"
            )
        found: list[Passage] = []
        for file in sorted(folder.rglob("*.md")):
            try:
                text = file.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise ConfigError(f"the help page {file} is not UTF-8: {error}") from error
            found.extend(read_page(file.relative_to(folder).with_suffix("").as_posix(), text))
        return cls(found, embed)

    @classmethod
    def of_demo(cls, embed: Embed | None = None) -> HelpPages:
        """The demo shop's pages."""
        from store.demo import help_pages

        pages = [page for language in ("en", "zh") for page in help_pages(language)]
        return cls([one for page in pages for one in read_page(f"{page.topic}.{page.language}", page.text)], embed)

    def find(self, question: str, language: str) -> PageFacts | None:
        """The passage that answers ``question``, or ``None`` if none is near enough."""
        asked = _words(question)
        places = [place for place, (index, _) in enumerate(self._ways) if self._speaks(index, language)]
        if not places or not asked:
            return None
        near = self._near(question) if language == "en" else None
        scores: dict[int, float] = {}
        for place in places:
            words = self._overlap(asked, self._words[place])
            score = words if near is None else 0.4 * words + 0.6 * float(near[place])
            index = self._ways[place][0]
            scores[index] = max(scores.get(index, 0.0), score)
        ranked = sorted(scores, key=lambda index: -scores[index])
        best = scores[ranked[0]]
        if best < (_MIN_WORDS if near is None else _MIN_BOTH):
            return None
        # A neighbour that fits as well belongs to the answer: pages often spread it over two items.
        first = self.passages[ranked[0]]
        also = [one for one in ranked[1:2] if scores[one] > best - _AS_WELL and self.passages[one].page == first.page]
        texts = [self.passages[one].text for one in sorted([ranked[0], *also])]
        return PageFacts(page=first.page, heading=first.heading, text="\n".join(texts), score=round(best, 3))

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


def _words(text: str) -> set[str]:
    """Words; of Chinese both the characters and their pairs, since there are no blanks to say what a word is."""
    return (set(grams(text)) | set(tokens(text))) - _STOP


def read_page(name: str, text: str) -> list[Passage]:
    """The passages of one page, in order."""
    front = _FRONT.match(text)
    told: dict[str, str] = {}
    for line in front.group(1).splitlines() if front else ():
        key, _, value = line.partition(":")
        told[key.strip()] = value.strip()
    body = text[front.end() :] if front else text
    named = re.search(r"\.(en|zh)$", name)
    language = told.get("language", "")[:2] or (named.group(1) if named else language_of(body))
    title = told.get("title", "")
    heading = ""
    found: list[Passage] = []
    for block in _BLOCK.split(body):
        if block.startswith("#"):
            line, _, block = block.partition("\n")
            heading = line.lstrip("# ").strip()
            title = title or heading
        asked = tuple(way.strip() for match in _ASKED.findall(block) for way in match.split("|") if way.strip())
        plain = re.sub(r"<!--.*?-->", "", block, flags=re.S).replace("**", "").strip()
        plain = re.sub(r"^[-*+] ", "", plain)
        if plain:
            found.append(Passage(name, heading or title or name, plain, language, asked))
        elif asked and found:
            found[-1] = replace(found[-1], asked=(*found[-1].asked, *asked))
    if not found:
        _log.warning("the help page %s is empty", name)
    return found
