"""What is exported can be imported again, and is the same then; spreadsheets run none of it."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Database, InputError
from store.exports import export_records
from store.imports import import_file, state_sha256, tau_state
from store.imports.marks import MARK, marked, unmarked
from store.imports.rows import Row
from store.schema import (
    Customer,
    Event,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    Product,
    Return,
    Review,
    Shipment,
    Variant,
)

Dump = Callable[[Database], dict[str, list[dict[str, Any]]]]
AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


@pytest.fixture
def shop(database: Database) -> Database:
    """One of everything, with values that are awkward to write."""
    with database.write() as session:
        session.add(
            Customer(
                id="C1",
                first_name="=cmd|' /C calc'!A1",
                last_name='O"Neil, Jr.',
                email="a@x.org",
                phone="+49 30 1234",
                language="zh",
                time_zone="Asia/Shanghai",
                country="CN",
                address={"city": "上海", "zip": "00501"},
                consent_email=True,
                consent_proactive=False,
                created_at=AT,
                source="import",
                payment_methods=[
                    PaymentMethod(id="g1", kind="gift_card", balance_minor=1050, currency="EUR", position=0)
                ],
            )
        )
        session.add(
            Product(
                id="P1",
                title="-50% off\nshoe",
                description="two\r\nlines\tand a tab",
                translations={"zh": {"title": "鞋", "description": ""}},
                category_path=["Shoes > Boots", "Trail"],
                attributes={"sole": "=Vibram"},
                countries=["DE", "CN"],
                consumable=True,
                visible=False,
                updated_at=AT,
                source="import",
                variants=[
                    Variant(id="V1", position=0, options={"Size": "42"}, currency="EUR", price_minor=7990, stock=0),
                    Variant(id="V2", position=1, options={}, currency="EUR", price_minor=None, available=False),
                ],
            )
        )
        session.add(
            Order(
                id="O1",
                customer_id="C1",
                position=2,
                status="exchange requested",
                currency="EUR",
                placed_at=AT,
                shipping_minor=490,
                discount_minor=100,
                tax_minor=3,
                address={"city": "Bonn"},
                source="import",
                lines=[
                    OrderLine(
                        position=0, product_id="P1", variant_id="V1", title="@shoe", quantity=2, unit_price_minor=7990
                    ),
                    OrderLine(position=1, title="fee", options={"a": "b"}, quantity=1, unit_price_minor=0),
                ],
                payments=[
                    Payment(position=0, kind="payment", amount_minor=16373, currency="EUR", method_id="g1", paid_at=AT)
                ],
                shipments=[Shipment(position=0, tracking_ids=["1", "2"], variant_ids=["V1"], promised_at=AT)],
                returns=[
                    Return(
                        position=0,
                        kind="exchange",
                        variant_ids=["V1"],
                        new_variant_ids=["V2"],
                        price_difference_minor=-250,
                    )
                ],
            )
        )
        session.add(
            Review(
                id="R1",
                product_id="P1",
                stars=4.5,
                title="'+1",
                text="",
                written_at=AT,
                verified=True,
                helpful_votes=0,
                source="import",
            )
        )
        session.add(
            Review(id="R2", product_id="P1", text="Größe, 鞋 \U0001f600", source="import", extra={"colour": "-red"})
        )
        session.add(
            Event(
                id="E1",
                kind="purchase",
                at=AT,
                customer_id="C1",
                product_id="P1",
                quantity=3,
                value_minor=1000,
                currency="EUR",
                source="import",
            )
        )
        session.add(Event(id="E2", kind="search", at=AT, anonymous_id="x", query="=1+1", source="import"))
    return database


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv", "jsonl", "jsonl.gz", "parquet"])
@pytest.mark.parametrize("kind", ["customers", "products", "orders", "reviews", "events"])
def test_generic_files_go_there_and_back(shop: Database, tmp_path: Path, dump: Dump, kind: str, ending: str) -> None:
    target = tmp_path / "out" / f"{kind}.{ending}"
    exported = export_records(shop, kind, target)
    assert [one.name for one in target.parent.iterdir()] == [target.name]
    other = Database.open(f"sqlite:///{tmp_path}/other.db")
    report = import_file(other, target, kind=kind)
    assert report.clean
    assert report.rows == exported.rows
    tables = {
        "customers": ["customers", "payment_methods"],
        "products": ["products", "variants"],
        "orders": ["orders", "order_lines", "payments", "shipments", "returns"],
    }.get(kind, [kind])
    before, after = dump(shop), dump(other)
    for table in tables:
        assert after[table] == before[table]
        assert before[table]
    other.close()


def test_the_kind_of_an_export_is_found(shop: Database, tmp_path: Path) -> None:
    for kind in ("customers", "products", "orders", "reviews", "events"):
        for ending in ("csv", "jsonl"):
            export_records(shop, kind, tmp_path / f"x.{ending}")
            assert import_file(shop, tmp_path / f"x.{ending}").kind == kind


def test_formulas_are_harmless_unless_asked_for(shop: Database, tmp_path: Path) -> None:
    def cells(safe: bool) -> list[dict[str, str]]:
        export_records(shop, "customers", tmp_path / "c.csv", spreadsheet_safe=safe)
        return list(csv.DictReader((tmp_path / "c.csv").open(newline="", encoding="utf-8")))

    (row,) = cells(True)
    assert row["first_name"] == "'=cmd|' /C calc'!A1"
    assert row["phone"] == "+49 30 1234"
    assert row[MARK] == "first_name"
    (row,) = cells(False)
    assert row["first_name"] == "=cmd|' /C calc'!A1"
    assert MARK not in row


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(alphabet="'=+-@\t\r x1;"), min_size=3))
def test_marks_are_undone_exactly(cells: dict[str, str]) -> None:
    made = marked(cells)
    assert all(not text.startswith(("=", "@", "\t", "\r")) for name, text in made.items() if name != MARK)
    (row,) = unmarked([Row(1, dict(made), 0)])
    assert isinstance(row, Row)
    assert row.data == cells
    (plain,) = unmarked([Row(1, dict(cells), 0)])
    assert isinstance(plain, Row)
    assert plain.data == cells


def _lines(path: Path) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines()]


def test_amazon_files_come_back_as_they_were(any_database: Database, tmp_path: Path) -> None:
    reviews = [
        {
            "rating": float(number % 5 + 1),
            "title": "t",
            "text": f"text {number % 3}",
            "images": [{"small_image_url": "u"}] if number % 2 else [],
            "asin": f"B{number}",
            "parent_asin": f"A{number % 2}",
            "user_id": "U",
            "timestamp": 1588687728000 + number // 2,
            "helpful_vote": number,
            "verified_purchase": bool(number % 2),
        }
        for number in range(7)
    ]
    items = [
        {
            "main_category": "All Beauty",
            "title": "Conditioner",
            "average_rating": 4.8,
            "rating_number": 10,
            "features": ["8 oz"],
            "description": ["Soft.", "Really."],
            "price": 12.49,
            "images": [{"large": "l.jpg"}],
            "videos": [],
            "store": None,
            "categories": [],
            "details": {"Brand": "H", "Rank": {"a": 1}},
            "parent_asin": "A0",
            "bought_together": None,
        },
        {"parent_asin": "A1", "title": "Bare", "price": None, "details": {}},
    ]
    for kind, rows in (("amazon-reviews", reviews), ("amazon-products", items)):
        source = tmp_path / "in.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        assert import_file(any_database, source).kind == kind
        export_records(any_database, kind, tmp_path / "out.jsonl.gz")
        back = _lines(tmp_path / "out.jsonl.gz")
        key = "asin" if kind == "amazon-reviews" else "parent_asin"
        if kind == "amazon-reviews":
            assert sorted(back, key=lambda row: str(row[key])) == rows
        else:
            assert [{name: row[name] for name in old} for row, old in zip(back, rows, strict=True)] == rows
    with any_database.write() as session:
        product = session.get_one(Product, "A0")
        product.variants[0].price_minor = 999
        product.description = "New text"
    export_records(any_database, "amazon-products", tmp_path / "out.jsonl")
    changed = _lines(tmp_path / "out.jsonl")[0]
    assert (changed["price"], changed["description"], changed["features"]) == (9.99, ["New text"], [])
    assert changed["average_rating"] == 4.8


SHOPIFY_PRODUCTS = """\
Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,\
Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Position,Status,Sole (metafield)
boot,Boot,<p>A <b>boot</b></p>,Nord,Shoes,"a, b",true,Size,42,B-42,shopify,5,79.90,,https://x/1.jpg,1,active,Vibram
boot,,,,,,,,43,B-43,,-2,79.9,99.00,https://x/2.jpg,2,,
boot,,,,,,,,,,,,,,https://x/3.jpg,3,,
card,=Card,,,,,true,Title,Default Title,,,,10,,,,active,
"""
SHOPIFY_ORDERS = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Taxes,Total,\
Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,\
Shipping City,Shipping Zip,Notes,Id,Note X
#1,a@x.org,paid,2026-01-02 10:15:00 -0500,fulfilled,2026-01-03 10:15:00 -0500,USD,20.00,5.00,1.00,26.00,0.00,\
2026-01-02 10:14:00 -0500,1,Boot - 42,15.00,B-42,Bonn,'00501,"leave it, please",77,q
#1,a@x.org,,,,,,,,,,,,1,Sock,5.00,,,,,,
#2,b@x.org,pending,,,,USD,7.00,0.00,0.00,7.00,0.00,2026-01-04 10:14:00 -0500,7,Sock,1.00,,Köln,50667,,78,
"""


