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

FIRST_STAGE_AGREEMENT = 0.985
"""Of the dev texts that the first stage settles, the share in which the network would have said the same."""
_BLENDS = (0.2, 0.4, 0.6, 0.8, 1.0)
_LEAST_GAIN = 0.003
"""A blend must be better than none by so much: it is one more thing that decides."""
_DEV_TEXTS = {"en": 1000, "zh": 7000}
"""Of each source at most. Chinese has one large source, which its choices rest on."""


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
    network: SentimentNetwork, firsts: Mapping[str, FirstStage], tokens: TextTokens, data: Path, device: Device
) -> DevChoices:
    """Choose all of it on the dev splits of the files in ``data``, and measure dev with it; ``firsts`` by language."""
    made = DevChoices({}, {}, {}, {})
    for language, names in (("en", ENGLISH_STARS), ("zh", CHINESE)):
        examples = [example for name in names for example in read_source(data, name, "dev")[: _DEV_TEXTS[language]]]
        first = firsts[language]
        said = Said.of(network, first, tokens, examples, device)
        # What is reported of SST-2 is its dev split, as everywhere; so its test sentences are what choices look at.
        films = read_source(data, "sst2", "test") if language == "en" else []
        strange = Said.of(network, first, tokens, films, device) if films else None
        worth = choose_blend(said, strange)
        full, alone = calibration_of(examples, said.mixed(worth)), calibration_of(examples, said.first)
        made.blend[language] = worth
        made.calibrations.update({language: full, f"first_{language}": alone})
        made.thresholds[language] = choose_threshold(
            polarity_shares(alone.stars(said.first)),
            full.labels(polarity_shares(full.stars(said.mixed(worth)))),
            agreement=FIRST_STAGE_AGREEMENT,
        )
        made.dev.update(said.scores(worth, full))
        if films:
            reported = Said.of(network, first, tokens, read_source(data, "sst2", "dev"), device)
            made.dev.update(reported.scores(worth, full))
    return made


@dataclass(frozen=True, slots=True)
class Said:
    """Texts, and the star logits of network and first stage for them, both (texts, 5)."""

    examples: Sequence[Example]
    network: NDArray[np.float32]
    first: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        network: SentimentNetwork,
        first: FirstStage,
        tokens: TextTokens,
        examples: Sequence[Example],
        device: Device,
    ) -> Said:
        """Let both read ``examples``."""
        ids = tokens.encode([one.text for one in examples], longest=160)
        return cls(examples, predict(network, ids, device), first.read(ids))

    def mixed(self, worth: float) -> NDArray[np.float32]:
        """The network's logits with ``worth`` times the first stage's."""
        return self.network + np.float32(worth) * self.first

    def some(self, rows: NDArray[np.int64]) -> Said:
        """The texts at ``rows``."""
        return Said([self.examples[row] for row in rows.tolist()], self.network[rows], self.first[rows])

    def scores(self, worth: float, calibration: Calibration) -> dict[str, float]:
        """``scores_by_source`` of the mixed logits."""
        return scores_by_source(self.examples, self.mixed(worth), calibration)


def choose_blend(said: Said, strange: Said | None = None) -> float:
    """How much of the first stage's logits is added to the network's, by the mean over sources.

    Calibration is fitted on one half of the texts and the other is measured, both ways. Word pairs that were counted
    correct a network of few layers where words it met rarely decide. But they know the shops that they were counted in:
    where ``strange`` texts, which are no reviews of a shop, are read worse by it, it is left out.
    """
    half = np.arange(len(said.examples)) % 2

    def means(worth: float) -> tuple[float, float]:
        own, others = list[float](), list[float]()
        for one in (0, 1):
            fitted, judged = said.some(np.flatnonzero(half == one)), said.some(np.flatnonzero(half != one))
            calibration = calibration_of(fitted.examples, fitted.mixed(worth))
            own += judged.scores(worth, calibration).values()
            others += [0.0] if strange is None else strange.scores(worth, calibration).values()
        return float(np.mean(own)), float(np.mean(others))

    without, without_strange = means(0.0)
    best, most = 0.0, without + _LEAST_GAIN
    for worth in _BLENDS:
        own, others = means(worth)
        if own >= most and others >= without_strange:
            best, most = worth, own
    return best


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
    weights = choose_label_weights(shares, labels, sources)
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
