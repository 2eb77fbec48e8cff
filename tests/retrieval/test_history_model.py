"""``train history`` on a small shop, and the model at work in the recommender."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval import HistorySettings, ProductSearch, Recommender, RetrievalSettings, VectorIndex, train_history
from retrieval.history_index import CUSTOMERS, MODEL
from retrieval.shop_histories import read_histories
from store import Database, FixedClock, InputError
from store.schema import Customer, Event, Order, OrderLine, Product, Review, Variant

SMALL = RetrievalSettings(
    history=HistorySettings(
        dimension=32, blocks=1, dropout=0.1, batch_places=256, rate=5e-3, average=0.9, most_epochs=4, look_every=2
    )
)
KINDS, STEPS = 4, 6
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _product(kind: int, step: int) -> Product:
    variant = Variant(id=f"V{kind}-{step}", currency="EUR", price_minor=1_000, stock=5)
    names = ("garden", "kitchen", "bath", "office")
    return Product(
        id=f"P{kind}-{step}", title=f"{names[kind]} thing{step}", variants=[variant], category_path=[names[kind]]
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, ProductSearch, Path]]:
    """Customers who look at the things of one kind one after the other, day by day; visitors, too."""
    folder = tmp_path_factory.mktemp("history")
    database = Database.open(f"sqlite:///{folder}/shop.db")
    draw = np.random.default_rng(0)
    with database.write() as records:
        records.add_all([_product(kind, step) for kind in range(KINDS) for step in range(STEPS)])
        records.add_all([Customer(id=f"C{number}", country="DE") for number in range(80)])
        records.add(Customer(id="silent", consent_personal=False))
        records.flush()
        for number in range(160):
            who = {"customer_id": f"C{number}"} if number < 80 else {"anonymous_id": f"A{number}"}
            kind, start, length = number % KINDS, int(draw.integers(STEPS)), int(draw.integers(3, STEPS))
            begin = NOW - timedelta(days=int(draw.integers(10, 60)))
            for step in range(length):
                product, at = f"P{kind}-{(start + step) % STEPS}", begin + timedelta(hours=20 * step)
                records.add(Event(id=f"e{number}-{step}", kind="view", at=at, product_id=product, **who))
        records.add(Event(id="quiet", kind="view", at=NOW, product_id="P0-0", customer_id="silent"))
    search = _search(database)
    report = train_history(database, search, folder / "model", SMALL, FixedClock(NOW))
    assert report.recall_10 > report.popularity_recall_10
    assert report.histories == 160, "who gave no consent is left out"
    yield database, search, folder / "model"
    database.close()


def _search(database: Database) -> ProductSearch:
    import importlib.util

    spec = importlib.util.spec_from_file_location("retrieval_fakes", Path(__file__).parent / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return ProductSearch(database, module.BagEncoder(), SMALL)


def _recommender(shop: tuple[Database, ProductSearch, Path], now: datetime = NOW) -> Recommender:
    database, search, folder = shop
    return Recommender(database, search, SMALL, FixedClock(now), folder)


def test_the_model_proposes_and_an_event_changes_the_next_answer(trained: tuple[Database, ProductSearch, Path]) -> None:
    database, _, _ = trained
    with database.write() as records:
        records.merge(Customer(id="new", country="DE"))
    recommender = _recommender(trained)
    before = recommender.for_customer("new", limit=3)
    for kind in (1, 3):
        with database.write() as records:
            for step in (0, 1):
                at = NOW - timedelta(minutes=10 - 3 * kind - step)
                records.merge(
                    Event(id=f"n{kind}{step}", kind="view", at=at, product_id=f"P{kind}-{step}", customer_id="new")
                )
        found = recommender.for_customer("new", limit=3)
        assert found != before
        assert found[0].product_id.startswith(f"P{kind}-"), "the kind of the latest visit comes first"
        assert found[0].reasons[0].kind in {"viewed", "together", "alike"}
        before = found


def test_a_product_added_after_training_is_found(trained: tuple[Database, ProductSearch, Path]) -> None:
    database, search, _folder = trained
    recommender = _recommender(trained)
    recommender.for_customer("C0")
    with database.write() as records:
        records.merge(_product(0, 99))
    search.changed(["P0-99"])
    found = recommender.for_customer("C0", limit=STEPS + 1)
    assert "P0-99" in {one.product_id for one in found}


def test_customers_of_a_like_taste_are_found(trained: tuple[Database, ProductSearch, Path]) -> None:
    alike = _recommender(trained).alike("C0", 5)
    assert len(alike) == 5
    assert "C0" not in {one.customer_id for one in alike}
    assert "silent" not in {one.customer_id for one in alike}
    assert sum(int(one.customer_id[1:]) % KINDS == 0 for one in alike) >= 4
    assert all(one.took for one in alike)
    assert _recommender(trained).alike("silent") == []


def test_a_forgotten_customer_leaves_no_vector(trained: tuple[Database, ProductSearch, Path], tmp_path: Path) -> None:
    folder = tmp_path / "history"
    shutil.copytree(trained[2], folder)
    recommender = _recommender((*trained[:2], folder))
    recommender.forget("C0")
    customers = VectorIndex.load(folder / CUSTOMERS)
    assert "C0" not in customers
    assert "C8" in customers
    with np.load(next((folder / CUSTOMERS).glob("*ids.npz"))) as kept:
        assert "C0" not in kept["ids"]
        assert not any("C0" in one for one in kept["stamps"])
    assert "C0" not in {one.customer_id for one in _recommender((*trained[:2], folder)).alike("C8", 200)}


def test_the_first_count_opens_the_model(trained: tuple[Database, ProductSearch, Path]) -> None:
    recommender = _recommender(trained)
    recommender.refresh()
    assert recommender.alike("C0", 4), "only the model knows customers of a like taste"


def test_a_damaged_model_is_gone_on_without(
    trained: tuple[Database, ProductSearch, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import shutil

    database, search, folder = trained
    shutil.copytree(folder, tmp_path / "copy")
    [weights] = (tmp_path / "copy" / MODEL).glob("*model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-9])
    found = _recommender((database, search, tmp_path / "copy")).for_customer("C1", limit=3)
    assert len(found) == 3
    assert "go on without the history model" in caplog.text


def test_a_shop_without_a_past_is_told_so(database: Database, encoder: Any, clock: FixedClock, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few customers or visitors"):
        train_history(database, ProductSearch(database, encoder, SMALL), tmp_path, SMALL, clock)


def test_how_histories_are_read(database: Database) -> None:
    """What is done with a product in a row is one entry, and so a purchase told by event and order."""
    with database.write() as records:
        records.add_all([_product(0, step) for step in range(3)])
        records.add_all([Customer(id="C"), Customer(id="silent", consent_personal=False)])
        records.flush()
        deeds = [("view", 0, 50), ("cart_add", 0, 49), ("search", 1, 48), ("purchase", 0, 47), ("view", 1, 10)]
        for place, (kind, step, ago) in enumerate(deeds):
            at = NOW - timedelta(minutes=ago)
            records.add(Event(id=f"e{place}", kind=kind, at=at, customer_id="C", product_id=f"P0-{step}"))
        records.add(Event(id="s", kind="view", at=NOW, customer_id="silent", product_id="P0-0"))
        line = OrderLine(position=0, product_id="P0-0", title="", unit_price_minor=1)
        placed = NOW - timedelta(minutes=46)
        records.add(Order(id="O", customer_id="C", status="paid", currency="EUR", placed_at=placed, lines=[line]))
        records.add(Review(id="R0", product_id="P0-0", customer_id="C", text="."))
        records.add(Review(id="R2", product_id="P0-2", customer_id="C", text="."))
    read = read_histories(database, NOW)
    assert read.who == ("C",)
    items = [read.product_ids[item - 1] for item in read.sequences.items]
    assert items == ["P0-2", "P0-0", "P0-1"], "what has no time comes first"
    assert read.sequences.kinds.tolist() == [3, 3, 1]
