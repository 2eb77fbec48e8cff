"""The device: what is asked for, or a clear error."""

from __future__ import annotations

import pytest
import torch

from encoders import EncoderSettings, pick_device
from store import ModelError


def test_auto_is_a_device_of_this_machine() -> None:
    assert pick_device().name == ("cuda" if torch.cuda.is_available() else "cpu")


def test_precision_is_taken_as_asked() -> None:
    assert pick_device(EncoderSettings(device="cpu", precision="fp32")).precision == "fp32"
    assert pick_device(EncoderSettings(device="cpu", precision="bf16")).precision == "bf16"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_missing_device_is_an_error_that_names_those_present() -> None:
    with pytest.raises(ModelError, match=r"'cuda'.*Allowed: auto, cpu"):
        pick_device(EncoderSettings(device="cuda"))
