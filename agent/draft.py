"""What the built-in model works with while it answers one message: memory, tool results of this turn, and the draft.

Skills are written straight down, as if a tool returned at once: ``need`` gives a result that is there already, and
otherwise stops the skill with the call that has to be made first. After the call the skill runs again from its start.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import ValidationError

from .facts import (
    AccountFacts,
    Facts,
    OperationFacts,
    Problem,
    RefusalFacts,
)
from .intents import Embed, IntentModel
from .phrases import say, say_date, say_status
from .planning.plan import Plan
from .reply import ReplyKind
from .understanding import Understanding, Wish

_HEARD = 3
_HEARD_LENGTH = 400
CHECK = "automatic_check"
"""Marks a message that the evidence check wrote, not the customer."""
_Facts = TypeVar("_Facts", bound=Facts)


class CallNeeded(Exception):
    """The skill cannot go on before these tools have been called."""

    def __init__(self, *calls: tuple[str, Mapping[str, Any]]) -> None:
        super().__init__(*(tool for tool, _ in calls))
        self.calls = tuple((tool, dict(arguments)) for tool, arguments in calls)


class Unavailable(Exception):
    """A tool could not do its work."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something the customer was shown: a product or an order."""

    kind: str
    id: str
    title: str = ""


@dataclass(frozen=True)
class Memory:
    """What earlier turns left behind."""

    products: tuple[Shown, ...] = ()
    """The list of products shown last; places ("the second one") count in it."""
    product: Shown | None = None
    """The product spoken of last."""
    spoken: tuple[Shown, ...] = ()
    """Products that were told of one at a time, the latest first."""
    together: tuple[Shown, ...] = ()
    """Those of the list that the last comparison put side by side."""
    orders: tuple[Shown, ...] = ()
    order: Shown | None = None
    about: str = ""
    """Kind of what was shown last: product, or order."""
    pending: str | None = None
    """Intent of a question that was asked back and waits for its answer."""
    pending_text: str = ""
    query: str = ""
    """The last search, for "show me cheaper ones"."""
    intent: str = ""
    """The last wish that was about a product or an order, for "and the second?"."""
    topic: str = ""
    """The question just before this message, where the help pages answered it."""
    plan: Plan = field(default_factory=Plan)
    heard: tuple[str, ...] = ()
    """What the customer has said since the plan last moved."""


@dataclass
class Draft:
    """The reply as it grows."""

    parts: list[str] = field(default_factory=list)
    kind: ReplyKind = "answer"
    options: list[str] = field(default_factory=list)
    products: dict[str, str] = field(default_factory=dict)
    """Product id -> why it is shown."""
    shown: list[Shown] = field(default_factory=list)
    pending: str | None = None
    pending_text: str = ""
    query: str = ""
    intent: str = ""
    topic: str = ""
    urgency: int = 0
    proposal_id: str | None = None
    plan: Plan | None = None
    """As it stands after this turn; ``None``: this turn left it alone."""

    def text(self, language: str) -> str:
        """Sentences run on, list lines stand alone; Chinese sentences follow one another without a blank."""
        text = ""
        for part in self.parts:
            if not text or text.endswith("\n") or part.startswith("\n") or language == "zh":
                text += part
            else:
                text += f" {part}"
        return text.strip()

    def extra(self) -> dict[str, Any]:
        """For ``AIMessage.additional_kwargs``: what the wording alone does not tell."""
        return {
            "kind": self.kind,
            "options": list(self.options),
            "products": dict(self.products),
            "shown": [[one.kind, one.id, one.title] for one in self.shown],
            "pending": self.pending,
            "pending_text": self.pending_text,
            "query": self.query,
            "intent": self.intent,
            "topic": self.topic,
            "urgency": self.urgency,
            "proposal_id": self.proposal_id,
            "plan": None if self.plan is None else self.plan.model_dump(mode="json", exclude_defaults=True),
        }


