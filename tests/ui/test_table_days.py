"""Days as tables write them: what is certain is taken, what could be two days is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.imports import ColumnMapping
from ui.table_days import example_of, form_of, look_at, with_days


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["03.04.25", "", "7.12.25"], "%d.%m.%y"),
        (["03/04/2025 08:15", "28/02/2025 17:00"], "%d/%m/%Y %H:%M"),
        (["03/04/2025", "02/28/2025"], "%m/%d/%Y"),
        # Third of April or fourth of March: nothing in the file tells.
        (["03/04/2025", "05/06/2025"], None),
        # Read without being told how, or not at all.
        (["2025-04-03", "2025-04-03 08:15"], None),
        (["03.04.2025", "7.12.2025"], None),
        (["2025年3月4日"], None),
        (["03/14/2025", "yesterday"], None),
        ([], None),
    ],
)
def test_day_and_month_are_told_apart_by_all_of_a_column(texts: list[str], form: str | None) -> None:
    assert form_of(texts) == form


def test_a_form_is_shown_by_a_day_that_can_be_only_one() -> None:
    assert example_of("%m/%d/%Y %H:%M") == "12/31/2025 14:05"


def test_a_mapping_gets_the_form_of_the_files_days_but_keeps_its_own(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    days = [f"{day}/2/2025" for day in range(1, 29)]
    file.write_text("product;rating;review;date\n" + "".join(f"mug;5;Fine;{day}\n" for day in days), encoding="utf-8")
    found = look_at(file)
    assert found.mapping is not None
    assert (found.kind, found.mapping.time_format, len(found.rows)) == ("reviews", "%d/%m/%Y", 5)
    by_hand = ColumnMapping(columns={"product_id": "product", "text": "review", "written_at": "date"})
    assert with_days(by_hand, file).time_format == "%d/%m/%Y"
    told = by_hand.model_copy(update={"time_format": "%m.%d.%Y"})
    assert with_days(told, file) == told
