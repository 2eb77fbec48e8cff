"""What the command line prints: a table that has no room for its reasons puts them below."""

from __future__ import annotations

import pytest

from ui.console import print_facts, print_table


def test_a_long_last_column_stands_below_its_row_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    why = "nothing is worth a message: the best would bring less than it costs"
    rows = [("2026-03-02", "王小雨", "silence", why), ("2026-03-03", "Emma Lindqvist", "remind", "")]
    monkeypatch.setenv("COLUMNS", "60")
    print_table(("at", "customer", "action", "why"), rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "2026-03-02  王小雨          silence"
    assert lines[3] == f"    {why}"
    assert lines[4].split() == ["2026-03-03", "Emma", "Lindqvist", "remind"]
    monkeypatch.setenv("COLUMNS", "160")
    print_table(("at", "customer", "action", "why"), rows)
    assert capsys.readouterr().out.splitlines()[1].endswith(f"silence  {why}")


def test_a_list_of_facts_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts({"learnt": ["leaves", "", "value"], "problems": [], "serve": "beforehand serve"})
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["learnt    leaves", "          value", "serve     beforehand serve"]
