"""One customer's chat as one browser window sees it: turns what the agent and the store say into bubbles.

Pure: comes in the customer's words and the agent's ``Progress``, ``Sentence`` and ``Reply``; goes out a list of
``Bubble``. It knows neither Gradio nor HTML, and the shop only as a ``ChatDoor``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from agent import ProductCard, ProductComparison, Progress, Reply, Sentence

from .bubbles import Bubble, Choice, Role
from .order_timeline import OrderTimeline
from .wording import Wording, wording

_log = logging.getLogger("beforehand.ui")
_PATIENCE_S = 1.0
_SHOWN = 200
"""Bubbles of a window, the latest: a conversation goes on for years, and each word would send all of it anew. What is
older stays in the record, and in the file of his own data that the customer may take along."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message of the record."""

    id: str
    role: str
    """customer, assistant or staff."""
    text: str
    kind: str
    """The ``Reply.kind``, or proactive."""
    at: datetime
    cards: tuple[ProductCard, ...] = ()
    pictures: tuple[str, ...] = ()
    """Ids of the pictures that it is."""
    comparison: ProductComparison | None = None


@dataclass(frozen=True, slots=True)
class Shopper:
    """The customer whose chat it is."""

    id: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a window has read: the conversation, and the position of its last message there."""

    conversation_id: str = ""
    position: int = -1


class ChatDoor(Protocol):
    """What the chat needs of the shop."""

    def shopper(self, customer_id: str) -> Shopper:
        """Raises ``NotFound`` if there is no such customer."""
        ...

    def messages(self, customer_id: str, seen: Seen) -> tuple[Seen, Sequence[Kept]]:
        """What the customer's present conversation has beyond ``seen``, oldest first, and how far that goes."""
        ...

    def orders(self, customer_id: str, texts: Sequence[str], language: str) -> Sequence[tuple[OrderTimeline, ...]]:
        """For each text the time lines of those of the customer's orders that it speaks of."""
        ...

    def stream(self, text: str, customer_id: str, language: str) -> Iterator[Progress | Sentence | Reply]:
        """One turn of the agent; the last item is the ``Reply``."""
        ...


