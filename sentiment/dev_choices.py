"""What dev texts decide once the network is fitted: calibrations, how much the first stage says beside it, thresholds.

Comes in: a network, a first stage, and dev files in their true mixture. Goes out: everything that ``model.json`` keeps
of them, and what dev then gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders import Device

from .calibration import Calibration, choose_label_weights, fit_calibration, macro_f1, polarity_shares
from .first_stage import FirstStage, choose_threshold
from .fitting import predict
from .sources import CHINESE, ENGLISH_STARS, POLARITIES, Example, read_source
from .tokens import TextTokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .network import SentimentNetwork

FIRST_STAGE_AGREEMENT = 0.97
"""Of the dev texts that the first stage settles, the share in which the network would have said the same."""
_BLENDS = (0.0, 0.2, 0.4, 0.6)
_LEAST_GAIN = 0.003
"""A blend must be better than none by so much: it is one more thing that decides."""
_DEV_TEXTS = 1000


@dataclass(frozen=True, slots=True)
class DevChoices:
    """What dev texts decided, each by language."""

    calibrations: dict[str, Calibration]
    """``en``, ``zh``; of the first stage alone ``first_en``, ``first_zh``."""
    blend: dict[str, float]
    """What the first stage's logits are worth beside the network's."""
    thresholds: dict[str, float]
    dev: dict[str, float]


def choose_on_dev(
    network: SentimentNetwork, first: FirstStage, tokens: TextTokens, data: Path, device: Device
) -> DevChoices:
    """Choose all of it on the dev splits of the files in ``data``, and measure dev with it."""
    made = DevChoices({}, {}, {}, {})
    for language, names in (("en", ENGLISH_STARS), ("zh", CHINESE)):
        examples = [example for name in names for example in read_source(data, name, "dev")[:_DEV_TEXTS]]
        ids = tokens.encode([one.text for one in examples], longest=160)
        logits, cheap = predict(network, ids, device), first.read(ids)
        made.blend[language] = choose_blend(examples, logits, cheap)
        mixed = logits + np.float32(made.blend[language]) * cheap
        full, alone = calibration_of(examples, mixed), calibration_of(examples, cheap)
        made.calibrations.update({language: full, f"first_{language}": alone})
        made.thresholds[language] = choose_threshold(
            polarity_shares(alone.stars(cheap)),
            full.labels(polarity_shares(full.stars(mixed))),
            agreement=FIRST_STAGE_AGREEMENT,
        )
        made.dev.update(scores_by_source(examples, mixed, full))
    examples = read_source(data, "sst2", "dev")
    ids = tokens.encode([one.text for one in examples])
    mixed = predict(network, ids, device) + np.float32(made.blend["en"]) * first.read(ids)
    made.dev.update(scores_by_source(examples, mixed, made.calibrations["en"]))
    return made


def choose_blend(examples: Sequence[Example], logits: NDArray[np.float32], cheap: NDArray[np.float32]) -> float:
    """How much of the first stage's logits is added to the network's, by the mean over sources.

    Calibration is fitted on one half of the texts and the other is measured, both ways. Word pairs that were counted
    correct a network of few layers where words it met rarely decide.
    """
    half = np.arange(len(examples)) % 2

    def mean(weight: float) -> float:
        mixed, values = logits + np.float32(weight) * cheap, list[float]()
        for one in (0, 1):
            fitted, judged = np.flatnonzero(half == one), np.flatnonzero(half != one)
            calibration = calibration_of([examples[row] for row in fitted.tolist()], mixed[fitted])
            values += scores_by_source([examples[row] for row in judged.tolist()], mixed[judged], calibration).values()
        return float(np.mean(values))

    means: Mapping[float, float] = {weight: mean(weight) for weight in _BLENDS}
    best = max(_BLENDS, key=lambda weight: means[weight])
    return best if means[best] >= means[0.0] + _LEAST_GAIN else 0.0


def calibration_of(examples: Sequence[Example], logits: NDArray[np.float32]) -> Calibration:
    """Temperature, bias and label weights from dev texts; each source counts the same."""
    sources = np.array([example.source for example in examples])
    sizes = Counter(sources.tolist())
    fitted = fit_calibration(
        logits,
        [example.allowed for example in examples],
        [example.possible for example in examples],
        [1 / sizes[example.source] for example in examples],
    )
    shares = polarity_shares(fitted.stars(logits))
    labels = np.array([POLARITIES.index(example.label) for example in examples])
    full = np.array([len(example.possible) == 5 for example in examples])
    weights = choose_label_weights(shares[full], labels[full], sources[full])
    return Calibration(fitted.temperature, fitted.bias, weights)


def scores_by_source(
    examples: Sequence[Example], logits: NDArray[np.float32], calibration: Calibration
) -> dict[str, float]:
    """Accuracy of sources with two classes (neutral left out of the choice), macro-F1 of those with three."""
    shares = polarity_shares(calibration.stars(logits))
    labels = np.array([POLARITIES.index(example.label) for example in examples])
    sources = np.array([example.source for example in examples])
    found = calibration.labels(shares)
    scores = {}
    for name in dict.fromkeys(sources.tolist()):
        rows = sources == name
        if (labels[rows] == 1).any():
            scores[f"{name}_macro_f1"] = macro_f1(labels[rows], found[rows])
        else:
            better = calibration.labels(shares[rows], neutral=False)
            scores[f"{name}_accuracy"] = float((better == labels[rows]).mean())
    return scores
