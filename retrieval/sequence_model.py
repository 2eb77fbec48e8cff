"""A trained history model: items to vectors, histories to the customer's embedding in the same space.

``score[r, i] = customers[r] @ items[i]``. Knows numbers, not products; ``history_model`` ties it to a shop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders import Device

from .sequence_network import SequenceNetwork, Whitening
from .sequences import LENGTHS, Sequences, batches

Vectors = NDArray[np.float32]
_ITEMS_AT_ONCE = 8_192


@dataclass(frozen=True, slots=True)
class ItemTable:
    """What is known of items beside who met them; row ``i`` is of item ``i``, row 0 of none."""

    text: Vectors | None
    """Encoder vectors, shape (items + 1, text dimension); a row of zeros: no text."""
    attributes: NDArray[np.int64] | None = None
    """Attribute numbers from 1, shape (items + 1, most); 0 where there are fewer."""

    def rows(self, chosen: NDArray[np.int64]) -> ItemTable:
        return ItemTable(
            None if self.text is None else self.text[chosen],
            None if self.attributes is None else self.attributes[chosen],
        )


@dataclass(frozen=True, slots=True)
class SequenceModel:
    """A network with what its items' texts are prepared by. Safe to share between threads."""

    network: SequenceNetwork
    whitening: Whitening | None
    device: Device

    @property
    def dimension(self) -> int:
        return self.network.shape.dimension

    def item_vectors(self, numbers: NDArray[np.int64], table: ItemTable) -> Vectors:
        """Vectors of items, shape (n, dimension). ``numbers[i]`` is 0 for an item that was not learnt from: it is known
        by its text and attributes alone. ``table`` has n rows."""
        parts = []
        with torch.inference_mode():
            for start in range(0, len(numbers), _ITEMS_AT_ONCE):
                chosen = np.arange(start, min(start + _ITEMS_AT_ONCE, len(numbers)))
                own = self.network.own(self._tensor(numbers[chosen])) * self._tensor(numbers[chosen] > 0)[:, None]
                text, attributes = self.prepared(table.rows(chosen))
                parts.append(self.network.item_vectors(own, text, attributes).cpu().numpy())
        return np.concatenate([np.zeros((0, self.dimension), dtype=np.float32), *parts])

    def prepared(self, table: ItemTable) -> tuple[Tensor | None, Tensor | None]:
        """Texts whitened, and attributes, as the network takes them."""
        text = None
        if table.text is not None and self.whitening is not None:
            text = self._tensor(self.whitening(table.text))
        return text, None if table.attributes is None else self._tensor(table.attributes)

    def customers(self, histories: Sequences, vectors: Vectors, *, places: int = 1_536) -> Vectors:
        """The embedding of each history, shape (rows, dimension); zeros for an empty one.

        ``vectors[i]`` is the vector of item ``i``, as ``item_vectors`` gives it; only the latest 50 entries count.
        """
        rows = np.zeros((len(histories), self.dimension), dtype=np.float32)
        table = self._tensor(vectors)
        self.network.eval()
        bf16 = self.device.dtype is torch.bfloat16
        with torch.inference_mode(), torch.autocast(self.device.name, torch.bfloat16, enabled=bf16):
            for batch in batches(histories.latest(LENGTHS[-1]), places):
                items = self._tensor(batch.items)
                hidden = self.network(table[items], items == 0, self._tensor(batch.kinds), self._tensor(batch.gaps))
                rows[batch.rows] = hidden[: len(batch.rows), -1].float().cpu().numpy()
        return rows

    def _tensor(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device.name)
