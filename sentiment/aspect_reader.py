"""Find the aspects that a text names, and what it says of each: the aspect network for reading.

Comes in: texts. Goes out: ``Aspect`` tuples with character offsets. A merchant's own aspects are matched to the terms
found by their word vectors, in which ``电池`` stands next to ``battery``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from encoders import MULTIPLE, pack_by_tokens

from .aspect_network import SHARED_LAYERS, TAGS
from .engine import Engine, Layer, blocked_keys
from .records import Aspect, Polarity
from .tokens import TextTokens, TokenText

_POLARITIES: tuple[Polarity, ...] = ("negative", "neutral", "positive")
_BEGINS, _INSIDE = TAGS.index("begins"), TAGS.index("inside")
# Cosine of word vectors from which on a term counts as another word for a name.
_LIKE = 0.55
COMMON_NAMES = (
    "quality", "price", "delivery", "packaging", "service", "staff", "battery", "screen", "sound", "camera", "charging",
    "performance", "software", "size", "fit", "material", "color", "design", "weight", "comfort", "taste", "freshness",
    "smell", "food", "portion", "drinks", "location", "room", "cleanliness", "environment", "breakfast", "noise",
    "waiting", "effect", "durability", "returns", "instructions", "features", "value", "brand", "keyboard", "music",
)  # fmt: skip


class AspectReader:
    """Reads aspects with the lower layers of ``engine`` and its own upper ones."""

    def __init__(self, weights: Mapping[str, Tensor], engine: Engine, tokens: TextTokens) -> None:
        self.engine = engine
        self.tokens = tokens
        count = 1 + max(int(name.split(".")[3]) for name in weights if name.startswith("bert.encoder.layer."))
        self.layers = [
            Layer(weights, f"bert.encoder.layer.{number}.", engine.device, engine.heads)
            for number in range(SHARED_LAYERS, count)
        ]
        self._common = self._meanings(COMMON_NAMES)
        self._heads = {
            name: tensor.float().to(engine.device.name)
            for name, tensor in weights.items()
            if not name.startswith("bert.")
        }

    def read(self, texts: Sequence[str], *, batch_tokens: int = 2048) -> list[tuple[Aspect, ...]]:
        """The aspects that each text names, in the order in which they stand there."""
        cut = self.tokens.encode_with_places(texts)
        found: list[tuple[Aspect, ...]] = [()] * len(texts)
        with torch.inference_mode():
            for batch in pack_by_tokens([len(one.ids) for one in cut], batch_tokens, multiple=MULTIPLE):
                states = self._states([cut[one].ids for one in batch], batch_tokens)
                tags = F.linear(states, self._heads["tagger.weight"], self._heads["tagger.bias"]).softmax(-1)
                shares = tags.cpu().numpy()
                for row, one in enumerate(batch):
                    terms = found_terms(shares[row, : len(cut[one].ids)], cut[one])
                    found[one] = self._judged(texts[one], cut[one], states[row], terms)
        return found

    def judge(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]], *, batch_tokens: int = 2048
    ) -> list[list[NDArray[np.float32]]]:
        """Shares of negative, neutral and positive for given character ``spans`` of each text."""
        cut = self.tokens.encode_with_places(texts)
        shares: list[list[NDArray[np.float32]]] = [[] for _ in texts]
        with torch.inference_mode():
            for batch in pack_by_tokens([len(one.ids) for one in cut], batch_tokens, multiple=MULTIPLE):
                states = self._states([cut[one].ids for one in batch], batch_tokens)
                for row, one in enumerate(batch):
                    places = [cut[one].tokens_of(start, end) for start, end in spans[one]]
                    shares[one] = list(self._polarity(states[row], places)) if places else []
        return shares

    def _states(self, tokens: Sequence[Sequence[int]], batch_tokens: int) -> Tensor:
        ids, lengths = self.engine.tensors(tokens, batch_tokens)
        hidden = self.engine.lower(ids, lengths, SHARED_LAYERS)
        blocked = blocked_keys(lengths, ids.shape[1])
        for layer in self.layers:
            hidden = layer(hidden, blocked)
        return hidden

    def _polarity(self, states: Tensor, places: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
        vectors = torch.stack(
            [torch.cat([states[first:end].mean(dim=0), states[first], states[0]]) for first, end in places]
        )
        inner = F.linear(vectors, self._heads["judge_inner.weight"], self._heads["judge_inner.bias"]).tanh()
        logits = F.linear(inner, self._heads["judge.weight"], self._heads["judge.bias"])
        return np.asarray(logits.softmax(-1).cpu().numpy())

    def _judged(
        self, text: str, cut: TokenText, states: Tensor, terms: Sequence[tuple[int, int, float]]
    ) -> tuple[Aspect, ...]:
        if not terms:
            return ()
        aspects = []
        shares = self._polarity(states, [(first, end) for first, end, _ in terms])
        for (first, end, sure), share in zip(terms, shares, strict=True):
            start, stop = cut.places[first][0], cut.places[end - 1][1]
            best = int(share.argmax())
            aspects.append(Aspect(text[start:stop], _POLARITIES[best], float(share[best]) * sure, start, stop))
        return tuple(aspects)

    def named(self, found: Sequence[tuple[Aspect, ...]], own: Sequence[str] = ()) -> list[tuple[Aspect, ...]]:
        """``found`` with the name that each aspect has in reports.

        A term is called by the name that it means most nearly: of the merchant's list ``own``, else of
        ``COMMON_NAMES``, else by itself in lower case.
        """
        terms = sorted({one.aspect.lower() for aspects in found for one in aspects})
        if not terms:
            return list(found)
        meanings = self._meanings(terms)
        names = {}
        own_near = meanings @ self._meanings(own).T if own else np.zeros((len(terms), 1), dtype=np.float32)
        common_near = meanings @ self._common.T
        for term, to_own, to_common in zip(terms, own_near, common_near, strict=True):
            if own and to_own.max() >= _LIKE:
                names[term] = own[int(to_own.argmax())]
            elif to_common.max() >= _LIKE:
                names[term] = COMMON_NAMES[int(to_common.argmax())]
            else:
                names[term] = term
        return [tuple(replace(one, name=names[one.aspect.lower()]) for one in aspects) for aspects in found]

    def _meanings(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """Mean word vectors of ``terms``, each of norm 1, shape (terms, hidden)."""
        tokens = self.tokens.encode([term.lower() for term in terms], longest=32)
        means = np.stack([self.engine.word_vectors(ids[1:-1] or ids) for ids in tokens])
        return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6))


def found_terms(shares: NDArray[np.float32], cut: TokenText) -> list[tuple[int, int, float]]:
    """Terms as (first token, end, share) from tag shares (tokens, 3). A word of several tokens is in or out as one."""
    terms: list[tuple[int, int, float]] = []
    first, sure = None, 0.0
    for place in range(1, len(shares) - 1):
        row = shares[place]
        goes_on = cut.within_word(place)
        tag = int(row.argmax())
        if first is not None and goes_on:
            continue
        if goes_on and tag:  # the word began outside: its rest does not begin a term
            continue
        if tag == _BEGINS or (tag == _INSIDE and first is None):
            if first is not None:
                terms.append((first, place, sure))
            first, sure = place, float(1 - row[0])
        elif tag == 0 and first is not None:
            terms.append((first, place, sure))
            first = None
    if first is not None:
        terms.append((first, len(shares) - 1, sure))
    return terms
