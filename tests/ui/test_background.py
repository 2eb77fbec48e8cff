"""The work beside the page gives way to the page."""

from __future__ import annotations

import pytest

from ui.background import pause_after, pause_after_reviews


@pytest.mark.parametrize(
    ("took_s", "pause_s"),
    [(0.0, 0.5), (0.1, 0.5), (0.4, 1.2), (60.0, 5.0)],
    ids=["nothing happened", "quick", "busy", "after an import"],
)
def test_a_look_that_took_long_is_followed_by_a_longer_pause(took_s: float, pause_s: float) -> None:
    assert pause_after(took_s, 0.5) == pytest.approx(pause_s)


def test_reviews_are_looked_for_again_when_all_are_read() -> None:
    assert pause_after_reviews(50, 0.1) == 2.0
    assert pause_after_reviews(50, 1.0) == pytest.approx(9.0)
    assert pause_after_reviews(3, 0.1) == 60.0
