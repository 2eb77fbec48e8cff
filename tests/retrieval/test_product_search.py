from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from retrieval import Filters, ProductSearch, RetrievalSettings, SearchSettings
from store import Database, ModelError
from store.schema import Product, Variant


def ids(search: ProductSearch, query: str, **more: Any) -> list[str]:
    return [hit.product_id for hit in search.search(query, **more).hits]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("trail shoes", "P1"),
        ("trial shoes", "P1"),
        ("trailshoes", "P1"),
        ("wh1000xm4", "P9"),
        ("WH 1000XM4", "P9"),
        ("headfones", "P9"),
        ("P6", "P6"),
        ("rucksack", "P6"),
        ("hand bag", "P7"),
        ("backpacks", "P6"),
        ("越野跑鞋", "P1"),
        ("我想买一个沙发", "P8"),
        ("降噪耳机", "P9"),
        ("a sofa please", "P8"),
        ("best shoes for the city", "P3"),
        ("couch", "P8"),
        ("knapsack", "P6"),
        ("双肩包", "P6"),
    ],
)
def test_it_finds_what_was_meant(search: ProductSearch, query: str, first: str) -> None:
    assert ids(search, query)[0] == first


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("shoes under 80 euros", {"P1", "P3"}),
        ("shoes under 80 euros in stock", {"P1"}),
        ("shoes not black", {"P2"}),
        ("black shoes", {"P1", "P3"}),
        ("shoes between 60 and 100", {"P1", "P3"}),
        ("100块以内的黑色跑鞋", {"P1", "P3"}),
        ("marisol", {"P3", "P7"}),
        ("shoes without leather", {"P1"}),
        ("red t-shirt", {"P10"}),
        ("under 20 euros", {"P10"}),
    ],
)
def test_conditions_are_kept(search: ProductSearch, query: str, expected: set[str]) -> None:
    assert set(ids(search, query, filters=Filters(country="DE"))) == expected


@pytest.mark.parametrize("query", ["hidden shoes", "P4", "隐藏跑鞋", "black shoes under 20 euros", "swiss shoes"])
def test_the_hidden_and_what_is_not_sold_there_never_appear(search: ProductSearch, query: str) -> None:
    assert not {"P4", "P5"} & set(ids(search, query, limit=50, filters=Filters(country="DE")))


def test_a_country_gets_what_is_sold_there(search: ProductSearch) -> None:
    assert ids(search, "swiss shoes", filters=Filters(country="CH"))[0] == "P5"


def test_what_is_hidden_behind_the_indexs_back_does_not_appear(search: ProductSearch, shop: Database) -> None:
    assert ids(search, "trail shoes")[0] == "P1"
    with shop.write() as records:
        records.execute(update(Product).where(Product.id == "P1").values(visible=False))
        records.execute(update(Variant).where(Variant.product_id == "P2").values(price_minor=99_999))
    assert "P1" not in ids(search, "trail shoes")
    assert "P2" not in ids(search, "shoes under 200 euros")


def test_given_filters_hold_beside_those_in_the_words(search: ProductSearch) -> None:
    result = search.search("shoes under 100 euros", filters=Filters(min_minor=7000, currency="EUR"))
    assert result.understood.min_minor == 7000
    assert result.understood.max_minor == 10_000
    assert [hit.product_id for hit in result.hits] == ["P1"]


def test_a_condition_that_nothing_meets_is_given_up_and_said(search: ProductSearch) -> None:
    result = search.search("grey backpack")
    assert result.relaxed == ("colour",)
    assert result.hits[0].product_id == "P6"
    assert search.search("red backpack under 5 euros").hits == (), "a price is never given up"


def test_a_word_of_a_set_phrase_is_no_condition(search: ProductSearch, shop: Database, make_product: Any) -> None:
    with shop.write() as records:
        records.add(make_product("P20", "Tapenade", attributes={"color": "olive"}))
        records.add_all(make_product(f"O{number}", f"Greek olive oil {number}") for number in range(4))
    search.sync()
    assert search.search("olive tapenade").understood.attributes == {"colour": ("olive",)}
    result = search.search("olive oil")
    assert result.understood.attributes == {}
    assert {hit.product_id for hit in result.hits[:4]} == {"O0", "O1", "O2", "O3"}


def test_a_chinese_query_finds_what_is_described_in_english_only(
    search: ProductSearch, shop: Database, make_product: Any
) -> None:
    with shop.write() as records:
        records.add(make_product("P21", "Pruning shears Verde"))
    search.sync()
    assert ids(search, "修枝剪") == ["P21"]


def test_nonsense_finds_nothing(search: ProductSearch) -> None:
    for query in ("qwzrtpl vbnmxc", "!!!", "🦄", "乱七八糟", "床垫"):
        assert search.search(query).hits == ()


def test_it_says_what_it_understood_and_matched(search: ProductSearch) -> None:
    result = search.search("bakpack under 100 euros")
    assert result.corrections == (("bakpack", "backpack"),)
    assert result.words == "bakpack"
    assert result.understood.told() == "up to €100.00"
    assert result.hits[0].matched_words == ("bakpack",)
    assert 0 < result.hits[0].score <= 1
    assert {"understand", "encode", "filter", "rank", "check"} <= result.stage_ms.keys()


