"""The code in the first hour's page runs, as it stands there, on a small demo shop."""

import re
from pathlib import Path

import pytest

from beforehand import Shop

PAGE = Path(__file__).parents[2] / "docs" / "first-hour.md"


def test_the_event_stream_of_the_first_hour(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    small = Shop.demo(tmp_path / "home", scale=0.02)
    monkeypatch.setattr(Shop, "demo", lambda: small)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 1
    exec(compile(blocks[0], str(PAGE), "exec"), {})
    told = capsys.readouterr().out
    assert "events {'kind': 'behavior', 'at': 'time', 'customer_id': 'user', 'product_id': 'item'}" in told
    assert "1 new, 0 rejected" in told
