"""Signs for every item at once, from histories as numbers: the sequence model, neighbours, texts, popularity.

What the learned ranker weighs where whole catalogues are ranked. Knows numbers only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .item_neighbours import ItemNeighbours
from .measures import ranks
from .ranker import Cases, Ranker
from .sequence_model import ItemTable, SequenceModel
from .sequence_training import Held
from .sequences import Sequences

NAMES = (
    "sequence", "together", "together_last", "following", "following_last", "like_last", "like_lately", "popular",
    "new", "new_sequence", "new_like_last", "new_like_lately",
)  # fmt: skip
"""``new``: nobody met the item; ``new_...``: what the sign is worth beyond that for such an item."""
_LONG, _SHORT = 0.8, 0.3
"""How much an item counts against the one after it: the whole history, and hardly more than its end."""
_SHARES = 20.0
"""Shares of neighbours are small numbers of very different size: ``log(1 + 20 * share)`` brings them to one scale."""
_LATELY = 5
_STAND_INS = 5
"""A new item has the neighbours and the popularity of so many known ones whose texts are nearest to its own."""
_PRETENDED_SHARE = 0.1
_PER_SIGN = 50
_AT_RANDOM = 200
_CASES = 2_000
_ROWS = 128


@dataclass(frozen=True, slots=True)
class HistorySigns:
    """What the signs are made from: counted and learnt from the same histories."""

    model: SequenceModel
    vectors: NDArray[np.float32]
    cosine: ItemNeighbours
    following: ItemNeighbours
    text: NDArray[np.float32] | None
    popular: NDArray[np.float32]
    """``log(1 + count)`` of each item."""
    new: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        model: SequenceModel,
        histories: Sequences,
        table: ItemTable,
        *,
        learnt: Sequences | None = None,
        pretend_new: NDArray[np.int64] | None = None,
    ) -> HistorySigns:
        """Everything counted from ``histories``; ``learnt``: what the model was trained on, where that was less;
        ``pretend_new``: items to be treated as if nobody had met them."""
        items = model.network.shape.items
        counts = np.bincount(histories.items, minlength=items + 1)
        met = counts.copy() if learnt is None else np.bincount(learnt.items, minlength=items + 1)
        if pretend_new is not None:
            met[pretend_new] = counts[pretend_new] = 0
        new = counts == 0
        new[0] = False
        cosine = ItemNeighbours.cosine(histories, items)
        following = ItemNeighbours.following(histories, items)
        popular = np.log1p(counts).astype(np.float32)
        if table.text is not None and new.any() and not new[1:].all():
            instead = _stand_ins(table.text, new)
            cosine, following = cosine.through(instead), following.through(instead)
            popular = np.asarray(instead.T @ popular, dtype=np.float32)
        return cls(
            model,
            model.item_vectors(np.where(met > 0, np.arange(items + 1), 0), table),
            cosine,
            following,
            table.text,
            popular,
            new,
        )

    def signs(self, histories: Sequences, wanted: Collection[str] = NAMES) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Each sign that is ``wanted``, by its name, for each history and item, shape (rows, items + 1)."""
        if not {"sequence", "new_sequence"}.isdisjoint(wanted):
            scores = self.model.customers(histories, self.vectors) @ self.vectors.T
            scores -= scores.max(axis=1, keepdims=True)
            yield from self._both("sequence", scores)
        for name, neighbours, decay in (
            ("together", self.cosine, _LONG),
            ("together_last", self.cosine, _SHORT),
            ("following", self.following, _LONG),
            ("following_last", self.following, _SHORT),
        ):
            if name in wanted:
                yield name, neighbours.scores(histories, decay=decay, scale=_SHARES)
        if self.text is not None:
            yield from self._both("like_last", self.text[histories.last()] @ self.text.T)
            yield from self._both("like_lately", _mean_text(histories.latest(_LATELY), self.text) @ self.text.T)
        if "new" in wanted:
            yield "new", np.broadcast_to(self.new.astype(np.float32), (len(histories), len(self.new)))
        if "popular" in wanted:
            yield "popular", np.broadcast_to(self.popular, (len(histories), len(self.popular)))

    def _both(self, name: str, values: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[np.float32]]]:
        yield name, values
        if self.new.any():
            yield f"new_{name}", values * self.new

    @classmethod
    def fit(cls, model: SequenceModel, histories: Sequences, table: ItemTable, held: Held, *, seed: int = 0) -> Ranker:
        """Learn from ``held`` what the signs are worth: each right item against the best by every sign, and some at
        random. Some items are treated as new, so that it is learnt what their signs are worth, too."""
        items = model.network.shape.items
        pretended = np.random.default_rng(seed).choice(items, round(_PRETENDED_SHARE * items), replace=False) + 1
        signs = cls.of(model, histories, table, pretend_new=pretended if table.text is not None else None)
        cases = signs._cases(held.some(_CASES, seed), seed)
        return Ranker.fit(NAMES, cases, either_way=("new",))

    def ranks(self, held: Held, ranker: Ranker, *, new_every: int = 0) -> NDArray[np.int64]:
        """The rank of each target of ``held`` among all items that are not in its history; shape (rows,).

        With ``new_every`` n, each n-th place is kept for the best item that nobody met, as the recommender keeps it.
        """
        found = [np.zeros(0, dtype=np.int64)]
        for some, scores in self.scored(held, ranker):
            seen = (some.histories.row_numbers(), some.histories.items)
            if new_every < 2 or not self.new.any():
                found.append(ranks(scores, some.targets, seen))
                continue
            new = self.new[some.targets]
            among = ranks(np.where(new[:, None] == self.new[None], scores, -np.inf), some.targets, seen)
            # Of n places the last is for a new item, the others for known ones.
            known_place = among + among // (new_every - 1)
            found.append(np.where(new, (among + 1) * new_every - 1, known_place).astype(np.int64))
        return np.concatenate(found)

    def scored(self, held: Held, ranker: Ranker) -> Iterator[tuple[Held, NDArray[np.float32]]]:
        """``held`` in parts, each with the scores of all items, shape (rows, items + 1)."""
        for start in range(0, len(held.targets), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(held.targets)))
            some = Held(held.histories.rows(rows), held.targets[rows])
            worth = {name: value for name, value in ranker.weights.items() if value}
            total = np.zeros((len(rows), len(self.vectors)), dtype=np.float32)
            for name, values in self.signs(some.histories, worth):
                if name in worth:
                    total += np.float32(worth[name]) * values
            yield some, total

    def _cases(self, held: Held, seed: int) -> Cases:
        draw = np.random.default_rng(seed)
        items, most = len(self.vectors) - 1, len(NAMES) * _PER_SIGN + _AT_RANDOM + 1
        signs = np.zeros((len(held.targets), most, len(NAMES)), dtype=np.float32)
        stands_for = np.zeros(signs.shape[:2], dtype=np.float32)
        for start in range(0, len(held.targets), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(held.targets)))
            histories = held.histories.rows(rows)
            table = np.zeros((len(rows), items + 1, len(NAMES)), dtype=np.float32)
            for name, values in self.signs(histories):
                table[..., NAMES.index(name)] = values
            open_ = np.ones(table.shape[:2], dtype=np.bool_)
            open_[:, 0] = False
            open_[histories.row_numbers(), histories.items] = False
            ordered = np.where(open_[..., None], table, -np.inf)
            count = min(_PER_SIGN, items)
            best = np.argpartition(-ordered, count - 1, axis=1)[:, :count].reshape(len(rows), -1)
            for place, row in enumerate(rows):
                target = held.targets[row]
                chosen = np.unique(best[place])
                chosen = chosen[open_[place, chosen] & (chosen != target)]
                open_[place, [*chosen, target]] = False
                rest = np.flatnonzero(open_[place])
                drawn = draw.choice(rest, min(_AT_RANDOM, len(rest)), replace=False, shuffle=False)
                both = np.concatenate([[target], chosen, drawn]).astype(np.int64)
                signs[row, : len(both)] = table[place, both]
                stands_for[row, : len(both)] = 1
                # Those drawn speak for all that were not: without that, every sign would look misleading.
                stands_for[row, 1 + len(chosen) : len(both)] = len(rest) / max(len(drawn), 1)
        return Cases(signs, np.zeros(len(held.targets), dtype=np.int64), stands_for)


