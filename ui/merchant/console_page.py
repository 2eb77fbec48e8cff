"""The console's page: seven tabs around one desk, and what opens from wherever it is named."""

from __future__ import annotations

from html import escape
from typing import Any

from store import ModelError, NotAllowed

from ..answers import IN_TURN, QUIET
from ..quiet import no_telemetry
from ..reviews_tab import ReviewsDoor, ReviewsTab
from ..wording import WORDING
from .customers_view import CustomersView, members_html, story_parts
from .data_view import DataView
from .decisions_view import DecisionsView, whole_html
from .desk import Desk
from .inbox_view import InboxView
from .settings_view import SettingsView
from .today_view import TodayView, rows_html
from .words import LANGUAGES, Words, texts

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

_WINDOWS = 200


def console_words() -> gr.I18n:
    """The labels of components, which the browser puts into its own language."""
    by_language = {code: {key: one[code] for key, one in texts().items() if "{" not in one[code]} for code in LANGUAGES}
    return gr.I18n(**by_language, **{"zh-CN": by_language["zh"]})


def build_console(desk: Desk, door: ReviewsDoor, words: gr.I18n, *, poll_seconds: float) -> gr.Blocks:
    """The console of one shop, ready to be mounted with ``i18n=words``; ``poll_seconds``: how often the inbox looks."""
    name = desk.shop.config.shop.name
    with gr.Blocks(title=name or "Beforehand", analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        head = gr.HTML("", elem_id="head", js_on_load=None)
        with gr.Tabs(elem_id="tabs") as tabs:
            today = TodayView.build(words("tab_today"))
            reviews = ReviewsTab.build(door, WORDING["en"], desk, visible=True)
            customers = CustomersView.build(words)
            decisions = DecisionsView.build(words)
            inbox = InboxView.build(words)
            data = DataView.build(words)
            settings = SettingsView.build(desk, words)
        timer = gr.Timer(poll_seconds)
        rooms = _Rooms(desk, name)
        page.load(
            rooms.enter, None, [head, customers.tab, inbox.tab, data.tab, settings.tab, *reviews.labelled], **QUIET
        )
        page.load(today.show(desk), None, [today.told, today.plot], **QUIET)
        today.tab.select(today.show(desk), None, [today.told, today.plot], **QUIET)
        for view in (customers, decisions, data, settings):
            view.wire(desk)
        inbox.wire(desk, timer)
        opened = [tabs, today.rows, customers.story, customers.story_plot, decisions.whole, customers.members]
        clickable = (today.told, today.rows, customers.people, customers.segments, customers.leaving, decisions.told)
        for one in (
            *clickable,
            customers.members,
            decisions.ledger,
            decisions.whole,
            settings.editing.told,
            inbox.talk,
            inbox.approvals,
            inbox.todos,
        ):
            one.chosen(rooms.open, None, opened, concurrency_id="opened", **IN_TURN)
    # Gradio keeps all tables and plots that a window shows, by default of the last 10,000 windows.
    page.state_session_capacity = _WINDOWS
    return page


class _Rooms:
    """What opens where, and what a role sees at all."""

    def __init__(self, desk: Desk, shop_name: str) -> None:
        self._desk, self._shop_name = desk, shop_name

    def enter(self, request: gr.Request) -> list[Any]:
        visit = self._desk.enter(request, "see_figures", "console_opened")
        people = self._desk.may(request, "see_customers")
        manages = self._desk.may(request, "manage_shop")
        head = head_html(self._shop_name, visit.name, visit.role, demo=self._desk.access.open_demo, words=visit.words)
        shown = [
            gr.update(visible=people),
            gr.update(visible=people),
            gr.update(visible=manages),
            gr.update(visible=manages),
        ]
        return [head, *shown, *ReviewsTab.updates(self._desk.words(request), visible=True)]

    def open(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """A button with ``data-open`` was pressed somewhere: show what it names, on the tab where it belongs."""
        kind, _, name = str(event.open).partition(":")
        stay = [gr.skip()] * 6
        try:
            if kind == "tab":
                return [gr.update(selected=name), *stay[1:]]
            if kind == "rows":
                return [stay[0], rows_html(self._desk, name, request), *stay[2:]]
            if kind == "customer":
                return [gr.update(selected="customers"), stay[1], *story_parts(self._desk, name, request), *stay[4:]]
            if kind == "decision":
                return [*stay[:4], whole_html(self._desk, name, request), stay[5]]
            if kind == "segment":
                return [*stay[:5], members_html(self._desk, name, request)]
        except (KeyError, NotAllowed, ModelError):
            # Sent without the page, or by a role that may not: nothing is shown, and the refusal is in the log.
            return stay
        return stay


def head_html(shop_name: str, name: str, role: str, *, demo: bool, words: Words) -> str:
    """Name of the shop, who is signed in, and the ways out of here."""
    who = words("demo_open") if demo else words("signed_in", name=name, role=role)
    links = f'<a href="/">{escape(words("to_chat"))}</a>'
    if not demo:
        links += f' <a href="/sign-out">{escape(words("sign_out"))}</a>'
    title = escape(shop_name or words("console"))
    return (
        f'<div class="brand"><span class="mark" aria-hidden="true"></span><div><h1>{title}</h1>'
        f'<p>{escape(who)}</p></div><nav aria-label="{escape(words("ways"))}">{links}</nav></div>'
    )
