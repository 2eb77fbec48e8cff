"""Trains an ``IntentReader`` on rows: fits the network, then calibrates it and chooses its threshold on valid.

Comes in: rows by split and an encoder. Goes out: the reader, its weights as a file, and what was measured on test.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, find_encoder

from .fitting import Step, fit, read
from .fitting_plan import FitPlan
from .network import IntentNetwork
from .reader import IntentReader, Scope, reading_of, tokenizer_of, tokens_of
from .rows import Rows, read_rows, unknown_of
from .slips import Slips, words_of

_GIVEN_UP = 0.01
"""Share of valid's in-scope accuracy that the threshold may cost."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A trained reader and its figures on the rows of ``test`` (of ``valid``, where there is no test)."""

    path: Path
    sha256: str
    metrics: dict[str, float] = field(default_factory=dict)


def learn_intents(
    rows: dict[str, Rows],
    target: Path,
    *,
    encoder: EncoderSettings | None = None,
    plan: FitPlan | None = None,
    progress: Step | None = None,
) -> Learnt:
    """Fit to the rows of ``train``, calibrate on ``valid``, write the weights to ``target``, measure on ``test``.

    What is measured is what was written: the quantised weights, read back. Deterministic for the plan's seed.
    """
    import torch

    from encoders import pick_device, save_deltas

    files, device = find_encoder(encoder), pick_device(encoder)
    train = rows["train"]
    labels = sorted(set(train.intents))
    number = {label: at for at, label in enumerate(labels)}
    unknown = unknown_of(set(labels))
    tokenizer = tokenizer_of(files)
    plan = plan or FitPlan()
    torch.manual_seed(plan.seed)
    network = IntentNetwork(files.path, len(labels))
    base = {name: one.clone() for name, one in network.weights_of_base().items()}
    fit(
        network,
        tokens_of(tokenizer, train.texts),
        [number[one] for one in train.intents],
        plan,
        device,
        unknown=None if unknown is None else number[unknown],
        progress=progress,
    )
    words = words_of(train.texts)
    slips = Slips(words, frozenset(tokenizer.get_vocab()))
    valid = rows["valid"] if len(rows["valid"]) else train
    _, logits = read(network, tokens_of(tokenizer, [slips.corrected(one) for one in valid.texts]), device)
    wanted = np.array([number.get(one, -1) for one in valid.intents])
    temperature = _temperature(logits, wanted)
    threshold = _threshold(logits / temperature, wanted, None if unknown is None else number[unknown])
    about = {
        "labels": json.dumps(labels, ensure_ascii=False),
        "unknown": unknown or "",
        "threshold": repr(threshold),
        "temperature": repr(temperature),
        "words": json.dumps(words),
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    save_deltas(target, base, network.weights(), base_sha256=files.sha256, metadata=about)
    reader = IntentReader.load(target, encoder)
    tested = rows["test"] if len(rows["test"]) else valid
    return Learnt(target, hashlib.sha256(target.read_bytes()).hexdigest(), measure(reader, tested))


def measure(reader: IntentReader, rows: Rows) -> dict[str, float]:
    """Accuracy on ``rows``; where some are of the unknown intent, in scope and out of it, with the threshold."""
    found = np.array(right(reader, rows))
    unknown = reader.scope.unknown
    outside = np.array([one == unknown for one in rows.intents])
    if not outside.any():
        return {"accuracy": float(found.mean())}
    return {
        "accuracy": float(found.mean()),
        "in_scope_accuracy": float(found[~outside].mean()),
        "out_of_scope_recall": float(found[outside].mean()),
    }


def right(reader: IntentReader, rows: Rows) -> list[bool]:
    """Whether each row is read as its intent; rows in scope that are held to be unknown are not."""
    named = reader.read(rows.texts).best(reader.scope.unknown)
    return [one == other for one, other in zip(named, rows.intents, strict=True)]


def _temperature(logits: NDArray[np.float32], wanted: NDArray[np.int64]) -> float:
    """The temperature with the smallest negative log likelihood (Guo and others 2017), on a grid."""
    known = wanted >= 0
    best, chosen = float("inf"), 1.0
    for temperature in np.geomspace(0.2, 3.0, 60):
        scaled = logits[known] / temperature
        top = scaled.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        loss = float((total - scaled[np.arange(len(scaled)), wanted[known]]).mean())
        if loss < best:
            best, chosen = loss, float(temperature)
    return chosen


def _threshold(logits: NDArray[np.float32], wanted: NDArray[np.int64], unknown: int | None) -> float:
    """The lowest threshold that costs at most ``_GIVEN_UP`` of the accuracy in scope."""
    if unknown is None or not (wanted == unknown).any() or not (wanted != unknown).any():
        return 0.5
    names = [str(at) for at in range(logits.shape[1])]
    shares = reading_of(logits, names, Scope(None, 1.0)).probabilities
    outside = shares[:, unknown]
    inside = np.delete(np.arange(logits.shape[1]), unknown)
    correct = inside[logits[:, inside].argmax(axis=1)] == wanted
    rows = wanted != unknown
    least = correct[rows].mean() - _GIVEN_UP
    for threshold in np.sort(outside):
        if (correct & (outside <= threshold))[rows].mean() >= least:
            return float(threshold)
    return 0.5


def plan_for(rows: Rows, seed: int = 0) -> FitPlan:
    """Six epochs, up to ten where there are many intents to tell apart, up to twenty where there are few rows."""
    plan = FitPlan(seed=seed)
    by_intents = min(10, round(len(set(rows.intents)) / 13))
    by_rows = min(20, round(200 * plan.batch / max(len(rows), 1)))
    return replace(plan, epochs=max(6, by_intents, by_rows))


def train_intent_file(
    file: Path,
    target: Path,
    *,
    encoder: EncoderSettings | None = None,
    seed: int = 0,
    progress: Step | None = None,
) -> Learnt:
    """Train a reader on a merchant's file of utterances (see ``read_rows``); its weights go to ``target``."""
    rows = read_rows(file)
    return learn_intents(rows, target, encoder=encoder, plan=plan_for(rows["train"], seed), progress=progress)
