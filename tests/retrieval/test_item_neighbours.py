from __future__ import annotations

import numpy as np
import pytest

from retrieval import ItemNeighbours, Sequences

ROWS = Sequences.of([[1, 2, 3], [1, 2], [2, 4], [3, 1]])


def test_the_cosine_of_the_sets_of_histories() -> None:
    similar = ItemNeighbours.cosine(ROWS, 4).similar.toarray()
    # Item 1 is in three histories, 2 in three, both in two.
    assert similar[1, 2] == pytest.approx(2 / 3)
    assert similar[2, 1] == pytest.approx(2 / 3)
    assert similar[1, 3] == pytest.approx(2 / np.sqrt(3 * 2))
    assert similar[2, 4] == pytest.approx(1 / np.sqrt(3))
    assert not similar[0].any()
    assert not np.diag(similar).any()


def test_following_has_a_direction_and_a_distance() -> None:
    similar = ItemNeighbours.following(ROWS, 4).similar.toarray()
    assert similar[1, 2] == pytest.approx(2 / 3), "twice right after, of three each"
    assert similar[2, 1] == 0
    assert similar[1, 3] == pytest.approx(0.5 / np.sqrt(6))
    assert similar[3, 1] == pytest.approx(1 / np.sqrt(6))


def test_only_the_nearest_are_kept() -> None:
    kept = ItemNeighbours.cosine(ROWS, 4, keep=1).similar.toarray()
    assert ((kept > 0).sum(axis=1) <= 1).all()
    assert kept[1, 3] > 0, "the nearest of item 1"


def test_older_items_count_less() -> None:
    counted = ItemNeighbours.cosine(ROWS, 4)
    similar = counted.similar.toarray()
    [scores] = counted.scores(Sequences.of([[4, 2, 1]]), decay=0.5)
    np.testing.assert_allclose(scores, similar[1] + 0.5 * similar[2] + 0.25 * similar[4], rtol=1e-5)
