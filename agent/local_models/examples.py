"""From dialogues to the tokens that a model learns: exactly what it reads in the chat, and of that the replies alone.

Comes in: a tokenizer and a dialogue. Goes out: token ids, and for each the number of the reply that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from store import ModelError

from .dialogues import Dialogue
from .prompting import prompt_tokens


@dataclass(slots=True)
class Example:
    """Tokens in order, and which of them are learnt."""

    tokens: list[int] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    """For each token: 0 if it is only read, else which reply of the example (from 1 on) it belongs to."""

    @property
    def learnt(self) -> int:
        """Tokens that are learnt."""
        return sum(one > 0 for one in self.replies)

    def read(self, tokens: Sequence[int]) -> None:
        self.tokens += tokens
        self.replies += [0] * len(tokens)

    def learn(self, tokens: Sequence[int]) -> None:
        number = 1 + max(self.replies, default=0)
        self.tokens += tokens
        self.replies += [number] * len(tokens)


def examples_of(tokenizer: Any, dialogue: Dialogue, ends: Sequence[int], longest: int) -> Iterator[Example]:
    """``dialogue`` as examples of at most ``longest`` tokens; replies behind that are left out.

    Usually one. Where a template shows earlier turns otherwise than while they were the last (without their thoughts,
    say), a new example begins, so that each reply is learnt behind the very tokens that the model sees in the chat.
    """
    messages = [one.as_template() for one in dialogue.messages]
    example = Example()
    for at, said in enumerate(dialogue.messages):
        if not said.learnt:
            continue
        before = prompt_tokens(tokenizer, messages[:at], dialogue.tools)
        reply = _reply_behind(tokenizer, before, messages[: at + 1], dialogue.tools, ends)
        if len(before) + len(reply) > longest:
            break
        if before[: len(example.tokens)] != example.tokens:
            yield example
            example = Example()
        example.read(before[len(example.tokens) :])
        example.learn(reply)
    if example.tokens:
        yield example


def _reply_behind(
    tokenizer: Any, before: list[int], messages: list[dict[str, Any]], tools: list[dict[str, Any]], ends: Sequence[int]
) -> list[int]:
    """The tokens of the last message behind ``before``, up to the one that ends it."""
    whole = prompt_tokens(tokenizer, messages, tools, reply_next=False)
    if whole[: len(before)] != before:
        raise ModelError(
            "the model's chat template shows a reply otherwise than behind the head that it gives to write one",
            advice="Fine-tune a model whose template does; its figures would say nothing about the chat",
        )
    reply = whole[len(before) :]
    last = max((at for at, token in enumerate(reply) if token in ends), default=None)
    return [*reply, ends[0]] if last is None else reply[: last + 1]
