"""The first tab: how the shop does, and what needs somebody, in sentences whose numbers open their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from store import format_amount

from ..quiet import no_telemetry
from .charts import days_figure
from .desk import Desk
from .markup import CLICKS, head_html, note_html, sentence_html, table_html, tiles_html
from .today import Fact, Trade, read_facts, read_rows, read_trade
from .words import Words

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before


@dataclass(frozen=True, slots=True)
class TodayView:
    """The tab's components that others change."""

    tab: gr.Tab
    told: gr.HTML
    plot: gr.Plot
    rows: gr.HTML

    @classmethod
    def build(cls, label: Any) -> TodayView:
        with gr.Tab(label, id="today") as tab, gr.Column(elem_classes="view"):
            told = gr.HTML("", elem_id="today-told", js_on_load=CLICKS, apply_default_css=False)
            rows = gr.HTML("", elem_id="today-rows", js_on_load=CLICKS, apply_default_css=False)
            plot = gr.Plot(visible=False, show_label=False, elem_id="today-plot")
        return cls(tab, told, plot, rows)

    def show(self, desk: Desk) -> Callable[..., list[Any]]:
        """The handler that fills ``told`` and ``plot``; opened rows stay as they are."""

        def shown(request: gr.Request) -> list[Any]:
            visit = desk.enter(request, "see_figures", "today_opened")
            now, words = desk.shop.clock(), visit.words
            trade, facts = read_trade(desk.shop.database, now), read_facts(desk.shop.database, now)
            sold = any(count for _, count in trade.days)
            figure = days_figure(words("plot_orders"), trade.days, words.language) if sold else None
            return [today_html(trade, facts, words), gr.update(value=figure, visible=figure is not None)]

        return shown


def rows_html(desk: Desk, key: str, request: Any) -> str:
    """The rows behind one of today's numbers. Raises ``KeyError`` for a number that has none."""
    # Rows name customers; figures alone do not.
    visit = desk.enter(request, "see_customers", "rows_opened", rows=key)
    return table_html(read_rows(desk.shop.database, key, desk.shop.clock(), visit.words), visit.words)


def today_html(trade: Trade, facts: list[Fact], words: Words) -> str:
    """The week in tiles, then one sentence per fact."""
    change = _change(trade.revenue_minor, trade.revenue_before_minor, words)
    tiles = [
        (words("tile_orders"), f"{trade.orders:,}", _change(trade.orders, trade.orders_before, words)),
        (words("tile_revenue"), format_amount(trade.revenue_minor, trade.currency) if trade.currency else "–", change),
    ]
    said = "".join(
        f'<li class="{escape(one.key)}">{sentence_html(_sentence(one, words), one.opens)}</li>' for one in facts
    )
    needs = f'<ul class="facts">{said}</ul>' if said else note_html(words("today_calm"))
    return f"{head_html(words('today_week'))}{tiles_html(tiles)}{head_html(words('today_needs'))}{needs}"


def _sentence(fact: Fact, words: Words) -> str:
    key = f"today_{fact.key}_one" if fact.count == 1 and words.language == "en" else f"today_{fact.key}"
    return words(key, count=f"{fact.count:,}", **fact.values)


def _change(now: int, before: int, words: Words) -> str:
    if not before:
        return words("week_before_none")
    return words("week_before", change=f"{100 * (now - before) / before:+.0f} %")
