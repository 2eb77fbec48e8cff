"""The shop's own conversations as dialogues to learn from, with made-up persons in place of the customers.

Taken are those that the agent has, with the tool calls of working memory, and only replies that were checked: a reply
whose facts were looked up in calls that memory has lost is context, and so is what a person or a moment wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage, convert_to_openai_messages
from sqlalchemy import select

from store import Database
from store.schema import Conversation, Customer, Message

from ..checkpoints import Checkpoints
from ..masking import Mask
from ..prompt import system_prompt
from ..settings import AgentSettings
from ..tools import tool_schemas
from .dialogues import Dialogue, Said

_NAMES = ("Alex", "Morgan", "Robin", "Sasha", "Jamie", "Taylor", "Jordan", "Casey", "Quinn", "Noor", "Kim", "Dana")


def kept_dialogues(database: Database, settings: AgentSettings, shop_name: str) -> list[Dialogue]:
    """The conversations of ``database`` that have a reply to learn. ``settings`` and ``shop_name`` are the agent's."""
    tools = tool_schemas(operations=settings.policy is not None)
    checkpoints = Checkpoints.open(database)
    try:
        with database.read() as records:
            found = []
            for one in records.scalars(
                select(Conversation).where(Conversation.state == "agent").order_by(Conversation.id)
            ):
                saved = checkpoints.saver.get_tuple({"configurable": {"thread_id": one.id}})
                memory = [] if saved is None else saved.checkpoint["channel_values"].get("messages", [])
                kept = {
                    row.id: row for row in records.scalars(select(Message).where(Message.conversation_id == one.id))
                }
                prompt = system_prompt(shop_name, one.started_at.date(), one.language)
                said = _said(memory, kept, Mask.of(records.get(Customer, one.customer_id)), one.id)
                if any(row.learnt for row in said):
                    messages = [Said(role="system", content=prompt), *said]
                    found.append(Dialogue(messages=messages, tools=tools, id=_key(one.id)))
            return found
    finally:
        checkpoints.close()


def _said(memory: Sequence[BaseMessage], kept: Mapping[str, Message], mask: Mask, conversation_id: str) -> list[Said]:
    """Working memory from the customer's first message on."""
    first = next((at for at, one in enumerate(memory) if isinstance(one, HumanMessage)), len(memory))
    said: list[Said] = []
    looked_up = False
    for one in memory[first:]:
        row = convert_to_openai_messages(mask.hide_message(one))
        assert isinstance(row, dict)
        if isinstance(one, HumanMessage):
            looked_up = False
        looked_up = looked_up or isinstance(one, ToolMessage)
        learnt = True
        if isinstance(one, AIMessage) and not one.tool_calls:
            record = kept.get(str(one.id))
            learnt = record is not None and record.role == "assistant" and record.decision_id is None
            learnt = learnt and record is not None and (looked_up or not record.evidence)
        said.append(Said.model_validate({**_with_persons(row, mask, conversation_id), "weight": int(learnt)}))
    return said


def _with_persons(row: Any, mask: Mask, conversation_id: str) -> Any:
    """``row`` with made-up values in place of the placeholders: in the chat the model will read values."""
    if isinstance(row, dict):
        return {key: _with_persons(value, mask, conversation_id) for key, value in row.items()}
    if isinstance(row, list):
        return [_with_persons(value, mask, conversation_id) for value in row]
    if isinstance(row, str):
        for placeholder in mask.placeholders:
            if placeholder in row:
                row = row.replace(placeholder, made_up(placeholder, conversation_id))
    return row


def made_up(placeholder: str, conversation_id: str) -> str:
    """A value of the kind that ``placeholder`` (``<NAME_1>``) stands for; the same again in the same conversation."""
    kind = placeholder.strip("<>").rpartition("_")[0]
    draw = int(hashlib.sha256(f"{conversation_id} {placeholder}".encode()).hexdigest()[:8], 16)
    match kind:
        case "NAME":
            return _NAMES[draw % len(_NAMES)]
        case "EMAIL":
            return f"{_NAMES[draw % len(_NAMES)].lower()}{draw % 1000}@example.com"
        case "ADDRESS":
            return f"{1 + draw % 200} Sample Street"
        case _:
            return str(10**9 + draw % (9 * 10**9))


def _key(conversation_id: str) -> str:
    """Tells conversations apart in a file without naming the shop's own id."""
    return hashlib.sha256(conversation_id.encode()).hexdigest()[:16]
