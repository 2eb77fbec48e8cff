"""The decisions tab: what was decided and why, whether writing first pays, and what other settings would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from agent import MomentEffect
from store import NotFound, format_amount
from store.schema import Decision

from ..answers import IN_TURN
from ..quiet import no_telemetry
from .charts import effect_figure
from .desk import Desk
from .ledger import Group, Ledger, Whole, read_effect, read_ledger, read_whole
from .markup import (
    CLICKS,
    Link,
    Table,
    head_html,
    moment,
    note_html,
    problem_html,
    sentence_html,
    table_html,
    tiles_html,
)
from .people import customer_of
from .words import Words

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

ACTIONS = (
    "", "remind", "answer_doubt", "recommend", "reassure", "apologise", "offer", "ask", "invite_person", "silence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DecisionsView:
    """The tab's components."""

    tab: gr.Tab
    told: gr.HTML
    effect: gr.Plot
    action: gr.Dropdown
    ledger: gr.HTML
    whole: gr.HTML

    @classmethod
    def build(cls, words: Any) -> DecisionsView:
        with gr.Tab(words("tab_decisions"), id="decisions") as tab, gr.Column(elem_classes="view"):
            told = gr.HTML("", elem_id="decisions-told", js_on_load=CLICKS, apply_default_css=False)
            effect = gr.Plot(visible=False, show_label=False, elem_id="effect-plot")
            whole = gr.HTML("", elem_id="decision", js_on_load=CLICKS, apply_default_css=False)
            action = gr.Dropdown(
                [(words("every_action"), ""), *((words(f"action_{one}"), one) for one in ACTIONS[1:])],
                value="",
                label=words("show_action"),
                elem_id="ledger-action",
            )
            ledger = gr.HTML("", elem_id="ledger", js_on_load=CLICKS, apply_default_css=False)
        return cls(tab, told, effect, action, ledger, whole)

    def wire(self, desk: Desk) -> None:
        def opened(action: str, request: gr.Request) -> list[Any]:
            visit = desk.enter(request, "see_figures", "decisions_opened")
            words, now = visit.words, desk.shop.clock()
            found = read_ledger(desk.shop.database, now, action or None)
            written, held = read_effect(desk.shop.database, now)
            figure = _figure(written, held, words)
            listed = ledger_html(found, words) if desk.may(request, "see_customers") else ""
            return [
                told_html(found, written, held, words)
                + effects_html(desk.shop.decision_effects(), words)
                + (_ways_html(words) if desk.may(request, "manage_shop") else ""),
                gr.update(value=figure, visible=figure is not None),
                listed,
            ]

        asked = [self.tab.select, self.action.input]
        gr.on(asked, opened, self.action, [self.told, self.effect, self.ledger], **IN_TURN)


def _ways_html(words: Words) -> str:
    return f"<p>{sentence_html(words('what_if'), 'tab:settings')}</p>"


def whole_html(desk: Desk, decision_id: str, request: Any) -> str:
    """One decision with all that was known, what could have been done, and what was said."""
    whose = customer_of(desk.shop.database, Decision, decision_id)
    visit = desk.enter(request, "see_customers", "decision_opened", customer_id=whose, decision=decision_id)
    words = visit.words
    try:
        found = read_whole(desk.shop.database, decision_id, words.language, desk.shop.config.shop.currency)
    except NotFound as error:
        return problem_html(str(error))
    return _whole(found, words)


def told_html(found: Ledger, written: Group, held: Group, words: Words) -> str:
    tiles = [
        (words("tile_decided"), f"{found.decided:,}", words("last_days", days=found.days)),
        (words("tile_written"), f"{found.written:,}", ""),
        (words("tile_silent"), f"{found.silent:,}", ""),
        (words("tile_withheld"), f"{found.withheld:,}", ""),
    ]
    return (
        head_html(words("decisions_head"))
        + tiles_html(tiles)
        + head_html(words("effect_head"), _effect_said(written, held, words))
    )


