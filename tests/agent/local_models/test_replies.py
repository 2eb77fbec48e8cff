"""What models write, read back as messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.local_models.replies import read_parsed, read_reply

ORDER = {"order_id": "#A1002"}


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "get_order", "arguments": {"order_id": "#A1002"}}\n</tool_call>',
        '<think>Which order?</think>\n\n<tool_call>{"name": "get_order", "arguments": {"order_id": "#A1002"}}',
        '[TOOL_CALLS][{"name": "get_order", "arguments": {"order_id": "#A1002"}}]',
        '[TOOL_CALLS]get_order[ARGS]{"order_id": "#A1002"}',
        '<|python_tag|>{"name": "get_order", "parameters": {"order_id": "#A1002"}}',
        '{"name": "get_order", "parameters": {"order_id": "#A1002"}}',
        '<tool_call>{"name": "get_order", "arguments": "{\\"order_id\\": \\"#A1002\\"}"}</tool_call>',
    ],
)
def test_reads_a_call_in_each_form(text: str) -> None:
    message = read_reply(text, {"get_order"})
    assert [(one["name"], one["args"]) for one in message.tool_calls] == [("get_order", ORDER)]
    assert message.content == ""
    assert message.invalid_tool_calls == []


def test_reads_several_calls_and_the_words_beside_them() -> None:
    text = 'One moment. <tool_call>{"name": "get_orders"}</tool_call><tool_call>{"name": "get_order", "arguments": {}}'
    message = read_reply(text)
    assert message.content == "One moment."
    assert [one["name"] for one in message.tool_calls] == ["get_orders", "get_order"]
    assert len({one["id"] for one in message.tool_calls}) == 2
    listed = read_reply('[TOOL_CALLS]{"name": "a", "arguments": {}}; {"name": "b", "arguments": {}}')
    assert [one["name"] for one in listed.tool_calls] == ["a", "b"]


@pytest.mark.parametrize(
    "broken",
    [
        '{"name": "get_order", "argum',
        "get the order",
        '{"arguments": {}}',
        '{"name": "x", "arguments": [1]}',
        "",
        "[1]",
    ],
)
def test_a_call_that_cannot_be_read_is_kept_as_one(broken: str) -> None:
    message = read_reply(f"I look. <tool_call>{broken}</tool_call>", {"get_order"})
    assert message.tool_calls == []
    assert len(message.invalid_tool_calls) == 1
    assert message.content == "I look."


def test_json_that_calls_no_tool_is_a_reply() -> None:
    for text in ('{"name": "Aurora", "arguments": {}}', '{"price": 34}', "Is {this} a call?"):
        message = read_reply(text, {"get_order"})
        assert (message.content, message.tool_calls, message.invalid_tool_calls) == (text, [], [])


def test_thoughts_are_not_said_even_where_they_never_end() -> None:
    assert read_reply("<think>He asks for it.</think>\nHello.").content == "Hello."
    assert read_reply("<think>He asks for").content == ""


def test_what_the_tokenizer_parsed_is_taken() -> None:
    parsed = {
        "role": "assistant",
        "thinking": "hm",
        "content": " Hello ",
        "tool_calls": [{"type": "function", "function": {"name": "get_order", "arguments": ORDER}}],
    }
    message = read_parsed(parsed)
    assert message.content == "Hello"
    assert message.tool_calls[0]["args"] == ORDER


@given(st.text(alphabet='<>/tool_cal{}[]"name:, TOOL_CALLS|'))
def test_no_text_breaks_it(text: str) -> None:
    read_reply(text, {"name"})
