"""Chinese texts in English words, and goods under their other names."""

from __future__ import annotations

import pytest

from encoders import TextEncoder
from retrieval import ProductSearch
from retrieval.gloss import passage_in_english, readable
from retrieval.things import GROUPS, other_names
from retrieval.words import is_chinese
from store import Database
from store.schema import Product


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("黑色跑鞋", "black running shoe"),
        ("我想买一条羊毛围巾", "wool scarf"),
        ("iphone 15 手机壳", "iphone 15 phone case phone cover"),
        ("女士防水外套", "women waterproof jacket coat"),
    ],
)
def test_what_a_query_names_is_said_in_english(chinese: str, english: str) -> None:
    assert readable(chinese, ("en",)) == english


def test_a_query_of_which_half_is_unknown_is_not_said() -> None:
    assert readable("皮卡丘联名充电宝盲盒礼品", ("en",)) == ""
    assert readable("你好吗", ("en",)) == ""


def test_what_the_encoder_can_read_stays_as_it_is() -> None:
    assert readable("Black SHOES", ("en",)) == "Black SHOES"
    assert readable("黑色跑鞋", ("en", "zh")) == passage_in_english("黑色跑鞋", ("en", "zh")) == "黑色跑鞋"


def test_a_product_text_of_which_nothing_is_known_stays_as_it_is() -> None:
    assert passage_in_english("皮卡丘", ("en",)) != "皮卡丘"  # 皮 is leather
    assert passage_in_english("奥特曼", ("en",)) == "奥特曼"


def test_each_name_of_a_thing_stands_once_and_short_ones_are_none() -> None:
    names = [name for group in GROUPS for name in group]
    assert sorted(names) == sorted(set(names))
    assert all(len(group) >= 2 for group in GROUPS)
    single = {name for name in names if is_chinese(name) and len(name) == 1}
    assert single <= {"茶", "锅", "伞", "碗"}  # stand in no word of another thing


def test_the_longest_name_is_taken() -> None:
    assert set(other_names("手机壳")) == {"手机壳"}
    assert set(other_names("dog leash")) == {"dog leash"}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> ProductSearch:
    """A shop whose products are described in one language each."""
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('mixed') / 'shop.sqlite'}")
    titles = (
        "Ceramic teapot with lid",
        "Merino scarf",
        "Hand-knitted wool cardigan",
        "Dog leash",
        "轻便折叠雨伞",
        "实木床头柜",
        "泡茶用茶壶",
    )
    with database.write() as records:
        records.add_all(
            Product(id=f"p{row}", title=title, language="zh" if is_chinese(title) else "en")
            for row, title in enumerate(titles)
        )
    search = ProductSearch(database, TextEncoder.load())
    search.sync()
    return search


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("羊毛围巾", "p1"),
        ("狗绳", "p3"),
        ("毛衣", "p2"),
        ("umbrella", "p4"),
        ("nightstand", "p5"),
        ("cabinet beside the bed", "p5"),
    ],
)
def test_what_is_described_in_the_other_language_is_found(mixed: ProductSearch, query: str, found: str) -> None:
    """By its other name or, where that does not stand in the text either, by its meaning."""
    hits = mixed.search(query, limit=2, language="zh" if is_chinese(query) else "en").hits
    assert found in {hit.product_id for hit in hits}
