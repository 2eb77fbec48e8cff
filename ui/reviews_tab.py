"""The reviews tab: upload, progress, result. Thin wiring over ``review_scoring``."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Protocol

from store import NotAllowed

from .answers import QUIET
from .findings_section import FindingsDoor, FindingsSection
from .markup import bar_html, note_html
from .quiet import no_telemetry
from .review_scoring import Failed, Quote, ReviewDoor, Running, Scored, Step, Stop, Summary, score_steps
from .wording import Wording

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

FILE_TYPES = [".csv", ".tsv", ".jsonl", ".json", ".ndjson", ".parquet", ".gz"]


class ReviewDesk(Protocol):
    """What the tab needs of the page around it."""

    def words(self, request: gr.Request) -> Wording:
        """The page's texts in the language that a window is shown in."""
        ...

    def may_score(self, request: gr.Request) -> bool:
        """Whether this window is of somebody who may bring files in."""
        ...

    def may_see_figures(self, request: gr.Request) -> bool:
        """Whether this window is of somebody of the staff."""
        ...


class ReviewsDoor(ReviewDoor, FindingsDoor, Protocol):
    """What the tab needs of the shop."""


_KEPT_S = 24 * 3600
_COLOURS = {"negative": "#c2573f", "neutral": "#b9a36b", "positive": "#2f8577"}


@dataclass(frozen=True, slots=True)
class ReviewsTab:
    """The tab's components that change with the language."""

    tab: gr.Tab
    intro: gr.HTML
    file: gr.File
    column: gr.Textbox
    start: gr.Button
    stop: gr.Button
    result: gr.File
    findings: FindingsSection

    @property
    def labelled(self) -> list[Any]:
        own = [self.tab, self.intro, self.file, self.column, self.start, self.stop, self.result]
        return [*own, *self.findings.labelled]

    @staticmethod
    def updates(words: Wording, *, visible: bool) -> list[Any]:
        """What ``labelled`` becomes in a language."""
        return [
            gr.update(label=words.tab_reviews, visible=visible),
            intro_html(words),
            gr.update(label=words.reviews_file),
            gr.update(label=words.reviews_column, placeholder=words.reviews_column_hint),
            gr.update(value=words.reviews_start),
            gr.update(value=words.reviews_stop),
            gr.update(label=words.reviews_download),
            *FindingsSection.updates(words),
        ]

    @classmethod
    def build(cls, door: ReviewsDoor, words: Wording, desk: ReviewDesk, *, visible: bool) -> ReviewsTab:
        """Draw the tab inside the present ``gr.Tabs``."""
        with gr.Tab(words.tab_reviews, id="reviews", visible=visible) as tab, gr.Column(elem_id="reviews"):
            findings = FindingsSection.build(door, words, desk, tab)
            intro = gr.HTML(intro_html(words), js_on_load=None)
            file = gr.File(
                label=words.reviews_file, file_types=FILE_TYPES, type="filepath", height=140, elem_id="review-file"
            )
            with gr.Row(elem_id="review-bar"):
                column = gr.Textbox(label=words.reviews_column, placeholder=words.reviews_column_hint, scale=3)
                start = gr.Button(words.reviews_start, variant="primary", scale=1, elem_id="review-start")
                stop = gr.Button(words.reviews_stop, visible=False, scale=1, elem_id="review-stop")
            progress = gr.HTML("", elem_id="review-progress", js_on_load=None, apply_default_css=False)
            result = gr.File(label=words.reviews_download, visible=False, interactive=False, elem_id="review-result")
            summary = gr.HTML("", elem_id="review-summary", js_on_load=None, apply_default_css=False)
            plot = gr.Plot(visible=False, show_label=False, elem_id="review-plot")
        made = cls(tab, intro, file, column, start, stop, result, findings)
        _Scoring(door, desk).wire(made, progress, summary, plot)
        return made


