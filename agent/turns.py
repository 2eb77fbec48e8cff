"""One turn of a conversation: from the customer's message to the checked reply, both kept in the record.

Comes in: a session and what it says. Goes out: progress, checked sentences, and the ``Reply``. The message is kept
before anything else happens, and whatever fails, the customer gets an answer.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from store.schema import Conversation, Customer, Message

from . import conversations as record
from .builtin_model import BuiltinChatModel
from .cards import product_cards
from .chat_models import leaves_machine
from .checkpoints import Checkpoints
from .comparison import from_memory, to_memory
from .customer_view import answer_about_messages
from .desk import Parts, Turn
from .evidence import EvidenceBook
from .language import language_written, spoken
from .loop import TurnState, build_loop
from .masking import Mask
from .phrases import say
from .planning.consent import consent
from .prompt import system_prompt
from .reply import Progress, Reply, Sentence
from .session import Session
from .settings import AgentSettings
from .spending import Spending
from .tools import customer_tools
from .urgency import urgency_of
from .working_memory import agree

_log = logging.getLogger(__name__)
_HEARD = 8
"""Messages before this one in which it may have been asked already."""


@dataclass(frozen=True)
class _Opened:
    """A conversation at the start of a turn."""

    conversation: Conversation
    customer: Customer | None
    message: Message
    earlier: list[Message]
    language: str


class Turns:
    """Runs the turns of all conversations. May be shared between threads; turns of one conversation wait in line."""

    def __init__(
        self,
        parts: Parts,
        builtin: BuiltinChatModel,
        elsewhere: BaseChatModel | None,
        checkpoints: Checkpoints,
        spending: Spending,
        settings: AgentSettings,
        shop_name: str,
    ) -> None:
        self._parts = parts
        self._database = parts.database
        self._clock = parts.clock
        self._builtin = builtin
        self._elsewhere = elsewhere
        self._checkpoints = checkpoints
        self._spending = spending
        self._settings = settings
        self._shop_name = shop_name
        # Held by the turns that use them alone: a lock of a conversation that nobody talks in is gone.
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._locks_lock = threading.Lock()

    def stream(
        self, session: Session, text: str, conversation_id: str | None = None
    ) -> Iterator[Progress | Sentence | Reply]:
        """The turn as it comes: progress, checked sentences (joined, they are the text), and last the ``Reply``."""
        with self._database.write() as records:
            customer = record.check_customer(records, session.customer())
            language = spoken(session.language or (customer.language if customer else None))
            if conversation_id is not None:
                conversation = record.own(records, session.customer(), conversation_id)
            else:
                conversation = record.latest(records, session.customer()) or record.start(
                    records, session.customer(), language, self._clock()
                )
            said = [
                one.text for one in record.messages_of(records, conversation.id, last=_HEARD) if one.role == "customer"
            ]
            memory = {"urgency": urgency_of(text, said)}
            message = record.append(records, conversation.id, "customer", text, self._clock(), memory=memory)
        # The message is in the record now, whatever happens next.
        with self._lock(conversation.id):
            with self._database.read() as records:
                conversation = record.own(records, session.customer(), conversation.id)
                earlier = [
                    one
                    for one in record.messages_of(records, conversation.id, last=self._settings.max_history)
                    if one.position < message.position
                ]
            opened = _Opened(conversation, customer, message, earlier, _language(text, earlier, language))
            yield from self._silent(opened) if conversation.state == "person" else self._answered(opened)

    def _lock(self, conversation_id: str) -> threading.Lock:
        with self._locks_lock:
            return self._locks.setdefault(conversation_id, threading.Lock())

    def _silent(self, opened: _Opened) -> Iterator[Sentence | Reply]:
        """A person has the conversation: say so once, then nothing."""
        since = [one for one in opened.earlier if one.role == "assistant"]
        if since and since[-1].kind == "note":
            yield Reply("", "handover", conversation_id=opened.conversation.id)
            return
        text = say("with_person", opened.language)
        yield Sentence(text)
        with self._database.write() as records:
            note = record.append(records, opened.conversation.id, "assistant", text, self._clock(), kind="note")
        yield Reply(text, "handover", conversation_id=opened.conversation.id, message_id=note.id)

    def _answered(self, opened: _Opened) -> Iterator[Progress | Sentence | Reply]:
        book = EvidenceBook(record.earlier_evidence(opened.earlier))
        heard = deque[Progress | Sentence]()
        turn = TurnState(
            asked=f"{self._shop_name}\n{_asked(opened)}",
            language=opened.language,
            today=self._clock().date(),
            message_id=f"msg_{uuid.uuid4().hex}",
            book=book,
            mask=Mask.of(opened.customer) if leaves_machine(self._elsewhere) else Mask.nothing(),
            tell=lambda sentence: heard.append(Sentence(sentence)),
            elsewhere=self._elsewhere,
            spending=self._spending,
        )
        sent: list[str] = []
        try:
            for event in self._run(opened, turn, heard):
                if isinstance(event, Sentence):
                    sent.append(event.text)
                yield event
        except Exception:  # noqa: BLE001 - see below
            # A bug or a database that went away must not leave the customer without an answer.
            _log.exception("the turn failed in conversation %s", opened.conversation.id)
            if not sent:
                turn.text, turn.extra = say("failed", opened.language), {"kind": "answer"}
                yield Sentence(turn.text)
            else:
                turn.text = "".join(sent).strip()
        yield self._keep(opened, turn)

    def _run(
        self, opened: _Opened, turn: TurnState, heard: deque[Progress | Sentence]
    ) -> Iterator[Progress | Sentence]:
        told = answer_about_messages(self._database, opened.conversation.customer_id, opened.message, opened.language)
        if told is not None:
            turn.text, turn.extra = told, {"kind": "answer"}
            yield Sentence(told)
            return
        bound = Turn(
            opened.conversation.customer_id,
            opened.conversation.id,
            opened.language,
            turn.book,
            lambda tool, text: heard.append(Progress("tool", text, tool)),
            opened.customer.country if opened.customer else None,
            _confirmed(opened),
            self._builtin.wants("stop_messages", opened.message.text),
        )
        prompt = system_prompt(self._shop_name, turn.today, opened.language)
        builtin = self._builtin.speaking(opened.language)
        loop = build_loop(
            turn, builtin, customer_tools(self._parts, bound), self._settings, prompt, self._checkpoints.saver
        )
        config: dict[str, Any] = {"configurable": {"thread_id": opened.conversation.id}, "recursion_limit": 80}
        known = self._memory(loop, config, opened.conversation.id)
        new = agree(known, [*opened.earlier, opened.message], self._settings)
        # What was heard is given out after each step. With the mode that hands it on at once, LangGraph takes each step
        # to a thread of its own, and on a busy machine a turn stands in line for a processor at every change.
        for _ in loop.stream({"messages": new}, config, stream_mode="updates", durability="exit"):
            while heard:
                yield heard.popleft()
        self._checkpoints.keep_latest(opened.conversation.id)

    def _memory(self, loop: Any, config: dict[str, Any], conversation_id: str) -> list[BaseMessage]:
        """The messages in working memory; none where it is damaged, so that it is made again from the record."""
        try:
            known = loop.get_state(config).values.get("messages", [])
            if isinstance(known, list) and all(isinstance(one, BaseMessage) for one in known):
                return known
        except Exception:  # noqa: BLE001 - whatever is wrong with a checkpoint, it is only working memory
            _log.exception("the working memory of %s cannot be read", conversation_id)
        self._checkpoints.delete(conversation_id)
        return []

    def _keep(self, opened: _Opened, turn: TurnState) -> Reply:
        extra, compared = turn.extra, turn.book.compared
        if compared is not None and "products" in extra:
            shown = {one.product_id: "" for one in compared.products}
            extra = {**extra, "comparison": to_memory(compared), "products": shown | extra["products"]}
        cards = product_cards(self._database, list(extra.get("products", {})), opened.language, extra.get("products"))
        evidence = turn.book.new_items()
        with self._database.write() as records:
            message = record.append(
                records,
                opened.conversation.id,
                "assistant",
                turn.text,
                self._clock(),
                kind=extra.get("kind", "answer"),
                message_id=turn.message_id,
                evidence=evidence,
                products=cards,
                proposal_id=extra.get("proposal_id"),
                memory=extra,
            )
        return Reply(
            turn.text,
            extra.get("kind", "answer"),
            tuple(extra.get("options", ())),
            extra.get("proposal_id"),
            evidence,
            cards,
            opened.conversation.id,
            message.id,
            from_memory(extra.get("comparison"), cards),
        )


def _language(text: str, earlier: Sequence[Message], default: str) -> str:
    """The language to answer ``text`` in: its own; that of the customer's messages before, where it does not tell
    (a choice, an id, "ok"); else ``default``."""
    before = next(
        (told for one in reversed(earlier) if one.role == "customer" and (told := language_written(one.text))), None
    )
    offered = next((one.memory.get("options", ()) for one in reversed(earlier) if one.role == "assistant"), ())
    own = None if text.strip() in offered else language_written(text, before)
    return own or before or default


def _confirmed(opened: _Opened) -> str | None:
    """The proposal that the last reply showed, if this message is a plain yes to it."""
    shown = next((one.proposal_id for one in reversed(opened.earlier) if one.role == "assistant"), None)
    return shown if shown is not None and consent(opened.message.text) == "yes" else None


def _asked(opened: _Opened) -> str:
    """What the customer has said lately; it may be echoed, as may the shop's own name."""
    return "\n".join(one.text[-2000:] for one in [*opened.earlier[-10:], opened.message] if one.role == "customer")
