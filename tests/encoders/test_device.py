"""The device: what is asked for, or a clear error."""

from __future__ import annotations

import threading

import pytest
import torch

from encoders import EncoderSettings, answer_on_one_thread, pick_device
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


@pytest.mark.parametrize(("asked", "expected"), [(None, 1), (2, 2)])
def test_a_server_answers_on_one_thread_in_every_thread_unless_told_otherwise(asked: int | None, expected: int) -> None:
    before, seen = torch.get_num_threads(), list[int]()
    try:
        torch.set_num_threads(2)
        answer_on_one_thread(EncoderSettings(threads=asked))
        later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        later.start()
        later.join()
        assert [torch.get_num_threads(), *seen] == [expected, expected]
    finally:
        torch.set_num_threads(before)
