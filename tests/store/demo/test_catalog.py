"""The catalogue: prices a shop would write, names without repetition, texts without contradiction."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.demo.build import DemoShop
from store.demo.catalog import charm_minor
from store.demo.queries import draw_query, mistype


@given(st.floats(min_value=60, max_value=90_000))
def test_a_charm_price_is_near(price_minor: float) -> None:
    charm = charm_minor(price_minor)
    assert charm >= 99
    assert abs(charm - price_minor) <= max(60, 0.06 * price_minor)
    assert charm % 100 in {99, 95, 90, 0, 50}


def test_names_say_what_the_product_is_and_has(drawn: DemoShop) -> None:
    for plan in drawn.world.catalog.products:
        assert plan.title.en.startswith(plan.brand.name)
        assert plan.noun.en in plan.title.en
        assert plan.noun.zh in plan.title.zh
        assert not re.search(r"\b(\w+) \1\b", plan.title.en), plan.title.en


def test_no_product_contradicts_itself(drawn: DemoShop) -> None:
    conflicts = {frozenset(line.split()) for line in drawn.vocabulary.general["conflicts"]}
    for plan in drawn.world.catalog.products:
        keys = [feature.key for feature in plan.features]
        assert not any(frozenset((a, b)) in conflicts for a in keys for b in keys if a != b), plan.title.en
        materials = {value.en for key, _, value in plan.specs if key == "material"}
        assert "vegan" not in keys or not materials & {"leather", "suede", "wool"}
        assert "leather" not in keys or not materials or materials == {"leather"}


def test_premium_brands_cost_more(drawn: DemoShop) -> None:
    by_tier: dict[int, list[float]] = {-1: [], 0: [], 1: []}
    for row, plan in enumerate(drawn.world.catalog.products):
        by_tier[plan.brand.tier].append(float(drawn.world.catalog.log_price[row]))
    means = {tier: sum(values) / len(values) for tier, values in by_tier.items()}
    assert means[1] > means[0] + 0.1 > means[-1] + 0.2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_queries_are_what_people_type(drawn: DemoShop, language: str) -> None:
    text = random.Random(2)
    queries = [
        draw_query(drawn.vocabulary, text, sub, language, frugal=True, brand="Acme")
        for sub in drawn.vocabulary.subs
        for _ in range(10)
    ]
    assert len(set(queries)) > 0.6 * len(queries)
    assert any("under" in query or "以内" in query for query in queries)
    for query in queries:
        words = query.split()
        assert all(a != b for a, b in pairwise(words)), query


def test_a_slip_changes_one_place() -> None:
    for seed in range(50):
        slip = mistype(random.Random(seed), "running shoes")
        assert abs(len(slip) - 13) <= 1
