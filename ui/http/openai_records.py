"""The forms of OpenAI's chat completions, as far as this door speaks them.

Source: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from store import InputError

from .records import ChatReply, Text

MODEL = "beforehand"
_LONGEST = 4000
_REFUSED = ("tools", "functions", "tool_choice", "function_call", "audio", "prediction", "web_search_options")


class Part(BaseModel):
    """A piece of a message."""

    type: str
    text: Text | None = None


class ClientMessage(BaseModel):
    """A message as the client tells it. Only the last one of the user's counts; the rest is the client's own claim."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[Part] | None = None


class Completion(BaseModel):
    """A request. What does not change what is said here (temperature, seed, limits on tokens) is not looked at."""

    model: str
    messages: Annotated[list[ClientMessage], Field(min_length=1, max_length=1000)]
    stream: bool = False
    n: int | None = None
    conversation_id: str | None = Field(default=None, max_length=200)
    """Ours: the conversation of record that goes on (``extra_body`` of OpenAI's client)."""
    tools: Any = None
    functions: Any = None
    tool_choice: Any = None
    function_call: Any = None
    audio: Any = None
    prediction: Any = None
    web_search_options: Any = None
    response_format: Any = None

    def check(self) -> None:
        """Raises ``InputError`` for what this door does not do."""
        for name in _REFUSED:
            if getattr(self, name) not in (None, "none", "auto", []):
                raise InputError(
                    f"{name} are not taken here: the agent has tools of its own", value=name, advice=f"Leave out {name}"
                )
        if self.n not in (None, 1):
            raise InputError("one answer is given, not several", value=self.n, allowed="1")
        kind = self.response_format.get("type") if isinstance(self.response_format, dict) else self.response_format
        if kind not in (None, "text"):
            raise InputError("answers are text", value=str(kind), allowed="text")

    def said(self) -> str:
        """What the user says now: the last message, which must be the user's. Raises ``InputError``."""
        last = self.messages[-1]
        if last.role != "user":
            raise InputError("the last message must be the user's", value=last.role, allowed="user")
        parts = [Part(type="text", text=last.content)] if isinstance(last.content, str) else last.content or []
        other = next((one.type for one in parts if one.type != "text"), None)
        if other is not None:
            raise InputError("only text can be read", value=other, allowed="text")
        text = "\n".join(one.text or "" for one in parts).strip()
        if not 0 < len(text) <= _LONGEST:
            raise InputError("the last message must hold text", allowed=f"1 to {_LONGEST} characters")
        return text

    @property
    def begins(self) -> bool:
        """Whether the client shows a chat that has just begun."""
        return sum(one.role == "user" for one in self.messages) == 1


class SpokenMessage(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    index: int = 0
    message: SpokenMessage
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Completed(BaseModel):
    """The answer; what OpenAI's form has no room for stands in ``beforehand``."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    beforehand: ChatReply


class Delta(BaseModel):
    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(BaseModel):
    index: int = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None
    logprobs: None = None


class Chunk(BaseModel):
    """A piece of a streamed answer: a whole checked sentence."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str = MODEL
    choices: list[ChunkChoice]
    beforehand: ChatReply | None = None


class Model(BaseModel):
    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "beforehand"


class Models(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]
