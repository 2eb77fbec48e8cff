"""What dev texts decide: a second opinion counts where it helps, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from sentiment.dev_choices import choose_blend
from sentiment.sources import Example


@pytest.mark.parametrize(("helps", "chosen"), [(True, True), (False, False)])
def test_the_first_stage_is_blended_in_where_it_knows_what_the_network_does_not(helps: bool, chosen: bool) -> None:
    draw = np.random.default_rng(0)
    stars = draw.choice([1, 3, 5], 600)
    labels = {1: "negative", 3: "neutral", 5: "positive"}
    examples = [Example(f"text {n}", labels[star], "shop", (int(star),)) for n, star in enumerate(stars)]
    truth = 3.0 * (stars[:, None] == np.arange(1, 6)[None])
    logits = (truth + draw.normal(0, 2.0, (600, 5))).astype(np.float32)
    opinion = truth if helps else np.zeros((600, 5))
    cheap = (opinion + draw.normal(0, 2.0, (600, 5))).astype(np.float32)
    assert (choose_blend(examples, logits, cheap) > 0) is chosen
