"""Deltas: base plus delta is the tuned model again, within the stated error, and only on the base they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from encoders import apply_deltas, load_deltas, save_deltas
from store import ModelError


@pytest.fixture
def base() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "matrix": torch.randn(256, 128),
        "bias": torch.randn(128),
        "words": torch.randn(1000, 64),
        "same": torch.ones(3),
    }


def _round_trip(path: Path, base: dict, tuned: dict, **settings: int) -> dict[str, torch.Tensor]:
    save_deltas(path, base, tuned, base_sha256="abc", metadata={"name": "try"}, **settings)
    deltas = load_deltas(path)
    assert deltas.metadata == {"name": "try"}
    return apply_deltas(base, deltas, base_sha256="abc")


def test_int8_differences_stay_within_their_stated_error(tmp_path: Path, base: dict[str, torch.Tensor]) -> None:
    change = 0.01 * torch.randn(256, 128)
    tuned = base | {"matrix": base["matrix"] + change, "bias": base["bias"] + 0.5}
    back = _round_trip(tmp_path / "d.safetensors", base, tuned)
    allowed = change.abs().amax(dim=1, keepdim=True) / 254 + 1e-6
    assert ((back["matrix"] - tuned["matrix"]).abs() <= allowed).all()
    assert torch.allclose(back["bias"], tuned["bias"], atol=1e-3)
    assert torch.equal(back["same"], base["same"])


def test_new_rows_changed_rows_and_new_tensors_come_back(tmp_path: Path, base: dict[str, torch.Tensor]) -> None:
    words = torch.cat([base["words"], torch.randn(300, 64)])
    words[5] += 1
    tuned = base | {"words": words, "head": torch.randn(3, 128)}
    back = _round_trip(tmp_path / "d.safetensors", base, tuned)
    assert back["words"].shape == (1300, 64)
    assert torch.allclose(back["words"], words, atol=0.03)
    assert torch.equal(back["words"][6:1000], base["words"][6:])
    assert torch.allclose(back["head"], tuned["head"], atol=2e-3)


def test_low_rank_change_is_kept_exactly_by_its_rank(tmp_path: Path, base: dict[str, torch.Tensor]) -> None:
    tuned = base | {"matrix": base["matrix"] + torch.randn(256, 4) @ torch.randn(4, 128)}
    back = _round_trip(tmp_path / "d.safetensors", base, tuned, rank=4)
    assert torch.allclose(back["matrix"], tuned["matrix"], atol=0.02)
    assert (tmp_path / "d.safetensors").stat().st_size < 256 * 128


def test_another_base_is_refused(tmp_path: Path, base: dict[str, torch.Tensor]) -> None:
    save_deltas(tmp_path / "d", base, base | {"bias": base["bias"] + 1}, base_sha256="abc")
    with pytest.raises(ModelError, match="another encoder"):
        apply_deltas(base, load_deltas(tmp_path / "d"), base_sha256="def")


@pytest.mark.parametrize("content", [b"", b"not safetensors at all"])
def test_a_damaged_file_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        load_deltas(tmp_path / "d")
