"""Finding the encoder: each place in its order, damaged weights, and the error that says where was looked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from encoders import EncoderSettings, find_encoder
from store import ModelError


@pytest.fixture
def empty_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    hub = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(hub))
    return hub


def _snapshot(hub: Path, name: str) -> Path:
    folder = hub / f"models--sentence-transformers--{name}" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    return folder


def test_the_pip_package_is_found_with_its_sha256(empty_hub: Path) -> None:
    found = find_encoder()
    assert found.origin == "pip package"
    assert found.sha256.startswith("53aa51172d14")


def test_the_hub_cache_comes_before_the_pip_package(empty_hub: Path) -> None:
    package = find_encoder()
    folder = _snapshot(empty_hub, "all-MiniLM-L6-v2")
    shutil.copy(package.path / "model.safetensors", folder)
    assert find_encoder(EncoderSettings(model="sentence-transformers/all-MiniLM-L6-v2")).path == folder


def test_damaged_weights_in_the_hub_cache_are_passed_over(empty_hub: Path) -> None:
    (_snapshot(empty_hub, "all-MiniLM-L6-v2") / "model.safetensors").write_bytes(b"damaged")
    assert find_encoder().origin == "pip package"


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"anything")
    found = find_encoder(EncoderSettings(model=str(tmp_path)))
    assert (found.origin, found.path) == ("folder", tmp_path)


def test_an_unknown_model_is_one_error_that_lists_every_place(empty_hub: Path) -> None:
    with pytest.raises(ModelError, match=r"no encoder found for 'no-such/model'.*folder.*hub cache.*pip package"):
        find_encoder(EncoderSettings(model="no-such/model"))
