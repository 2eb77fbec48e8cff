"""The chat's page: Gradio components, and which event of ``page_events`` each of them leads to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answers import QUIET, take
from .page_events import LONGEST_MESSAGE, PageDoor, PageOptions, Wiring, attach_value, head_html, transcript_value
from .quiet import no_telemetry
from .rooms import WINDOWS, Rooms
from .wording import Wording, wording

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

ASSETS = Path(__file__).parent / "assets"
TRANSCRIPT = """
<div class="transcript" role="log" aria-live="polite" tabindex="0"></div>
<button type="button" class="to-newest" hidden></button>
"""
ATTACH = """
<button type="button" class="attach" hidden>
<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8"
stroke-linecap="round" stroke-linejoin="round"><rect x="3" y="5" width="18" height="14" rx="3"/>
<circle cx="9" cy="10.5" r="1.7"/><path d="m5 17 4.5-4 3 2.5L16 12l4 4"/></svg></button>
<input type="file" accept="image/jpeg,image/png,image/webp" hidden>
<div class="attach-panel" role="group" hidden><img alt="">
<div><p class="told"></p><p class="problem" role="alert"></p><div class="choices">
<button type="button" class="choice main"></button><button type="button" class="choice"></button></div></div></div>
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that events change."""

    head: gr.HTML
    customer: gr.Dropdown
    transcript: gr.HTML
    attach: gr.HTML
    message: gr.Textbox

    @property
    def all(self) -> list[Any]:
        return [self.head, self.customer, self.transcript, self.attach, self.message]


def build_page(door: PageDoor, settings: PageOptions) -> gr.Blocks:
    """The page of one shop, ready to be mounted."""
    words = wording("en")
    with gr.Blocks(
        title=settings.shop_name or words.title, analytics_enabled=False, delete_cache=(3600, 86400)
    ) as page:
        wiring = Wiring(door, settings, Rooms())
        parts = _layout(settings, words)
        timer = gr.Timer(settings.poll_seconds)
        _wire(page, timer, parts, wiring)
    # Gradio keeps what each window shows, the whole conversation too: by default of the last 10,000.
    page.state_session_capacity = WINDOWS
    return page


def _layout(settings: PageOptions, words: Wording) -> Parts:
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
    transcript = gr.HTML(
        value=transcript_value((), words, settings),
        html_template=TRANSCRIPT,
        js_on_load=(ASSETS / "transcript.js").read_text("utf-8"),
        apply_default_css=False,
        elem_id="chat",
    )
    with gr.Row(elem_id="write"):
        attach = gr.HTML(
            value=attach_value(None, words),
            html_template=ATTACH,
            js_on_load=(ASSETS / "attach.js").read_text("utf-8"),
            apply_default_css=False,
            elem_id="attach",
        )
        message = gr.Textbox(
            label=words.ask,
            placeholder=words.ask_hint,
            show_label=False,
            container=False,
            lines=1,
            max_lines=6,
            max_length=LONGEST_MESSAGE,
            submit_btn=words.send,
            elem_id="message",
        )
    return Parts(head, customer, transcript, attach, message)


def _wire(page: gr.Blocks, timer: gr.Timer, parts: Parts, wiring: Wiring) -> None:
    together: dict[str, Any] = {**QUIET, "concurrency_limit": None}
    page.load(wiring.open, None, parts.all, **together)
    page.unload(wiring.leave)
    # Of several choices the last one counts, whichever is answered last.
    parts.customer.input(wiring.choose, parts.customer, parts.all, trigger_mode="always_last", **together)
    # By default Gradio drops what is sent while the turn before it is still being closed.
    at_once: dict[str, Any] = {**together, "trigger_mode": "multiple"}
    parts.message.submit(wiring.send, parts.message, parts.transcript, js=take("message"), **at_once)
    parts.transcript.say(wiring.press, None, parts.transcript, **at_once)
    parts.attach.sent(wiring.tick, None, parts.transcript, queue=False, **QUIET)
    # Not queued: a look that finds nothing must cost next to nothing.
    timer.tick(wiring.tick, None, parts.transcript, queue=False, **QUIET)
