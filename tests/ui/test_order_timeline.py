"""An order's steps follow from its records alone, and only the customer's own orders are drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from store import Database
from store.schema import Order, OrderLine, Payment, Return, Shipment
from ui.order_timeline import OrderTimeline, Step, ids_in, steps_of, timelines_named
from ui.timeline_markup import timeline_html
from ui.wording import wording

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def order(status: str, order_id: str = "#W100", customer: str = "C1", **parts: Any) -> Order:
    made = Order(id=order_id, customer_id=customer, status=status, currency="EUR", placed_at=ago(10))
    made.lines = [OrderLine(position=0, title="Mug", quantity=1, unit_price_minor=500)]
    made.payments = [Payment(position=0, kind="payment", amount_minor=500, currency="EUR", paid_at=ago(10))]
    for name, rows in parts.items():
        setattr(made, name, [*getattr(made, name), *rows])
    return made


def parcel(**dates: datetime) -> Shipment:
    return Shipment(position=0, status="in transit", **dates)


def steps(made: Order) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in steps_of(made, NOW)]


def test_from_the_warehouse_to_the_door() -> None:
    begun = [("placed", "done"), ("paid", "done")]
    assert steps(order("pending")) == [*begun, ("sent", "now"), ("arrived", "coming")]
    on_way = order("shipped", shipments=[parcel(shipped_at=ago(2), promised_at=ago(-1))])
    assert steps(on_way) == [*begun, ("sent", "done"), ("on_way", "now"), ("arrived", "coming")]
    assert steps_of(on_way, NOW)[-1].at == ago(-1)
    late = order("shipped", shipments=[parcel(shipped_at=ago(9), promised_at=ago(2))])
    assert steps(late)[3] == ("on_way", "late")
    came = order("delivered", shipments=[parcel(shipped_at=ago(6), promised_at=ago(5), delivered_at=ago(4))])
    assert steps(came) == [*begun, ("sent", "done"), ("arrived", "done")]
    assert steps_of(came, NOW)[-1].at == ago(4)


def test_one_of_two_parcels_that_came_is_not_the_whole_order() -> None:
    both = [parcel(shipped_at=ago(3), delivered_at=ago(1)), parcel(shipped_at=ago(2), promised_at=ago(-1))]
    both[1].position = 1
    assert ("arrived", "coming") in steps(order("shipped", shipments=both))


def test_cancelled_returned_and_refunded() -> None:
    refund = Payment(position=1, kind="refund", amount_minor=500, currency="EUR", paid_at=ago(1))
    assert steps(order("cancelled", payments=[refund]))[2:] == [("cancelled", "done"), ("refunded", "done")]
    asked = Return(position=0, kind="return", status="requested", requested_at=ago(3))
    assert steps(order("return requested", returns=[asked]))[3:] == [("return_asked", "done"), ("refunded", "now")]
    settled = Return(position=0, kind="return", status="refunded", requested_at=ago(3))
    told = steps_of(order("delivered", returns=[settled], payments=[refund]), NOW)
    assert [one.kind for one in told][3:] == ["return_asked", "refunded"]
    assert told[-1].amount == "€5.00"
    swapped = Return(position=0, kind="exchange", status="exchanged", requested_at=ago(3))
    assert steps(order("delivered", returns=[swapped]))[3:] == [("exchange_asked", "done"), ("exchanged", "done")]
    refused = Return(position=0, kind="return", status="rejected", requested_at=ago(3))
    assert steps(order("delivered", returns=[refused]))[-1] == ("declined", "done")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Order #W100 is here", ("#W100",)),
        ("订单#W100已发货", ("#W100",)),
        ("#W1001 and #W100-7 are others", ()),
        ("#W200 came before #W100.", ("#W200", "#W100")),
        ("It costs €4711 or 4711.50", ()),
        ("4711, please", ("4711",)),
    ],
)
def test_an_id_counts_only_as_a_word_of_its_own(text: str, found: tuple[str, ...]) -> None:
    assert ids_in(text, ["#W100", "#W200", "4711", "1"]) == found


def test_nobody_elses_order_is_drawn_and_a_list_is_none(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'shop.db'}")
    with database.write() as records:
        records.add_all([order("pending", f"#W10{place}") for place in range(4)])
        records.add(order("pending", "#W900", "C2"))
    texts = ["#W100 and #W900", "#W100, #W101, #W102", "", "nothing"]
    drawn = timelines_named(database, "C1", texts, NOW, "en")
    assert [[one.order_id for one in found] for found in drawn] == [["#W100"], [], [], []]
    assert timelines_named(database, "C1", [""], NOW, "en") == [()]
    database.close()


def test_what_is_to_come_is_told_as_such() -> None:
    made = OrderTimeline("#W1", ("Mug",), (Step("sent", "now"), Step("arrived", "coming", NOW)))
    english, chinese = timeline_html(made, wording("en")), timeline_html(made, wording("zh"))
    assert 'aria-current="step"><span class="step">Being packed' in english
    assert "Arrives" in english
    assert "by 2 Mar 2026" in english
    assert "to come" in english
    assert "预计 2026年3月2日前" in chinese
    late = timeline_html(OrderTimeline("#W1", (), (Step("on_way", "late"),)), wording("en"))
    assert "late</em>" in late