def test_only_changed_products_are_encoded(search: ProductSearch, shop: Database, encoder: Any) -> None:
    told: list[tuple[int, int]] = []
    assert search.sync(lambda done, total: told.append((done, total))) == 10
    assert told == [(10, 10)]
    assert search.sync() == 0
    with shop.write() as records:
        records.execute(update(Product).where(Product.id == "P8").values(title="Armchair Nest"))
        records.execute(update(Variant).where(Variant.product_id == "P1").values(price_minor=1))
    encoder.encoded.clear()
    assert search.sync() == 1
    assert encoder.encoded[0].startswith("Armchair Nest")
    assert ids(search, "armchair") == ["P8"]
    assert ids(search, "sofas")[0] == "P8", "the category is Sofas still"


def test_a_new_process_goes_on_from_what_is_saved(
    search: ProductSearch, shop: Database, new_encoder: Any, tmp_path: Path, make_product: Any
) -> None:
    search.sync()
    with shop.write() as records:
        records.delete(records.get_one(Product, "P2"))
        records.add(make_product("P11", "Garden hose"))
    again = ProductSearch(shop, new_encoder(), None, tmp_path / "index")
    assert again.sync() == 1
    assert ids(again, "garden hose")[0] == "P11"
    assert "P2" not in ids(again, "road shoes sprint")
    assert ProductSearch(shop, new_encoder("other weights"), None, tmp_path / "index").sync() == 10


def test_a_damaged_index_is_built_anew(search: ProductSearch, shop: Database, new_encoder: Any, tmp_path: Path) -> None:
    search.sync()
    for path in (tmp_path / "index").iterdir():
        path.write_bytes(b"rubbish")
    again = ProductSearch(shop, new_encoder(), search.settings, tmp_path / "index")
    assert again.sync() == 10
    assert ids(again, "rucksack")[0] == "P6"


def test_a_killed_build_loses_only_what_was_not_saved(
    shop: Database, new_encoder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.product_index._SAVE_EVERY", 4)
    small = RetrievalSettings(search=SearchSettings(batch_size=2))
    dying = new_encoder()
    encode = dying.encode

    def die_late(texts: list[str]) -> Any:
        if len(dying.encoded) >= 6:
            raise KeyboardInterrupt
        return encode(texts)

    monkeypatch.setattr(dying, "encode", die_late)
    with pytest.raises(KeyboardInterrupt):
        ProductSearch(shop, dying, small, tmp_path / "index").sync()
    assert ProductSearch(shop, new_encoder(), small, tmp_path / "index").sync() == 6


def test_changes_are_live(search: ProductSearch, shop: Database, make_product: Any) -> None:
    search.sync()
    with shop.write() as records:
        records.add(make_product("P12", "Kettle Brew", zh="电水壶"))
        records.delete(records.get_one(Product, "P9"))
        records.execute(update(Variant).where(Variant.product_id == "P3").values(stock=3))
    search.changed(["P12", "P9", "P3", "never-was"])
    assert ids(search, "kettle") == ["P12"]
    assert ids(search, "电水壶") == ["P12"]
    assert "P9" not in ids(search, "headphones")
    assert "P3" in ids(search, "shoes in stock")


def test_words_alone_answer_when_the_encoder_fails(
    search: ProductSearch, encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    search.sync()

    def fail(_: object) -> None:
        raise ModelError("the encoder is out of memory")

    monkeypatch.setattr(encoder, "encode", fail)
    result = search.search("trail shoes")
    assert result.hits[0].product_id == "P1"
    assert "out of memory" in (result.degraded or "")


def test_given_products_are_rated_in_their_order(search: ProductSearch) -> None:
    rated = search.rate("trail shoes", ["P8", "P1", "no such", "P2"])
    assert [hit.product_id for hit in rated] == ["P8", "P1", "no such", "P2"]
    assert rated[1].score > rated[3].score > rated[0].score >= rated[2].score == 0
    assert rated[1].matched_words == ("trail", "shoes")


def test_an_empty_shop_finds_nothing(database: Database, encoder: Any) -> None:
    search = ProductSearch(database, encoder)
    assert search.sync() == 0
    assert search.search("shoes under 80 euros").hits == ()


def test_a_limit_is_kept_and_order_is_stable(search: ProductSearch) -> None:
    assert len(ids(search, "shoes", limit=2)) == 2
    assert ids(search, "shoes") == ids(search, "shoes")


def test_it_works_on_both_databases(any_database: Database, encoder: Any, make_product: Any) -> None:
    with any_database.write() as records:
        records.add(make_product("P1", "Trail shoes", zh="越野跑鞋"))
    search = ProductSearch(any_database, encoder)
    assert ids(search, "trail shoes under 60 euros") == ids(search, "越野跑鞋") == ["P1"]


def test_settings_may_be_exchanged_while_it_is_open(search: ProductSearch) -> None:
    def scores(weight: float) -> list[float]:
        search.settings = RetrievalSettings(search=SearchSettings(dense_weight=weight, min_similarity=0.2))
        return [hit.score for hit in search.search("black trail shoes").hits]

    assert scores(0.0) != scores(1.0)


def test_the_thing_itself_comes_before_what_it_belongs_to(database: Database, encoder: Any, make_product: Any) -> None:
    with database.write() as records:
        records.add_all([make_product("KETTLE", "Steel kettle with lid"), make_product("LID", "Kettle lid of steel")])
    search = ProductSearch(database, encoder)
    assert ids(search, "steel kettle lid") == ["LID", "KETTLE"]
    assert ids(search, "steel lid kettle") == ["KETTLE", "LID"]
    assert [search.rate("lids", [id_])[0].score > 0.075 for id_ in ("LID", "KETTLE")] == [True, True]
