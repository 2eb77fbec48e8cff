"""The customers tab: who brings the revenue, who is about to leave and why, and one customer's whole story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from store import BeforehandError, ModelError, NotFound, format_amount

from ..answers import IN_TURN, QUIET
from ..markup import bar_html
from ..quiet import no_telemetry
from .charts import purchases_figure, shares_figure
from .desk import Desk
from .markup import CLICKS, Link, Table, day, head_html, moment, note_html, problem_html, table_html, tiles_html
from .people import Foresight, Leaving, Person, find_people, read_people
from .story import Story, read_story
from .words import Words

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

if TYPE_CHECKING:
    from insight import CustomerInsight, SegmentSummary

_MEMBERS = 50


@dataclass(frozen=True, slots=True)
class CustomersView:
    """The tab's components."""

    tab: gr.Tab
    search: gr.Textbox
    people: gr.HTML
    story: gr.HTML
    story_plot: gr.Plot
    segments: gr.HTML
    segments_plot: gr.Plot
    members: gr.HTML
    leaving: gr.HTML
    learn: gr.Button
    learning: gr.HTML

    @classmethod
    def build(cls, words: Any) -> CustomersView:
        with gr.Tab(words("tab_customers"), id="customers") as tab, gr.Column(elem_classes="view"):
            search = gr.Textbox(
                label=words("find_customer"), placeholder=words("find_hint"), elem_id="find-customer", max_length=200
            )
            story = gr.HTML("", elem_id="story", js_on_load=CLICKS, apply_default_css=False)
            story_plot = gr.Plot(visible=False, show_label=False, elem_id="story-plot")
            people = gr.HTML("", elem_id="people", js_on_load=CLICKS, apply_default_css=False)
            segments = gr.HTML("", elem_id="segments", js_on_load=CLICKS, apply_default_css=False)
            members = gr.HTML("", elem_id="members", js_on_load=CLICKS, apply_default_css=False)
            segments_plot = gr.Plot(visible=False, show_label=False, elem_id="segments-plot")
            leaving = gr.HTML("", elem_id="leaving", js_on_load=CLICKS, apply_default_css=False)
            learn = gr.Button(words("learn"), visible=False, elem_id="learn", variant="primary")
            learning = gr.HTML("", elem_id="learning", js_on_load=None, apply_default_css=False)
        return cls(tab, search, people, story, story_plot, segments, segments_plot, members, leaving, learn, learning)

    @property
    def overview(self) -> list[Any]:
        return [self.segments, self.segments_plot, self.leaving, self.learn]

    def wire(self, desk: Desk) -> None:
        events = _Events(desk)
        asked = [self.tab.select, self.search.submit]
        gr.on(asked, events.people, self.search, self.people, **IN_TURN)
        self.tab.select(events.overview, None, self.overview, **QUIET)
        learnt = self.learn.click(events.learn, None, [self.learning, self.learn], **QUIET)
        learnt.then(events.overview, None, self.overview, **QUIET)


class _Events:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._foresight = Foresight(desk.shop)

    def people(self, wanted: str, request: gr.Request) -> str:
        visit = self._desk.enter(request, "see_customers", "customers_listed")
        words, found = visit.words, find_people(self._desk.shop.database, wanted)
        if wanted.strip() and not found:
            return note_html(words("nobody", wanted=wanted.strip()[:60]))
        return people_html(words("found" if wanted.strip() else "bought_last"), found, words)

    def overview(self, request: gr.Request) -> list[Any]:
        """Segments and who leaves; before anything was learnt, the button that learns."""
        visit = self._desk.enter(request, "see_figures", "segments_opened")
        words = visit.words
        try:
            segments, leaving = self._foresight.look(words.language)
        except ModelError:
            may = self._desk.may(request, "manage_shop")
            return [
                head_html(words("segments"), words("not_learnt")),
                gr.update(visible=False),
                "",
                gr.update(visible=may),
            ]
        # Figures are for everybody of the staff, names for those who serve customers.
        may_name = self._desk.may(request, "see_customers")
        named = leaving_html(leaving, words) if may_name else ""
        figure = shares_figure(
            words("plot_segments"),
            [one.name(words.language) for one in segments],
            [one.share for one in segments],
            [one.revenue_share for one in segments],
            (words("of_customers"), words("of_revenue")),
        )
        listed = segments_html(segments, words, named=may_name)
        return [listed, gr.update(value=figure, visible=True), named, gr.update(visible=False)]

    def learn(self, request: gr.Request) -> Iterator[list[Any]]:
        """Train what foresees, with its progress."""
        visit = self._desk.enter(request, "manage_shop", "insight_trained")
        yield from learn_steps(self._desk, visit.words)
        self._foresight.forget()


def learn_steps(desk: Desk, words: Words) -> Iterator[list[Any]]:
    """Progress of a training as HTML, and whether the button can be pressed."""
    from ..long_work import LongWork

    work = LongWork(lambda told: desk.shop.train_insight(told))
    for step in work.steps():
        yield [
            bar_html(
                step.share, words("learning"), words("learning_step", what=step.what, left=_left(step.left_s, words))
            ),
            gr.update(interactive=False),
        ]
    problem = work.problem
    yield [problem_html(str(problem)) if problem is not None else "", gr.update(interactive=True)]


def _left(seconds: float | None, words: Words) -> str:
    return words("left_unknown") if seconds is None else words("left", seconds=max(1, round(seconds)))


