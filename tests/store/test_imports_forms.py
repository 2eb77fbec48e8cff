"""The forms of Amazon, Shopify and Segment: what becomes of each field, on SQLite and PostgreSQL."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from store import Database, InputError
from store.imports import ColumnMapping, import_file
from store.imports.fields import parse_time
from store.schema import Customer, Event, Order, Product, Review, Variant

REVIEW = {
    "rating": 5.0,
    "title": "Such a lovely scent",
    "text": "This spray is <br /> nice.",
    "images": [{"small_image_url": "https://images.example/1.jpg", "attachment_type": "IMAGE"}],
    "asin": "B00YQ6X8EO",
    "parent_asin": "B00YQ6X8EP",
    "user_id": "AGKHLEW2SOWHNMFQIJGBECAF7INQ",
    "timestamp": 1588687728923,
    "helpful_vote": 3,
    "verified_purchase": True,
}
ITEM = {
    "main_category": "All Beauty",
    "title": "Howard LC0008 Leather Conditioner",
    "average_rating": 4.8,
    "rating_number": 10,
    "features": ["8 oz", "Not for suede"],
    "description": ["Keeps leather soft."],
    "price": 12.49,
    "images": [
        {"thumb": "https://i.example/t.jpg", "large": "https://i.example/l.jpg", "variant": "MAIN", "hi_res": None}
    ],
    "videos": [],
    "store": "Howard Products",
    "categories": ["Beauty", "Leather care"],
    "details": {"Package Dimensions": "7 x 3 inches", "Brand": "Howard", "Ranks": {"Beauty": 12}},
    "parent_asin": "B01CUPMQZE",
    "bought_together": None,
}


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def rejected(path: Path | None) -> list[dict[str, Any]]:
    assert path is not None
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_amazon_reviews(any_database: Database, tmp_path: Path) -> None:
    rows = [
        REVIEW,
        REVIEW,
        {**REVIEW, "user_id": "B", "rating": 1.0, "text": "不好用，第二天就坏了", "timestamp": 1588687728},
        {**REVIEW, "rating": "N/A"},
        {**REVIEW, "rating": 9},
        {**REVIEW, "text": "a\x00b"},
        {**REVIEW, "parent_asin": "", "asin": ""},
        {**REVIEW, "timestamp": "yesterday"},
        {**REVIEW, "images": ["a\x00b"]},
    ]
    report = import_file(any_database, write_lines(tmp_path / "All_Beauty.jsonl.gz", rows))
    assert (report.kind, report.rows, report.new, report.rejected) == ("amazon-reviews", 9, 3, 6)
    with any_database.read() as session:
        first, second, other = session.scalars(select(Review).order_by(Review.stars.desc(), Review.id))
    assert first.product_id == "B00YQ6X8EP"
    assert first.written_at == datetime(2020, 5, 5, 14, 8, 48, 923000, tzinfo=UTC)
    assert (first.stars, first.helpful_votes, first.verified) == (5.0, 3, True)
    assert first.extra == {"asin": "B00YQ6X8EO", "images": REVIEW["images"]}
    # The same review twice is two reviews, told apart by their occurrence number.
    assert first.id.removesuffix("-0") == second.id.removesuffix("-1")
    assert other.text == "不好用，第二天就坏了"
    assert other.written_at == datetime(2020, 5, 5, 14, 8, 48, tzinfo=UTC)
    reasons = {row["line"]: row["reason"] for row in rejected(report.rejects)}
    assert "rating" in reasons[4]
    assert "N/A" in reasons[4]
    assert "rating" in reasons[5]
    assert "NUL" in reasons[6]
    assert "parent_asin" in reasons[7]
    assert "NUL" in reasons[9]
    assert "timestamp: not a time: 'yesterday'" in reasons[8]
    assert rejected(report.rejects)[0]["row"] == rows[3]


def test_votes_may_change_without_making_another_review(any_database: Database, tmp_path: Path) -> None:
    import_file(any_database, write_lines(tmp_path / "a.jsonl", [REVIEW]))
    report = import_file(any_database, write_lines(tmp_path / "b.jsonl", [{**REVIEW, "helpful_vote": 40}]))
    assert (report.new, report.updated, report.unchanged) == (0, 1, 0)
    with any_database.read() as session:
        assert [one.helpful_votes for one in session.scalars(select(Review))] == [40]


def test_amazon_products(any_database: Database, tmp_path: Path) -> None:
    bare = {"parent_asin": "B2", "title": "Bare", "main_category": "Toys", "price": None, "features": [], "details": {}}
    rows = [ITEM, bare, {**ITEM, "parent_asin": "B3", "price": "—"}, {**ITEM, "parent_asin": "B4", "price": "N/A"}]
    report = import_file(any_database, write_lines(tmp_path / "meta_All_Beauty.jsonl", rows))
    assert (report.kind, report.new, report.rejected) == ("amazon-products", 3, 1)
    assert "price: not an amount of money: 'N/A'" in rejected(report.rejects)[0]["reason"]
    with any_database.read() as session:
        product = session.get_one(Product, "B01CUPMQZE")
        assert [one.price_minor for one in product.variants] == [1249]
        assert session.get_one(Variant, "B2").price_minor is None
    assert product.description == "Keeps leather soft.\n8 oz\nNot for suede"
    assert (product.brand, product.category_path) == ("Howard", ["Beauty", "Leather care"])
    assert product.attributes == {"Package Dimensions": "7 x 3 inches", "Brand": "Howard"}
    assert product.image == "https://i.example/l.jpg"


def shopify_products() -> list[dict[str, str]]:
    first = {
        "Handle": "trail-shoe",
        "Title": "Trail Shoe",
        "Body (HTML)": "<p>Light &amp; <b>waterproof</b></p><ul><li>Grip</li></ul>",
        "Vendor": "Nordpfad",
        "Product Category": "Shoes > Trail running",
        "Type": "Shoes",
        "Tags": "outdoor, rain",
        "Published": "true",
        "Option1 Name": "Size",
        "Option1 Value": "42",
        "Option2 Name": "Color",
        "Option2 Value": "Red",
        "Variant SKU": "TS-42-R",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "7",
        "Variant Inventory Policy": "deny",
        "Variant Price": "79.90",
        "Variant Compare At Price": "99.00",
        "Image Src": "https://cdn.example/1.jpg",
        "Image Position": "1",
        "Cost per item": "31.5",
        "Status": "active",
        "Custom (product.metafields.custom.sole)": "Vibram",
    }
    second = {
        "Handle": "trail-shoe",
        "Option1 Value": "43",
        "Option2 Value": "Red",
        "Variant SKU": "TS-43-R",
        "Variant Inventory Tracker": "",
        "Variant Inventory Qty": "0",
        "Variant Price": "79.90",
    }
    picture = {"Handle": "trail-shoe", "Image Src": "https://cdn.example/2.jpg", "Image Position": "2"}
    simple = {
        "Handle": "gift-card",
        "Title": "Gift card",
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "-3",
        "Variant Price": "10",
        "Status": "draft",
    }
    return [first, second, picture, simple]


def test_shopify_products(any_database: Database, tmp_path: Path) -> None:
    report = import_file(any_database, write_csv(tmp_path / "products.csv", shopify_products()), currency="EUR")
    assert (report.kind, report.rows, report.rows_imported, report.new) == ("shopify-products", 4, 4, 2)
    with any_database.read() as session:
        shoe = session.get_one(Product, "trail-shoe")
        small, large = shoe.variants
        (card,) = session.get_one(Product, "gift-card").variants
        assert session.get_one(Product, "gift-card").visible is False
    assert shoe.description == "Light & waterproof\nGrip"
    assert (shoe.brand, shoe.category_path, shoe.visible) == ("Nordpfad", ["Shoes", "Trail running"], True)
    assert small.id == "trail-shoe/42/Red"
    assert small.options == {"Size": "42", "Color": "Red"}
    assert (small.price_minor, small.compare_at_minor, small.cost_minor) == (7990, 9900, 3150)
    assert (small.stock, small.currency, small.sku) == (7, "EUR", "TS-42-R")
    # Shopify does not count the large one; below zero there is nothing on hand.
    assert large.stock is None
    assert (card.id, card.options, card.stock) == ("gift-card", {}, 0)


def test_a_bad_variant_is_rejected_alone(any_database: Database, tmp_path: Path) -> None:
    rows = shopify_products()
    rows[0]["Variant Price"] = "N/A"
    rows[3]["Variant Price"] = "free"
    rows.append({"Handle": "", "Title": "no handle"})
    rows.append({"Handle": "untitled", "Variant Price": "1"})
    report = import_file(any_database, write_csv(tmp_path / "products.csv", rows))
    assert (report.rows, report.rows_imported, report.rejected) == (6, 2, 4)
    with any_database.read() as session:
        shoe = session.get_one(Product, "trail-shoe")
        assert [one.options["Size"] for one in shoe.variants] == ["43"]
        assert session.get(Product, "gift-card") is None
    reasons = [(row["line"], row["reason"]) for row in rejected(report.rejects)]
    assert [line for line, _ in reasons] == [2, 5, 6, 7]
    assert "Variant Price: not an amount of money: 'N/A'" in reasons[0][1]
    assert "Handle: empty" in reasons[2][1]
    assert "Title" in reasons[3][1]


def test_a_variant_that_is_gone_from_the_file_goes(any_database: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "products.csv", shopify_products())
    import_file(any_database, path)
    report = import_file(any_database, write_csv(path, [shopify_products()[0], shopify_products()[3]]))
    assert (report.updated, report.unchanged) == (1, 1)
    with any_database.read() as session:
        assert sorted(session.scalars(select(Variant.id))) == ["gift-card", "trail-shoe/42/Red"]


def shopify_orders() -> list[dict[str, str]]:
    first = {
        "Name": "#1001",
        "Email": "Ada@Example.com",
        "Financial Status": "partially_refunded",
        "Paid at": "2026-01-02 10:15:00 -0500",
        "Fulfillment Status": "fulfilled",
        "Fulfilled at": "2026-01-03 09:00:00 -0500",
        "Accepts Marketing": "yes",
        "Currency": "USD",
        "Subtotal": "154.80",
        "Shipping": "6.00",
        "Taxes": "12.39",
        "Total": "173.19",
        "Discount Code": "FALL5",
        "Discount Amount": "5.00",
        "Created at": "2026-01-02 10:14:00 -0500",
        "Lineitem quantity": "2",
        "Lineitem name": "Trail Shoe - 42 / Red",
        "Lineitem price": "79.90",
        "Lineitem sku": "TS-42-R",
        "Billing Name": "Ada King Lovelace",
        "Billing Phone": "'+44123456",
        "Shipping Name": "Ada King Lovelace",
        "Shipping Address1": "1 Fictional Lane",
        "Shipping City": "Testville",
        "Shipping Zip": "'00501",
        "Shipping Province": "NY",
        "Shipping Country": "US",
        "Payment Method": "Shopify Payments",
        "Refunded Amount": "10.00",
        "Id": "5550000001",
    }
    second = {
        "Name": "#1001",
        "Email": "Ada@Example.com",
        "Lineitem quantity": "1",
        "Lineitem name": "Sock",
        "Lineitem price": "0.00",
    }
    cancelled = {
        "Name": "#1002",
        "Email": "ada@example.com",
        "Financial Status": "refunded",
        "Fulfillment Status": "unfulfilled",
        "Cancelled at": "2025-12-30 08:00:00 -0500",
        "Currency": "USD",
        "Subtotal": "10.00",
        "Shipping": "0.00",
        "Taxes": "1.60",
        "Total": "10.00",
        "Refunded Amount": "10.00",
        "Created at": "2025-12-29 08:00:00 -0500",
        "Lineitem quantity": "1",
        "Lineitem name": "Gift card",
        "Lineitem price": "10.00",
        "Billing Name": "Ada",
        "Shipping City": "Oldtown",
        "Id": "5550000002",
    }
    guest = {
        "Name": "#1003",
        "Currency": "USD",
        "Total": "5.00",
        "Financial Status": "pending",
        "Created at": "2026-01-05 08:00:00 -0500",
        "Lineitem quantity": "1",
        "Lineitem name": "Sock",
        "Lineitem price": "5.00",
    }
    return [first, second, cancelled, guest]


def test_shopify_orders_and_their_customers(any_database: Database, tmp_path: Path) -> None:
    import_file(any_database, write_csv(tmp_path / "products.csv", shopify_products()))
    report = import_file(any_database, write_csv(tmp_path / "orders.csv", shopify_orders()))
    assert (report.kind, report.rows, report.new, report.customers_made) == ("shopify-orders", 4, 3, 1)
    with any_database.read() as session:
        order = session.get_one(Order, "#1001")
        shoe, sock = order.lines
        assert order.total_minor == 17319
        assert (order.shipping_minor, order.tax_minor, order.discount_minor) == (600, 1239, 500)
        assert [(one.kind, one.amount_minor) for one in order.payments] == [("payment", 17319), ("refund", 1000)]
        assert order.shipments[0].shipped_at == datetime(2026, 1, 3, 14, 0, tzinfo=UTC)
        old = session.get_one(Order, "#1002")
        # Prices there include the tax.
        assert (old.status, old.total_minor, old.tax_minor) == ("cancelled", 1000, 0)
        assert session.get_one(Order, "#1003").customer_id is None
        assert session.get_one(Order, "#1003").status == "pending"
        (customer,) = session.scalars(select(Customer))
    assert (order.status, order.placed_at) == ("shipped", datetime(2026, 1, 2, 15, 14, tzinfo=UTC))
    assert (shoe.product_id, shoe.variant_id, shoe.quantity) == ("trail-shoe", "trail-shoe/42/Red", 2)
    assert (sock.product_id, sock.unit_price_minor) == (None, 0)
    assert order.address["zip"] == "00501"
    assert order.customer_id == old.customer_id == customer.id
    # Both orders are by the same person; the later one says how things stand now.
    assert (customer.first_name, customer.last_name, customer.consent_email) == ("Ada King", "Lovelace", True)
    assert (customer.phone, customer.address["city"]) == ("+44123456", "Testville")


def test_a_known_customer_is_found_by_mail_address_and_left_alone(any_database: Database, tmp_path: Path) -> None:
    with any_database.write() as session:
        session.add(Customer(id="C1", first_name="Augusta", email="ADA@example.com"))
    report = import_file(any_database, write_csv(tmp_path / "orders.csv", shopify_orders()))
    assert report.customers_made == 0
    with any_database.read() as session:
        (customer,) = session.scalars(select(Customer))
        assert session.get_one(Order, "#1001").customer_id == "C1"
    assert (customer.first_name, customer.consent_email) == ("Augusta", False)


def test_orders_go_in_whole_or_not_at_all(any_database: Database, tmp_path: Path) -> None:
    rows = shopify_orders()
    rows[1]["Lineitem price"] = "N/A"
    path = write_csv(tmp_path / "orders.csv", rows)
    content = path.read_bytes().replace(b"Gift card", b"Gift \xe9ard")
    path.write_bytes(content)
    report = import_file(any_database, path)
    assert (report.rows, report.rows_imported, report.rejected) == (4, 1, 3)
    reasons = {row["line"]: row["reason"] for row in rejected(report.rejects)}
    assert "line 3: Lineitem price" in reasons[2]
    assert "Lineitem price: not an amount of money: 'N/A'" in reasons[3]
    assert "not UTF-8" in reasons[4]


def segment_messages() -> list[dict[str, Any]]:
    def track(number: int, event: str, **properties: Any) -> dict[str, Any]:
        return {
            "type": "track",
            "event": event,
            "messageId": f"m{number}",
            "userId": "C1",
            "timestamp": f"2026-02-01T10:0{number}:00.000Z",
            "properties": properties,
        }

    bought = [{"product_id": "P1", "price": 10.5, "quantity": 2}, {"product_id": "P2", "price": 3, "quantity": 1}]
    anonymous = track(2, "Products Searched", query="red shoes")
    anonymous["anonymousId"] = anonymous.pop("userId")
    return [
        track(1, "Product Viewed", product_id="P1", price=10.5, currency="EUR"),
        anonymous,
        track(3, "Product Added", product_id="P1", variant="P1/42", price=10.5, quantity=2, currency="EUR"),
        track(4, "Product Removed", product_id="P1", quantity=1),
        {**track(5, "Checkout Started", order_id="O1", products=bought, currency="EUR"), "context": {"ip": "::1"}},
        track(6, "Order Completed", order_id="O1", total=24, products=bought, currency="EUR"),
        track(7, "Coupon Clipped", coupon_id="X"),
    ]


def test_segment_events(any_database: Database, tmp_path: Path) -> None:
    rows = segment_messages()
    bad = [
        {"type": "identify", "userId": "C1", "traits": {}},
        {"type": "track", "event": "Product Viewed", "timestamp": "2026-02-01T10:00:00Z"},
        {"type": "track", "event": "Product Viewed", "userId": "C1"},
        {**rows[0], "messageId": "m9", "properties": {"price": "N/A", "product_id": "P1"}},
    ]
    report = import_file(any_database, write_lines(tmp_path / "events.jsonl", [*rows, *bad, rows[0]]))
    assert (report.kind, report.rows, report.rows_imported) == ("segment-events", 12, 7)
    assert (report.duplicates, report.rejected) == (1, 4)
    with any_database.read() as session:
        events = list(session.scalars(select(Event).order_by(Event.at, Event.product_id)))
    said = [(one.kind, one.product_id, one.value_minor) for one in events]
    assert said == [
        ("view", "P1", 1050),
        ("search", None, None),
        ("cart_add", "P1", 2100),
        ("cart_remove", "P1", None),
        ("checkout_start", "P1", 2100),
        ("checkout_start", "P2", 300),
        ("purchase", "P1", 2100),
        ("purchase", "P2", 300),
        ("Coupon Clipped", None, None),
    ]
    assert events[1].query == "red shoes"
    assert (events[1].customer_id, events[1].anonymous_id) == (None, "C1")
    assert (events[2].variant_id, events[2].currency, events[2].at.minute) == ("P1/42", "EUR", 3)
    assert [one.id for one in events if one.kind == "purchase"] == ["m6", "m6#2"]
    reasons = [row["reason"] for row in rejected(report.rejects)]
    assert "'identify' is not 'track'" in reasons[0]
    assert "neither userId nor anonymousId" in reasons[1]
    assert "timestamp" in reasons[2]
    assert "properties.price" in reasons[3]


def test_kinds_are_found_or_asked_for(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot tell what kind.*amazon-reviews.*found: a, b"):
        import_file(database, write_csv(tmp_path / "a.csv", [{"a": "1", "b": "2"}]))
    with pytest.raises(InputError, match="no such kind of file: 'wishes'"):
        import_file(database, tmp_path / "a.csv", kind="wishes")
    with pytest.raises(InputError, match="the generic kinds only"):
        import_file(database, tmp_path / "a.csv", kind="shopify-orders", mapping=ColumnMapping(columns={}))
    with pytest.raises(InputError, match="JSON lines, and this is not"):
        import_file(database, tmp_path / "a.csv", kind="amazon-reviews")
    broken_first = tmp_path / "reviews.jsonl"
    broken_first.write_text("{broken\n" + json.dumps(REVIEW) + "\n")
    assert import_file(database, broken_first).kind == "amazon-reviews"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("16.07.2025 19:43", datetime(2025, 7, 16, 19, 43, tzinfo=UTC)),
        ("1.2.2025", datetime(2025, 2, 1, tzinfo=UTC)),
        ("2025/12/31 08:05:09", datetime(2025, 12, 31, 8, 5, 9, tzinfo=UTC)),
        ("2025年3月1日", datetime(2025, 3, 1, tzinfo=UTC)),
    ],
)
def test_days_as_spreadsheets_write_them(written: str, meant: datetime) -> None:
    assert parse_time(written) == meant


@pytest.mark.parametrize("written", ["12/31/2025", "31.13.2025", "1.2.25", "30.02.2025"])
def test_days_that_could_be_read_in_two_ways_or_are_none(written: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        parse_time(written)
