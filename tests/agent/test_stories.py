"""The three stories in docs/stories.md are lived again; their facts and actions are the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.acting_stories import Story, live, written

PAGE = Path(__file__).parents[2] / "docs/stories.md"


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return live()


def facts(text: str) -> list[str]:
    """What happened, was decided, said and counted; without the weights behind it, which settings may move."""
    kept = [line for line in text.splitlines() if line.startswith(("## ", "- "))]
    return [re.sub(r"(→ `\w+`): .*", r"\1", line) for line in kept]


def test_the_page_tells_what_the_code_does(stories: list[Story]) -> None:
    assert facts(PAGE.read_text(encoding="utf-8")) == facts(written(stories))


def test_each_story_is_what_its_title_says(stories: list[Story]) -> None:
    saved, late, sure = stories
    assert saved.actions == [("cart_abandoned", "answer_doubt")]
    assert any("could `offer`" in line for line in saved.lines), "a discount was possible, and was not given"
    assert saved.lines[-1] == "- In the ledger: `answer_doubt`, outcome bought, reward €55.00."
    assert late.actions == [("delivery_late", "apologise")]
    told = next(place for place, line in enumerate(late.lines) if "I'm sorry" in line)
    asked = next(place for place, line in enumerate(late.lines) if "**Jonas:**" in line)
    assert told < asked
    assert late.lines[-1].startswith("- In the ledger: `apologise`, outcome less")
    assert sure.actions == []
    assert sure.lines[-1] == "- No message was sent."