def story_parts(desk: Desk, customer_id: str, request: Any) -> list[Any]:
    """One customer's story and plot; used from every tab that names a customer."""
    visit = desk.enter(request, "see_customers", "customer_opened", customer_id=customer_id)
    words, now = visit.words, desk.shop.clock()
    try:
        story = read_story(desk.shop.database, customer_id, now, words)
    except NotFound as error:
        return [problem_html(str(error)), gr.update(visible=False)]
    foreseen: CustomerInsight | None = None
    try:
        foreseen = desk.shop.insight.customer(customer_id)
    except BeforehandError:
        # Nothing learnt yet, or nothing known of this customer: the story stands without forecasts.
        foreseen = None
    figure = (
        purchases_figure(words("plot_purchases"), story.purchases, story.currency) if len(story.purchases) > 1 else None
    )
    return [story_html(story, foreseen, words), gr.update(value=figure, visible=figure is not None)]


def people_html(title: str, found: Sequence[Person], words: Words, more: int = 0) -> str:
    """Customers as a table, each leading to the whole story."""
    columns = tuple(words(f"column_{name}") for name in ("customer", "orders", "spent", "last_order"))
    rows = tuple(
        (Link(one.name, f"customer:{one.customer_id}"), f"{one.orders:,}", one.spent, day(one.last_order, words))
        for one in found
    )
    return table_html(Table(title, columns, rows, more), words)


def members_html(desk: Desk, segment: str, request: Any) -> str:
    """The customers of one segment, those who spent most first. Raises ``KeyError`` for a segment that is none."""
    visit = desk.enter(request, "see_customers", "segment_opened", segment=segment)
    words = visit.words
    insight = desk.shop.insight
    summary = next((one for one in insight.segments() if one.key == segment), None)
    if summary is None:
        raise KeyError(segment)
    found = read_people(desk.shop.database, insight.members(segment, _MEMBERS))
    title = words("members", name=summary.name(words.language))
    return people_html(title, found, words, max(0, summary.customers - len(found)))


def segments_html(segments: list[SegmentSummary], words: Words, *, named: bool) -> str:
    """``named``: each segment leads to its customers."""
    rows = tuple(
        (
            Link(one.name(words.language), f"segment:{one.key}") if named else one.name(words.language),
            f"{one.customers:,}",
            f"{one.share:.0%}",
            f"{one.revenue_share:.0%}",
            f"{one.mean_purchases:.1f}",
            format_amount(one.mean_spent_minor, one.currency),
        )
        for one in segments
    )
    columns = tuple(
        words(f"column_{name}") for name in ("segment", "customers", "share", "revenue", "purchases", "spent")
    )
    best = max(segments, key=lambda one: one.revenue_share, default=None)
    said = ""
    if best is not None:
        said = words(
            "segments_said",
            name=best.name(words.language),
            share=f"{best.share:.0%}",
            revenue=f"{best.revenue_share:.0%}",
        )
    return head_html(words("segments"), said) + table_html(Table(words("segments_rows"), columns, rows), words)


def leaving_html(leaving: list[Leaving], words: Words) -> str:
    rows = tuple(
        (Link(one.name, f"customer:{one.customer_id}"), f"{one.probability:.0%}", "; ".join(one.reasons) or "–")
        for one in leaving
    )
    columns = tuple(words(f"column_{name}") for name in ("customer", "probability", "why"))
    return head_html(words("leaving"), words("leaving_said")) + table_html(
        Table(words("leaving_rows"), columns, rows), words
    )


def story_html(story: Story, foreseen: CustomerInsight | None, words: Words) -> str:
    """The head, what is foreseen with its reasons, and the time line."""
    tiles = [(label, value, "") for label, value in story.known]
    parts = [f'<h2 id="story-head" tabindex="-1">{escape(story.name)} <small>{escape(story.customer_id)}</small></h2>']
    parts.append(tiles_html(tiles))
    if foreseen is not None and not foreseen.withheld:
        parts.append(_foreseen_html(foreseen, words))
    elif foreseen is not None:
        parts.append(note_html(words("withheld")))
    chapters = "".join(
        f'<li class="{escape(one.kind)}"><time datetime="{one.at.isoformat()}">{escape(moment(one.at, words))}</time>'
        f"<p>{escape(one.text)}</p>{f'<blockquote>{escape(one.below)}</blockquote>' if one.below else ''}</li>"
        for one in story.chapters
    )
    parts.append(f"<h3>{escape(words('story'))}</h3>")
    past = f'<div class="past" role="region" tabindex="0" aria-label="{escape(words("story"))}">'
    parts.append(f'{past}<ol class="story">{chapters}</ol></div>' if chapters else note_html(words("nothing")))
    return "".join(parts)


def _foreseen_html(foreseen: CustomerInsight, words: Words) -> str:
    lines = [words("in_segment", name=foreseen.segment_name(words.language))]
    if foreseen.value is not None:
        lines.append(foreseen.value.words(words.language))
    shown = "".join(f"<li>{escape(line)}</li>" for line in lines)
    # One without reasons is the shop's mean, learnt from nothing of this customer.
    for one in [learnt for learnt in foreseen.predictions if learnt.reasons][:6]:
        reasons = "".join(f"<li>{escape(reason.words(words.language))}</li>" for reason in one.reasons[:3])
        inner = f"<ul>{reasons}</ul>" if reasons else ""
        shown += f"<li>{escape(one.words(words.language))}{inner}</li>"
    return f'<h3>{escape(words("foreseen"))}</h3><ul class="foreseen">{shown}</ul>'
