"""What ``train search`` leaves in a folder: weights of an encoder and a cross-encoder, a ranker, the record of them.

The record comes last and names the files with their sha256. Knows nothing of how they are learnt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoders import EncoderSettings, PairScorer, TextEncoder, file_sha256
from store import ModelError

from .cross_encoder import TunedReader
from .search_ranker import SearchRanker

_ENCODER, _PAIRS, _RANKER, _MANIFEST = "encoder.safetensors", "pairs.safetensors", "ranker.json", "search.json"


@dataclass(frozen=True, slots=True)
class TrainedSearch:
    """What ``train_search`` left in a folder."""

    deltas: Path | None
    ranker: SearchRanker | None
    pairs: Path | None
    """The weights of the cross-encoder."""

    def reader(self, settings: EncoderSettings | None = None) -> TunedReader | None:
        """The cross-encoder; ``settings``: the encoder that it was learnt from."""
        return None if self.pairs is None else TunedReader(self.pairs, settings)


def load_trained_search(folder: Path) -> TrainedSearch:
    """What was trained for this shop: nothing where ``folder`` has none.

    Raises ``ModelError`` where a file is damaged.
    """
    try:
        files: dict[str, str] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        return TrainedSearch(None, None, None)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError("the record of the trained search cannot be read", value=str(folder / _MANIFEST)) from error
    for name, expected in files.items():
        if not (folder / name).is_file() or file_sha256(folder / name) != expected:
            raise ModelError(
                "a file of the trained search is damaged",
                value=str(folder / name),
                advice="Run 'beforehand train search' again, or delete the folder",
            )
    return TrainedSearch(
        folder / _ENCODER if _ENCODER in files else None,
        SearchRanker.load(folder / _RANKER) if _RANKER in files else None,
        folder / _PAIRS if _PAIRS in files else None,
    )


def write_trained_search(
    folder: Path,
    encoder: TextEncoder | None,
    pairs: PairScorer | None,
    ranker: SearchRanker | None,
    report: Mapping[str, Any],
) -> None:
    """Write what was kept, and ``report`` (JSON), to ``folder`` in place of what is there; ``None``: not kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (_MANIFEST, _ENCODER, _PAIRS, _RANKER):
        (folder / name).unlink(missing_ok=True)
    trained_on = f"{report['queries']} queries"
    if encoder is not None:
        encoder.save_state(folder / _ENCODER, encoder.state(), metadata={"trained on": trained_on})
    if pairs is not None:
        pairs.save(folder / _PAIRS, trained_on=trained_on)
    if ranker is not None:
        ranker.save(folder / _RANKER)
    files = {name: file_sha256(folder / name) for name in (_ENCODER, _PAIRS, _RANKER) if (folder / name).is_file()}
    unfinished = folder / f"{_MANIFEST}.part"
    unfinished.write_text(json.dumps({"files": files, "report": report}, indent=1), encoding="utf-8")
    unfinished.replace(folder / _MANIFEST)
