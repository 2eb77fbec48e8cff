"""Dialogues to learn from: a file with one per line in the form of OpenAI's messages, tool calls included.

A line is an object with ``messages`` and, if you wish, ``tools``, ``id`` and ``split`` (``train`` or ``valid``).
A reply with ``weight`` 0 is read as context and not learnt. Knows nothing of tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from store import InputError


class Function(BaseModel):
    """What is called, with its arguments as an object (in the file they may be JSON text)."""

    name: str = Field(min_length=1)
    arguments: dict[str, Any] = {}

    @field_validator("arguments", mode="before")
    @classmethod
    def _object(cls, given: Any) -> Any:
        return json.loads(given or "{}") if isinstance(given, str) else given


class Call(BaseModel):
    """One tool call of a reply."""

    id: str = ""
    type: Literal["function"] = "function"
    function: Function


class Said(BaseModel):
    """One message."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    weight: Literal[0, 1] = 1

    @property
    def learnt(self) -> bool:
        return self.role == "assistant" and self.weight == 1

    @model_validator(mode="after")
    def _whole(self) -> Said:
        if self.role == "assistant" and not (self.content or self.tool_calls):
            raise ValueError("a reply has neither words nor calls")
        if self.role != "assistant" and (self.content is None or self.tool_calls):
            raise ValueError(f"a message of role {self.role} has words and no calls")
        return self

    def as_template(self) -> dict[str, Any]:
        """As chat templates read it."""
        row = self.model_dump(exclude={"weight"}, exclude_none=True)
        return {**row, "content": self.content or ""}


class Dialogue(BaseModel):
    """One conversation with at least one reply to learn."""

    model_config = ConfigDict(extra="ignore")

    messages: list[Said] = Field(min_length=2)
    tools: list[dict[str, Any]] = []
    id: str | None = None
    split: Literal["train", "valid"] | None = None

    @model_validator(mode="after")
    def _follows(self) -> Dialogue:
        if not any(one.learnt for one in self.messages):
            raise ValueError("no reply to learn")
        if self.messages[0].role in {"assistant", "tool"}:
            raise ValueError("it begins with a reply: the first word is the customer's, or the system's")
        open_calls: set[str] = set()
        for one in self.messages:
            if one.role == "tool" and one.tool_call_id is not None and one.tool_call_id not in open_calls:
                raise ValueError(f"the result {one.tool_call_id!r} belongs to no call before it")
            open_calls |= {call.id for call in one.tool_calls or ()}
        return self

    @property
    def key(self) -> str:
        """Tells dialogues apart: the id, else a digest of what the customer says, so that twins are one."""
        said = "\n".join(one.content or "" for one in self.messages if one.role == "user")
        return self.id or hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is no dialogue, and why."""

    line: int
    reason: str


def read_dialogues(file: Path) -> tuple[list[Dialogue], list[Rejected]]:
    """The dialogues of ``file`` (JSON lines), and the lines that are none.

    Raises ``InputError`` if there is no dialogue.
    """
    found: list[Dialogue] = []
    rejected: list[Rejected] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"this file of dialogues cannot be read: {error}", value=str(file)) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(Dialogue.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            rejected.append(Rejected(number, f"{place}: {first['msg']}" if place else first["msg"]))
    if not found:
        why = f"; line {rejected[0].line}: {rejected[0].reason}" if rejected else ""
        raise InputError(
            f"no dialogue in this file{why}", value=str(file), allowed='lines like {"messages": [{"role": "user", ...'
        )
    return found, rejected


def split(dialogues: Sequence[Dialogue], valid_share: float, seed: int) -> tuple[list[Dialogue], list[Dialogue]]:
    """Train and valid, whole conversations, by a hash of the key; twins fall on one side.

    Where a line names its side, that counts. Raises ``InputError`` if one of the two would be empty.
    """
    sides: tuple[list[Dialogue], list[Dialogue]] = ([], [])
    draws = {one.key: _draw(one.key, seed) for one in dialogues}
    # Where the share would leave valid empty, the dialogue with the smallest draw is valid.
    border = max(valid_share, min(draws.values())) if len(draws) > 1 else valid_share
    for one in dialogues:
        valid = one.split == "valid" if one.split else draws[one.key] <= border
        sides[int(valid)].append(one)
    if not sides[0] or not sides[1]:
        raise InputError(
            f"{len(sides[0])} dialogues to learn from and {len(sides[1])} to check with",
            allowed="at least one of each, of different customers' words",
        )
    return sides


def _draw(key: str, seed: int) -> float:
    return int(hashlib.sha256(f"{seed} {key}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
