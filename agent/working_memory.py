"""Working memory and the record of what was said: the record wins."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage

from store.schema import Message

from .settings import AgentSettings


def agree(known: Sequence[BaseMessage], kept: Sequence[Message], settings: AgentSettings) -> list[BaseMessage]:
    """The changes that bring working memory into agreement with the record.

    What the record has and memory has not (a proactive message, a person's, all of it after a lost checkpoint) is
    added; what memory has and the record has not (a reply that was never kept) is dropped; what is old is let go.
    """
    ids = {one.id for one in kept}
    present = {str(one.id) for one in known}
    changes: list[BaseMessage] = []
    oldest = max(0, len(known) - 4 * settings.max_history)
    while oldest and oldest < len(known) and not isinstance(known[oldest], HumanMessage):
        oldest += 1
    for at, one in enumerate(known):
        spoken_message = isinstance(one, HumanMessage) or (isinstance(one, AIMessage) and not one.tool_calls)
        if at < oldest or (spoken_message and str(one.id) not in ids and len(kept) < settings.max_history):
            changes.append(RemoveMessage(id=str(one.id)))
    changes.extend(as_memory(one, settings) for one in kept if one.id not in present)
    return changes


def as_memory(message: Message, settings: AgentSettings) -> BaseMessage:
    """A message of the record as working memory holds it."""
    if message.role == "customer":
        return HumanMessage(message.text[: settings.max_characters], id=message.id)
    shown = [["product", card["id"], card["title"]] for card in message.products]
    shown += [
        ["order", row["value"], ""]
        for row in message.evidence
        if row["record"].startswith("order:") and row["field"] == "id" and row["value"] in message.text
    ]
    extra = {"shown": shown, "kind": message.kind, **message.memory}
    return AIMessage(message.text or "…", id=message.id, additional_kwargs=extra)
