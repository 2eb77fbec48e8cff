"""The console's texts in English and Simplified Chinese, from ``words.yaml``: key -> one text per language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from ..wording import pick_language

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=1)
def texts() -> Mapping[str, Mapping[str, str]]:
    """Everything that ``words.yaml`` holds."""
    loaded: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    )
    return loaded


@dataclass(frozen=True, slots=True)
class Words:
    """The texts in one language."""

    language: str

    @classmethod
    def of(cls, accept: str | None) -> Words:
        """For a browser's Accept-Language."""
        return cls(pick_language(accept))

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key``, its fields filled. Raises ``KeyError`` for one that is not there."""
        text = texts()[key][self.language]
        return text.format(**values) if values else text

    def named(self, prefix: str, name: str) -> str:
        """The word for something that records call ``name``, such as a status; the name itself where there is none."""
        found = texts().get(f"{prefix}_{name.replace(' ', '_')}")
        return found[self.language] if found is not None else name
