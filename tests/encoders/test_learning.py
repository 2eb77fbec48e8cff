"""What training runs share: the learning rate over the run, and weights that are averaged and put back."""

from __future__ import annotations

import pytest
import torch

from encoders import WeightMean, learnt_weights, put_back, schedule


def test_the_rate_rises_and_falls_to_nothing() -> None:
    rates = [schedule(part / 100, 0.1) for part in range(101)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates.index(max(rates)) == 10
    assert rates[10] == pytest.approx(1)
    assert rates[-1] == 0


def test_the_mean_is_of_all_that_was_added_and_goes_back_into_the_network() -> None:
    network = torch.nn.Linear(2, 1)
    network.bias.requires_grad_(False)
    mean = WeightMean()
    for value in (1.0, 2.0, 6.0):
        torch.nn.init.constant_(network.weight, value)
        mean.add(network)
    assert set(mean.weights) == {"weight"}
    kept = learnt_weights(network)
    put_back(network, mean.weights)
    assert network.weight.tolist() == [[3.0, 3.0]]
    assert kept["weight"].tolist() == [[6.0, 6.0]], "a copy, not the network's own"
