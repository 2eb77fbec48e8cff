"""The customer's tools for a program that acts for him (MCP): lookups, and writes as proposals.

A program cannot say yes. What it proposes is shown in the customer's own conversation and waits for him there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from store import NotFound
from store.schema import Conversation

from . import conversations as record
from .evidence import EvidenceBook
from .language import spoken
from .session import Session
from .tools import Parts, Turn, customer_tools

_CUSTOMERS_OWN = {"confirm_proposal", "decline_proposal", "stop_messages", "hand_over_to_person"}
"""Each of them follows from the customer's own message, which a program does not have."""

_HEARD = 20


@dataclass(frozen=True, slots=True)
class ProgramTools:
    """The tools of one customer. May be shared between threads."""

    parts: Parts
    customer_id: str
    language: str
    country: str | None

    @classmethod
    def of(cls, parts: Parts, session: Session) -> ProgramTools:
        """Raises ``NotFound`` for an unknown customer, ``NotAllowed`` in a staff session."""
        with parts.database.read() as records:
            customer = record.check_customer(records, session.customer())
        language = spoken(session.language or (customer.language if customer else None))
        return cls(parts, session.customer(), language, customer.country if customer else None)

    def tools(self) -> Sequence[BaseTool]:
        """Names, descriptions and argument schemas; to run one, ``call`` it."""
        return self._bound(None)

    def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What the tool found, as JSON. Raises ``NotFound`` for a tool that there is not, ``ValueError`` for arguments
        that do not fit its schema.
        """
        names = [one.name for one in self._bound(None)]
        if name not in names:
            raise NotFound("there is no such tool", value=name, allowed=names)
        conversation = self._conversation() if name.startswith("propose_") else None
        tool = next(one for one in self._bound(conversation) if one.name == name)
        found = str(tool.invoke(dict(arguments)))
        if conversation is not None:
            self._show(conversation, json.loads(found))
        return found

    def _bound(self, conversation_id: str | None) -> list[BaseTool]:
        turn = Turn(
            self.customer_id, conversation_id or "", self.language, EvidenceBook([]), lambda *_: None, self.country
        )
        return [one for one in customer_tools(self.parts, turn) if one.name not in _CUSTOMERS_OWN]

    def _conversation(self) -> str:
        """The customer's latest conversation, where he will find what is proposed."""
        with self.parts.database.write() as records:
            found: Conversation | None = record.latest(records, self.customer_id)
            return (found or record.start(records, self.customer_id, self.language, self.parts.clock())).id

    def _show(self, conversation_id: str, found: Mapping[str, Any]) -> None:
        if not found.get("question"):
            return
        text = ("" if self.language == "zh" else " ").join([*found["told"], found["question"]])
        waits = found["proposal_id"]
        with self.parts.database.write() as records:
            said = record.messages_of(records, conversation_id, last=_HEARD)
            # What else the customer wants stays in the plan; his next yes is to this.
            plan: dict[str, Any] = next((one.memory["plan"] for one in reversed(said) if one.memory.get("plan")), {})
            record.append(
                records,
                conversation_id,
                "assistant",
                text,
                self.parts.clock(),
                kind="proposal",
                proposal_id=waits,
                memory={"plan": {**plan, "proposal_id": waits, "asking": None}},
            )
