"""Tune a cross-encoder: how well a text answers a query, learnt from graded pairs that are read as one sequence.

Two losses are added: the grade itself (cross-entropy of a probability with it), and the order inside a query (RankNet,
Burges and others 2005, weighed by how far the grades are apart). Word vectors stay as they are, as in ``contrastive``.

Comes in: queries with graded texts. Goes out: the state of a ``PairScorer``. Knows nothing of products or shops.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from store import InputError, Settings

from .contrastive import TextGroup, Tuned
from .learning import adamw, descend, schedule
from .learning_pass import LearningPass
from .pair_scorer import PairScorer

_WORD_VECTORS = "embeddings.word_embeddings"
_WARM_UP = 0.1
_STEPS, _FEWEST = 30, 16
"""Where pairs are few, there are fewer in a batch, so that an epoch has about so many steps; but never fewer pairs."""


class PairSettings(Settings):
    """How a cross-encoder is tuned."""

    epochs: int = 2
    rate: float = 1e-4
    """Top learning rate; it rises over the first tenth of the run and falls to nothing."""
    pairs_per_batch: int = 200
    order_weight: float = 4.0
    """Weight of the order inside a query against the grade itself."""
    weight_decay: float = 0.01
    seed: int = 0


def tune_pairs(
    scorer: PairScorer,
    groups: Sequence[TextGroup],
    settings: PairSettings,
    *,
    validate: Callable[[PairScorer], float],
    progress: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Tune ``scorer``, over an encoder loaded ``to_tune``; the state that ``validate`` rates highest comes out.

    ``validate`` gets the scorer after each epoch. ``progress`` is called with (step, steps). Raises ``InputError``
    without groups.
    """
    if not groups:
        raise InputError("there is nothing to tune a cross-encoder on")
    torch.manual_seed(settings.seed)
    draw = random.Random(settings.seed)
    network = scorer.encoder.network
    for name, one in network.named_parameters():
        one.requires_grad_(_WORD_VECTORS not in name)
    learnt = [one for one in (*network.parameters(), *scorer.head.parameters()) if one.requires_grad]
    optimizer = adamw(learnt, settings.rate, settings.weight_decay)
    reader = LearningPass(scorer.encoder, scorer.longest)
    read = [_read(scorer, group) for group in groups]
    _start_at_the_mean(scorer, read)
    pairs = min(settings.pairs_per_batch, max(sum(len(one.tokens) for one in read) // _STEPS, _FEWEST))
    epochs = [_batches(read, pairs, draw) for _ in range(settings.epochs)]
    steps, step = sum(map(len, epochs)), 0
    history: list[float] = []
    best = scorer.state()
    for batches in epochs:
        network.train()
        for batch in batches:
            loss = _loss(scorer, reader, batch, settings.order_weight)
            descend(optimizer, loss, learnt, settings.rate * schedule(step / steps, _WARM_UP))
            step += 1
            if progress is not None:
                progress(step, steps)
        network.eval()
        history.append(validate(scorer))
        if history[-1] >= max(history):
            best = scorer.state()
    return Tuned(best, tuple(history))


@dataclass(frozen=True, slots=True)
class _Graded:
    """The pairs of a query as token ids, and their grades."""

    tokens: list[list[int]]
    grades: list[float]


def _read(scorer: PairScorer, group: TextGroup) -> _Graded:
    texts = (*group.texts, *group.negatives)
    return _Graded(scorer.tokens(group.query, texts), [*group.grades, *(0.0 for _ in group.negatives)])


def _start_at_the_mean(scorer: PairScorer, read: Sequence[_Graded]) -> None:
    """The line's first guess is the mean grade: the first steps then learn what is better, not how good all is."""
    grades = [grade for one in read for grade in one.grades]
    mean = min(max(sum(grades) / max(len(grades), 1), 0.02), 0.98)
    with torch.no_grad():
        scorer.head.bias.fill_(math.log(mean / (1 - mean)))


def _batches(read: Sequence[_Graded], pairs: int, draw: random.Random) -> list[list[_Graded]]:
    """Whole queries, in another order each time, with about ``pairs`` pairs together."""
    order = list(read)
    draw.shuffle(order)
    made: list[list[_Graded]] = [[]]
    count = 0
    for one in order:
        if made[-1] and count + len(one.tokens) > pairs:
            made.append([])
            count = 0
        made[-1].append(one)
        count += len(one.tokens)
    return made


def _loss(scorer: PairScorer, reader: LearningPass, batch: Sequence[_Graded], order_weight: float) -> Tensor:
    logits = scorer.logits(reader.vectors_of([tokens for one in batch for tokens in one.tokens]))
    grades = torch.tensor([grade for one in batch for grade in one.grades], device=logits.device)
    owners = torch.tensor([row for row, one in enumerate(batch) for _ in one.grades], device=logits.device)
    loss = F.binary_cross_entropy_with_logits(logits, grades)
    ahead = grades[:, None] - grades[None, :]
    compared = (owners[:, None] == owners[None, :]) & (ahead > 0)
    if order_weight and bool(compared.any()):
        wrong = F.softplus(logits[None, :] - logits[:, None])[compared] * ahead[compared]
        loss = loss + order_weight * wrong.mean()
    return loss
