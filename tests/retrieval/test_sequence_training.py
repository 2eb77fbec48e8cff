"""The sequence model on histories whose next item is known by construction."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from encoders import EncoderSettings, pick_device
from retrieval import Held, HistorySettings, ItemTable, Sequences, recall, train_again, train_sequences
from retrieval.sequence_network import NetworkShape, SequenceNetwork, Whitening
from retrieval.sequence_training import rank_held

ITEMS, KINDS = 60, 6
SMALL = HistorySettings(
    dimension=32, blocks=1, dropout=0.1, batch_places=256, rate=5e-3, average=0.9, most_epochs=6, look_every=3
)


def _histories(rows: int, seed: int) -> Sequences:
    """Everybody walks through the items of one kind in order: after item i comes i + KINDS."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(rows):
        start, length = int(draw.integers(1, ITEMS + 1)), int(draw.integers(3, 9))
        found.append([(start + KINDS * step - 1) % ITEMS + 1 for step in range(length)])
    return Sequences.of(found)


def _table() -> ItemTable:
    """The text of an item tells its kind, and a little more."""
    draw = np.random.default_rng(7)
    kinds, own = draw.normal(size=(KINDS, 8)), draw.normal(size=(ITEMS + 1, 8))
    text = np.array([kinds[item % KINDS] for item in range(ITEMS + 1)]) + 0.3 * own
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    text[0] = 0
    return ItemTable(text.astype(np.float32))


@pytest.fixture(scope="module")
def device() -> object:
    return pick_device(EncoderSettings(device="cpu", precision="fp32"))


def _held(histories: Sequences) -> Held:
    return Held(histories.without_last(), histories.last())


def test_it_learns_what_comes_next(device) -> None:  # type: ignore[no-untyped-def]
    every = _histories(500, 0)
    trained = train_sequences(every.without_last(), _held(every), _table(), ITEMS, SMALL, device)
    found = rank_held(trained.model, _table(), _held(_histories(200, 1)))
    assert recall(found, 1).mean() > 0.9
    assert trained.best_epoch in {look.epoch for look in trained.looks}
    best = max(trained.looks, key=lambda look: look.ndcg_10)
    assert best.epoch == trained.best_epoch


def test_the_same_seed_gives_the_same_model(device) -> None:  # type: ignore[no-untyped-def]
    every = _histories(60, 0)
    first, second = (train_again(every, _table(), ITEMS, 1, SMALL, device) for _ in range(2))
    vectors = first.item_vectors(np.arange(ITEMS + 1), _table())
    np.testing.assert_array_equal(vectors, second.item_vectors(np.arange(ITEMS + 1), _table()))
    np.testing.assert_allclose(first.customers(every, vectors), second.customers(every, vectors), atol=1e-6)


def test_a_new_item_is_found_by_its_text(device) -> None:  # type: ignore[no-untyped-def]
    """Items 55 to 60 are in no history that is learnt from; what a customer of a kind takes next may be one of them."""
    known = ITEMS - KINDS
    rows = [[item for item in row if item <= known] for row in _rows(_histories(500, 0))]
    learnt = Sequences.of([row for row in rows if len(row) > 1])
    model = train_again(learnt, _table(), ITEMS, 10, SMALL.model_copy(update={"own_dropout": 0.4}), device)
    numbers = np.where(np.arange(ITEMS + 1) <= known, np.arange(ITEMS + 1), 0)
    vectors = model.item_vectors(numbers, _table())
    asked = Sequences.of([[kind + 1, kind + 1 + KINDS, kind + 1 + 2 * KINDS] for kind in range(KINDS)])
    scores = model.customers(asked, vectors) @ vectors.T
    new = scores[:, known + 1 :]
    right = np.array([(known + 1 + place) % KINDS for place in range(KINDS)])
    assert (right[new.argmax(axis=1)] == np.arange(1, KINDS + 1) % KINDS).mean() >= 5 / 6


def test_later_items_are_not_seen(device) -> None:  # type: ignore[no-untyped-def]
    network = SequenceNetwork(NetworkShape(items=9, text=0, attributes=0, dimension=16)).eval()
    vectors = torch.randn(1, 6, 16)
    nothing = torch.zeros(1, 6, dtype=torch.long)
    padding = torch.tensor([[True, True, False, False, False, False]])
    before = network(vectors, padding, nothing, nothing)
    vectors[0, 5] = 9.0
    after = network(vectors, padding, nothing, nothing)
    assert torch.equal(before[0, 2:5], after[0, 2:5])
    vectors[0, 0] = 9.0
    assert torch.equal(after[0, 2:], network(vectors, padding, nothing, nothing)[0, 2:]), "padding is not seen either"


def test_whitened_vectors_have_no_direction_that_is_wider() -> None:
    draw = np.random.default_rng(0)
    vectors = (draw.normal(size=(500, 8)) * [9, 5, 3, 2, 1, 1, 1, 1] + 4).astype(np.float32)
    whitened = Whitening.of(vectors, 8)(vectors)
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(8), atol=1e-3)
    assert Whitening.of(vectors, 3)(vectors).shape == (500, 3)
    assert not Whitening.of(vectors, 3)(np.zeros((1, 8), dtype=np.float32)).any()


def _rows(histories: Sequences) -> list[list[int]]:
    return [
        histories.items[histories.starts[row] : histories.starts[row + 1]].tolist() for row in range(len(histories))
    ]
