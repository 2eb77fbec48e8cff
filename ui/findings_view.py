"""What the shop's reviews complain of, drawn: pure functions from ``ReviewFindings`` to plots and HTML.

Knows neither Gradio nor the database. Every text of a customer is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from .wording import Wording

if TYPE_CHECKING:
    from sentiment import AspectFinding, ReviewFindings

COST, SHARE = "#c2573f", "#2f8577"
_INK = "#8a8578"
_LABEL_CHARACTERS = 18


def findings_html(found: ReviewFindings, words: Wording) -> str:
    """How many reviews were read, and what they say in one sentence."""
    if not found.reviews:
        return f"<p>{escape(words.findings_none)}</p>"
    said = words.findings_sentence.format(
        count=f"{found.reviews:,}", stars=f"{found.mean_stars:.2f}", share=f"{100 * found.negative_share:.0f}"
    )
    if not found.aspects:
        said += f" {words.findings_no_aspects}"
    return f"<p>{escape(said)}</p>"


def costs_figure(aspects: Sequence[AspectFinding], words: Wording) -> Any:
    """What complaints about each aspect cost in stars, most costly at the top, with 95 % intervals."""
    import plotly.graph_objects as charts

    shown = list(reversed(aspects))
    figure = charts.Figure(
        charts.Bar(
            x=[one.cost_stars for one in shown],
            y=[_short(one.aspect) for one in shown],
            orientation="h",
            marker={"color": COST, "cornerradius": 4},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [one.cost_high - one.cost_stars for one in shown],
                "arrayminus": [one.cost_stars - one.cost_low for one in shown],
                "color": _INK,
                "thickness": 1.2,
            },
            customdata=[(one.negative, one.mentions) for one in shown],
            hovertemplate="%{y}: %{x:.2f} ★<br>%{customdata[0]} / %{customdata[1]}<extra></extra>",
        )
    )
    figure.update_xaxes(fixedrange=True, zeroline=True, zerolinecolor=_INK, showgrid=False, nticks=5)
    figure.update_yaxes(fixedrange=True, automargin=True)
    return framed(figure, words.findings_cost_axis, 90 + 30 * max(1, len(shown)))


def months_figure(finding: AspectFinding, words: Wording) -> Any:
    """The share of an aspect's mentions that complain, month by month, with its 95 % interval as a band."""
    import plotly.graph_objects as charts

    months = [f"{one.month}-01" for one in finding.months]
    figure = charts.Figure()
    figure.add_scatter(
        x=[*months, *reversed(months)],
        y=[*(one.high for one in finding.months), *(one.low for one in reversed(finding.months))],
        mode="lines",
        fill="toself",
        fillcolor="rgba(47,133,119,0.18)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=months,
        y=[one.negative_share for one in finding.months],
        mode="lines+markers",
        line={"color": SHARE, "width": 2.5},
        customdata=[one.mentions for one in finding.months],
        hovertemplate="%{x|%Y-%m}: %{y:.0%} (%{customdata})<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(fixedrange=True, showgrid=False, tickformat="%Y-%m", nticks=5)
    figure.update_yaxes(fixedrange=True, tickformat=".0%", range=[0, 1], nticks=3, gridcolor="rgba(138,133,120,0.25)")
    return framed(figure, words.findings_months_axis.format(aspect=_short(finding.aspect)), 260)


def quotes_html(finding: AspectFinding, words: Wording) -> str:
    """The reviews behind an aspect's figures, each with its id and stars."""
    said = words.findings_aspect.format(
        aspect=finding.aspect,
        mentions=f"{finding.mentions:,}",
        negative=f"{finding.negative:,}",
        cost=f"{finding.cost_stars:.2f}",
        low=f"{finding.cost_low:.2f}",
        high=f"{finding.cost_high:.2f}",
    )
    quotes = "".join(
        f'<blockquote><p>{escape(one.text)}</p><footer aria-label="{one.stars:.1f}/5">★ {one.stars:.1f} · '
        f"{escape(words.findings_review)} {escape(one.review_id)}</footer></blockquote>"
        for one in finding.quotes
    )
    return f'<p>{escape(said)}</p><div class="quotes"><section>{quotes}</section></div>'


def framed(figure: Any, title: str, height: int) -> Any:
    """What every plot shares: a title, no tools, colours for light and dark, room on a phone."""
    figure.update_layout(
        title={"text": title, "font": {"size": 15}},
        height=height,
        margin={"l": 8, "r": 16, "t": 44, "b": 32},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _INK, "size": 13},
        dragmode=False,
    )
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _LABEL_CHARACTERS else name[: _LABEL_CHARACTERS - 1] + "…"
