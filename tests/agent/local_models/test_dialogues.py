"""Dialogues from a file: what is one, what is not, and on which side it falls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.local_models.dialogues import Dialogue, read_dialogues, split
from store import InputError

USER = {"role": "user", "content": "Where is #A1?"}
CALL = {"id": "c1", "type": "function", "function": {"name": "get_order", "arguments": '{"order_id": "#A1"}'}}
GOOD: list[dict[str, Any]] = [
    {"role": "system", "content": "You are a shop's assistant."},
    USER,
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": '{"status": "shipped"}'},
    {"role": "assistant", "content": "It is on its way."},
]


def test_a_line_in_openais_form_is_a_dialogue(tmp_path: Path) -> None:
    file = tmp_path / "dialogues.jsonl"
    line = {"messages": GOOD, "tools": [{"type": "function", "function": {"name": "get_order"}}], "n": 1}
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n\n", encoding="utf-8")
    (found,), rejected = read_dialogues(file)
    assert rejected == []
    assert found.messages[2].as_template()["tool_calls"][0]["function"]["arguments"] == {"order_id": "#A1"}
    assert [one.learnt for one in found.messages] == [False, False, True, False, True]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("not json", "Invalid JSON"),
        ([], "object"),
        ({"messages": [USER]}, "at least 2"),
        ({"messages": [USER, {"role": "robot", "content": "hi"}]}, "role"),
        ({"messages": [USER, {"role": "assistant", "content": ""}]}, "neither words nor calls"),
        ({"messages": [USER, {"role": "assistant", "content": "hi", "weight": 0}]}, "no reply to learn"),
        ({"messages": [{"role": "assistant", "content": "hi"}, USER]}, "begins with a reply"),
        ({"messages": [USER, *GOOD[3:]]}, "belongs to no call"),
        ({"messages": [{"role": "user"}, GOOD[4]]}, "has words"),
        (
            {"messages": [USER, {"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": "{"}}]}]},
            "arguments",
        ),
    ],
)
def test_a_line_that_is_none_is_left_out_with_the_reason(tmp_path: Path, line: Any, why: str) -> None:
    file = tmp_path / "dialogues.jsonl"
    bad = line if isinstance(line, str) else json.dumps(line)
    file.write_text(json.dumps({"messages": GOOD}) + "\n" + bad + "\n")
    found, (rejected,) = read_dialogues(file)
    assert len(found) == 1
    assert rejected.line == 2
    assert why in rejected.reason
    file.write_text(bad)
    with pytest.raises(InputError, match="line 1"):
        read_dialogues(file)


def _dialogue(words: str, **more: Any) -> Dialogue:
    said = [{"role": "user", "content": words}, {"role": "assistant", "content": "Hello."}]
    return Dialogue.model_validate({"messages": said, **more})


def test_sides_are_of_whole_conversations_and_twins_stay_together() -> None:
    dialogues = [_dialogue(f"question {at % 50}") for at in range(100)]
    train, valid = split(dialogues, 0.2, seed=0)
    words = [{one.messages[0].content for one in side} for side in (train, valid)]
    assert not words[0] & words[1]
    assert 4 <= len(valid) <= 40
    assert split(dialogues, 0.2, seed=0) == (train, valid)
    assert split(dialogues, 0.2, seed=1) != (train, valid)


def test_a_named_side_counts_and_no_side_is_empty() -> None:
    train, valid = split([_dialogue("a", split="valid"), _dialogue("b", split="train")], 0.5, seed=0)
    assert [one.messages[0].content for one in (*train, *valid)] == ["b", "a"]
    train, valid = split([_dialogue(str(at)) for at in range(3)], 1e-6, seed=0)
    assert (len(train), len(valid)) == (2, 1)
    with pytest.raises(InputError, match="1 dialogues to learn from and 0"):
        split([_dialogue("alone")], 0.1, seed=0)
