"""Plots of the console: each answers one question, fits a phone, and has its answer in a sentence beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..findings_view import framed

_DAY = {"en": "%-d %b", "zh": "%-m月%-d日"}
_BAR, _SOFT, _INK = "#2f8577", "rgba(47,133,119,0.35)", "#8a8578"


def days_figure(title: str, days: Sequence[tuple[str, int]], language: str) -> Any:
    """Orders per day; the last seven stand out."""
    import plotly.graph_objects as charts

    colours = [_SOFT] * max(0, len(days) - 7) + [_BAR] * min(7, len(days))
    figure = charts.Figure(
        charts.Bar(
            x=[day for day, _ in days],
            y=[count for _, count in days],
            marker={"color": colours, "cornerradius": 3},
            hovertemplate=f"%{{x|{_DAY[language]}}}: %{{y:,}}<extra></extra>",
        )
    )
    figure.update_xaxes(fixedrange=True, showgrid=False, tickformat=_DAY[language], nticks=5)
    figure.update_yaxes(fixedrange=True, nticks=3, gridcolor="rgba(138,133,120,0.25)", rangemode="tozero")
    return framed(figure, title, 230)


def shares_figure(
    title: str, names: Sequence[str], customers: Sequence[float], revenue: Sequence[float], key: tuple[str, str]
) -> Any:
    """Share of customers beside share of revenue, one pair of bars per segment."""
    import plotly.graph_objects as charts

    figure = charts.Figure()
    for label, values, colour in ((key[0], customers, _SOFT), (key[1], revenue, _BAR)):
        figure.add_bar(
            y=list(reversed(names)),
            x=list(reversed(values)),
            name=label,
            orientation="h",
            marker={"color": colour, "cornerradius": 3},
            hovertemplate="%{y}: %{x:.0%}<extra>" + label + "</extra>",
        )
    figure.update_xaxes(fixedrange=True, tickformat=".0%", nticks=5, gridcolor="rgba(138,133,120,0.25)")
    figure.update_yaxes(fixedrange=True, automargin=True)
    figure.update_layout(barmode="group", bargap=0.3, legend={"orientation": "h", "y": -0.12, "traceorder": "reversed"})
    return framed(figure, title, 110 + 46 * max(1, len(names)))


def purchases_figure(title: str, purchases: Sequence[tuple[datetime, float, str]], currency: str) -> Any:
    """When a customer bought, and for how much: one stem per order."""
    import plotly.graph_objects as charts

    figure = charts.Figure(
        charts.Scatter(
            x=[at for at, _, _ in purchases],
            y=[amount for _, amount, _ in purchases],
            mode="markers",
            marker={"color": _BAR, "size": 10},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [0] * len(purchases),
                "arrayminus": [amount for _, amount, _ in purchases],
                "width": 0,
                "color": _BAR,
                "thickness": 2,
            },
            customdata=[order for _, _, order in purchases],
            hovertemplate="%{customdata}<br>%{x|%Y-%m-%d}: %{y:,.2f} " + currency + "<extra></extra>",
        )
    )
    figure.update_xaxes(fixedrange=True, showgrid=False, nticks=5)
    figure.update_yaxes(fixedrange=True, nticks=3, gridcolor="rgba(138,133,120,0.25)", rangemode="tozero")
    return framed(figure, title, 230)


def effect_figure(title: str, rows: Sequence[tuple[str, float, float, float]]) -> Any:
    """Shares with their 95 % intervals side by side: label, share, low, high."""
    import plotly.graph_objects as charts

    figure = charts.Figure(
        charts.Bar(
            y=[label for label, *_ in reversed(rows)],
            x=[share for _, share, _, _ in reversed(rows)],
            orientation="h",
            marker={"color": [_SOFT, _BAR][: len(rows)], "cornerradius": 3},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - share for _, share, _, high in reversed(rows)],
                "arrayminus": [share - low for _, share, low, _ in reversed(rows)],
                "color": _INK,
            },
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(fixedrange=True, tickformat=".0%", nticks=5, rangemode="tozero")
    figure.update_yaxes(fixedrange=True, automargin=True)
    return framed(figure, title, 190)
