"""Texts to vectors, with any sentence-transformers model.

Comes in: texts. Goes out: L2-normalised float32 vectors, in the order of the texts. Knows nothing of what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from store import ModelError

from .device import Device, pick_device
from .files import EncoderFiles, find_encoder
from .packing import pack_by_tokens
from .settings import EncoderSettings


class TextEncoder:
    """A sentence encoder on one device. Safe to use from several threads once loaded."""

    def __init__(self, model: Any, files: EncoderFiles, device: Device, batch_tokens: int) -> None:
        self.files = files
        self.device = device
        self._model = model
        self._batch_tokens = batch_tokens
        self._longest = int(model.max_seq_length or 512)
        self.dimension = int(model.get_embedding_dimension())

    @classmethod
    def load(cls, settings: EncoderSettings | None = None) -> TextEncoder:
        """Load the encoder of ``settings``. Raises ``ModelError`` when it is not there or cannot be read."""
        settings = settings or EncoderSettings()
        files, device = find_encoder(settings), pick_device(settings)
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        # Two seconds of a bar about reading a local file are noise in every command that loads an encoder.
        logging.disable_progress_bar()
        try:
            model = SentenceTransformer(
                str(files.path), device=device.name, local_files_only=True, model_kwargs={"dtype": device.dtype}
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"the encoder cannot be read: {error}", value=str(files.path)) from error
        return cls(model.eval(), files, device, settings.batch_tokens)

    def encode(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Vectors of ``texts``: float32, shape (len(texts), dimension), row i of text i, each of L2 norm 1.

        A text longer than the model's window is cut at its end. ``progress`` is called with (done, total).
        """
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return rows
        tokenizer = self._model.tokenizer
        tokens = tokenizer(list(texts), truncation=True, max_length=self._longest)["input_ids"]
        done = 0
        for batch in pack_by_tokens([len(one) for one in tokens], self._batch_tokens):
            rows[batch] = self._vectors([tokens[position] for position in batch])
            done += len(batch)
            if progress is not None:
                progress(done, len(texts))
        return rows

    def _vectors(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        longest = max(len(one) for one in tokens)
        padding = self._model.tokenizer.pad_token_id or 0
        ids = torch.full((len(tokens), longest), padding, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = torch.tensor(one)
            mask[row, : len(one)] = 1
        inputs = {"input_ids": ids.to(self.device.name), "attention_mask": mask.to(self.device.name)}
        with torch.inference_mode():
            vectors = self._model(inputs)["sentence_embedding"].float()
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        return np.asarray(vectors.cpu().numpy(), dtype=np.float32)
