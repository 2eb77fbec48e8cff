"""Days as tables write them: what is certain is taken, what could be two days is not."""

from __future__ import annotations

import pytest

from ui.table_days import example_of, form_of


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["03.04.2025", "", "7.12.2025"], "%d.%m.%Y"),
        (["03/04/2025 08:15", "28/02/2025 17:00"], "%d/%m/%Y %H:%M"),
        (["03/04/2025", "02/28/2025"], "%m/%d/%Y"),
        (["2025/3/4 8:15:00"], "%Y/%m/%d %H:%M:%S"),
        (["2025年3月4日"], "%Y年%m月%d日"),
        # Third of April or fourth of March: nothing in the file tells.
        (["03/04/2025", "05/06/2025"], None),
        # Read without being told how, or not at all.
        (["2025-04-03", "2025-04-03 08:15"], None),
        (["03.04.2025", "yesterday"], None),
        ([], None),
    ],
)
def test_day_and_month_are_told_apart_by_all_of_a_column(texts: list[str], form: str | None) -> None:
    assert form_of(texts) == form


def test_a_form_is_shown_by_a_day_that_can_be_only_one() -> None:
    assert example_of("%m/%d/%Y %H:%M") == "12/31/2025 14:05"
