"""The built-in chat model: LangChain's ``BaseChatModel`` with tool calling, without a language model behind it.

It understands the customer's latest message with the trained intent heads, plans tool calls, and words its reply from
their results. Nothing that stands in a tool result can make it call a tool: calls are planned from the customer's own
words and from ids of records alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from store import Clock

from .draft import CallNeeded, Work, read_turn
from .intents import IntentModel
from .skills import answer
from .understanding import Understanding, understand
from .urgency import urgency_of

_MOST_CALLS = 24
_HEARD = 4


class BuiltinChatModel(BaseChatModel):
    """Answers in English and Simplified Chinese. Deterministic: the same messages give the same reply."""

    shop_name: str = ""
    default_language: str = "en"
    language_decided: bool = False
    """It answers in ``default_language``, whatever the message is written in."""
    _understand: Callable[[str, str, bool], Understanding] = PrivateAttr()
    _clock: Clock = PrivateAttr()
    _intents: IntentModel = PrivateAttr()

    def __init__(self, intents: IntentModel, clock: Clock, **values: Any) -> None:
        super().__init__(**values)
        self._clock = clock
        self._intents = intents
        # A turn asks several times what its message means, once before each tool call.
        self._understand = lru_cache(maxsize=512)(
            lambda text, language, decided: understand(text, intents, language, decided=decided)
        )

    @property
    def _llm_type(self) -> str:
        return "beforehand-builtin"

    def speaking(self, language: str) -> BuiltinChatModel:
        """The same model, answering in ``language``."""
        other = self.model_copy(update={"default_language": language, "language_decided": True})
        other._understand, other._clock, other._intents = self._understand, self._clock, self._intents
        return other

    def wants(self, intent: str, text: str) -> bool:
        """Whether ``text``, a customer's own message, wants ``intent``."""
        return any(
            wish.intent == intent
            for wish in self._understand(text, self.default_language, self.language_decided).wishes
        )

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Only tools that are bound can be called. Their names are enough: the schemas take long to write out."""
        named = (
            {"function": {"name": tool.name}} if isinstance(tool, BaseTool) else convert_to_openai_tool(tool)
            for tool in tools
        )
        return self.bind(tools=list(named))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = self.answer(messages, {tool["function"]["name"] for tool in kwargs.get("tools") or ()})
        return ChatResult(generations=[ChatGeneration(message=message)])

    def answer(self, messages: Sequence[BaseMessage], tools: set[str]) -> AIMessage:
        """The next message: a tool call, or the reply."""
        text, memory, results = read_turn(messages)
        understanding = self._understand(text, self.default_language, self.language_decided)
        today = self._clock().date().isoformat()
        embed, intents = self._intents.embed, self._intents
        said = [str(one.content) for one in messages if isinstance(one, HumanMessage)][-_HEARD:]
        urgency = urgency_of(text, said[:-1], upset=understanding.upset)
        work = Work(
            understanding, memory, results, self.shop_name, today, embed, tools=tools, intents=intents, urgency=urgency
        )
        try:
            draft = answer(work)
        except CallNeeded as needed:
            if all(tool in tools for tool, _ in needed.calls) and len(results) < _MOST_CALLS:
                calls = [
                    {"name": tool, "args": arguments, "id": f"call_{uuid.uuid4().hex}"}
                    for tool, arguments in needed.calls
                ]
                return AIMessage(content="", tool_calls=calls)
            draft = work.draft
            work.say("unavailable")
        return AIMessage(content=draft.text(understanding.language), additional_kwargs=draft.extra())
