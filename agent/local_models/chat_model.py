"""A language model of transformers in this process as LangChain's ``BaseChatModel``, with tool calling.

Comes in: messages and tools. Goes out: the reply, or the tools that it wants called. What it says is checked by the
loop like any other model's. One reply at a time: customers wait for one another, at most ``timeout_s``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, PrivateAttr

from store import ModelError

from .files import ChatModelFiles
from .prompting import as_template_messages, prompt_tokens
from .replies import read_parsed, read_reply

if TYPE_CHECKING:
    from encoders import Device

    from .network import LoadedModel, Writing


class LocalChatModel(BaseChatModel):
    """Loads its weights when it is first asked. The same messages give the same reply."""

    name_of_model: str
    max_tokens: int = Field(default=1024, ge=1)
    """Tokens that one reply may have."""
    timeout_s: float = Field(default=30.0, gt=0)
    """For one reply, waiting for other customers' replies included. Reading the prompt cannot be interrupted."""
    temperature: float = Field(default=0.0, ge=0)
    """0: always the likeliest token. Else tokens are drawn, from the same seed for every reply."""
    seed: int = 0
    _files: ChatModelFiles = PrivateAttr()
    _device: Device | None = PrivateAttr()
    _loaded: LoadedModel | None = PrivateAttr(default=None)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, files: ChatModelFiles, device: Device | None = None, **values: Any) -> None:
        """``device``: where it computes; ``None``: where ``pick_device`` says."""
        super().__init__(**{"name_of_model": files.name, **values})
        self._files = files
        self._device = device

    @property
    def _llm_type(self) -> str:
        return "beforehand-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.name_of_model, "temperature": self.temperature, "max_tokens": self.max_tokens}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The tools that the model may call. It cannot be made to call one: ``tool_choice`` is ``auto`` or nothing."""
        if tool_choice not in (None, "auto"):
            raise ModelError("a model in process cannot be made to call a tool", value=tool_choice, allowed="auto")
        return self.bind(tools=[convert_to_openai_tool(one) for one in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        tools = kwargs.get("tools") or ()
        with self._turn() as (loaded, until):
            prompt = prompt_tokens(loaded.tokenizer, as_template_messages(messages), tools)
            written = loaded.write(prompt, self._writing(until, stop))
        if written.timed_out:
            raise TimeoutError(f"no whole reply within {self.timeout_s:g} s")
        if loaded.tokenizer.response_template is not None:
            parsed = loaded.tokenizer.parse_response(written.text, prefix=prompt, tools=list(tools) or None)
            message = read_parsed(parsed)
        else:
            message = read_reply(written.text, {tool["function"]["name"] for tool in tools})
        message.usage_metadata = _usage(len(prompt), written.tokens)
        message.response_metadata = {"model_name": self.name_of_model, "finish_reason": written.finish_reason}
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """The words as they are written. With tools bound, one chunk: what looks like words may become a call."""
        if kwargs.get("tools"):
            whole = self._generate(messages, stop, run_manager, **kwargs).generations[0].message
            assert isinstance(whole, AIMessage)
            yield ChatGenerationChunk(message=_as_chunk(whole))
            return
        with self._turn() as (loaded, until):
            prompt = prompt_tokens(loaded.tokenizer, as_template_messages(messages))
            for piece in loaded.stream(prompt, self._writing(until, stop)):
                if isinstance(piece, str):
                    chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
                    if run_manager is not None:
                        run_manager.on_llm_new_token(piece, chunk=chunk)
                    yield chunk
                elif piece.timed_out:
                    raise TimeoutError(f"no whole reply within {self.timeout_s:g} s")
                else:
                    last = AIMessageChunk(content="", usage_metadata=_usage(len(prompt), piece.tokens))
                    last.response_metadata = {"finish_reason": piece.finish_reason}
                    yield ChatGenerationChunk(message=last)

    def _writing(self, until: float, stop: list[str] | None) -> Writing:
        from .network import Writing

        return Writing(
            self.max_tokens, max(0.001, until - time.monotonic()), self.temperature, self.seed, tuple(stop or ())
        )

    def _turn(self) -> _Turn:
        return _Turn(self)

    def loaded(self) -> LoadedModel:
        """The weights, read when first asked for. Raises ``ModelError`` if they cannot be."""
        if self._loaded is None:
            from encoders import pick_device

            from .network import load_model

            self._loaded = load_model(self._files, self._device or pick_device())
        return self._loaded


class _Turn:
    """One reply's hold of the model: until when it must be done; waits for the reply before it."""

    def __init__(self, model: LocalChatModel) -> None:
        self._model = model

    def __enter__(self) -> tuple[LoadedModel, float]:
        model, asked = self._model, time.monotonic()
        if not model._lock.acquire(timeout=model.timeout_s):
            raise TimeoutError(f"the model was busy with other customers for {model.timeout_s:g} s")
        try:
            fresh = model._loaded is None
            loaded = model.loaded()
        except BaseException:
            model._lock.release()
            raise
        # Reading the weights is not the reply's fault.
        return loaded, (time.monotonic() if fresh else asked) + model.timeout_s

    def __exit__(self, *_: object) -> None:
        self._model._lock.release()


def _usage(read: int, written: int) -> UsageMetadata:
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _as_chunk(message: AIMessage) -> AIMessageChunk:
    return AIMessageChunk(
        content=message.content,
        tool_calls=message.tool_calls,
        invalid_tool_calls=message.invalid_tool_calls,
        usage_metadata=message.usage_metadata,
        response_metadata=message.response_metadata,
    )
