"""``Agent``: one turn of a conversation, from the customer's message to a checked reply, both kept in the record."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.config import get_stream_writer

from store import Clock, Database, NotAllowed, system_clock
from store.schema import Conversation, Customer, Message

from . import conversations as record
from .approvals import decide_proposal
from .builtin_model import BuiltinChatModel
from .cards import product_cards
from .chat_models import leaves_machine, open_chat_model
from .checkpoints import Checkpoints
from .conversations import ConversationView
from .customer_view import answer_about_messages
from .evidence import EvidenceBook
from .help_pages import Embed, HelpPages
from .intents import IntentModel
from .language import language_of, spoken
from .loop import TurnState, build_loop
from .masking import Mask
from .phrases import say
from .planning.consent import consent
from .profiles import Forgotten, Profile, clean_log, export_profile, forget, read_profile
from .program_tools import ProgramTools
from .prompt import system_prompt
from .reply import ProductCard, Progress, Reply, Sentence
from .session import Session
from .settings import AgentSettings
from .spending import Spending
from .tools import Parts, ProductAdviser, ProductFinder, Turn, customer_tools, word_reasons
from .working_memory import agree

if TYPE_CHECKING:
    from encoders import TextEncoder

    from .operations import Operations, Outcome

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Opened:
    """A conversation at the start of a turn."""

    conversation: Conversation
    customer: Customer | None
    message: Message
    earlier: list[Message]
    language: str


class Agent:
    """Answers customers. May be shared between threads; turns of one conversation wait for one another."""

    def __init__(
        self,
        database: Database,
        *,
        products: ProductFinder | None,
        recommender: ProductAdviser | None,
        encoder: TextEncoder | None,
        settings: AgentSettings | None = None,
        clock: Clock = system_clock,
        shop_name: str = "",
        chat_model: BaseChatModel | None = None,
    ) -> None:
        """``chat_model`` is used in place of the one that the settings name."""
        self.settings = settings or AgentSettings()
        self._database = database
        self._clock = clock
        self._shop_name = shop_name
        embed = None if encoder is None else encoder.encode
        self._parts = Parts(
            database,
            products,
            recommender,
            _help_pages(self.settings, embed),
            clock,
            _operations(database, self.settings, clock),
        )
        self._builtin = BuiltinChatModel(IntentModel.load(embed), clock, shop_name=shop_name)
        self.spending = Spending(self.settings, clock)
        self._elsewhere = chat_model or open_chat_model(self.settings, None if encoder is None else encoder.device)
        self._checkpoints = Checkpoints.open(database)
        self._locks: dict[str, threading.Lock] = {}
        self._locks_lock = threading.Lock()

    # Conversations.

    def start(self, session: Session) -> str:
        """Begin a new conversation; returns its id. Raises ``NotFound`` for an unknown customer."""
        with self._database.write() as records:
            customer = record.check_customer(records, session.customer())
            language = spoken(session.language or (customer.language if customer else None))
            return record.start(records, session.customer(), language, self._clock()).id

    def conversations(self, session: Session) -> list[ConversationView]:
        """The customer's conversations, newest first, without their messages; staff sees those with a person."""
        from sqlalchemy import select

        asked = select(Conversation).order_by(Conversation.started_at.desc())
        if session.is_staff:
            asked = asked.where(Conversation.state == "person")
        else:
            asked = asked.where(Conversation.customer_id == session.customer())
        with self._database.read() as records:
            return [record.view(one) for one in records.scalars(asked)]

    def conversation(
        self, session: Session, conversation_id: str | None = None, after: int = -1
    ) -> ConversationView | None:
        """A conversation with its messages of a position above ``after``; ``None`` if the customer has none yet.

        Raises ``NotFound`` for another customer's conversation as for one that does not exist.
        """
        with self._database.read() as records:
            if session.is_staff:
                found = records.get(Conversation, conversation_id or "")
                found = found or record.own(records, "", conversation_id or "")
            elif conversation_id is None:
                found = record.latest(records, session.customer())
            else:
                found = record.own(records, session.customer(), conversation_id)
            if found is None:
                return None
            return record.view(found, record.messages_of(records, found.id, after=after))

    def write_as_staff(self, session: Session, conversation_id: str, text: str) -> None:
        """A person's message to the customer; from now on a person has the conversation."""
        self._check_staff(session)
        with self._database.write() as records:
            conversation = records.get(Conversation, conversation_id) or record.own(records, "", conversation_id)
            conversation.state = "person"
            record.append(records, conversation.id, "staff", text, self._clock())

    def hand_back(self, session: Session, conversation_id: str) -> None:
        """Let the agent answer this conversation again."""
        self._check_staff(session)
        with self._database.write() as records:
            conversation = records.get(Conversation, conversation_id) or record.own(records, "", conversation_id)
            conversation.state = "agent"

    def _check_staff(self, session: Session) -> None:
        if not session.is_staff:
            raise NotAllowed("only staff may do this", value=f"customer {session.customer_id}")

    # What waits for a person's approval.

    @property
    def operations(self) -> Operations:
        """The after-sales operations: queue, proposals, outcomes. Raises ``NotAllowed`` if the shop has no policy."""
        if self._parts.operations is None:
            raise NotAllowed("this shop has no after-sales policy", advice="Set agent.policy")
        return self._parts.operations

    def decide_proposal(self, session: Session, proposal_id: str, *, approve: bool, note: str = "") -> Outcome:
        """A member of staff approves or rejects what waits; the customer is told in his conversation.

        Raises ``NotAllowed`` if he may not, ``NotFound`` if there is no such proposal.
        """
        return decide_proposal(self._database, self.operations, session, proposal_id, approve, note, self._clock())

    # What is kept of a customer.

    def profile(self, session: Session) -> Profile:
        """What the agent keeps of the session's customer, in short. Raises ``NotFound`` for an unknown one."""
        with self._database.read() as records:
            record.check_customer(records, session.customer())
            return read_profile(records, session.customer())

    def export_profile(self, session: Session) -> dict[str, Any]:
        """All of it, as plain data for a JSON file."""
        with self._database.read() as records:
            record.check_customer(records, session.customer())
            return export_profile(records, session.customer())

    def forget(self, session: Session) -> Forgotten:
        """Delete it: conversations, working memory, decisions, open proposals. Orders stay with the shop."""
        with self._database.write() as records:
            record.check_customer(records, session.customer())
            forgotten, conversations = forget(records, session.customer())
        for conversation in conversations:
            self._checkpoints.delete(conversation)
        clean_log(self._database)
        return forgotten

    # Products, for the shop's own pages.

    def search(self, text: str, *, limit: int = 10, language: str = "en") -> list[ProductCard]:
        """Cards of the products that fit the words, best first."""
        if self._parts.products is None:
            return []
        hits = self._parts.products.search(text, limit=limit, language=language).hits
        return list(product_cards(self._database, [hit.product_id for hit in hits], language))

    def recommend(self, customer_id: str, *, limit: int = 5) -> list[ProductCard]:
        """Cards of products for this customer, each with why. Raises ``NotFound`` for an unknown customer."""
        if self._parts.recommender is None:
            return []
        with self._database.read() as records:
            customer = record.check_customer(records, customer_id)
        language = spoken(customer.language if customer else None)
        found = self._parts.recommender.for_customer(customer_id, limit=limit)
        why = {one.product_id: word_reasons(self._database, one, language) for one in found}
        return list(product_cards(self._database, list(why), language, why))

    def program_tools(self, session: Session) -> ProgramTools:
        """The customer's tools for a program that acts for him: lookups, and writes as proposals."""
        return ProgramTools.of(self._parts, session)

    # A turn.

    def reply(self, session: Session, text: str, conversation_id: str | None = None) -> Reply:
        """Answer ``text``. Without ``conversation_id`` the customer's latest conversation goes on.

        Raises ``NotFound`` for an unknown customer or conversation, ``NotAllowed`` in a staff session.
        """
        *_, last = self.stream(session, text, conversation_id)
        assert isinstance(last, Reply)
        return last

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
            message = record.append(records, conversation.id, "customer", text, self._clock())
        # The message is in the record now, whatever happens next.
        with self._lock(conversation.id):
            with self._database.read() as records:
                conversation = record.own(records, session.customer(), conversation.id)
                earlier = [
                    one
                    for one in record.messages_of(records, conversation.id, last=self.settings.max_history)
                    if one.position < message.position
                ]
            opened = _Opened(conversation, customer, message, earlier, language_of(text, language))
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
        turn = TurnState(
            asked=f"{self._shop_name}\n{_asked(opened)}",
            language=opened.language,
            today=self._clock().date(),
            message_id=f"msg_{uuid.uuid4().hex}",
            book=book,
            mask=Mask.of(opened.customer) if leaves_machine(self._elsewhere) else Mask.nothing(),
            tell=lambda sentence: get_stream_writer()(Sentence(sentence)),
            elsewhere=self._elsewhere,
            spending=self.spending,
        )
        sent: list[str] = []
        try:
            for event in self._run(opened, turn):
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

    def _run(self, opened: _Opened, turn: TurnState) -> Iterator[Progress | Sentence]:
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
            lambda tool, text: get_stream_writer()(Progress("tool", text, tool)),
            opened.customer.country if opened.customer else None,
            _confirmed(opened),
            self._builtin.wants("stop_messages", opened.message.text),
        )
        prompt = system_prompt(self._shop_name, turn.today, opened.language)
        builtin = self._builtin.speaking(opened.language)
        loop = build_loop(
            turn, builtin, customer_tools(self._parts, bound), self.settings, prompt, self._checkpoints.saver
        )
        config: dict[str, Any] = {"configurable": {"thread_id": opened.conversation.id}, "recursion_limit": 80}
        known = self._memory(loop, config, opened.conversation.id)
        new = agree(known, [*opened.earlier, opened.message], self.settings)
        yield from loop.stream({"messages": new}, config, stream_mode="custom", durability="exit")
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
        extra = turn.extra
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
        )

    def close(self) -> None:
        """Let go of the working memory's connection. The database stays open; it is the caller's."""
        self._checkpoints.close()


def _help_pages(settings: AgentSettings, embed: Embed | None) -> HelpPages:
    if settings.help_pages is None:
        return HelpPages()
    return (
        HelpPages.of_demo(embed) if settings.help_pages == "demo" else HelpPages.read(Path(settings.help_pages), embed)
    )


def _operations(database: Database, settings: AgentSettings, clock: Clock) -> Operations | None:
    if settings.policy is None:
        return None
    from .operations import Operations, load_policy

    return Operations(database, load_policy(settings.policy), clock)


def _confirmed(opened: _Opened) -> str | None:
    """The proposal that the last reply showed, if this message is a plain yes to it."""
    shown = next((one.proposal_id for one in reversed(opened.earlier) if one.role == "assistant"), None)
    return shown if shown is not None and consent(opened.message.text) == "yes" else None


def _asked(opened: _Opened) -> str:
    """What the customer has said lately; it may be echoed, as may the shop's own name."""
    return "\n".join(one.text[-2000:] for one in [*opened.earlier[-10:], opened.message] if one.role == "customer")
