"""Pick the device and the precision to compute in."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from store import ModelError

from .settings import EncoderSettings


@dataclass(frozen=True, slots=True)
class Device:
    """Where a model computes: ``name`` as PyTorch calls it, and the type of its matrices."""

    name: str
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        return "bf16" if self.dtype is torch.bfloat16 else "fp32"


def pick_device(settings: EncoderSettings | None = None) -> Device:
    """The device of ``settings``. Raises ``ModelError`` when a device is asked for that this machine does not have."""
    settings = settings or EncoderSettings()
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    name = settings.device
    if name == "auto":
        name = "cuda" if present["cuda"] else "cpu"
    if not present[name]:
        raise ModelError(
            "this machine, or this build of PyTorch, has no such device",
            value=name,
            allowed=["auto", *(one for one in present if present[one])],
        )
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and _native_bf16(name))
    return Device(name, torch.bfloat16 if bf16 else torch.float32)


def answer_on_one_thread(settings: EncoderSettings | None = None) -> None:
    """Let each call of PyTorch compute on the thread that makes it, in all threads, unless ``settings`` say otherwise.

    For a process that answers many at once, a short text each: its callers fill the cores already. Where other
    processes want the cores too, two threads of one call wait for one another at every layer, spinning: one short
    text took 280 ms of processor time on two busy cores in place of 12.
    """
    if (settings or EncoderSettings()).threads is None:
        torch.set_num_threads(1)


def _native_bf16(name: str) -> bool:
    if name == "cuda":
        return torch.cuda.get_device_capability()[0] >= 8
    return name == "cpu" and torch.cpu._is_avx512_bf16_supported()
