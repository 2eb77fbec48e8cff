"""The conversations of ``docs/transcripts`` go as they are written down: the same facts, the same things done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import Agent
from benchmarks.transcripts import FOLDER, Conversation, conversations, demo_agent, facts_written, play
from store import Database


@pytest.fixture(scope="module")
def played_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Agent, Database]]:
    folder: Path = tmp_path_factory.mktemp("transcripts")
    with demo_agent(folder) as opened:
        yield opened


@pytest.mark.parametrize("conversation", conversations(), ids=lambda one: one.name)
def test_it_goes_as_it_is_written_down(played_shop: tuple[Agent, Database], conversation: Conversation) -> None:
    played = play(*played_shop, conversation)
    facts, done = facts_written(conversation)
    advice = "Made anew by: python -m benchmarks.transcripts"
    assert played.facts() == facts, advice
    assert ("; ".join(played.done) or "nothing") == done, advice


def test_there_are_ten_in_each_language() -> None:
    languages = [one.language for one in conversations()]
    assert languages.count("en") == languages.count("zh") == 10
    assert {path.stem for path in FOLDER.glob("*.md")} == {one.name for one in conversations()}
