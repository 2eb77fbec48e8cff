from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval import Filters
from retrieval.catalogue import Catalogue
from retrieval.concepts import meaning, mentions, same_meaning
from retrieval.documents import Document
from retrieval.facts import ProductFacts, VariantFacts, fits


def facts(id_: str = "p", **more: Any) -> ProductFacts:
    known: dict[str, Any] = {
        "titles": ("A thing",),
        "labels": (),
        "brand": None,
        "categories": (),
        "attributes": (),
        "countries": None,
        "visible": True,
        "consumable": False,
        "variants": (VariantFacts("EUR", 1000, True, ()),),
    }
    return ProductFacts(product_id=id_, **(known | more))


@pytest.mark.parametrize(
    ("asked", "value", "same"),
    [
        ("red", "Dark Red", True),
        ("dark red", "red", False),
        ("黑色", "black", True),
        ("black", "深黑色", True),
        ("gray", "grey", True),
        ("皮", "leather", True),
        ("leather", "faux leather", False),
        ("leather", "人造革", False),
        ("women", "Women's", True),
        ("men", "women", False),
        ("", "anything", False),
    ],
)
def test_values_are_compared_by_what_they_say(asked: str, value: str, same: bool) -> None:
    assert same_meaning(asked, value) is same


def test_a_single_character_says_nothing_in_a_title() -> None:
    assert not mentions("皮卡丘玩偶", "leather")
    assert mentions("真皮手提包", "leather")
    assert not mentions("人造皮革外套", "leather")
    assert meaning("深红色") == {"深", "red"}


def test_price_stock_and_options_must_hold_for_the_same_variant() -> None:
    shirt = facts(
        variants=(
            VariantFacts("EUR", 1000, False, (("colour", "red"), ("size", "M"))),
            VariantFacts("EUR", 3000, True, (("colour", "blue"), ("size", "M"))),
        )
    )
    assert fits(shirt, Filters(max_minor=1000))
    assert not fits(shirt, Filters(max_minor=1000, in_stock=True))
    assert not fits(shirt, Filters(attributes={"colour": ("red",)}, in_stock=True))
    assert fits(shirt, Filters(attributes={"colour": ("red", "blue")}, in_stock=True))
    assert not fits(shirt, Filters(attributes={"colour": ("blue",)}, max_minor=2000))


def test_not_red_leaves_what_also_comes_in_another_colour() -> None:
    both = facts(
        titles=("Red or blue shirt",),
        variants=tuple(VariantFacts("EUR", 1, True, (("colour", colour),)) for colour in ("red", "blue")),
    )
    only = facts(variants=tuple(VariantFacts("EUR", 1, True, (("colour", colour),)) for colour in ("red", "dark red")))
    assert fits(both, Filters(exclude=("red",)))
    assert not fits(only, Filters(exclude=("red",)))


def test_a_missing_attribute_is_looked_for_in_the_title() -> None:
    assert fits(facts(titles=("Red lamp",)), Filters(attributes={"colour": ("red",)}))
    assert not fits(
        facts(titles=("Red lamp",), attributes=(("colour", "blue"),)), Filters(attributes={"colour": ("red",)})
    )


def test_a_flag_is_met_by_its_name_in_the_title() -> None:
    wanted = Filters(attributes={"waterproof": ("yes",)})
    assert fits(facts(attributes=(("waterproof", "yes"),)), wanted)
    assert fits(facts(titles=("Waterproof jacket",)), wanted)
    assert not fits(facts(titles=("Waterproof jacket",), attributes=(("waterproof", "no"),)), wanted)
    assert not fits(facts(), wanted)


def test_a_list_of_values_is_read_one_by_one() -> None:
    several = facts(attributes=(("colour", "black, navy"),))
    assert fits(several, Filters(attributes={"colour": ("navy",)}))
    assert not fits(several, Filters(exclude=("navy",)))
    options = tuple(VariantFacts("EUR", 1, True, (("colour", colour),)) for colour in ("black", "navy"))
    assert fits(facts(attributes=(("colour", "black, navy"),), variants=options), Filters(exclude=("navy",)))


def test_what_a_translation_says_can_be_unwanted() -> None:
    assert not fits(facts(labels=("蛋白：三文鱼；老年犬",)), Filters(exclude=("三文鱼",)))