class _Scoring:
    """The tab's events. One run per window; pressing stop ends it at its next step."""

    def __init__(self, door: ReviewDoor, desk: ReviewDesk) -> None:
        self._door, self._desk = door, desk
        self._stops: dict[str, Stop] = {}

    def wire(self, tab: ReviewsTab, progress: gr.HTML, summary: gr.HTML, plot: gr.Plot) -> None:
        quiet: dict[str, Any] = {**QUIET, "concurrency_limit": 2}
        outputs = [progress, summary, plot, tab.result, tab.start, tab.stop]
        tab.start.click(self.score, [tab.file, tab.column], outputs, **quiet)
        tab.stop.click(self.stop, None, None, queue=False, api_visibility="private", show_progress="hidden")

    def score(self, file: str | None, column: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        words = self._desk.words(request)
        if not self._desk.may_score(request):
            # Hiding the tab is not enough: the event can be sent without it.
            raise NotAllowed("files are scored for the merchant only")
        if not file:
            yield (note_html(words.reviews_no_file, "problem"), "", *_nothing(running=False))
            return
        window, stop = str(request.session_hash), Stop()
        self._stops[window] = stop
        folder = _fresh_folder()
        last: Step = Running(0, None, 0.0)
        try:
            for last in score_steps(self._door, Path(file), folder, column.strip() or None, stop):
                yield _shown(last, words)
        finally:
            self._stops.pop(window, None)
        if isinstance(last, Running):
            yield (note_html(words.reviews_stopped), "", *_nothing(running=False))

    def stop(self, request: gr.Request) -> None:
        stop = self._stops.get(str(request.session_hash))
        if stop is not None:
            stop.asked.set()


def _fresh_folder() -> Path:
    """A folder for one result, where Gradio may serve it from; results of more than a day ago go."""
    place = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio")
    for old in place.glob("scored-*"):
        if time.time() - old.stat().st_mtime > _KEPT_S:
            shutil.rmtree(old, ignore_errors=True)
    return place / f"scored-{uuid.uuid4().hex}"


def _nothing(*, running: bool) -> tuple[Any, ...]:
    return (
        gr.update(visible=False),
        gr.update(visible=False, value=None),
        gr.update(visible=not running),
        gr.update(visible=running),
    )


def _shown(step: Step, words: Wording) -> tuple[Any, ...]:
    if isinstance(step, Running):
        text = words.reviews_progress.format(done=f"{step.rows:,}") if step.rows else words.reviews_reading
        return (bar_html(step.share, words.reviews_progress.format(done=""), text), "", *_nothing(running=True))
    if isinstance(step, Failed):
        return (note_html(step.problem or words.failed, "problem"), "", *_nothing(running=False))
    if not step.rows:
        return (note_html(words.reviews_no_rows, "problem"), "", *_nothing(running=False))
    done = note_html(words.reviews_done.format(count=f"{step.rows:,}", seconds=f"{step.seconds:.1f}"))
    if step.rejected:
        done += note_html(words.reviews_rejected.format(count=f"{step.rejected:,}"))
    files = [str(one) for one in (step.target, step.rejects) if one is not None]
    return (
        done,
        summary_html(step, words),
        gr.update(value=stars_figure(step.summary, words), visible=True),
        gr.update(value=files, visible=True),
        gr.update(visible=True),
        gr.update(visible=False),
    )


def intro_html(words: Wording) -> str:
    return f"<h2>{escape(words.reviews_head)}</h2><p>{escape(words.reviews_text)}</p>"


def summary_html(scored: Scored, words: Wording) -> str:
    """The figures and quotes of a result; every text is escaped."""
    summary = scored.summary
    mean = "–" if summary.mean_stars is None else f"{summary.mean_stars:.2f}"
    names = {"positive": words.positive, "neutral": words.neutral, "negative": words.negative}
    total = max(1, sum(summary.polarities.values()))
    tiles = [_tile(words.reviews_count, f"{scored.rows:,}", ""), _tile(words.reviews_mean, mean, "stars")]
    tiles += [_tile(name, f"{100 * summary.polarities[key] / total:.0f} %", key) for key, name in names.items()]
    shares = "".join(
        f'<span class="{key}" style="flex:{summary.polarities[key]}"></span>'
        for key in names
        if summary.polarities[key]
    )
    spoken = ", ".join(f"{name} {100 * summary.polarities[key] / total:.0f} %" for key, name in names.items())
    bar = f'<div class="shares" role="img" aria-label="{escape(words.reviews_shares)}: {escape(spoken)}">{shares}</div>'
    quotes = _quotes(words.happiest, summary.happiest) + _quotes(words.unhappiest, summary.unhappiest)
    return f'<div class="tiles">{"".join(tiles)}</div>{bar}<div class="quotes">{quotes}</div>'


def _tile(label: str, value: str, kind: str) -> str:
    return f'<div class="tile {kind}"><span>{escape(label)}</span><strong>{escape(value)}</strong></div>'


def _quotes(head: str, quotes: tuple[Quote, ...]) -> str:
    if not quotes:
        return ""
    shown = "".join(
        f'<blockquote><p>{escape(one.text)}</p><footer aria-label="{one.stars:.1f}/5">★ {one.stars:.1f}</footer>'
        "</blockquote>"
        for one in quotes
    )
    return f"<section><h3>{escape(head)}</h3>{shown}</section>"


def stars_figure(summary: Summary, words: Wording) -> Any:
    """How many reviews have how many expected stars, as a bar chart that fits light and dark and a phone."""
    import plotly.graph_objects as charts

    colours = [_COLOURS[name] for name in ("negative", "negative", "neutral", "positive", "positive")]
    figure = charts.Figure(
        charts.Bar(
            x=["1 ★", "2 ★", "3 ★", "4 ★", "5 ★"],
            y=list(summary.stars),
            marker={"color": colours, "cornerradius": 5},
            text=[f"{count:,}" for count in summary.stars],
            textposition="outside",
            hovertemplate="%{x}: %{y:,}<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.update_layout(
        title={"text": words.stars_axis, "font": {"size": 15}},
        height=300,
        margin={"l": 16, "r": 16, "t": 48, "b": 32},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": "#8a8578", "size": 13},
        yaxis={"visible": False, "fixedrange": True},
        xaxis={"fixedrange": True},
        bargap=0.35,
        dragmode=False,
    )
    return figure
