"""What reviews complain of, on the page: plots say the figures, quotes are escaped and carry their review's id."""

from __future__ import annotations

import pytest

from ui.findings_view import costs_figure, findings_html, months_figure, quotes_html
from ui.wording import WORDING


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_costliest_aspect_stands_at_the_top_with_its_interval(door, language: str) -> None:
    found = door.findings(None)
    bars = costs_figure(found.aspects, WORDING[language]).data[0]
    assert list(bars.y) == ["laces", "sole"], "plotly draws the last one at the top"
    assert bars.x[-1] == pytest.approx(0.42)
    assert bars.error_x.array[-1] == pytest.approx(0.18)
    assert bars.error_x.arrayminus[-1] == pytest.approx(0.22)
    assert "3.90" in findings_html(found, WORDING[language])


def test_months_are_a_line_within_its_band(door) -> None:
    band, line = months_figure(door.findings(None).aspects[0], WORDING["en"]).data
    assert list(line.y) == [0.3, 0.5]
    assert list(band.y) == [0.6, 0.8, 0.2, 0.1]
    assert list(line.x) == ["2026-01-01", "2026-02-01"]


def test_quotes_name_their_review_and_run_nothing(door) -> None:
    shown = quotes_html(door.findings(None).aspects[0], WORDING["en"])
    assert "R7" in shown
    assert "<b>" not in shown
    assert "&lt;b&gt;sole" in shown
    assert "0.42" in shown


def test_a_shop_without_reviews_is_told_what_to_do() -> None:
    from sentiment import ReviewFindings

    assert "Import" in findings_html(ReviewFindings(0, 0.0, 0.0, ()), WORDING["en"])
    assert WORDING["zh"].findings_no_aspects in findings_html(ReviewFindings(3, 4.0, 0.1, ()), WORDING["zh"])
