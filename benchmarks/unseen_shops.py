"""Shops never seen: a reader trained on three of four groups of English shops, asked about the fourth.

Both a network and an SVM learn the same 20,000 rows at most. A trained network is kept below ``.beforehand/benchmarks``
under the sha256 of its recipe and rows, so that the benchmarks of quality and of speed train each one once.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from encoders import find_encoder, pick_device
from sentiment.calibration import Calibration, polarity_shares
from sentiment.dev_choices import FIRST_STAGE_AGREEMENT, calibration_of
from sentiment.first_stage import FirstStage, choose_threshold, fit_first_stage
from sentiment.fitting import FitPlan, fit, predict
from sentiment.network import HIDDEN, SentimentNetwork
from sentiment.sources import (
    ENGLISH_GROUPS,
    ENGLISH_STARS,
    POLARITIES,
    Example,
    read_source,
    read_sources,
    without_texts_of,
)
from sentiment.tokens import TextTokens
from sentiment.training import as_token_examples, drawn_by_stars, new_network

from .frame import KEPT
from .sentiment_peers import svm_labels

_ROWS = 20_000
_EPOCHS = 1
_PLAN = FitPlan(rate=1.5e-4, batch_tokens=3072, most_texts=64)
_LONGEST = 64
"""Tokens of a text that are learnt from; four times as many are read."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What was trained without a group of shops."""

    network: SentimentNetwork
    calibration: Calibration
    first: FirstStage
    first_calibration: Calibration
    threshold: float
    rows: list[Example]


@dataclass(frozen=True, slots=True)
class Unseen:
    """A source of a group left out: the truth, what was found, and how sure it was."""

    group: str
    labels: NDArray[np.int64]
    found: NDArray[np.int64]
    svm: NDArray[np.int64]
    cascade: NDArray[np.int64]
    settled: float
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]


def trained_without(group: str, data: Path, tokens: TextTokens, most: int | None) -> Reader:
    """A network, and a first stage, of at most 20,000 texts of the other groups, calibrated on their dev."""
    base, device = find_encoder(), pick_device()
    names = [name for name in ENGLISH_STARS if name not in ENGLISH_GROUPS[group]]
    test = read_sources(data, ENGLISH_GROUPS[group], "test")
    draw = random.Random(0)
    share = (_ROWS if most is None else 5 * most) // len(names)
    rows = [
        one
        for name in names
        for one in drawn_by_stars(without_texts_of(read_source(data, name, "train"), test), share, draw)
    ]
    seen = as_token_examples(rows, tokens)
    network = new_network(base, np.zeros((0, HIDDEN), dtype=np.float32), device)
    kept = KEPT / f"unseen_{group}_{_digest(rows, base.sha256)}.pt"
    if kept.is_file():
        network.load_state_dict(torch.load(kept, weights_only=True))
        network.to(device.name).eval()
    else:
        fit(network, [seen] * _EPOCHS, _PLAN, device, mask_id=103)
        kept.parent.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), kept)
    dev = [one for name in names for one in read_source(data, name, "dev")[: 800 if most is None else most]]
    ids = tokens.encode([one.text for one in dev], longest=128)
    logits = predict(network, ids, device)
    calibration = calibration_of(dev, logits)
    first = fit_first_stage(seen, tokens.tokenizer.get_vocab_size(with_added_tokens=True))
    first_calibration = calibration_of(dev, first.read(ids))
    threshold = choose_threshold(
        polarity_shares(first_calibration.stars(first.read(ids))),
        calibration.labels(polarity_shares(calibration.stars(logits))),
        agreement=FIRST_STAGE_AGREEMENT,
    )
    return Reader(network, calibration, first, first_calibration, threshold, rows)


def read_unseen(group: str, name: str, reader: Reader, data: Path, tokens: TextTokens, most: int | None) -> Unseen:
    """One source of the group that ``reader`` was trained without; the SVM learns the same rows."""
    test = read_source(data, name, "test")[:most]
    labels = np.array([POLARITIES.index(one.label) for one in test])
    ids = tokens.encode([one.text for one in test], longest=160)
    shares = polarity_shares(reader.calibration.stars(predict(reader.network, ids, pick_device())))
    cheap = polarity_shares(reader.first_calibration.stars(reader.first.read(ids)))
    neutral = 3 in test[0].possible
    found = reader.calibration.labels(shares, neutral=neutral)
    settled = cheap.max(axis=1) >= reader.threshold
    # Calibration is of the probabilities as given: the likeliest class, and how likely it is said to be.
    return Unseen(
        group,
        labels,
        found,
        svm_labels(reader.rows, test),
        np.where(settled, reader.calibration.labels(cheap, neutral=neutral), found),
        float(settled.mean()),
        shares.max(axis=1),
        shares.argmax(axis=1) == labels,
    )


def measure_unseen(data: Path, most: int | None = None) -> list[Unseen]:
    """Every source of every group, each read by what was trained without its group; ``most`` texts of each at most."""
    tokens = TextTokens(find_encoder().path, [], longest=_LONGEST)
    every: list[Unseen] = []
    for group, left_out in ENGLISH_GROUPS.items():
        reader = trained_without(group, data, tokens, most)
        every += [read_unseen(group, name, reader, data, tokens, most) for name in left_out]
    return every


def _digest(rows: Sequence[Example], base_sha256: str) -> str:
    digest = hashlib.sha256(f"{_PLAN} {_EPOCHS} {_LONGEST} {base_sha256}".encode())
    for row in rows:
        digest.update(f"{row.text} {row.allowed}".encode())
    return digest.hexdigest()[:16]