def _mean_text(histories: Sequences, text: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the text vectors of each history's items, as a unit vector; shape (rows, text dimension)."""
    total = np.zeros((len(histories), text.shape[1]), dtype=np.float32)
    np.add.at(total, histories.row_numbers(), text[histories.items])
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    return np.divide(total, np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _stand_ins(text: NDArray[np.float32], new: NDArray[np.bool_]) -> sparse.csr_matrix:
    """``instead[i, j]``: how much known item ``i`` stands for item ``j``; a known item stands for itself."""
    known = np.flatnonzero(~new)[1:]
    asked = np.flatnonzero(new & (np.abs(text).sum(axis=1) > 0))
    down, across, share = [known], [known], [np.ones(len(known))]
    count = min(_STAND_INS, len(known))
    for start in range(0, len(asked), _ROWS):
        some = asked[start : start + _ROWS]
        nearest = np.argpartition(-(text[some] @ text[known].T), count - 1, axis=1)[:, :count]
        down.append(known[nearest].ravel())
        across.append(np.repeat(some, count))
        share.append(np.full(nearest.size, 1 / count))
    places = (np.concatenate(down), np.concatenate(across))
    return sparse.csr_matrix((np.concatenate(share), places), shape=(len(text), len(text)), dtype=np.float32)