class ChatView:
    """The bubbles of one window. ``say`` and ``refresh`` may be called from different threads."""

    def __init__(self, door: ChatDoor, shopper: Shopper, language: str, *, demo: bool = False) -> None:
        self.shopper = shopper
        self.words: Wording = wording(language)
        self._demo = demo
        self._door = door
        self._bubbles: list[Bubble] = []
        self._known: set[str] = set()
        self._seen = Seen()
        self._turns = 0
        self._turn = threading.Lock()
        self.refresh()

    @property
    def bubbles(self) -> tuple[Bubble, ...]:
        """Everything to show, oldest first; choices can be pressed only while they are the last word."""
        last = len(self._bubbles) - 1
        shown: list[Bubble] = []
        drawn: set[str] = set()
        for place, bubble in reversed(list(enumerate(self._bubbles))):
            # An order is drawn once, where it was spoken of last: it stands there as it is now.
            orders = tuple(one for one in bubble.orders if one.order_id not in drawn)
            drawn.update(one.order_id for one in orders)
            shown.append(replace(bubble, answered=bool(bubble.choices) and place < last, orders=orders))
        return (self._welcome(), *reversed(shown))

    def says(self, pressed: str) -> str | None:
        """What pressing the button ``<bubble key>:<place>`` says; ``None`` if it can no longer be pressed."""
        key, _, place = pressed.rpartition(":")
        bubble = next((one for one in self.bubbles if one.key == key), None)
        if bubble is None:
            return None
        if place.startswith("card") and place[4:].isdecimal() and int(place[4:]) < len(bubble.cards):
            return self.words.more_question.format(title=bubble.cards[int(place[4:])].title)
        if place.isdecimal() and int(place) < len(bubble.choices) and not bubble.answered:
            return bubble.choices[int(place)].says
        return None

    def say(self, text: str) -> Iterator[None]:
        """Send the customer's words; yields whenever there is something new to show. Ignored during a turn."""
        text = text.strip()
        # A look for news holds the turn for a moment; a message must not be lost to it.
        if not text or not self._turn.acquire(timeout=_PATIENCE_S):
            return
        self._turns += 1
        answer = Bubble(f"turn{self._turns}", "assistant", pending=True)
        place = len(self._bubbles) + 1
        try:
            self._bubbles.append(Bubble(f"said{self._turns}", "customer", text))
            self._bubbles.append(answer)
            yield
            for state in self._answers(text, answer):
                answer = self._bubbles[place] = state
                yield
        finally:
            if answer.pending:  # the window was closed in the middle
                self._bubbles[place] = replace(answer, pending=False, text=answer.text or self.words.stopped)
            self._take_up(said=text, answer=place)
            self._turn.release()
        yield

    def refresh(self) -> bool:
        """Take up what the record has and this window has not, such as a proactive message; true if there was any."""
        if not self._turn.acquire(blocking=False):
            return False
        try:
            return self._take_up()
        finally:
            self._turn.release()

    def _welcome(self) -> Bubble:
        words, name = self.words, self.shopper.name
        examples = (*words.examples[:-1], words.demo_example, words.examples[-1]) if self._demo else words.examples
        if any(one.role == "customer" for one in self._bubbles):
            examples = ()
        return Bubble(
            "welcome",
            "assistant",
            f"{words.hello_named.format(name=name) if name else words.hello}\n{words.can_do}",
            question=words.examples_label,
            choices=tuple(Choice(example, example) for example in examples),
        )

    def _answers(self, text: str, answer: Bubble) -> Iterator[Bubble]:
        try:
            for event in self._door.stream(text, self.shopper.id, self.words.code):
                if isinstance(event, Progress):
                    answer = replace(answer, progress=(*answer.progress, event.text))
                elif isinstance(event, Sentence):
                    answer = replace(answer, text=answer.text + event.text)
                else:
                    answer = replace(
                        finished(answer, event, self.words), orders=self._orders([_told(event.kind, event.text)])[0]
                    )
                    if event.message_id is not None:
                        self._known.add(event.message_id)
                yield answer
        except Exception:  # noqa: BLE001
            # Whatever failed, the customer must not be left with a spinner; the operator finds the cause in the log.
            _log.exception("a chat turn of customer %s failed", self.shopper.id)
        if answer.pending:
            yield replace(answer, pending=False, text=answer.text or self.words.failed)

    def _take_up(self, *, said: str | None = None, answer: int | None = None) -> bool:
        """Add unknown messages of the record; ``said`` is the one that this window itself just sent."""
        try:
            self._seen, kept_now = self._door.messages(self.shopper.id, self._seen)
        except Exception:  # noqa: BLE001 - the database may be away for a moment; the next look finds what is new
            _log.exception("the messages of customer %s cannot be read", self.shopper.id)
            return False
        fresh = [kept for kept in kept_now if kept.id not in self._known]
        self._known.update(kept.id for kept in fresh)
        own = next((kept for kept in reversed(fresh) if kept.role == "customer" and kept.text.strip() == said), None)
        if own is not None and answer is not None:
            self._bubbles[answer - 1] = replace(self._bubbles[answer - 1], at=own.at)
        shown = [kept for kept in fresh if kept is not own and kept.text]
        orders = self._orders(["" if one.role == "customer" else _told(one.kind, one.text) for one in shown])
        new = [replace(bubble_of(kept, self.words), orders=drawn) for kept, drawn in zip(shown, orders, strict=True)]
        self._bubbles.extend(new)
        del self._bubbles[:-_SHOWN]
        return bool(new)

    def _orders(self, texts: Sequence[str]) -> Sequence[tuple[OrderTimeline, ...]]:
        if not any(texts):
            return [() for _ in texts]
        try:
            return self._door.orders(self.shopper.id, texts, self.words.code)
        except Exception:  # noqa: BLE001 - a time line is an extra; what was said must be shown without it
            _log.exception("the orders of customer %s cannot be drawn", self.shopper.id)
            return [() for _ in texts]


def _told(kind: str, text: str) -> str:
    """What a message tells; a question which one is meant tells nothing of any."""
    return "" if kind == "choice" else text


def finished(answer: Bubble, reply: Reply, words: Wording) -> Bubble:
    """The assistant's bubble when the turn is over."""
    text = reply.text or words.handed_over
    choices = tuple(Choice(option, option) for option in reply.options)
    question = words.choose
    if reply.kind == "proposal":
        choices, question = (Choice(words.confirm, words.yes, "main"), Choice(words.decline, words.no)), words.confirm
    return replace(
        answer,
        text=text,
        pending=False,
        progress=(),
        choices=choices,
        question=question,
        cards=reply.products,
        comparison=reply.comparison,
    )


def bubble_of(kept: Kept, words: Wording) -> Bubble:
    """A message of the record as a bubble."""
    roles: dict[str, Role] = {"customer": "customer", "staff": "staff"}
    unasked = kept.kind == "proactive"
    asks = (Choice(words.why_got, words.why_got), Choice(words.less, words.less)) if unasked else ()
    return Bubble(
        f"kept-{kept.id}",
        roles.get(kept.role, "assistant"),
        # The record says in words that it is a picture, for those who cannot show it.
        "" if kept.pictures else kept.text,
        unasked=unasked,
        question=words.about_note,
        choices=asks,
        cards=kept.cards,
        pictures=kept.pictures,
        comparison=kept.comparison,
        at=kept.at,
    )
