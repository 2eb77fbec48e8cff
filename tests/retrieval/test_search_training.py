from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from encoders import ContrastiveSettings, EncoderSettings, PairSettings, TextEncoder
from retrieval import Judgements, ProductSearch, SearchTrainSettings, load_trained_search, train_search
from store import Database, InputError, ModelError
from store.schema import Product

THINGS = ["chair", "lamp", "wallet", "kettle", "tent", "mirror", "shelf", "carpet"]
COLOURS = ["red", "blue", "green", "white", "black", "brown"]
SLANG = dict(
    zip(THINGS, ["zorblat", "quimfle", "drapnok", "velshir", "mubrit", "kanfo", "plexu", "trondy"], strict=True)
)
SETTINGS = SearchTrainSettings(
    encoder=ContrastiveSettings(epochs=2, rate=2e-4, queries_per_batch=8, longest=16),
    pairs=PairSettings(epochs=1, rate=2e-4, pairs_per_batch=24),
    networks=True,
)


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder.load(EncoderSettings(threads=1))


@pytest.fixture
def goods(database: Database) -> Database:
    with database.write() as records:
        records.add_all(
            Product(id=f"{colour}-{thing}", title=f"{colour} {thing}") for thing in THINGS for colour in COLOURS
        )
    return database


def judged() -> Judgements:
    """What this shop's customers call things: words that no product has."""
    grades: dict[str, dict[str, float]] = {}
    draw = random.Random(0)
    for thing, slang in SLANG.items():
        for colour in COLOURS:
            others = draw.sample([one for one in THINGS if one != thing], 2)
            grades[f"{colour} {slang}"] = {
                f"{colour}-{thing}": 1.0, **{f"{colour}-{one}": 0.0 for one in others}, "gone": 1.0
            }  # fmt: skip
    return Judgements(grades)


def test_search_learns_what_customers_call_things(goods: Database, encoder: TextEncoder, tmp_path: Path) -> None:
    plain = ProductSearch(goods, encoder)
    told: list[str] = []
    report = train_search(
        plain, judged(), tmp_path / "search", settings=SETTINGS, encoder_settings=EncoderSettings(threads=1),
        progress=lambda step, _done, _total: told.append(step),
    )  # fmt: skip
    assert (report.queries, report.unknown_products) == (48, 48)
    assert report.kept
    assert report.encoder_kept
    assert report.after > report.before + 0.1
    assert list(dict.fromkeys(told)) == [
        "tuning the cross-encoder", "tuning the encoder", "fitting the ranker"
    ]  # fmt: skip
    trained = load_trained_search(tmp_path / "search")
    tuned = TextEncoder.load(EncoderSettings(threads=1, deltas=trained.deltas))
    assert (trained.pairs is not None) == report.pairs_kept
    search = ProductSearch(goods, tuned, ranker=trained.ranker, reader=trained.reader(EncoderSettings(threads=1)))
    before, after = (
        np.mean(
            [
                one.rate(f"{colour} {slang}", [f"{colour}-{other}" for other in THINGS])[place].score
                >= max(hit.score for hit in one.rate(f"{colour} {slang}", [f"{colour}-{other}" for other in THINGS]))
                for place, (thing, slang) in enumerate(SLANG.items())
                for colour in COLOURS[:2]
            ]
        )
        for one in (plain, search)
    )
    assert after > before + 0.2
    scores = [hit.score for hit in search.search("red chair", limit=60).hits]
    assert scores == sorted(scores, reverse=True)
    with (tmp_path / "search" / "ranker.json").open("a") as file:
        file.write(" ")
    with pytest.raises(ModelError, match="damaged"):
        load_trained_search(tmp_path / "search")


def test_too_few_judgements_are_refused(goods: Database, encoder: TextEncoder, tmp_path: Path) -> None:
    few = Judgements(dict(list(judged().grades.items())[:5]))
    with pytest.raises(InputError, match="too few"):
        train_search(ProductSearch(goods, encoder), few, tmp_path / "search", settings=SETTINGS)
    assert load_trained_search(tmp_path / "search").ranker is None