def test_no_price_is_no_low_price() -> None:
    assert not fits(facts(variants=(VariantFacts("EUR", None, True, ()),)), Filters(max_minor=1000))
    assert not fits(facts(variants=()), Filters(min_minor=0))


colours = st.sampled_from(["red", "dark red", "blue", "黑色", "yes"])
variants = st.builds(
    VariantFacts,
    st.sampled_from(["EUR", "USD"]),
    st.one_of(st.none(), st.integers(0, 50)),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(["colour", "size"]), colours), max_size=2, unique_by=lambda one: one[0]).map(
        tuple
    ),
)
products = st.builds(
    facts,
    titles=st.sampled_from([("Red shoe",), ("Leather bag", "真皮包"), ("Shoe", "黑色跑鞋")]),
    brand=st.sampled_from([None, "Acme", "Nord"]),
    categories=st.sampled_from([(), ("Shoes",), ("Shoes", "Trail")]),
    attributes=st.lists(st.tuples(st.sampled_from(["colour", "material"]), colours), max_size=2).map(tuple),
    countries=st.sampled_from([None, frozenset(), frozenset({"DE"}), frozenset({"DE", "US"})]),
    visible=st.booleans(),
    variants=st.lists(variants, max_size=3).map(tuple),
)
some_filters = st.builds(
    Filters,
    min_minor=st.one_of(st.none(), st.integers(0, 20)),
    max_minor=st.one_of(st.none(), st.integers(20, 50)),
    currency=st.sampled_from([None, "EUR", "USD"]),
    category=st.sampled_from([None, "shoes", "trail", "Shoe Trail", "none"]),
    brand=st.sampled_from([None, "acme", "nord"]),
    attributes=st.dictionaries(st.sampled_from(["colour", "size", "material"]), st.tuples(colours), max_size=2),
    in_stock=st.booleans(),
    country=st.sampled_from([None, "de", "US", "FR"]),
    exclude=st.lists(st.sampled_from(["red", "leather", "acme", "shoe"]), max_size=2).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(given_products=st.lists(products, max_size=12), later=st.lists(products, max_size=4), filters=some_filters)
def test_columns_never_lose_a_product_that_fits(
    given_products: list[ProductFacts], later: list[ProductFacts], filters: Filters
) -> None:
    catalogue = Catalogue()
    for turn in (given_products, later):  # the second round changes rows that the columns were made from
        for place, one in enumerate(turn):
            put(catalogue, one, f"p{place}")
        flags = catalogue.meets(filters)
        for row, one in enumerate(catalogue.facts):
            if one is None or not one.visible:
                assert not flags[row]
            elif fits(one, filters):
                assert flags[row], "a product that fits must come into question"
            elif _judged_alone(filters):
                assert not flags[row]


def _judged_alone(filters: Filters) -> bool:
    """Whether the filters ask for one thing only, so that columns and ``fits`` must agree exactly."""
    priced = filters.min_minor is not None or filters.max_minor is not None
    return len(filters.attributes) + filters.in_stock + priced <= 1


def put(catalogue: Catalogue, one: ProductFacts, id_: str) -> None:
    import dataclasses

    one = dataclasses.replace(one, product_id=id_)
    texts = [*one.titles, *one.categories, one.brand or "", *(value for _, value in one.attributes)]
    texts.extend(value for variant in one.variants for _, value in variant.options)
    catalogue.put(Document(one, tuple((text, 1.0) for text in texts), "", ""))


def test_filters_merge_to_the_narrower() -> None:
    merged = Filters(max_minor=100, brand="a").merged(Filters(min_minor=20, max_minor=80, brand="b", exclude=("x",)))
    assert merged == Filters(min_minor=20, max_minor=80, brand="b", exclude=("x",))
    assert Filters(max_minor=10).merged(Filters(min_minor=20)) == Filters(min_minor=20)


def test_filters_are_told_in_the_customers_language() -> None:
    filters = Filters(
        max_minor=8000, currency="EUR", attributes={"colour": ("red",)}, in_stock=True, exclude=("leather",)
    )
    assert filters.told() == "up to €80.00 · colour: red · in stock · not leather"
    assert filters.told("zh") == "€80.00 以内 · colour: red · 有货 · 不含 leather"


def test_a_price_range_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="above the highest"):
        Filters(min_minor=2, max_minor=1)
