"""Texts to vectors, with any sentence-transformers model.

Comes in: texts. Goes out: L2-normalised float32 vectors, in the order of the texts. Knows nothing of what they mean.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from store import ModelError

from .deltas import apply_deltas, load_deltas, save_deltas
from .device import Device, pick_device
from .files import EncoderFiles, file_sha256, find_encoder
from .packing import MULTIPLE, pack_by_tokens, rounded_up
from .settings import EncoderSettings


class TextEncoder:
    """A sentence encoder on one device. Safe to use from several threads once loaded."""

    def __init__(self, model: Any, files: EncoderFiles, device: Device, batch_tokens: int) -> None:
        self.files = files
        self.device = device
        self.network = model
        """The sentence-transformers model: token ids and mask in, ``sentence_embedding`` out."""
        self._batch_tokens = batch_tokens
        self._longest = int(model.max_seq_length or 512)
        self.dimension = int(model.get_embedding_dimension())
        self.heads: dict[str, Tensor] = {}
        """What the deltas hold besides the encoder's own weights: heads that were learnt with it, by name."""

    @classmethod
    def load(cls, settings: EncoderSettings | None = None, *, to_tune: bool = False) -> TextEncoder:
        """Load the encoder of ``settings``. ``to_tune``: with weights in full precision, whatever it computes in.

        Raises ``ModelError`` when it, or its deltas, are not there or cannot be read, or do not belong together.
        """
        settings = settings or EncoderSettings()
        files, device = find_encoder(settings), pick_device(settings)
        model = _read(files, device.name, torch.float32 if settings.deltas or to_tune else device.dtype)
        heads: dict[str, Tensor] = {}
        if settings.deltas is not None:
            deltas = load_deltas(settings.deltas)
            inner = model[0].auto_model
            own = inner.state_dict()
            state = apply_deltas(own, deltas, base_sha256=files.sha256)
            heads = {name: state.pop(name) for name in state.keys() - own.keys()}
            inner.load_state_dict(state)
            if not to_tune:
                model.to(device.dtype)
            together = hashlib.sha256((files.sha256 + file_sha256(settings.deltas)).encode()).hexdigest()
            files = dataclasses.replace(files, sha256=together)
        loaded = cls(model.eval(), files, device, settings.batch_tokens)
        loaded.heads = heads
        return loaded

    def encode(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Vectors of ``texts``: float32, shape (len(texts), dimension), row i of text i, each of L2 norm 1.

        A text longer than the model's window is cut at its end. ``progress`` is called with (done, total).
        """
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self.encode_tokens(self.tokens(texts, self._longest), progress=progress)

    def encode_tokens(
        self, tokens: Sequence[list[int]], *, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """The same of texts, or pairs of texts, that are token ids already."""
        rows = np.zeros((len(tokens), self.dimension), dtype=np.float32)
        done = 0
        for batch in pack_by_tokens([len(one) for one in tokens], self._batch_tokens, multiple=MULTIPLE):
            rows[batch] = self._vectors([tokens[position] for position in batch])
            done += len(batch)
            if progress is not None:
                progress(done, len(tokens))
        return rows

    def tokens(self, texts: Sequence[str], longest: int) -> list[list[int]]:
        """The token ids of each text, cut at ``longest``."""
        found: list[list[int]] = self.network.tokenizer(list(texts), truncation=True, max_length=longest)["input_ids"]
        return found

    def pair_tokens(self, first: str, seconds: Sequence[str], longest: int) -> list[list[int]]:
        """The token ids of ``first`` and each of ``seconds`` in one sequence; what is too long is cut at the end of the
        longer one."""
        found: list[list[int]] = self.network.tokenizer(
            [first] * len(seconds), list(seconds), truncation="longest_first", max_length=longest
        )["input_ids"]
        return found

    def state(self) -> dict[str, Tensor]:
        """A copy of the weights, float32, under the names of the transformer's own state dict."""
        return {name: one.detach().float().clone() for name, one in self.network[0].auto_model.state_dict().items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of ``state``."""
        self.network[0].auto_model.load_state_dict(state)

    def save_state(self, path: Path, state: Mapping[str, Tensor], *, metadata: Mapping[str, str] | None = None) -> None:
        """Write ``state`` to ``path`` as deltas over the weights in this encoder's files, for ``settings.deltas``."""
        base = _read(self.files, "cpu", torch.float32)[0].auto_model.state_dict()
        sha256 = file_sha256(self.files.path / "model.safetensors")
        save_deltas(path, base, state, base_sha256=sha256, metadata=metadata)

    def _vectors(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        ids, mask = padded(tokens, self.device)
        bf16 = self.device.dtype is torch.bfloat16
        with torch.inference_mode(), torch.autocast(self.device.name, torch.bfloat16, enabled=bf16 and self._full):
            vectors = self.network({"input_ids": ids, "attention_mask": mask})["sentence_embedding"].float()
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        return np.asarray(vectors.cpu().numpy(), dtype=np.float32)

    @property
    def _full(self) -> bool:
        """Whether the weights are in full precision, whatever they are computed in."""
        return next(self.network.parameters()).dtype is torch.float32


def padded(tokens: Sequence[Sequence[int]], device: Device) -> tuple[Tensor, Tensor]:
    """Ids and mask, both (texts, longest rounded up to ``MULTIPLE``), padded with 0 at the end."""
    longest = rounded_up(max(len(one) for one in tokens), MULTIPLE)
    ids = np.zeros((len(tokens), longest), dtype=np.int64)
    mask = np.zeros((len(tokens), longest), dtype=np.int64)
    for row, one in enumerate(tokens):
        ids[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return torch.from_numpy(ids).to(device.name), torch.from_numpy(mask).to(device.name)


def _read(files: EncoderFiles, device: str, dtype: torch.dtype) -> Any:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    # Two seconds of a bar about reading a local file are noise in every command that loads an encoder.
    logging.disable_progress_bar()
    try:
        return SentenceTransformer(str(files.path), device=device, local_files_only=True, model_kwargs={"dtype": dtype})
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"the encoder cannot be read: {error}", value=str(files.path)) from error