def _effect_said(written: Group, held: Group, words: Words) -> str:
    if not written.customers or not held.customers:
        return words("effect_early", written=written.customers, held=held.customers)
    gap = written.share - held.share
    (low, high), (held_low, held_high) = written.interval, held.interval
    # Newcombe's interval of a difference of two shares (1998, method 10).
    down = gap - ((written.share - low) ** 2 + (held_high - held.share) ** 2) ** 0.5
    up = gap + ((high - written.share) ** 2 + (held.share - held_low) ** 2) ** 0.5
    sure = "effect_sure" if down > 0 else "effect_worse" if up < 0 else "effect_unsure"
    return words(
        "effect_said", written=f"{written.share:.1%}", of=written.customers, held=f"{held.share:.1%}",
        held_of=held.customers, low=f"{100 * down:+.1f}", high=f"{100 * up:+.1f}",
    ) + words("joiner_sentence") + words(sure)  # fmt: skip


def _figure(written: Group, held: Group, words: Words) -> Any | None:
    if not written.customers or not held.customers:
        return None
    rows = [(words("held_out"), held), (words("written_to"), written)]
    return effect_figure(words("plot_effect"), [(label, one.share, *one.interval) for label, one in rows])


def ledger_html(found: Ledger, words: Words) -> str:
    columns = tuple(words(f"column_{name}") for name in ("time", "customer", "moment", "action", "why", "outcome"))
    rows = tuple(
        (
            Link(moment(one.at, words), f"decision:{one.id}"),
            Link(one.name, f"customer:{one.customer_id}"),
            words.named("moment", one.moment),
            words.named("action", one.action) + (f" ({words('held_out')})" if one.holdout else ""),
            one.reason,
            words.named("outcome", one.outcome) if one.outcome else words("outcome_open"),
        )
        for one in found.entries
    )
    return table_html(Table(words("ledger"), columns, rows), words)


def _whole(found: Whole, words: Words) -> str:
    one = found.entry
    head = f"{words.named('action', one.action)} · {one.name} · {moment(one.at, words)}"
    parts = [f"<h3>{escape(head)}</h3><p>{escape(one.reason)}</p>"]
    if found.text:
        parts.append(f"<blockquote>{escape(found.text)}</blockquote>")
    columns = tuple(words(f"column_{name}") for name in ("action", "score", "eligible", "why"))
    rows = tuple(
        (words.named("action", it.action), f"{it.score:.2f}", words("yes" if it.eligible else "no"), it.why)
        for it in found.options
    )
    parts.append(table_html(Table(words("options"), columns, rows), words))
    known = tuple((name, value) for name, value in found.known)
    parts.append(table_html(Table(words("known_then"), (words("column_what"), words("column_value")), known), words))
    parts.append(note_html(words("by_policy", policy=found.policy, propensity=f"{found.propensity:.2f}")))
    return f'<div class="sheet">{"".join(parts)}</div>'


def effects_html(effects: Sequence[MomentEffect], words: Words) -> str:
    """What deciding earned at each moment, in money, beside the customers held out."""
    rows = tuple(
        (
            words.named("moment", one.moment) if one.customers == "all" else words.named("buyers", one.customers),
            f"{one.acted_on:,}",
            f"{one.held_out:,}",
            _money(one.difference_minor, one.currency),
            _between(one, words),
            _money(one.earned_minor, one.currency),
        )
        for one in effects
    )  # fmt: skip
    columns = tuple(
        words(f"column_{name}") for name in ("moment", "free", "held_out", "per_occasion", "interval", "earned")
    )
    return table_html(Table(words("effects_rows"), columns, rows), words) if rows else ""


def _between(one: MomentEffect, words: Words) -> str:
    if one.interval_minor is None:
        return "–"
    low, high = (_money(edge, one.currency) for edge in one.interval_minor)
    return words("between", low=low, high=high)


def _money(minor: float, currency: str) -> str:
    return format_amount(round(minor), currency) if currency else "–"
