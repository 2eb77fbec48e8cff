"""A chat model that follows a script: a language model for benchmarks, without a language model."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

Answer = str | list[tuple[str, dict[str, Any]]]
"""A reply, or tool calls as (name, arguments)."""
Script = Callable[[Sequence[BaseMessage], Sequence[dict[str, Any]]], Answer]
"""From the messages so far and the tools' schemas to the next message."""


class ScriptedChatModel(BaseChatModel):
    """Says what its script says; set ``script`` before each turn."""

    _scripts: list[Script] = PrivateAttr(default_factory=list)

    def follow(self, script: Script) -> None:
        self._scripts[:] = [script]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = self._scripts[0](messages, kwargs.get("tools") or ())
        if isinstance(answer, str):
            message = AIMessage(content=answer)
        else:
            calls = [{"name": name, "args": args, "id": f"call_{uuid.uuid4().hex}"} for name, args in answer]
            message = AIMessage(content="", tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=message)])
