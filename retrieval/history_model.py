"""The history model of one shop: the trained network with the ids of its products, and the ranker; saved as one folder.

Weights are safetensors; every file is checked against its sha256 when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoders import Device
from store import IndexDamaged, ModelError

from .ranker import Ranker
from .saved import load_generation, save_generation
from .sequence_model import ItemTable, SequenceModel
from .sequence_network import NetworkShape, SequenceNetwork, Whitening

FORMAT = 1
_ADVICE = "Train it anew: beforehand train history"


@dataclass(frozen=True, slots=True)
class HistoryModel:
    """What ``beforehand train history`` makes. Safe to share between threads."""

    sequence: SequenceModel
    number_of: dict[str, int]
    """Product id -> the number by which the network learnt it."""
    ranker: Ranker
    told: dict[str, float]
    """How the training went: rows, epochs, measures on the validation part."""

    def product_vectors(self, product_ids: Sequence[str], text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of products, shape (n, dimension); ``text[i]`` is the encoder's vector of ``product_ids[i]``, which
        tells of brand, categories and attributes, too. A product that the model never met is known by it alone."""
        numbers = np.array([self.number_of.get(id_, 0) for id_ in product_ids], dtype=np.int64)
        return self.sequence.item_vectors(numbers, ItemTable(text))

    def save(self, folder: Path, encoder_sha256: str) -> None:
        """Write it in place of what was there before, all or nothing."""
        from safetensors.numpy import save_file

        network, whitening = self.sequence.network, self.sequence.whitening
        arrays = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
        if whitening is not None:
            arrays |= {"whitening.mean": whitening.mean, "whitening.turn": np.ascontiguousarray(whitening.turn)}
        about = {
            "shape": asdict(network.shape),
            "number_of": self.number_of,
            "ranker": dict(self.ranker.weights),
            "told": self.told,
        }

        def write_about(path: Path) -> None:
            path.write_text(json.dumps(about), encoding="utf-8")

        save_generation(
            folder,
            {"model.safetensors": lambda path: save_file(arrays, path), "about.json": write_about},
            {"encoder": encoder_sha256, "history_format": FORMAT},
        )

    @classmethod
    def load(cls, folder: Path, encoder_sha256: str, device: Device) -> HistoryModel | None:
        """What was saved in ``folder``; ``None`` if nothing was. Raises ``ModelError`` if it is damaged, of another
        version, or made with another encoder."""
        from safetensors.torch import load_file

        try:
            files, facts = load_generation(folder)
            if facts.get("history_format") != FORMAT:
                raise ModelError("the history model is of another version", value=facts, advice=_ADVICE)
            if facts.get("encoder") != encoder_sha256:
                raise ModelError("the history model was made with another encoder", value=str(folder), advice=_ADVICE)
            about: dict[str, Any] = json.loads(files["about.json"].read_text(encoding="utf-8"))
            state = load_file(files["model.safetensors"])
            mean, turn = state.pop("whitening.mean", None), state.pop("whitening.turn", None)
            network = SequenceNetwork(NetworkShape(**about["shape"]))
            network.load_state_dict(state)
        except FileNotFoundError:
            return None
        except (IndexDamaged, KeyError, ValueError, RuntimeError, TypeError) as error:
            raise ModelError(f"the history model is damaged ({error})", value=str(folder), advice=_ADVICE) from error
        whitening = None if mean is None or turn is None else Whitening(mean.numpy(), turn.numpy())
        return cls(
            SequenceModel(network.to(device.name).eval(), whitening, device),
            about["number_of"],
            Ranker(about["ranker"]),
            about["told"],
        )
