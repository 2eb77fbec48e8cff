"""Looking at a file before it is imported: its kind, and a mapping guessed from what its columns are called."""

from pathlib import Path

import pytest
from sqlalchemy import select

from store.imports import import_file, preview_file
from store.schema import Customer, Event, Order, Review


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_known_form_needs_no_mapping(tmp_path) -> None:
    found = preview_file(write(tmp_path / "p.csv", "Handle,Title,Variant Price\nmug,Mug,9.90\nhat,Hat,19\n"))
    assert (found.kind, found.mapping, found.missing) == ("shopify-products", None, ())
    assert found.rows[0]["Title"] == "Mug"
    assert found.ready


@pytest.mark.parametrize(
    ("header", "row", "kind", "columns"),
    [
        (
            "Invoice No,Customer,Invoice Date,StockCode,Description,Quantity,Price",
            "1,C1,2026-01-02,P1,Mug,2,3.50",
            "orders",
            {
                "id": "Invoice No",
                "customer_id": "Customer",
                "placed_at": "Invoice Date",
                "product_id": "StockCode",
                "title": "Description",
                "quantity": "Quantity",
                "unit_price": "Price",
            },
        ),
        (
            "user_id,item_id,behavior_type,timestamp",
            "u1,p1,pv,1700000000",
            "events",
            {"kind": "behavior_type", "at": "timestamp", "customer_id": "user_id", "product_id": "item_id"},
        ),
        (
            "商品ID,用户ID,评分,评价内容,评价时间",
            "p1,u1,5,很好,2026-01-02",
            "reviews",
            {
                "product_id": "商品ID",
                "customer_id": "用户ID",
                "stars": "评分",
                "text": "评价内容",
                "written_at": "评价时间",
            },
        ),
    ],
)
def test_a_guessed_mapping_imports_the_file(tmp_path, database, header, row, kind, columns) -> None:
    path = write(tmp_path / "table.csv", f"{header}\n{row}\n")
    found = preview_file(path)
    assert found.kind == kind
    assert found.mapping is not None
    assert found.mapping.columns == columns
    assert found.ready
    report = import_file(database, path, kind=found.kind, mapping=found.mapping)
    assert (report.new, report.rejected) == (1, 0)


def test_a_review_tools_file_is_known_by_handle_and_mail_address(tmp_path, database) -> None:
    import_file(database, write(tmp_path / "p.csv", "Handle,Title,Variant SKU,Variant Price\nmug,Mug,M-1,9.90\n"))
    import_file(database, write(tmp_path / "c.csv", "id,email\nC1,Anna@example.com\n"))
    path = write(
        tmp_path / "reviews.csv",
        "title,body,rating,reviewer_email,product_id,product_handle\n"
        "Nice,Lovely,5,anna@example.com,,mug\nBad,Broken,1,nobody@example.com,77,mug\n",
    )
    found = preview_file(path)
    assert found.kind == "reviews"
    assert found.mapping is not None
    for new in (2, 0):
        report = import_file(database, path, kind=found.kind, mapping=found.mapping)
        assert (report.new, report.updated, report.rejected) == (new, 0, 0)
    with database.read() as session:
        written = {one.text: (one.product_id, one.customer_id) for one in session.scalars(select(Review))}
    assert written == {"Lovely": ("mug", "C1"), "Broken": ("mug", "nobody@example.com")}


def test_events_by_mail_address_and_sku_reach_customer_and_product(tmp_path, database) -> None:
    header = "Handle,Title,Option1 Value,Variant SKU,Variant Price\n"
    goods = "mug,Mug,S,M-1,9\nmug,,L,M-2,9\nhat,Hat,,X,5\ncap,Cap,,X,5\n"
    import_file(database, write(tmp_path / "p.csv", header + goods))
    import_file(database, write(tmp_path / "c.csv", "id,email\nC1,anna@example.com\n"))
    rows = [("anna@example.com", "M-2"), ("C1", "hat"), ("anna@example.com", "X"), ("", "gone")]
    text = "".join(f"add_to_cart,2026-01-02T10:00:00Z,{who},{what}\n" for who, what in rows)
    path = write(tmp_path / "events.csv", "event,timestamp,email,product\n" + text)
    found = preview_file(path)
    assert (found.kind, found.missing) == ("events", ())
    import_file(database, path, kind=found.kind, mapping=found.mapping)
    with database.read() as session:
        written = {(one.customer_id, one.product_id) for one in session.scalars(select(Event))}
    # Two products have the SKU X: which is meant cannot be told.
    assert written == {("C1", "mug"), ("C1", "hat"), ("C1", "X"), (None, "gone")}


@pytest.mark.parametrize("consent", ["Accepts Email Marketing", "Accepts Marketing"])
def test_shopifys_customer_list_brings_consent_and_address(tmp_path, database, consent) -> None:
    header = f"Customer ID,First Name,Last Name,Email,{consent},Default Address City,Default Address Zip,Phone,Tags"
    path = write(
        tmp_path / "customers_export.csv", f"{header}\n'680,Anna,Berg,a@example.com,yes,Wien,'1010,'+431,vip\n"
    )
    found = preview_file(path)
    assert (found.kind, found.mapping, found.ready) == ("customers", None, True)
    assert import_file(database, path).new == 1
    order = "Name,Email,Currency,Total,Lineitem name,Lineitem quantity,Lineitem price\n#1,A@example.com,EUR,9,Mug,1,9\n"
    assert import_file(database, write(tmp_path / "orders.csv", order)).customers_made == 0
    with database.read() as session:
        (one,) = session.scalars(select(Customer))
        assert (one.id, one.first_name, one.phone, one.consent_email) == ("680", "Anna", "+431", True)
        assert one.address == {"city": "Wien", "zip": "1010"}
        assert one.extra == {"Tags": "vip"}
        assert session.scalars(select(Order.customer_id)).all() == ["680"]


def test_what_is_missing_is_named_and_what_is_like_nothing_is_not_guessed(tmp_path) -> None:
    lacking = preview_file(write(tmp_path / "r.csv", "product,rating,reviewed_at\np1,5,2026-01-02\n"), kind="reviews")
    assert lacking.missing == ("text",)
    assert not lacking.ready
    foreign = preview_file(write(tmp_path / "f.csv", "kelvin,pascal\n1,2\n"))
    assert (foreign.kind, foreign.mapping) == (None, None)
    assert not foreign.ready
    assert foreign.columns == ("kelvin", "pascal")


def test_long_cells_are_shortened_and_bad_rows_counted(tmp_path) -> None:
    found = preview_file(write(tmp_path / "r.csv", f'product_id,text\np1,{"x" * 500}\np2,"never closed\n'))
    assert len(found.rows[0]["text"]) == 80
    assert found.unreadable == 1
