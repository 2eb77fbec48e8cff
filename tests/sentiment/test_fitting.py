"""Learning: the loss of partly known stars, and that a network learns what is there to learn."""

from __future__ import annotations

import pytest
import torch

from sentiment.network import star_loss


def _bools(*rows: tuple[int, ...]) -> torch.Tensor:
    return torch.tensor([[star in row for star in (1, 2, 3, 4, 5)] for row in rows])


def test_known_stars_are_cross_entropy() -> None:
    logits = torch.randn(4, 5)
    loss = star_loss(logits, _bools((1,), (3,), (5,), (2,)), torch.ones(4, 5, dtype=torch.bool))
    assert loss.item() == pytest.approx(torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2, 4, 1])).item())


def test_a_polarity_leaves_its_stars_free() -> None:
    allowed, possible = _bools((4, 5)), _bools((1, 2, 4, 5))
    four, five = torch.tensor([[0.0, 0, 0, 20, 0]]), torch.tensor([[0.0, 0, 0, 0, 20]])
    assert star_loss(four, allowed, possible).item() == pytest.approx(star_loss(five, allowed, possible).item())


def test_a_source_without_three_stars_says_nothing_of_them() -> None:
    allowed, possible = _bools((4, 5)), _bools((1, 2, 4, 5))
    plain, neutral = torch.tensor([[0.0, 0, 0, 1, 1]]), torch.tensor([[0.0, 0, 9, 1, 1]])
    assert star_loss(plain, allowed, possible).item() == pytest.approx(star_loss(neutral, allowed, possible).item())
