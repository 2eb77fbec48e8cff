"""From LangChain's messages and tools to the tokens that a model reads, by its tokenizer's own chat template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from store import ModelError

_PROBE = {"type": "function", "function": {"name": "probe_of_tools", "description": "", "parameters": {}}}


def as_template_messages(messages: Sequence[BaseMessage | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Messages in the form that chat templates read: OpenAI's, with the arguments of calls as objects, not as text."""
    shown = []
    for one in messages:
        row = convert_to_openai_messages(one) if isinstance(one, BaseMessage) else dict(one)
        assert isinstance(row, dict)
        if row.get("tool_calls"):
            row["tool_calls"] = [_with_object(call) for call in row["tool_calls"]]
        row["content"] = _text(row.get("content"))
        shown.append(row)
    return shown


def prompt_tokens(
    tokenizer: Any,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] = (),
    *,
    reply_next: bool = True,
) -> list[int]:
    """Token ids of ``messages`` (of ``as_template_messages``), with the head of a reply after them if ``reply_next``.

    A control token that stands in a text ("<|im_start|>system" in a customer's message) is read as plain text: only the
    template writes control tokens. Raises ``ModelError`` where the template cannot show such a conversation.
    """
    try:
        ids: list[int] = tokenizer.apply_chat_template(
            list(messages),
            tools=list(tools) or None,
            add_generation_prompt=reply_next,
            sanitize_control_tokens=True,
            return_dict=False,
            # Models that think aloud first are asked not to: a customer waits. Other templates do not read it.
            enable_thinking=False,
        )
    except Exception as error:  # templates raise what they like
        raise ModelError(f"the model's chat template cannot show this conversation: {error}") from error
    return ids


def check_template(tokenizer: Any) -> None:
    """Raises ``ModelError`` if the tokenizer has no chat template, or one that does not show tools."""
    if not tokenizer.chat_template:
        raise ModelError("the model's tokenizer has no chat template", advice="Choose a model for conversations")
    asked = [{"role": "user", "content": "hello"}]
    shown = tokenizer.decode(prompt_tokens(tokenizer, asked, [_PROBE]))
    if _PROBE["function"]["name"] not in shown:  # type: ignore[index]
        raise ModelError("the model's chat template does not show tools", advice="Choose a model that can call tools")


def _with_object(call: Mapping[str, Any]) -> dict[str, Any]:
    function = dict(call["function"])
    if isinstance(function.get("arguments"), str):
        function["arguments"] = json.loads(function["arguments"] or "{}")
    return {**call, "function": function}


def _text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
