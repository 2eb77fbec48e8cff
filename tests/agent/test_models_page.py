"""The settings that docs/models.md shows are settings, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from beforehand import Config

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_settings_shown_are_settings(block: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(block, encoding="utf-8")
    agent = Config.load(file).agent
    for name, value in yaml.safe_load(block)["agent"].items():
        assert getattr(agent, name) == value


def test_every_setting_named_on_the_page_is_there() -> None:
    names = set(re.findall(r"`agent\.(\w+)`", PAGE.read_text(encoding="utf-8")))
    assert {"chat_model", "daily_tokens"} <= names
    assert names <= set(type(Config().agent).model_fields)
