"""Learning: the loss of partly known stars, that a network learns what is there to learn, and when it ends."""

from __future__ import annotations

import pytest
import torch

from encoders import Device, Dropout, find_encoder
from sentiment.fitting import FitPlan, TokenExample, dev_loss, fit
from sentiment.network import SentimentNetwork, star_loss

CPU = Device("cpu", torch.float32)


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


def _network(layers: int = 2) -> SentimentNetwork:
    torch.manual_seed(0)
    return SentimentNetwork(find_encoder().path, layers=layers)


def _examples(count: int) -> list[TokenExample]:
    """Texts of four words whose second word alone decides between one star and five."""
    draw = torch.Generator().manual_seed(1)
    every = []
    for row in range(count):
        words = torch.randint(2000, 20000, (4,), generator=draw).tolist()
        words[1] = 2204 if row % 2 else 2919
        every.append(TokenExample([101, *words, 102], (5,) if row % 2 else (1,), (1, 2, 3, 4, 5)))
    return every


def test_layers_give_what_transformers_gives() -> None:
    network = _network(layers=6).eval()
    ids = torch.tensor([[101, 2204, 4031, 1012, 102], [101, 2919, 102, 0, 0]])
    mask = (ids > 0).long()
    with torch.no_grad():
        theirs = network.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        ours = network.states(ids, mask)
    assert torch.allclose(ours[mask.bool()], theirs[mask.bool()], atol=1e-4)


def test_dropout_zeroes_its_share_and_keeps_the_mean() -> None:
    dropout = Dropout(0.1).train()
    dropped = torch.stack([dropout(torch.ones(50_000)) for _ in range(5)])
    assert (dropped == 0).float().mean().item() == pytest.approx(0.1, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.01)
    assert not torch.equal(dropped[0], dropped[1])
    assert torch.equal(dropout.eval()(torch.ones(9)), torch.ones(9))


def test_what_is_there_is_learnt_and_the_dev_loss_falls() -> None:
    network, dev = _network(), _examples(40)
    before = dev_loss(network, dev, CPU)
    plan = FitPlan(rate=3e-4, batch_tokens=256, most_texts=32)
    fit(network, [_examples(600)] * 2, plan, CPU, mask_id=103, dev=dev)
    assert dev_loss(network, dev, CPU) < 0.3 * before


def test_rates_that_do_not_fall_to_nothing_keep_learning_to_the_end() -> None:
    """Two runs that part only in the rate of their last steps: at nearly none, those steps change nothing."""

    def moved(least_rate: float) -> float:
        network = _network()
        states: list[torch.Tensor] = []
        plan = FitPlan(rate=3e-4, batch_tokens=256, most_texts=32, average_last=0.0, least_rate=least_rate)
        fit(
            network, [_examples(960)], plan, CPU, mask_id=103,
            progress=lambda told: states.append(network.classifier.weight.detach().clone()),
        )  # fmt: skip
        return float((states[-1] - states[-2]).abs().max())

    assert moved(0.5) > 2 * moved(0.0)


def test_a_run_that_no_longer_gets_better_ends_and_gives_back_its_best() -> None:
    """Dev examples that contradict what is learnt get worse with every check."""
    network, steps = _network(), []
    contrary = [TokenExample(one.ids, (6 - one.allowed[0],), one.possible) for one in _examples(40)]
    plan = FitPlan(rate=3e-4, batch_tokens=256, most_texts=32, checks=10, patience=2)
    fit(network, [_examples(2400)], plan, CPU, mask_id=103, dev=contrary, progress=lambda told: steps.append(told))
    assert steps[-1].step < steps[-1].steps
    learnt = fit(_network(), [_examples(2400)], plan, CPU, mask_id=103)
    assert dev_loss(network, contrary, CPU) < dev_loss(learnt, contrary, CPU)
