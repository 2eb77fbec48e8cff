"""The part of the reviews tab on the shop's own reviews: aspects by cost, one aspect's months and quotes.

Thin wiring over ``findings_view``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from store import NotAllowed

from .answers import IN_TURN, shut
from .findings_view import costs_figure, findings_html, months_figure, quotes_html
from .quiet import no_telemetry
from .wording import Wording

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

if TYPE_CHECKING:
    from sentiment import ReviewFindings


class FindingsDoor(Protocol):
    """What the section needs of the shop."""

    def categories(self) -> Sequence[str]:
        """The categories of products, in the order in which they are offered."""
        ...

    def findings(self, category: str | None) -> ReviewFindings:
        """What the reviews of a category, or of the whole shop, complain of."""
        ...


class FindingsDesk(Protocol):
    """What the section needs of the page around it."""

    def words(self, request: gr.Request) -> Wording:
        """The page's texts in the language that a window is shown in."""
        ...

    def may_see_figures(self, request: gr.Request) -> bool:
        """Whether this window is of somebody of the staff."""
        ...


@dataclass(frozen=True, slots=True)
class FindingsSection:
    """The components that change with the language."""

    head: gr.HTML
    category: gr.Dropdown
    aspect: gr.Dropdown

    @property
    def labelled(self) -> list[Any]:
        return [self.head, self.category, self.aspect]

    @staticmethod
    def updates(words: Wording) -> list[Any]:
        """What ``labelled`` becomes in a language."""
        return [
            f"<h2>{escape(words.findings_head)}</h2>",
            gr.update(label=words.findings_category),
            gr.update(label=words.findings_pick),
        ]

    @classmethod
    def build(cls, door: FindingsDoor, words: Wording, desk: FindingsDesk, tab: gr.Tab) -> FindingsSection:
        """Draw the section inside ``tab``; it is filled when the tab is opened."""
        head = gr.HTML(cls.updates(words)[0], js_on_load=None)
        with gr.Row():
            category = gr.Dropdown(
                choices=[], label=words.findings_category, elem_id="findings-category", scale=1, filterable=True
            )
            aspect = gr.Dropdown(choices=[], label=words.findings_pick, elem_id="findings-aspect", scale=1)
        told = gr.HTML("", elem_id="findings-told", js_on_load=None, apply_default_css=False)
        costs = gr.Plot(visible=False, show_label=False, elem_id="findings-costs")
        months = gr.Plot(visible=False, show_label=False, elem_id="findings-months")
        quotes = gr.HTML("", elem_id="findings-quotes", js_on_load=None, apply_default_css=False)
        events = _Events(door, desk)
        one = [aspect, months, quotes]
        in_turn: dict[str, Any] = {**IN_TURN, "concurrency_id": "findings"}
        tab.select(events.open, [category, aspect], [category, told, costs, *one], **in_turn)
        # The aspects offered until the answer comes are those of the category before.
        shut(category.input, [aspect])
        category.input(events.pick, category, [told, costs, *one], **in_turn)
        aspect.input(events.choose, [category, aspect], [months, quotes], **in_turn)
        return cls(head, category, aspect)


class _Events:
    def __init__(self, door: FindingsDoor, desk: FindingsDesk) -> None:
        self._door, self._desk = door, desk

    def open(self, category: str | None, aspect: str | None, request: gr.Request) -> list[Any]:
        """The tab was opened: the whole shop at first; later the newest figures, with what was chosen left alone."""
        if aspect is not None:
            words, found = self._found(category, request)
            return [gr.skip(), *self._costs(found, words), *[gr.skip()] * 3]
        words = self._desk.words(request)
        offered = [(words.findings_all, ""), *((one, one) for one in self._door.categories())]
        return [gr.update(choices=offered, value=category or ""), *self.pick(category, request)]

    def pick(self, category: str | None, request: gr.Request) -> list[Any]:
        """A category was chosen (empty: the whole shop): its aspects, and the costliest one's months and quotes."""
        words, found = self._found(category, request)
        names = [one.aspect for one in found.aspects]
        first = names[0] if names else None
        chosen = gr.update(choices=names, value=first, interactive=True)
        return [*self._costs(found, words), chosen, *self._one(found, first, words)]

    def choose(self, category: str | None, aspect: str | None, request: gr.Request) -> list[Any]:
        """An aspect was chosen: its months and the reviews behind it."""
        words, found = self._found(category, request)
        if all(one.aspect != aspect for one in found.aspects):
            return [gr.skip()] * 2
        return self._one(found, aspect, words)

    def _found(self, category: str | None, request: gr.Request) -> tuple[Wording, ReviewFindings]:
        if not self._desk.may_see_figures(request):
            # Hiding the tab is not enough: the event can be sent without it.
            raise NotAllowed("findings are shown to the staff only")
        return self._desk.words(request), self._door.findings(category or None)

    @staticmethod
    def _costs(found: ReviewFindings, words: Wording) -> list[Any]:
        figure = costs_figure(found.aspects, words) if found.aspects else None
        return [findings_html(found, words), gr.update(value=figure, visible=figure is not None)]

    @staticmethod
    def _one(found: ReviewFindings, aspect: str | None, words: Wording) -> list[Any]:
        chosen = next((one for one in found.aspects if one.aspect == aspect), None)
        if chosen is None:
            return [gr.update(visible=False), ""]
        several = len(chosen.months) > 1
        figure = months_figure(chosen, words) if several else None
        return [gr.update(value=figure, visible=several), quotes_html(chosen, words)]
