"""What dev texts decide: a second opinion counts where it helps, and only there."""

from __future__ import annotations

import numpy as np

from sentiment.dev_choices import Said, choose_blend
from sentiment.sources import Example


def _said(helps: bool, source: str, seed: int = 0) -> Said:
    """A network that is often wrong, and a first stage that knows the stars or guesses."""
    draw = np.random.default_rng(seed)
    stars = draw.choice([1, 3, 5], 600)
    labels = {1: "negative", 3: "neutral", 5: "positive"}
    examples = [Example(f"text {n}", labels[star], source, (int(star),)) for n, star in enumerate(stars)]
    truth = 3.0 * (stars[:, None] == np.arange(1, 6)[None])
    logits = (truth + draw.normal(0, 2.0, (600, 5))).astype(np.float32)
    opinion = truth if helps else np.zeros((600, 5))
    return Said(examples, logits, (opinion + draw.normal(0, 2.0, (600, 5))).astype(np.float32))


def test_the_first_stage_counts_where_it_knows_what_the_network_does_not() -> None:
    assert choose_blend(_said(True, "shop")) > 0
    assert choose_blend(_said(False, "shop")) == 0


def test_what_helps_in_known_shops_only_is_left_out() -> None:
    known = _said(True, "shop")
    assert choose_blend(known, _said(True, "films", seed=1)) > 0
    assert choose_blend(known, _said(False, "films", seed=1)) == 0
