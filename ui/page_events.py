"""What happens in the chat's page: each event finds the window's chat, lets it change and hands back what to show.

Thin wiring over ``chat_view``; knows Gradio's requests and updates, and none of its components.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol
from urllib.parse import quote

from store import BeforehandError, NotAllowed

from .access import RateLimit
from .answers import number
from .bubbles import Bubble
from .chat_view import ChatDoor, ChatView
from .markup import draw
from .quiet import no_telemetry
from .rooms import Rooms
from .wording import Wording, pick_language, wording

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

_log = logging.getLogger("beforehand.ui")
LONGEST_MESSAGE = 4000
_SLOWER = "slower"


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What the page offers."""

    shop_name: str = ""
    choose_customer: bool = False
    """Anyone may look through any customer's eyes: for the demo shop only."""
    turns_per_minute: int = 30
    """Of one customer, over all windows."""
    poll_seconds: float = 2.0
    """How often an open chat looks for a message that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opened the page."""

    customer_id: str | None = None
    merchant: bool = False
    problem: str = ""
    """Wording's name of what to tell a visitor who is nobody."""


class PageDoor(ChatDoor, Protocol):
    """What the page needs of the shop."""

    def shoppers(self, language: str) -> list[tuple[str, str]]:
        """Label and id of the customers to choose from in the demo."""
        ...

    def visitor(self, request: Any) -> Visitor:
        """Who is looking, by the page's address and the browser's cookies."""
        ...


class Wiring:
    """The event handlers: each finds the window's chat, lets it change and hands back what to show."""

    def __init__(self, door: PageDoor, settings: PageOptions, rooms: Rooms) -> None:
        self._door, self._settings, self._rooms = door, settings, rooms
        self._turns = RateLimit(settings.turns_per_minute)
        self._drawing = threading.Lock()

    def open(self, request: gr.Request) -> list[Any]:
        """The page was loaded: find out who looks, and in which language."""
        browser = request.headers.get("accept-language")
        visitor = self._door.visitor(request)
        choices: list[tuple[str, str]] = []
        customer_id = visitor.customer_id
        if self._settings.choose_customer:
            choices = self._door.shoppers(pick_language(browser))
            known = [one for _, one in choices]
            asked = request.query_params.get("customer")
            customer_id = asked if asked in known else next(iter(known), None)
        return self._enter(customer_id, browser, request, visitor, choices)

    def choose(self, customer_id: str | None, request: gr.Request) -> list[Any]:
        """Another customer was chosen (demo only)."""
        if not self._settings.choose_customer:
            raise NotAllowed("customers are chosen from a list in the demo shop only")
        browser = request.headers.get("accept-language")
        return self._enter(customer_id, browser, request, Visitor(customer_id), None)

    def send(self, text: str, request: gr.Request) -> Iterator[Any]:
        """The customer wrote something, and the browser has taken it out of its box: show the turn as it comes."""
        # The page stops at this length; an event can be sent without the page.
        yield from self._turn(text[:LONGEST_MESSAGE], request)

    def press(self, event: gr.EventData, request: gr.Request) -> Iterator[Any]:
        """The customer pressed a button in the conversation."""
        view = self._rooms.view(request.session_hash)
        says = view.says(str(event.say)) if view else None
        if says:
            yield from self._turn(says, request, typed=False)

    def tick(self, request: gr.Request) -> Any:
        """Look for messages that came by themselves; nothing is sent to the browser where there are none."""
        view = self._rooms.view(request.session_hash)
        return self._present(view, request) if view and view.refresh() else gr.skip()

    def leave(self, request: gr.Request) -> None:
        self._rooms.leave(request.session_hash)

    def words(self, request: gr.Request) -> Wording:
        """The page's texts in the language that this window is shown in."""
        view = self._rooms.view(request.session_hash)
        return view.words if view else wording(pick_language(request.headers.get("accept-language")))

    def _turn(self, text: str, request: gr.Request, *, typed: bool = True) -> Iterator[Any]:
        """Typed words that are not taken go back into the box."""
        back = text if typed else ""
        view = self._rooms.view(request.session_hash)
        if view is None:
            words = self.words(request)
            note = Bubble("note", "note", words.reload)
            yield self._numbered(lambda: transcript_value((note,), words, self._settings), back)
            return
        if self._turns.take(view.shopper.id):
            yield self._shown(view, Bubble(_SLOWER, "note", view.words.slower), unsent=back)
            return
        taken = False
        for _ in view.say(text):
            taken = True
            yield self._present(view, request)
        if not taken and back.strip():
            yield self._shown(view, unsent=back)

    def _present(self, view: ChatView, request: gr.Request) -> Any:
        """What the window shows, if it is still this chat: in the demo another customer may have been chosen."""
        return self._shown(view) if self._rooms.view(request.session_hash) is view else gr.skip()

    def _shown(self, view: ChatView, *notes: Bubble, unsent: str = "") -> Any:
        return self._numbered(lambda: self._drawn(view, notes), unsent)

    def _drawn(self, view: ChatView, notes: Sequence[Bubble]) -> dict[str, Any]:
        shown = transcript_value((*view.bubbles, *notes), view.words, self._settings)
        if self._settings.choose_customer:
            # The chosen customer stands in the address, so that a reload stays with them.
            shown["address"] = f"?customer={quote(view.shopper.id)}"
        return shown

    def _numbered(self, draw: Callable[[], dict[str, Any]], unsent: str = "") -> dict[str, Any]:
        """What is drawn later has the larger number, so that the page never goes back to what was earlier."""
        with self._drawing:
            return {"number": number(), **draw(), "unsent": unsent}

    def _enter(
        self,
        customer_id: str | None,
        browser: str | None,
        request: gr.Request,
        visitor: Visitor,
        choices: list[tuple[str, str]] | None,
    ) -> list[Any]:
        self._rooms.leave(request.session_hash)
        words, note = wording(pick_language(browser)), visitor.problem
        transcript: Any = None
        if customer_id is not None:
            try:
                shopper = self._door.shopper(customer_id)
                view = ChatView(
                    self._door, shopper, pick_language(shopper.language, browser), demo=self._settings.choose_customer
                )
                self._rooms.enter(str(request.session_hash), view)
                words, transcript = view.words, self._shown(view)
            except BeforehandError:
                _log.exception("the chat of customer %s cannot be opened", customer_id)
                note = "failed"
        if transcript is None:
            text = str(getattr(words, note or ("no_customer" if self._settings.choose_customer else "no_pass")))
            bubble = Bubble("note", "note", text)
            transcript = self._numbered(lambda: transcript_value((bubble,), words, self._settings))
        opened = self._rooms.view(request.session_hash) is not None
        dropdown: dict[str, Any] = {"label": words.customer, "info": None}
        if choices is not None:
            dropdown |= {"choices": choices, "value": customer_id}
        return [
            head_html(
                self._settings,
                words,
                console=visitor.merchant or self._settings.choose_customer,
                own_data=self._own("your-data", customer_id, words) if opened else None,
            ),
            gr.update(**dropdown),
            transcript,
            attach_value(self._own("attachments", customer_id, words), words) if opened else attach_value(None, words),
            gr.update(
                label=words.ask,
                placeholder=words.ask_hint,
                submit_btn=words.send,
                interactive=opened,
            ),
        ]

    def _own(self, path: str, customer_id: str | None, words: Wording) -> str:
        """The address of this window's own ``path``; whose it is, the browser's cookie says, and the page only in the
        demo."""
        whose = f"&customer={quote(customer_id or '')}" if self._settings.choose_customer else ""
        return f"{path}?language={quote(words.code)}{whose}"