@pytest.mark.parametrize(
    ("kind", "content"), [("shopify-products", SHOPIFY_PRODUCTS), ("shopify-orders", SHOPIFY_ORDERS)]
)
def test_shopify_files_come_back_as_they_were(any_database: Database, tmp_path: Path, kind: str, content: str) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(content)
    assert import_file(any_database, source).kind == kind
    export_records(any_database, kind, target, spreadsheet_safe=False)

    def cells(path: Path) -> list[dict[str, str]]:
        rows = csv.DictReader(path.open(newline="", encoding="utf-8"))
        return [{name: text for name, text in row.items() if text} for row in rows]

    assert cells(target) == cells(source)
    export_records(any_database, kind, target)
    again = import_file(any_database, target)
    assert again.clean
    # Times and amounts are read alike; only the order of empty cells may differ in what is kept.
    assert again.new == 0
    export_records(any_database, kind, target, spreadsheet_safe=False)
    assert cells(target) == cells(source)


def test_what_the_shop_changed_is_in_the_shopify_export(database: Database, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(SHOPIFY_PRODUCTS)
    (tmp_path / "o.csv").write_text(SHOPIFY_ORDERS)
    import_file(database, tmp_path / "p.csv")
    import_file(database, tmp_path / "o.csv")
    with database.write() as session:
        boot = session.get_one(Product, "boot")
        boot.title, boot.description, boot.visible = "Warm boot", "For <snow>\nand ice", False
        boot.variants[0].price_minor, boot.variants[1].stock = 6990, 4
        order = session.get_one(Order, "#2")
        order.status, order.shipping_minor = "cancelled", 300
    export_records(database, "shopify-products", tmp_path / "p2.csv")
    export_records(database, "shopify-orders", tmp_path / "o2.csv")
    boot_rows = list(csv.DictReader((tmp_path / "p2.csv").open(newline="")))[:3]
    assert boot_rows[0]["Title"] == "Warm boot"
    assert boot_rows[0]["Body (HTML)"] == "<p>For &lt;snow&gt;</p>\n<p>and ice</p>"
    assert (boot_rows[0]["Variant Price"], boot_rows[1]["Variant Price"]) == ("69.90", "79.9")
    assert (boot_rows[0]["Status"], boot_rows[1]["Variant Inventory Qty"]) == ("draft", "4")
    order_row = list(csv.DictReader((tmp_path / "o2.csv").open(newline="")))[2]
    assert (order_row["Financial Status"], order_row["Total"], order_row["Shipping"]) == ("voided", "10.00", "3.00")
    other = Database.open(f"sqlite:///{tmp_path}/other.db")
    assert import_file(other, tmp_path / "p2.csv").clean
    assert import_file(other, tmp_path / "o2.csv").clean
    with other.read() as session:
        boot = session.get_one(Product, "boot")
        assert (boot.title, boot.description, boot.visible) == ("Warm boot", "For <snow>\nand ice", False)
        assert [one.price_minor for one in boot.variants] == [6990, 7990]
        assert [one.stock for one in boot.variants] == [5, 4]
        order = session.get_one(Order, "#2")
        assert (order.status, order.total_minor) == ("cancelled", 1000)
    other.close()


def test_records_born_in_the_shop_go_out_in_every_form(shop: Database, tmp_path: Path) -> None:
    for kind, ending in [
        ("amazon-reviews", "jsonl"),
        ("amazon-products", "jsonl"),
        ("shopify-products", "csv"),
        ("shopify-orders", "csv"),
        ("segment-events", "jsonl"),
    ]:
        target = tmp_path / f"{kind}.{ending}"
        exported = export_records(shop, kind, target)
        other = Database.open(f"sqlite:///{tmp_path}/{kind}.db")
        report = import_file(other, target)
        assert (report.kind, report.clean, report.rows) == (kind, True, exported.rows)
        other.close()
    other = Database.open(f"sqlite:///{tmp_path}/shopify-orders.db")
    with other.read() as session, shop.read() as old:
        assert session.get_one(Order, "O1").total_minor == old.get_one(Order, "O1").total_minor
    other.close()


def test_segment_messages_come_back_as_they_were(any_database: Database, tmp_path: Path) -> None:
    products = [{"product_id": "P1", "price": 10.5, "quantity": 2}, {"product_id": "P2", "price": 3}]
    rows: list[dict[str, Any]] = [
        {
            "type": "track",
            "event": name,
            "messageId": f"m{number}",
            "userId": "C1",
            "timestamp": f"2026-02-01T10:00:0{number}.250Z",
            "properties": properties,
        }
        for number, (name, properties) in enumerate(
            [
                ("Viewed Product", {"product_id": "P1", "price": "10.50", "list": ["a"]}),
                ("Order Completed", {"order_id": "O", "products": products, "total": 24}),
                ("Coupon Clipped", {"coupon": "x"}),
            ]
        )
    ]
    rows[1]["context"] = {"ip": "127.0.0.1"}
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_file(any_database, source)
    export_records(any_database, "segment-events", tmp_path / "out.jsonl")
    assert _lines(tmp_path / "out.jsonl") == rows
    with any_database.read() as session:
        assert session.query(Event).count() == 4


def test_tau_retail_later_fields_and_hash(any_database: Database, tmp_path: Path) -> None:
    address = {"address1": "1", "address2": "", "city": "c", "country": "USA", "state": "s", "zip": "1"}
    user = {
        "name": {"first_name": "A", "last_name": "B"},
        "address": address,
        "email": "a@x.org",
        "payment_methods": {"gift_card_1": {"source": "gift_card", "id": "gift_card_1", "balance": 60}},
        "orders": ["#W2", "#W1", "#W3"],
    }
    item = {"name": "Mug", "product_id": "1", "item_id": "11", "price": 5.1, "options": {"size": "L"}}
    paid = {"transaction_type": "payment", "amount": 5.1, "payment_method_id": "gift_card_1"}
    base = {"user_id": "u", "address": address, "items": [item, item], "fulfillments": [], "payment_history": [paid]}
    state: dict[str, Any] = {
        "users": {"u": user},
        "products": {
            "1": {
                "name": "Mug",
                "product_id": "1",
                "variants": {"11": {"item_id": "11", "options": {"size": "L"}, "available": True, "price": 5.1}},
            }
        },
        "orders": {
            "#W1": {**base, "order_id": "#W1", "status": "cancelled", "cancel_reason": "no longer needed"},
            "#W2": {
                **base,
                "order_id": "#W2",
                "status": "return requested",
                "return_items": ["11", "11"],
                "return_payment_method_id": "gift_card_1",
            },
            "#W3": {
                **base,
                "order_id": "#W3",
                "status": "exchange requested",
                "exchange_items": ["11"],
                "exchange_new_items": ["12"],
                "exchange_payment_method_id": "gift_card_1",
                "exchange_price_difference": -1.25,
            },
        },
    }
    folder = tmp_path / "tau"
    folder.mkdir()
    for table in state:
        (folder / f"{table}.json").write_text(json.dumps(state[table]))
    report = import_file(any_database, folder)
    assert (report.kind, report.new, report.clean) == ("tau-retail", 5, True)
    assert tau_state(any_database) == state
    assert import_file(any_database, folder).unchanged == 5
    export_records(any_database, "tau-retail", tmp_path / "out")
    assert {table: json.loads((tmp_path / "out" / f"{table}.json").read_text()) for table in state} == state
    assert state_sha256(tau_state(any_database)) == state_sha256(state)
    assert state_sha256({"b": 60, "a": [1.5, -0.0, True, None, "é"]}) == state_sha256(
        {"a": [1.50, 0, True, None, "é"], "b": 60.0}
    )
    assert state_sha256({"a": True}) != state_sha256({"a": 1})


def test_targets_that_cannot_be(shop: Database, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not say its format"):
        export_records(shop, "reviews", tmp_path / "reviews.xlsx")
    with pytest.raises(InputError, match=r"are written as \.csv"):
        export_records(shop, "shopify-orders", tmp_path / "orders.jsonl")
    with pytest.raises(InputError, match="no such kind"):
        export_records(shop, "wishes", tmp_path / "a.csv")
