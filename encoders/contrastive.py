"""Tune an encoder so that a query lies near the texts that answer it: contrastive, graded, with hard negatives.

Two losses are added. In the batch: of all its texts, a query's own good ones are the likely ones (InfoNCE, van den
Oord and others, 2018; the texts of other queries and the hard negatives are the rest). In the group: the order of a
query's graded texts (ListNet, Cao and others, 2007). Word vectors stay as they are: words that no example holds keep
their place among the others, and the differences that have to be stored stay small.

Comes in: queries with graded texts. Goes out: a state dict. Knows nothing of products or shops.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from store import InputError, Settings

from .learning import adamw, descend, schedule
from .learning_pass import LearningPass
from .text import TextEncoder

_WORD_VECTORS = "embeddings.word_embeddings"
_WARM_UP = 0.1


class ContrastiveSettings(Settings):
    """How an encoder is tuned."""

    epochs: int = 2
    rate: float = 5e-5
    """Top learning rate; it rises over the first tenth of the run and falls to nothing."""
    queries_per_batch: int = 32
    texts_per_query: int = 4
    """Graded texts of a query in one batch, hard negatives not counted."""
    negatives_per_query: int = 1
    temperature: float = 0.05
    group_temperature: float = 0.2
    """Of the grades as a distribution over a query's texts; the smaller, the more the best one counts."""
    group_weight: float = 1.0
    """Weight of the order inside a group against the choice in the batch."""
    longest: int = 64
    """Tokens of a text that are read."""
    weight_decay: float = 0.01
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TextGroup:
    """A query and texts: how well each answers it, from 0 (not at all) to 1, and texts that do not."""

    query: str
    texts: tuple[str, ...]
    grades: tuple[float, ...]
    negatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best state of a run and what each epoch gave, the untuned encoder first."""

    state: dict[str, Tensor]
    history: tuple[float, ...]


def tune_encoder(
    encoder: TextEncoder,
    groups: Sequence[TextGroup],
    settings: ContrastiveSettings,
    *,
    validate: Callable[[TextEncoder], float],
    progress: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Tune ``encoder``, loaded ``to_tune``, on ``groups``; the state that ``validate`` rates highest comes out.

    ``validate`` gets the encoder as it is before the first and after each epoch; an epoch that leaves it worse than it
    was is the last. ``progress`` is called with (step, steps). Raises ``InputError`` without groups.
    """
    if not groups:
        raise InputError("there is nothing to tune an encoder on")
    torch.manual_seed(settings.seed)
    draw = random.Random(settings.seed)
    network = encoder.network
    for name, one in network.named_parameters():
        one.requires_grad_(_WORD_VECTORS not in name)
    learnt = [one for one in network.parameters() if one.requires_grad]
    optimizer = adamw(learnt, settings.rate, settings.weight_decay)
    reader = LearningPass(encoder, settings.longest)
    steps = settings.epochs * -(-len(groups) // settings.queries_per_batch)
    history = [validate(encoder)]
    best = encoder.state()
    step = 0
    for _ in range(settings.epochs):
        network.train()
        for batch in _batches(groups, settings, draw):
            loss = _loss(reader, batch, settings, draw, encoder.device.name)
            descend(optimizer, loss, learnt, settings.rate * schedule(step / steps, _WARM_UP))
            step += 1
            if progress is not None:
                progress(step, steps)
        network.eval()
        history.append(validate(encoder))
        if history[-1] > max(history[:-1]):
            best = encoder.state()
        if history[-1] < history[0]:
            break
    return Tuned(best, tuple(history))


def _batches(
    groups: Sequence[TextGroup], settings: ContrastiveSettings, draw: random.Random
) -> Iterator[list[TextGroup]]:
    order = list(groups)
    draw.shuffle(order)
    for start in range(0, len(order), settings.queries_per_batch):
        yield order[start : start + settings.queries_per_batch]


@dataclass(frozen=True, slots=True)
class _Batch:
    """The texts of some groups: to which query (by number) each belongs, its grade, and whether it was graded."""

    texts: list[str]
    owners: Tensor
    grades: Tensor
    graded: Tensor


def _chosen(groups: Sequence[TextGroup], settings: ContrastiveSettings, draw: random.Random, device: str) -> _Batch:
    rows: list[tuple[str, int, float, bool]] = []
    for owner, group in enumerate(groups):
        pairs = list(zip(group.texts, group.grades, strict=True))
        if len(pairs) > settings.texts_per_query:
            pairs = draw.sample(pairs, settings.texts_per_query)
        unlike = draw.sample(group.negatives, min(len(group.negatives), settings.negatives_per_query))
        rows.extend((text, owner, grade, True) for text, grade in pairs)
        rows.extend((text, owner, 0.0, False) for text in unlike)
    return _Batch(
        [row[0] for row in rows],
        torch.tensor([row[1] for row in rows], device=device),
        torch.tensor([row[2] for row in rows], device=device),
        torch.tensor([row[3] for row in rows], device=device),
    )


def _loss(
    reader: LearningPass,
    groups: Sequence[TextGroup],
    settings: ContrastiveSettings,
    draw: random.Random,
    device: str,
) -> Tensor:
    batch = _chosen(groups, settings, draw, device)
    # Queries are short and texts long; read together they share the shapes of what is read at once.
    vectors = reader.vectors([*(group.query for group in groups), *batch.texts])
    scores = vectors[: len(groups)] @ vectors[len(groups) :].T / settings.temperature
    own = batch.owners[None, :] == torch.arange(len(groups), device=scores.device)[:, None]
    grades = batch.grades[None, :].expand_as(scores)
    # A text that stands in another group, too, may answer this query as well: it is no negative of it.
    same = np.array([[text in group.texts for text in batch.texts] for group in groups])
    in_batch = scores.masked_fill(torch.from_numpy(same).to(scores.device) & ~own, -torch.inf)
    loss = _divergence(in_batch, torch.where(own, grades**2, torch.zeros_like(grades)))
    if settings.group_weight:
        inside = own & batch.graded[None, :]
        order = torch.softmax((grades / settings.group_temperature).masked_fill(~inside, -torch.inf), 1)
        unequal = torch.tensor([len(set(group.grades)) > 1 for group in groups], device=scores.device)
        order = torch.where(inside & unequal[:, None], order, torch.zeros_like(order))
        loss = loss + settings.group_weight * _divergence(scores.masked_fill(~inside, -torch.inf), order)
    return loss


def _divergence(scores: Tensor, wanted: Tensor) -> Tensor:
    """Mean cross-entropy of the rows of ``scores`` against those of ``wanted``; rows that want nothing are left out."""
    whole = wanted.sum(1, keepdim=True)
    each = torch.where(wanted > 0, wanted / whole.clamp_min(1e-9) * torch.log_softmax(scores, 1), 0.0).sum(1)
    asked = whole[:, 0] > 0
    return -torch.where(asked, each, torch.zeros_like(each)).sum() / asked.sum().clamp_min(1)
