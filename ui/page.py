"""The page: Gradio components and the thin wiring between them and the pure parts (``chat_view``, ``review_scoring``).

Gradio is imported here and in ``reviews_tab`` only, after telemetry has been switched off.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from store import BeforehandError, NotAllowed

from .bubbles import Bubble
from .chat_view import ChatDoor, ChatView
from .markup import draw
from .quiet import no_telemetry
from .reviews_tab import ReviewsDoor, ReviewsTab
from .rooms import Rooms
from .wording import Wording, pick_language, wording

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

ASSETS = Path(__file__).parent / "assets"
TRANSCRIPT = """
<div class="transcript" role="log" aria-live="polite" tabindex="0"></div>
<button type="button" class="to-newest" hidden></button>
"""
_log = logging.getLogger("beforehand.ui")


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What the page offers."""

    shop_name: str = ""
    choose_customer: bool = False
    """Anyone may look through any customer's eyes: for the demo shop only."""
    poll_seconds: float = 2.0
    """How often an open chat looks for a message that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opened the page."""

    customer_id: str | None = None
    merchant: bool = False
    problem: str = ""
    """Wording's name of what to tell a visitor who is nobody."""


class PageDoor(ChatDoor, ReviewsDoor, Protocol):
    """What the page needs of the shop."""

    def shoppers(self, language: str) -> list[tuple[str, str]]:
        """Label and id of the customers to choose from in the demo."""
        ...

    def visitor(self, request: Any) -> Visitor:
        """Who is looking, by the page's address and the browser's cookies."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that events change."""

    head: gr.HTML
    customer: gr.Dropdown
    chat_tab: gr.Tab
    transcript: gr.HTML
    message: gr.Textbox
    reviews: ReviewsTab

    @property
    def all(self) -> list[Any]:
        return [self.head, self.customer, self.chat_tab, self.transcript, self.message, *self.reviews.labelled]


def build_page(door: PageDoor, settings: PageOptions) -> gr.Blocks:
    """The page of one shop, ready to be mounted."""
    words = wording("en")
    with gr.Blocks(
        title=settings.shop_name or words.title, analytics_enabled=False, delete_cache=(3600, 86400)
    ) as page:
        wiring = Wiring(door, settings, Rooms())
        parts = _layout(door, settings, words, wiring)
        timer = gr.Timer(settings.poll_seconds)
        _wire(page, timer, parts, wiring)
    return page


def _layout(door: PageDoor, settings: PageOptions, words: Wording, wiring: Wiring) -> Parts:
    with gr.Row(elem_id="top"):
        head = gr.HTML(head_html(settings, words), elem_id="head", js_on_load=None)
        customer = gr.Dropdown(
            choices=[],
            label=words.customer,
            elem_id="customer",
            visible=settings.choose_customer,
            filterable=True,
            min_width=220,
        )
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab(words.tab_chat, id="chat") as chat_tab:
            transcript = gr.HTML(
                value=transcript_value((), words, settings),
                html_template=TRANSCRIPT,
                js_on_load=(ASSETS / "transcript.js").read_text("utf-8"),
                apply_default_css=False,
                elem_id="chat",
            )
            message = gr.Textbox(
                label=words.ask,
                placeholder=words.ask_hint,
                show_label=False,
                container=False,
                lines=1,
                max_lines=6,
                max_length=4000,
                submit_btn=words.send,
                elem_id="message",
            )
        reviews = ReviewsTab.build(door, words, wiring, visible=settings.choose_customer)
    return Parts(head, customer, chat_tab, transcript, message, reviews)


class Wiring:
    """The event handlers: each finds the window's chat, lets it change and hands back what to show."""

    def __init__(self, door: PageDoor, settings: PageOptions, rooms: Rooms) -> None:
        self._door, self._settings, self._rooms = door, settings, rooms
        self._merchants: set[str] = set()

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

    def send(self, text: str, request: gr.Request) -> Iterator[tuple[Any, Any]]:
        """The customer wrote something: show the turn as it comes."""
        cleared: Any = ""
        for shown in self._turn(text, request):
            yield shown, cleared
            cleared = gr.skip()

    def press(self, event: gr.EventData, request: gr.Request) -> Iterator[Any]:
        """The customer pressed a button in the conversation."""
        view = self._rooms.view(request.session_hash)
        says = view.says(str(event.say)) if view else None
        if says:
            yield from self._turn(says, request)

    def tick(self, request: gr.Request) -> Any:
        """Look for messages that came by themselves; nothing is sent to the browser where there are none."""
        view = self._rooms.view(request.session_hash)
        return self._shown(view) if view and view.refresh() else gr.skip()

    def leave(self, request: gr.Request) -> None:
        self._rooms.leave(request.session_hash)
        self._merchants.discard(str(request.session_hash))

    def words(self, request: gr.Request) -> Wording:
        """The page's texts in the language that this window is shown in."""
        view = self._rooms.view(request.session_hash)
        return view.words if view else wording(pick_language(request.headers.get("accept-language")))

    def may_score(self, request: gr.Request) -> bool:
        """Whether this window may score files: the merchant's, or any of the demo's."""
        return self._settings.choose_customer or str(request.session_hash) in self._merchants

    def _turn(self, text: str, request: gr.Request) -> Iterator[Any]:
        view = self._rooms.view(request.session_hash)
        if view is None:
            words = self.words(request)
            yield transcript_value((Bubble("note", "note", words.reload),), words, self._settings)
            return
        for _ in view.say(text):
            yield self._shown(view)

    def _shown(self, view: ChatView) -> Any:
        shown = transcript_value(view.bubbles, view.words, self._settings)
        if self._settings.choose_customer:
            # The chosen customer stands in the address, so that a reload stays with them.
            shown["address"] = f"?customer={quote(view.shopper.id)}"
        return shown

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
            transcript = transcript_value((Bubble("note", "note", text),), words, self._settings)
        dropdown: dict[str, Any] = {"label": words.customer, "info": None}
        if choices is not None:
            dropdown |= {"choices": choices, "value": customer_id}
        if visitor.merchant:
            self._merchants.add(str(request.session_hash))
        return [
            head_html(self._settings, words),
            gr.update(**dropdown),
            gr.update(label=words.tab_chat),
            transcript,
            gr.update(
                label=words.ask,
                placeholder=words.ask_hint,
                submit_btn=words.send,
                interactive=self._rooms.view(request.session_hash) is not None,
            ),
            *ReviewsTab.updates(words, visible=self.may_score(request)),
        ]


def _wire(page: gr.Blocks, timer: gr.Timer, parts: Parts, wiring: Wiring) -> None:
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    together: dict[str, Any] = {**private, "concurrency_limit": None}
    page.load(wiring.open, None, parts.all, **together)
    page.unload(wiring.leave)
    parts.customer.input(wiring.choose, parts.customer, parts.all, **together)
    parts.message.submit(wiring.send, parts.message, [parts.transcript, parts.message], **together)
    parts.transcript.say(wiring.press, None, parts.transcript, **together)
    # Not queued: a look that finds nothing must cost next to nothing.
    timer.tick(wiring.tick, None, parts.transcript, queue=False, **private)


def head_html(settings: PageOptions, words: Wording) -> str:
    """Name of the shop, and that a program answers."""
    name = escape(settings.shop_name or words.title)
    return (
        f'<div class="brand"><span class="mark" aria-hidden="true"></span><div><h1>{name}</h1>'
        f"<p>{escape(words.a_program)}</p></div></div>"
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
