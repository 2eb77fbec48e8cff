"""``Agent``: what the doors (page, command line, HTTP) and the library can ask of the service agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel

from store import Clock, Database, NotAllowed, system_clock
from store.schema import Conversation

from . import conversations as record
from .approvals import decide_proposal
from .builtin_model import BuiltinChatModel
from .cards import product_cards
from .chat_models import open_chat_model
from .checkpoints import Checkpoints
from .conversations import ConversationView
from .help_pages import Embed, HelpPages
from .intents import IntentModel
from .language import spoken
from .picture_messages import Picture, take_picture
from .profiles import Forgotten, Profile, clean_log, export_profile, forget, read_profile
from .program_tools import ProgramTools
from .reply import ProductCard, Progress, Reply, Sentence
from .session import Session
from .settings import AgentSettings
from .spending import Spending
from .tools import Parts, ProductAdviser, ProductFinder, word_reasons
from .turns import Turns

if TYPE_CHECKING:
    from encoders import TextEncoder

    from .operations import Operations, Outcome, Policy


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
        builtin = BuiltinChatModel(IntentModel.load(embed), clock, shop_name=shop_name)
        self.spending = Spending(self.settings, clock)
        self._elsewhere = chat_model or open_chat_model(self.settings, None if encoder is None else encoder.device)
        self._checkpoints = Checkpoints.open(database)
        self._turns = Turns(
            self._parts, builtin, self._elsewhere, self._checkpoints, self.spending, self.settings, shop_name
        )

    # Conversations.

    def start(self, session: Session) -> str:
        """Begin a new conversation; returns its id. Raises ``NotFound`` for an unknown customer."""
        with self._database.write() as records:
            customer = record.check_customer(records, session.customer())
            language = spoken(session.language or (customer.language if customer else None))
            return record.start(records, session.customer(), language, self._clock()).id

    def conversations(self, session: Session) -> list[ConversationView]:
        """The customer's conversations, newest first, without their messages.

        Staff sees those with a person, the most urgent first, and of these the one that waits longest.
        """
        from sqlalchemy import select

        with self._database.read() as records:
            if not session.is_staff:
                asked = select(Conversation).where(Conversation.customer_id == session.customer())
                return [record.view(one) for one in records.scalars(asked.order_by(Conversation.started_at.desc()))]
            waiting = select(Conversation).where(Conversation.state == "person").order_by(Conversation.started_at)
            found = list(records.scalars(waiting))
            urgent = record.urgencies(records, [one.id for one in found])
        views = [record.view(one, urgency=urgent.get(one.id, 0)) for one in found]
        return sorted(views, key=lambda one: -one.urgency)

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

    def take_picture(self, session: Session, picture: Picture) -> Reply:
        """Keep a picture that the customer sends, and give the conversation to a person, who can look at it.

        Raises ``NotFound`` for an unknown customer, ``NotAllowed`` where there were too many today.
        """
        return take_picture(self._database, session, picture, self._clock())

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

    def follow(self, settings: AgentSettings) -> None:
        """Go by the limits of these settings from now on; everything else holds when the agent is made anew."""
        if self._parts.operations is not None and settings.policy is not None:
            self._parts.operations.policy = _policy(settings, settings.policy)

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
        """Delete it: conversations, working memory, decisions, open proposals, what he looked at, his embedding.
        Orders and reviews stay with the shop."""
        with self._database.write() as records:
            record.check_customer(records, session.customer())
            forgotten, conversations = forget(records, session.customer())
        for conversation in conversations:
            self._checkpoints.delete(conversation)
        if self._parts.recommender is not None:
            self._parts.recommender.forget(session.customer())
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
        yield from self._turns.stream(session, text, conversation_id)

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
    from .operations import Operations

    return Operations(database, _policy(settings, settings.policy), clock)


def _policy(settings: AgentSettings, named: str) -> Policy:
    """The policy with the limits that the settings put in place of its own."""
    from .operations import Approval, load_policy

    policy = load_policy(named)
    if not settings.approve_refunds_above:
        return policy
    # Checked anew: the amounts are in major units, as the policy's are where it is written.
    limits = Approval.model_validate({"refund_above": settings.approve_refunds_above})
    approval = policy.approval.model_copy(update={"refund_above": limits.refund_above})
    return policy.model_copy(update={"approval": approval})