class Work:
    """One message being answered."""

    def __init__(
        self,
        understanding: Understanding,
        memory: Memory,
        results: Sequence[tuple[str, dict[str, Any], str]],
        shop: str,
        today: str,
        embed: Embed | None = None,
        *,
        tools: Collection[str] = (),
        intents: IntentModel | None = None,
        urgency: int = 0,
    ) -> None:
        self.understanding = understanding
        self.language = understanding.language
        self.memory = memory
        self.shop = shop
        self.today = today
        self.embed = embed
        self.intents = intents
        self.tools = frozenset(tools)
        """Names of the tools that may be called."""
        self.urgency = urgency
        self.draft = Draft(urgency=urgency)
        self._results = {(_key(tool, arguments)): content for tool, arguments, content in results}

    def need(self, tool: str, kind: type[_Facts], **arguments: Any) -> _Facts | Problem:
        """The result of ``tool`` with ``arguments``. Raises ``CallNeeded`` or ``Unavailable``."""
        content = self._results.get(_key(tool, arguments))
        if content is None:
            raise CallNeeded((tool, arguments))
        try:
            data = json.loads(content)
            if "problem" in data:
                problem = Problem.model_validate(data)
                if problem.problem == "unavailable":
                    raise Unavailable(tool)
                return problem
            return kind.model_validate(data)
        except (json.JSONDecodeError, ValidationError, TypeError) as error:
            raise Unavailable(tool) from error

    def fetch(self, *calls: tuple[str, dict[str, Any]]) -> None:
        """Have all of these at hand, called in one go. Raises ``CallNeeded``."""
        missing = [(tool, arguments) for tool, arguments in calls if _key(tool, arguments) not in self._results]
        if missing:
            raise CallNeeded(*missing)

    def operate(self, tool: str, **arguments: Any) -> OperationFacts | RefusalFacts | Problem:
        """The result of a tool of the operations: a proposal or its outcome, or why not."""
        content = self._results.get(_key(tool, arguments))
        if content is not None and '"refused"' in content[:12]:
            return self.need(tool, RefusalFacts, **arguments)
        return self.need(tool, OperationFacts, **arguments)

    def account(self) -> AccountFacts:
        """The customer's own account."""
        found = self.need("get_account", AccountFacts)
        if isinstance(found, Problem):
            raise Unavailable("get_account")
        return found

    def say(self, key: str, **values: object) -> None:
        self.draft.parts.append(say(key, self.language, **values))

    def say_line(self, key: str, **values: object) -> None:
        """A line of its own."""
        text = say(key, self.language, **values)
        self.draft.parts.append(
            ("\n" if self.draft.parts and not self.draft.parts[-1].endswith("\n") else "") + text + "\n"
        )

    def word(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    def day(self, day: str) -> str:
        return say_date(day, self.language)

    def status(self, status: str) -> str:
        return say_status(status, self.language)

    def ask(self, key: str, wish: Wish, options: Sequence[str] = ()) -> None:
        """End with a question; the answer will be read as belonging to ``wish``."""
        self.say(key)
        self.draft.kind = "choice" if options else "question"
        self.draft.options = list(options)
        self.draft.pending = wish.intent
        self.draft.pending_text = wish.text[:300]


def _key(tool: str, arguments: Mapping[str, Any]) -> str:
    return (
        f"{tool} {json.dumps({k: v for k, v in arguments.items() if v not in (None, '', False, [])}, sort_keys=True)}"
    )


def read_turn(messages: Sequence[BaseMessage]) -> tuple[str, Memory, list[tuple[str, dict[str, Any], str]]]:
    """The customer's latest message, the memory before it, and the tool results since: (tool, arguments, content)."""
    asked_at = max((at for at, one in enumerate(messages) if _from_customer(one)), default=-1)
    if asked_at < 0:
        return "", Memory(), []
    calls: dict[str, tuple[str, dict[str, Any]]] = {}
    results: list[tuple[str, dict[str, Any], str]] = []
    for message in messages[asked_at + 1 :]:
        if isinstance(message, AIMessage):
            calls.update({call["id"] or "": (call["name"], dict(call["args"])) for call in message.tool_calls})
        elif isinstance(message, ToolMessage) and message.tool_call_id in calls:
            tool, arguments = calls[message.tool_call_id]
            results.append((tool, arguments, str(message.content)))
    return str(messages[asked_at].content), _memory(messages[:asked_at]), results


def _from_customer(message: BaseMessage) -> bool:
    return isinstance(message, HumanMessage) and not message.additional_kwargs.get(CHECK)


def _memory(messages: Sequence[BaseMessage]) -> Memory:
    lists: dict[str, tuple[Shown, ...]] = {"product": (), "order": ()}
    focus: dict[str, Shown | None] = {"product": None, "order": None}
    pending, pending_text, query, about, intent, topic = None, "", "", "", "", ""
    spoken: list[Shown] = []
    together: tuple[Shown, ...] = ()
    plan = Plan()
    heard: list[str] = []
    for message in messages:
        if _from_customer(message):
            heard.append(str(message.content)[:_HEARD_LENGTH])
        if not isinstance(message, AIMessage) or message.tool_calls:
            continue
        extra = message.additional_kwargs
        shown = [Shown(*one) for one in extra.get("shown", ())]
        about = shown[0].kind if shown else about
        for kind in lists:
            of_kind = tuple(one for one in shown if one.kind == kind)
            if of_kind:
                # Of several orders none is meant until one is named; of several products the first is.
                focus[kind] = of_kind[0] if kind == "product" or len(of_kind) == 1 else None
                # Things out of a list that still stands there leave the list as it is.
                part = set(of_kind) < set(lists[kind])
                if not part:
                    lists[kind] = of_kind
                if kind == "product" and (part or len(of_kind) == 1):
                    together = of_kind if len(of_kind) > 1 else ()
                    spoken = [*of_kind[::-1], *(one for one in spoken if one not in of_kind)]
                elif kind == "product":
                    together = ()
        pending, pending_text = extra.get("pending"), extra.get("pending_text", "")
        query = extra.get("query") or query
        intent = extra.get("intent") or intent
        topic = extra.get("topic", "")
        if extra.get("plan") is not None:
            plan = Plan.model_validate(extra["plan"])
            heard.clear()
    return Memory(
        lists["product"],
        focus["product"],
        tuple(spoken),
        together,
        lists["order"],
        focus["order"],
        about,
        pending,
        pending_text,
        query,
        intent,
        topic,
        plan,
        tuple(heard[-_HEARD:]),
    )
