"""Looking at a file before it is imported: its kind, and a mapping guessed from what its columns are called."""

from pathlib import Path

import pytest

from store.imports import import_file, preview_file


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
