"""Finding a chat model: what is missing is said before anything is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from agent import AgentSettings
from agent.chat_models import leaves_machine, open_chat_model
from agent.local_models.files import find_chat_model
from store import BeforehandError, ConfigError, ModelError


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("config.json", "no config.json"),
        ("model.safetensors", "no weights in safetensors"),
        ("tokenizer_config.json", "no tokenizer_config.json"),
        ("chat_template.jinja", "no chat template"),
    ],
)
def test_says_what_a_folder_lacks(copy: Path, file: str, said: str) -> None:
    (copy / file).unlink()
    with pytest.raises(ModelError, match=said):
        find_chat_model(str(copy))


def test_says_which_part_of_the_weights_is_missing(copy: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="model-00002-of-00002"):
        find_chat_model(str(copy))


def test_nothing_is_downloaded_unless_it_is_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[bool] = []

    def snapshot(name: str, *, local_files_only: bool, allow_patterns: list[str]) -> str:
        asked.append(local_files_only)
        assert not any(pattern.endswith((".bin", ".py", ".pt")) for pattern in allow_patterns)
        raise OSError("no network here")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    with pytest.raises(ModelError, match="allow_download"):
        find_chat_model("some-org/some-model")
    with pytest.raises(ModelError, match="the hub gave none"):
        find_chat_model("some-org/some-model", allow_download=True)
    assert asked == [True, False]
    for no_id in ("/nowhere/at/all", "a-name", "https://example.com/model"):
        with pytest.raises(ModelError, match="no such folder"):
            find_chat_model(no_id, allow_download=True)
    assert len(asked) == 2, "what is no hub id is not looked for there"


def test_the_settings_line_opens_it_without_loading(tiny_model: Path) -> None:
    model = open_chat_model(AgentSettings(chat_model=f"hf:{tiny_model}", max_tokens=7, timeout_s=3))
    assert model is not None
    assert not leaves_machine(model)
    assert not leaves_machine(None)
    assert model._loaded is None
    assert (model.max_tokens, model.timeout_s) == (7, 3)


@pytest.mark.parametrize("needed", ["adapter_config.json", "adapter_model.safetensors"])
def test_an_adapter_must_be_whole_and_of_these_weights(tiny_model: Path, tmp_path: Path, needed: str) -> None:
    for name in {"adapter_config.json", "adapter_model.safetensors"} - {needed}:
        (tmp_path / name).write_text("{}")
    with pytest.raises(ConfigError, match=needed):
        find_chat_model(str(tiny_model), adapter=str(tmp_path))
    (tmp_path / needed).write_text("{}")
    assert find_chat_model(str(tiny_model), adapter=str(tmp_path)).adapter == tmp_path
    (tmp_path / "card.json").write_text(json.dumps({"base": "another", "base_sha256": "0" * 64}))
    with pytest.raises(ConfigError, match="other weights"):
        find_chat_model(str(tiny_model), adapter=str(tmp_path))
    files = find_chat_model(str(tiny_model))
    (tmp_path / "card.json").write_text(json.dumps({"base_sha256": files.sha256(), "adapter_sha256": "0" * 64}))
    with pytest.raises(ConfigError, match="its card"):
        find_chat_model(str(tiny_model), adapter=str(tmp_path))


@pytest.mark.parametrize("settings", [{"chat_model": "hf:"}, {"chat_model": "openai:x", "adapter": "folder"}])
def test_a_line_that_means_nothing_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(BeforehandError, match="hf:folder"):
        open_chat_model(AgentSettings(**settings))
