"""The settings that docs/models.md shows are settings, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from agent import read_dialogues
from beforehand import Config
from ui.command_line import app

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", _blocks("yaml"))
def test_the_settings_shown_are_settings(block: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(block, encoding="utf-8")
    agent = Config.load(file).agent
    for name, value in yaml.safe_load(block)["agent"].items():
        assert getattr(agent, name) == value


def test_the_dialogues_shown_are_dialogues(tmp_path: Path) -> None:
    (block,) = _blocks("jsonl")
    file = tmp_path / "dialogues.jsonl"
    file.write_text(block, encoding="utf-8")
    found, rejected = read_dialogues(file)
    assert (len(found), rejected) == (2, [])


def test_the_commands_shown_are_commands() -> None:
    help_text = CliRunner().invoke(app, ["train", "chat", "--help"], terminal_width=200).output
    (block,) = _blocks("sh")
    commands = block.strip().splitlines()
    assert all(one.startswith("beforehand train chat ") for one in commands)
    options = set(re.findall(r"(?<= )--?\w+", block))
    assert {"--own", "--model", "-o"} <= options
    assert all(option in help_text for option in options)


def test_every_setting_named_on_the_page_is_there() -> None:
    names = set(re.findall(r"`agent\.(\w+)`", PAGE.read_text(encoding="utf-8")))
    assert {"chat_model", "daily_tokens"} <= names
    assert names <= set(type(Config().agent).model_fields)
