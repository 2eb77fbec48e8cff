"""A trained shop asked about its customers: what is foreseen, why, in which words, and what is refused."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import delete, select

from insight import FORECASTS, Insight, InsightSettings, train_insight
from insight.customer_features import customer_features
from insight.loading import load_history
from insight.wording import phrases, sentence, titles
from store import Database, FixedClock, InputError, ModelError, NotFound
from store.schema import Customer, Event, Order, Review

if TYPE_CHECKING:
    from .conftest import TrainedShop


def test_the_report_names_every_forecast_and_how_it_did_on_later_time(trained: TrainedShop) -> None:
    report = {one.forecast: one for one in trained.report.forecasts}
    assert tuple(report) == FORECASTS
    assert report["buys_this_visit"].learnt
    assert report["buys_this_visit"].auc is not None
    assert report["buys_this_visit"].auc > 0.6
    assert report["abandons_cart"].learnt
    assert all(one.why for one in report.values() if not one.learnt)


def test_every_forecast_is_a_probability_with_reasons_in_both_languages(trained: TrainedShop) -> None:
    seen = set()
    for place in trained.insight.rank("buys_7_days", 12):
        found = trained.insight.customer(place.customer_id)
        assert found.prediction("buys_7_days") is not None
        assert found.segment in titles()
        for one in found.predictions:
            seen.add(one.forecast)
            assert 0 < one.probability < 1
            assert one.words("en") != one.words("zh")
            for reason in one.reasons:
                assert reason.words("en").endswith(".")
                assert reason.words("zh").endswith("。")
                assert "nan" not in reason.words("en") + reason.words("zh")
                assert "{" not in reason.words("en") + reason.words("zh")
            sizes = [abs(reason.log_odds) for reason in one.reasons]
            assert sizes == sorted(sizes, reverse=True)
        if found.value is not None:
            assert found.value.purchases >= 0
            assert found.value.amount_minor >= 0
            assert 0 <= found.value.still_customer <= 1
            assert found.value.currency == "EUR"
    assert {"buys_7_days", "leaves"} <= seen


def test_a_list_and_a_single_customer_say_the_same(trained: TrainedShop) -> None:
    ranked = trained.insight.rank("leaves", 5)
    assert ranked == sorted(ranked, key=lambda one: -one.probability)
    for place in ranked[:3]:
        alone = trained.insight.customer(place.customer_id).prediction("leaves")
        assert alone is not None
        assert alone.probability == pytest.approx(place.probability, rel=1e-9)


def test_features_of_one_customer_are_those_he_has_among_all(small_shop: Database, trained: TrainedShop) -> None:
    """Training reads the shop, serving one customer: the same numbers must come out."""
    now = trained.insight.trained_at
    everybody = load_history(small_shop, now, currency="EUR")
    features = customer_features(everybody)
    for row in (0, 3, 40, 90):
        alone = load_history(small_shop, now, currency="EUR", customer_id=everybody.customers[row])
        mine = customer_features(alone)
        np.testing.assert_allclose(mine.values[0], features.values[row], rtol=1e-9, err_msg=everybody.customers[row])


def test_a_customer_with_a_cart_in_a_visit_gets_the_forecasts_of_both(trained: TrainedShop) -> None:
    now = trained.insight.trained_at
    with trained.database.read() as records:
        customer = records.scalars(select(Customer).where(Customer.consent_personal)).first()
        order = records.scalars(select(Order).where(Order.customer_id.is_not(None))).first()
        assert customer is not None
        assert order is not None
        product = order.lines[0].product_id
    rows = [("view", 9), ("view", 6), ("cart_add", 5)]
    events = [
        Event(id=f"x{at}", kind=kind, at=now - timedelta(minutes=at), customer_id=customer.id, visit_id="now",
              product_id=product, value_minor=2_000, currency="EUR", quantity=1)
        for kind, at in rows
    ]  # fmt: skip
    with trained.database.write() as records:
        records.add_all(events)
    try:
        found = trained.insight.customer(customer.id)
        visit, cart = found.prediction("buys_this_visit"), found.prediction("abandons_cart")
        assert visit is not None
        assert cart is not None
        assert visit.subject == "now"
        assert product in {one.subject for one in found.predictions if one.forecast == "buys_carted"}
        # Half an hour later the visit is over, and after three days there is nothing left to foresee of the cart.
        later = trained.insight.customer(customer.id, now + timedelta(minutes=40))
        assert later.prediction("buys_this_visit") is None
        assert later.prediction("abandons_cart") is not None
        assert trained.insight.customer(customer.id, now + timedelta(days=4)).prediction("abandons_cart") is None
    finally:
        with trained.database.write() as records:
            records.execute(delete(Event).where(Event.visit_id == "now"))


def test_who_does_not_allow_it_is_neither_read_nor_listed(trained: TrainedShop) -> None:
    someone = trained.insight.rank("buys_7_days", 1)[0].customer_id
    _allow(trained.database, someone, False)
    try:
        found = trained.insight.customer(someone)
        assert found.withheld
        assert found.predictions == ()
        assert found.value is None
        assert someone not in {one.customer_id for one in trained.insight.rank("buys_7_days", 10_000)}
    finally:
        _allow(trained.database, someone, True)


def test_segments_hold_everybody_once(trained: TrainedShop) -> None:
    found = trained.insight.segments()
    assert sum(one.share for one in found) == pytest.approx(1.0)
    assert sum(one.revenue_share for one in found) == pytest.approx(1.0)
    by_key = {one.key: one for one in found}
    assert by_key["champions"].mean_purchases > by_key["lost"].mean_purchases
    assert all(one.name("zh") and one.name("en") for one in found)


def test_unknown_customers_forecasts_and_models_are_refused(trained: TrainedShop, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such customer"):
        trained.insight.customer("nobody")
    with pytest.raises(InputError, match="ranked by this"):
        trained.insight.rank("abandons_cart")
    with pytest.raises(ModelError, match="no insight models yet"):
        Insight.load(trained.database, tmp_path)


def test_models_of_another_program_version_are_not_used(trained: TrainedShop, tmp_path: Path) -> None:
    from insight import saved

    body = saved.read(trained.folder)
    saved.write(tmp_path, body | {"settings": body["settings"] | {"a_setting_of_tomorrow": 1}})
    with pytest.raises(ModelError, match="another version"):
        Insight.load(trained.database, tmp_path)


def test_nobody_is_listed_at_a_time_when_nobody_was_there(trained: TrainedShop) -> None:
    assert trained.insight.rank("buys_7_days", at=trained.insight.trained_at - timedelta(days=9_000)) == []


@pytest.mark.parametrize("damage", ["cut", "changed", "version", "not json"])
def test_a_damaged_file_is_not_used(trained: TrainedShop, tmp_path: Path, damage: str) -> None:
    text = (trained.folder / "insight.json").read_text()
    whole = json.loads(text)
    broken = {
        "cut": text[: len(text) // 2],
        "changed": text.replace("tree_weight", "tree_wait", 1),
        "version": json.dumps(whole | {"format": 99}),
        "not json": "[1, 2]",
    }[damage]
    (tmp_path / "insight.json").write_text(broken)
    with pytest.raises(ModelError, match=r"damaged|another version"):
        Insight.load(trained.database, tmp_path)


def test_a_failed_write_leaves_the_models_of_before(
    trained: TrainedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from insight import saved

    body = saved.read(trained.folder)
    saved.write(tmp_path, body)

    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        saved.write(tmp_path, {"at_us": 0})
    assert saved.read(tmp_path) == body
    assert [path.name for path in tmp_path.iterdir()] == ["insight.json"]


def test_a_shop_without_a_past_is_told_so(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no purchases and no events"):
        train_insight(database, tmp_path, clock())


def test_a_shop_with_a_little_past_gets_means_and_says_why(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    with database.write() as records:
        for row in range(40):
            at = clock() - timedelta(days=100 - row)
            records.add(Customer(id=f"C{row}", created_at=at))
            records.add(Order(id=f"O{row}", customer_id=f"C{row}", status="delivered", currency="EUR", placed_at=at))
        records.add(Review(id="R", product_id="P", customer_id="C1", stars=None, text="?", written_at=clock()))
    report = train_insight(database, tmp_path, clock(), InsightSettings())
    assert not any(one.learnt for one in report.forecasts)
    assert all(one.why for one in report.forecasts)
    assert report.value.startswith("none")
    found = Insight.load(database, tmp_path, clock=clock).customer("C1")
    assert found.value is None
    buys = found.prediction("buys_7_days")
    assert buys is not None
    assert buys.probability == buys.usual
    assert buys.reasons == ()
    assert found.prediction("leaves") is None


def test_every_feature_has_words_in_both_languages(trained: TrainedShop) -> None:
    from insight import saved

    used = {name for model in saved.read(trained.folder)["models"].values() for name in model["names"]}
    assert used <= set(phrases())
    for name, phrase in phrases().items():
        assert phrase.unit in {
            "days",
            "hours",
            "minutes",
            "seconds",
            "count",
            "money",
            "share",
            "times",
            "stars",
            "number",
        }
        for value in (0.0, 1.0, 2.4, 1234.5):
            for language in ("en", "zh"):
                told = sentence(name, value, 0.5, language, "EUR")
                assert "{" not in told
                assert re.search(r"\b1 (days|things|hours)\b", told) is None
    assert all(set(words) == {"en", "zh"} for words in titles().values())
    assert set(FORECASTS) <= set(titles())


def test_words_say_numbers_as_people_do() -> None:
    assert sentence("days_since_purchase", 12.2, -0.4, "en", "EUR") == "Last bought 12 days ago: makes it less likely."
    assert sentence("days_since_purchase", 0.9, 1.0, "zh-CN", "EUR") == "上次购买在 22 小时前，可能性大大提高。"
    assert sentence("days_since_purchase", float("nan"), 0.1, "en", "EUR").startswith("Has not bought yet: ")
    assert sentence("spent_mean", 49.9, 0.1, "en", "EUR").startswith("Spends €49.90 a purchase")
    assert sentence("overdue_now", 1.0, 0.1, "en", "EUR").startswith("1 parcel is overdue now")
    assert sentence("categories_bought", 1.0, 0.1, "en", "EUR").startswith("Bought from 1 category")


def _allow(database: Database, customer: str, allowed: bool) -> None:
    with database.write() as records:
        found = records.get(Customer, customer)
        assert found is not None
        found.consent_personal = allowed
