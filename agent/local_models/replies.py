"""From the text that a model wrote to a message: its words, and its tool calls in whichever way it writes them.

Where the tokenizer brings a ``response_template``, transformers reads the text by it. Otherwise the three common forms
are known: ``<tool_call>`` blocks (Hermes, Qwen), a list after ``[TOOL_CALLS]``, ``<|tool_call|>`` or ``<|python_tag|>``
(Mistral, Granite, Llama), and a bare JSON object with a name and arguments (Llama).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection, Iterator
from typing import Any

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.tool import invalid_tool_call, tool_call

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_BLOCK = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_AFTER = re.compile(r"(?:\[TOOL_CALLS\]|<\|tool_call\|>|<\|python_tag\|>)\s*(.*)\Z", re.DOTALL)
_NAMED = re.compile(r"(\w+)\s*(?:\[ARGS\])?\s*(?=\{)")


def read_reply(text: str, tools: Collection[str] = ()) -> AIMessage:
    """The message in ``text``, which is without control tokens that end a turn.

    A call that cannot be read is kept as an invalid one, so that nobody takes the words beside it for a whole reply.
    """
    text = _THOUGHT.sub("", text)
    written = [found.group(1) for found in _BLOCK.finditer(text)]
    text = _BLOCK.sub("", text)
    if (found := _AFTER.search(text)) is not None:
        written.append(found.group(1))
        text = text[: found.start()]
    elif not written and _is_bare_call(text, tools):
        written, text = [text], ""
    calls: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for one in written:
        try:
            calls.extend(_calls(one))
        except ValueError as error:
            invalid.append(invalid_tool_call(name=None, args=one, id=_new_id(), error=str(error)))
    return AIMessage(content=text.strip(), tool_calls=calls, invalid_tool_calls=invalid)


def read_parsed(parsed: dict[str, Any]) -> AIMessage:
    """The message in what ``tokenizer.parse_response`` gave."""
    calls = [_call(one["function"]) for one in parsed.get("tool_calls") or ()]
    return AIMessage(content=str(parsed.get("content") or "").strip(), tool_calls=calls)


def _calls(written: str) -> Iterator[ToolCall]:
    """The calls in JSON: one object, a list of them, several after one another, or ``name{arguments}``."""
    decoder, at = json.JSONDecoder(), 0
    written = written.strip()
    if not written:
        raise ValueError("an empty call")
    while at < len(written):
        named = _NAMED.match(written, at)
        value, at = decoder.raw_decode(written, named.end() if named else at)
        for one in [{"name": named.group(1), "arguments": value}] if named else _listed(value):
            yield _call(one)
        while at < len(written) and written[at] in " \n\t;,":
            at += 1


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _call(function: Any) -> ToolCall:
    """Raises ``ValueError`` if it has no name, or arguments that are no object."""
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise ValueError("a call names no tool")
    arguments = function.get("arguments", function.get("parameters", {}))
    if isinstance(arguments, str):
        arguments = json.loads(arguments or "{}")
    if not isinstance(arguments, dict):
        raise ValueError("the arguments of a call are no object")
    return tool_call(name=function["name"], args=arguments, id=_new_id())


def _is_bare_call(text: str, tools: Collection[str]) -> bool:
    """Whether the whole text is a call of one of ``tools``; other JSON may be what the customer asked for."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("name") in tools and ("arguments" in value or "parameters" in value)


def _new_id() -> str:
    return f"call_{uuid.uuid4().hex}"
