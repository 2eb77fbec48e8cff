"""``beforehand train aspects``: the aspect network, over sentiment weights that were trained before.

Finding and judging are learnt together: tags from sentences whose every aspect is marked, polarity from all marked
spans. No sentence of a dev or test split of any aspect file is learnt.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from encoders import MULTIPLE, Device, EncoderSettings, find_encoder, pack_by_tokens, padded, pick_device, schedule
from store import Settings

from .aspect_network import AspectNetwork
from .aspect_sources import AspectSentence, learnable_aspects, without_crossing
from .fitting import FitProgress
from .model_card import add_aspects
from .network import SentimentNetwork
from .sources import POLARITIES
from .tokens import TextTokens
from .weights_folder import read_weights, write_aspect_weights

_IGNORED = -100


class AspectTrainSettings(Settings):
    """How ``beforehand train aspects`` learns."""

    epochs: int = 3
    rate: float = 1.5e-4
    head_rate: float = 5e-4
    batch_tokens: int = 2048
    longest: int = 96
    english_repeats: int = 2
    """How often English sentences come per epoch: they are fewer than the Chinese."""
    most_per_chinese_source: int = 5000
    """Sentences of a Chinese file per epoch, drawn anew each time."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class MarkedTokens:
    """A sentence as tokens: ``tags`` (0 outside, 1 begins, 2 inside, -100 unknown), ``spans`` with polarity."""

    ids: list[int]
    tags: list[int]
    spans: list[tuple[int, int, int]]


def train_aspects(
    data: Path,
    folder: Path,
    *,
    settings: AspectTrainSettings | None = None,
    encoder_settings: EncoderSettings | None = None,
    progress: Callable[[FitProgress], None] | None = None,
) -> Path:
    """Learn from the aspect files in ``data``, over the sentiment weights in ``folder``, and add the result there.

    Raises ``ModelError`` when ``folder`` holds no sentiment weights, ``InputError`` when a data file is missing.
    """
    settings = settings or AspectTrainSettings()
    base, device = find_encoder(encoder_settings), pick_device(encoder_settings)
    weights = read_weights(folder, base)
    below = SentimentNetwork(base.path, added_words=len(weights.words), dtype=device.dtype)
    below.load_weights(weights.state)
    tokens = TextTokens(base.path, weights.words, longest=settings.longest)
    sentences = learnable_aspects(data)
    network = fit_aspects(AspectNetwork(below), sentences, tokens, settings, device, progress=progress)
    written = write_aspect_weights(folder, weights.state, network.weights())
    add_aspects(folder, data, Counter(one.source for one in sentences), settings)
    return written


def fit_aspects(
    network: AspectNetwork,
    sentences: Sequence[AspectSentence],
    tokens: TextTokens,
    settings: AspectTrainSettings,
    device: Device,
    *,
    progress: Callable[[FitProgress], None] | None = None,
) -> AspectNetwork:
    """Fit ``network`` in place: warm-up and linear decay, one loss for tags and one for polarities."""
    draw = random.Random(settings.seed)
    torch.manual_seed(settings.seed)
    network.to(device.name).train()
    network.below.eval()
    marked = marked_tokens(sentences, tokens)
    by_source: dict[str, list[MarkedTokens]] = defaultdict(list)
    for one, sentence in zip(marked, sentences, strict=True):
        by_source[sentence.source].append(one)
    batches = [
        batch for _ in range(settings.epochs) for batch in _batches(_drawn(by_source, settings, draw), settings, draw)
    ]
    head = [one for name, one in network.named_parameters() if one.requires_grad and not name.startswith("layers.")]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(network.layers.parameters()), "lr": settings.rate},
            {"params": head, "lr": settings.head_rate},
        ],
        weight_decay=0.01,
        fused=True,
    )
    smooth, seen, began = float("nan"), 0, time.perf_counter()
    for step, batch in enumerate(batches):
        share = schedule(step / len(batches), 0.06)
        optimizer.param_groups[0]["lr"] = settings.rate * share
        optimizer.param_groups[1]["lr"] = settings.head_rate * share
        loss = _loss(network, batch, device)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([one for one in network.parameters() if one.requires_grad], 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        smooth = loss.item() if step == 0 else 0.98 * smooth + 0.02 * loss.item()
        seen += sum(len(one.ids) for one in batch)
        if progress is not None and (step % 20 == 0 or step == len(batches) - 1):
            progress(FitProgress(step + 1, len(batches), smooth, seen / (time.perf_counter() - began)))
    return network.eval()


def _drawn(
    by_source: Mapping[str, list[MarkedTokens]], settings: AspectTrainSettings, draw: random.Random
) -> list[MarkedTokens]:
    drawn: list[MarkedTokens] = []
    for source, every in by_source.items():
        if "_zh_" in source:
            drawn += draw.sample(every, min(len(every), settings.most_per_chinese_source))
        else:
            drawn += every * settings.english_repeats
    return drawn


def marked_tokens(sentences: Sequence[AspectSentence], tokens: TextTokens) -> list[MarkedTokens]:
    """Sentences as tokens with tags; spans beyond the tokens kept of a text are left out."""
    found = []
    for sentence, cut in zip(sentences, tokens.encode_with_places([one.text for one in sentences]), strict=True):
        tags = [0 if sentence.complete else _IGNORED] * len(cut.ids)
        tags[0] = tags[-1] = _IGNORED
        spans = []
        for span in sentence.spans:
            first, end = cut.tokens_of(span.start, span.end)
            if first:
                spans.append((first, end, POLARITIES.index(span.polarity)))
        for span in without_crossing(sentence.spans) if sentence.complete else ():
            first, end = cut.tokens_of(span.start, span.end)
            if first:
                tags[first:end] = [1] + [2] * (end - first - 1)
        found.append(MarkedTokens(cut.ids, tags, spans))
    return found


def _loss(network: AspectNetwork, batch: Sequence[MarkedTokens], device: Device) -> Tensor:
    ids, mask = padded([one.ids for one in batch], device)
    tags = np.full(tuple(ids.shape), _IGNORED, dtype=np.int64)
    for row, one in enumerate(batch):
        tags[row, : len(one.tags)] = one.tags
    spans = [(row, first, end) for row, one in enumerate(batch) for first, end, _ in one.spans]
    labels = torch.tensor([label for one in batch for _, _, label in one.spans], device=ids.device)
    tag_logits, polarity_logits = network(ids, mask, spans)
    loss: Tensor = tag_logits.new_zeros(())
    if (tags != _IGNORED).any():
        target = torch.from_numpy(tags).to(ids.device)
        loss = loss + F.cross_entropy(tag_logits.flatten(0, 1), target.flatten(), ignore_index=_IGNORED)
    if len(labels):
        loss = loss + F.cross_entropy(polarity_logits, labels)
    return loss


def _batches(
    sentences: Sequence[MarkedTokens], settings: AspectTrainSettings, draw: random.Random
) -> list[list[MarkedTokens]]:
    order = list(sentences)
    draw.shuffle(order)
    batches = []
    for start in range(0, len(order), 4000):
        part = order[start : start + 4000]
        batches += [
            [part[place] for place in places]
            for places in pack_by_tokens(
                [len(one.ids) for one in part], settings.batch_tokens, most=96, multiple=MULTIPLE
            )
        ]
    draw.shuffle(batches)
    return batches
