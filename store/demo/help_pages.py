"""The demo shop's help pages: Markdown files in ``help/``, one per topic and language."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from ..errors import InputError

_LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page: ``topic`` is its file's name (``returns``), ``title`` its heading, ``text`` the Markdown."""

    topic: str
    language: str
    title: str
    text: str


def help_pages(language: str = "en") -> tuple[HelpPage, ...]:
    """All pages in ``language``, by topic. Raises ``InputError`` for a language they are not written in."""
    if language not in _LANGUAGES:
        raise InputError("the help pages are not written in this language", value=language, allowed=_LANGUAGES)
    pages = []
    for file in sorted(files("store.demo").joinpath("help").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(f".{language}.md"):
            text = file.read_text("utf-8")
            title = text.splitlines()[0].removeprefix("# ")
            pages.append(HelpPage(file.name.split(".")[0], language, title, text))
    return tuple(pages)