def attach_value(address: str | None, words: Wording) -> dict[str, Any]:
    """What the part that sends pictures shows: see assets/attach.js."""
    names = ("attach", "says", "send", "cancel", "failed", "too_large", "too_many", "kind", "preview")
    labels = {name: getattr(words, name if name == "attach" else f"attach_{name}") for name in names}
    return {"labels": labels, "address": address}


def head_html(settings: PageOptions, words: Wording, *, console: bool = False, own_data: str | None = None) -> str:
    """Name of the shop, and that a program answers; the ways to the customer's ``own_data`` and, for those who may go
    there, to the ``console``."""
    name = escape(settings.shop_name or words.title)
    ways = []
    if own_data is not None:
        # The chat may stand in a frame of the shop's page.
        ways.append(f'<a href="{escape(own_data)}" target="_blank" rel="noopener">{escape(words.your_data)}</a>')
    if console:
        ways.append(f'<a href="/console/">{escape(words.to_console)}</a>')
    way = f"<nav>{''.join(ways)}</nav>" if ways else ""
    return (
        f'<div class="brand"><span class="mark" aria-hidden="true"></span><div><h1>{name}</h1>'
        f"<p>{escape(words.a_program)}</p></div>{way}</div>"
    )


def transcript_value(bubbles: Sequence[Bubble], words: Wording, settings: PageOptions) -> dict[str, Any]:
    """What the page's script draws: see assets/transcript.js."""
    drawn = [draw(bubble, words) for bubble in bubbles]
    labels = {
        "title": settings.shop_name or words.title,
        "transcript": words.transcript,
        "to_newest": words.to_newest,
        "new_message": words.new_message,
    }
    return {"lang": words.code, "labels": labels, "bubbles": [{"key": one.key, "html": one.html} for one in drawn]}
