"""Importing as a whole: repeatable, whatever kills it; duplicates, progress, rejects, and tables of one's own."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from store import Database, InputError
from store.imports import ColumnMapping, ImportProgress, import_file, run
from store.imports.groups import Group, grouped
from store.imports.rows import BadRow, Record, Row
from store.imports.upsert import Counts
from store.schema import Base, Customer, Event, Order, Product, Review

Dump = Callable[[Database], dict[str, list[dict[str, Any]]]]


def _reviews(count: int) -> str:
    """CSV rows without ids: some repeat, some are bad."""
    lines = ["product_id,customer_id,stars,title,text,written_at,colour"]
    for number in range(count):
        stars = "N/A" if number % 37 == 5 else str(number % 5 + 1)
        text = f"text {number % 60}" if number % 3 else f'"two\nlines, {number}"'
        lines.append(f"P{number % 7},C{number % 11},{stars},t,{text},2026-01-0{number % 9 + 1}T00:00:00Z,blue")
    return "\n".join(lines) + "\n"


def _orders(count: int) -> str:
    lines = ["Name,Email,Financial Status,Total,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price"]
    for number in range(count):
        email = f"c{number % 40}@example.com"
        lines.append(f"#{number},{email},paid,{3 + number}.00,EUR,2026-01-01 00:{number % 60:02d}:00 +0000,1,Sock,3.00")
        lines.extend(f"#{number},{email},,,,,{more},Shoe {more},0.10" for more in range(1, number % 4))
    return "\n".join(lines) + "\n"


def _empty(database: Database) -> None:
    with database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())


def _count_steps(database: Database, act: Callable[[int], None]) -> None:
    """Call ``act`` with the number of each statement and commit that the database is about to carry out."""
    step = 0

    def next_step(*_: object) -> None:
        nonlocal step
        step += 1
        act(step)

    event.listen(database.engine, "before_cursor_execute", next_step)
    event.listen(database.engine, "commit", next_step)
    event.listen(database._writing, "before_cursor_execute", next_step)
    event.listen(database._writing, "commit", next_step)


def _run_until(url: str, path: Path, die_at: int, told: Path) -> None:
    database = Database.open(url, migrate=False)
    _count_steps(database, lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == die_at else None)

    def note(progress: ImportProgress) -> None:
        told.write_text(str(progress.rows))

    import_file(database, path, progress=note)


@pytest.mark.parametrize("kind", ["reviews", "orders"])
def test_killed_at_ten_random_points_and_run_again(
    any_database: Database, tmp_path: Path, dump: Dump, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(run, "BATCH_ROWS", 40)
    path = tmp_path / f"{kind}.csv"
    path.write_text(_reviews(500) if kind == "reviews" else _orders(160))
    steps: list[int] = []
    counted = Database.open(any_database.url, migrate=False)
    _count_steps(counted, steps.append)
    undisturbed = import_file(counted, path)
    counted.close()
    assert undisturbed.rows > 250
    wanted, rejects = dump(any_database), undisturbed.rejects and undisturbed.rejects.read_text()
    assert len(steps) > 30
    fork = multiprocessing.get_context("fork")
    for die_at in random.Random(20260302).sample(steps, 10):
        _empty(any_database)
        any_database.close()
        told = tmp_path / f"told-{die_at}"
        child = fork.Process(target=_run_until, args=(any_database.url, path, die_at, told))
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        reported = int(told.read_text()) if told.exists() else 0
        with any_database.read() as session:
            table = Review if kind == "reviews" else Order
            there = session.scalar(select(func.count()).select_from(table)) or 0
        # Reviews: one row each. What was reported as settled is in the shop or was rejected.
        if kind == "reviews":
            assert there >= reported - undisturbed.rejected
        again = import_file(any_database, path)
        assert again.unchanged == there
        assert dump(any_database) == wanted
        assert (again.rejects and again.rejects.read_text()) == rejects


def test_importing_again_changes_nothing(any_database: Database, tmp_path: Path, dump: Dump) -> None:
    for name, content in [("reviews.csv", _reviews(300)), ("orders.csv", _orders(50))]:
        path = tmp_path / name
        path.write_text(content)
        first = import_file(any_database, path)
        before = dump(any_database)
        second = import_file(any_database, path)
        assert (second.new, second.updated, second.unchanged) == (0, 0, first.new)
        assert (second.rows, second.rejected, second.customers_made) == (first.rows, first.rejected, 0)
        assert dump(any_database) == before


def test_no_row_is_left_out(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(_reviews(500))
    report = import_file(database, path)
    assert report.rows == 500
    assert report.rows_imported + report.duplicates + report.rejected == 500
    assert report.rejected == sum(number % 37 == 5 for number in range(500))
    assert not report.clean
    assert report.rejects is not None
    lines = [json.loads(line) for line in report.rejects.read_text().splitlines()]
    assert len(lines) == report.rejected
    assert all(line["file"] == str(path) and "stars" in line["reason"] for line in lines)
    assert all(line["row"]["stars"] == "N/A" and line["row"]["colour"] == "blue" for line in lines)
    assert path.read_text().split("\n")[lines[0]["line"] - 1].startswith("P")


def test_a_clean_import_leaves_no_rejects_file(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("product_id,text,stars\nP,x,7\n")
    report = import_file(database, path)
    assert report.rejects is not None
    assert report.rejects.exists()
    path.write_text("product_id,text,stars\nP,x,5\n")
    again = import_file(database, path)
    assert again.clean
    assert again.rejects is None
    assert sorted(one.name for one in tmp_path.glob("reviews*")) == ["reviews.csv"]


def test_progress_tells_what_is_committed(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH_ROWS", 50)
    path = tmp_path / "reviews.csv"
    path.write_text(_reviews(300))
    seen: list[ImportProgress] = []

    def check(progress: ImportProgress) -> None:
        other = Database.open(database.url, migrate=False)
        with other.read() as session:
            there = session.scalar(select(func.count()).select_from(Review)) or 0
        other.close()
        assert there == progress.rows - progress.rejected
        seen.append(progress)

    report = import_file(database, path, progress=check)
    assert [one.finished for one in seen] == [False] * 6 + [True]
    assert [one.rows for one in seen] == [50, 100, 150, 200, 250, 300, 300]
    assert seen[-1].bytes_read == seen[-1].bytes_total == path.stat().st_size
    assert report.rows == 300


def test_duplicate_ids_in_one_file(any_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("id,first_name,email\nC1,Ada,a@x.org\nC2,Bo,b@x.org\nC1,Ada,a@x.org\nC1,Eve,e@x.org\n")
    report = import_file(any_database, path)
    assert (report.kind, report.new, report.duplicates, report.rejected) == ("customers", 2, 1, 1)
    assert report.rejects is not None
    (line,) = (json.loads(one) for one in report.rejects.read_text().splitlines())
    assert line["line"] == 5
    assert "the id 'C1' stands on line 2 already, with other content" in line["reason"]
    with any_database.read() as session:
        assert session.get_one(Customer, "C1").first_name == "Ada"


def test_a_variant_is_never_taken_from_its_product(any_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,title,variant_id,price\nA,Shoe,V1,10\nB,Boot,V1,20\nC,Sock,V3,1\n")
    report = import_file(any_database, path)
    assert (report.new, report.rejected) == (2, 1)
    path.write_text("id,title,variant_id,price\nD,Coat,V1,20\n")
    report = import_file(any_database, path)
    assert (report.new, report.rejected) == (0, 1)
    assert report.rejects is not None
    assert "variant 'V1' belongs to 'A' in the shop" in report.rejects.read_text()


def test_a_file_changes_only_the_columns_it_has(any_database: Database, tmp_path: Path) -> None:
    with any_database.write() as session:
        session.add(Customer(id="C1", first_name="Ada", email="a@x.org", consent_email=True, language="zh"))
    path = tmp_path / "customers.csv"
    path.write_text("id,phone,last_name,address.city\nC1,+49 1,Lovelace,Bonn\n")
    report = import_file(any_database, path)
    assert report.updated == 1
    with any_database.read() as session:
        customer = session.get_one(Customer, "C1")
    assert (customer.first_name, customer.last_name, customer.phone) == ("Ada", "Lovelace", "+49 1")
    assert (customer.email, customer.consent_email, customer.language) == ("a@x.org", True, "zh")
    assert (customer.address, customer.extra) == ({"city": "Bonn"}, {})


def test_a_review_of_ten_megabytes_is_rejected_with_the_reason(any_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    rows = [{"product_id": "P", "text": text} for text in ("good", "x" * 10_000_000, "y" * 1_000_000)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = import_file(any_database, path)
    assert (report.new, report.rejected) == (2, 1)
    assert report.rejects is not None
    (line,) = (json.loads(one) for one in report.rejects.read_text().splitlines())
    assert line["reason"] == "text: 10,000,000 characters, more than the 1,000,000 allowed"
    assert line["row"] == rows[1]


def test_a_table_of_ones_own_by_column_mapping(any_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows: list[dict[str, Any]] = [
        {"who": {"id": 7}, "what": "pv", "item": 99, "ts": "01/03/2026 09:30", "campaign": "x"},
        {"who": {"id": 7}, "what": "buy", "item": 99, "ts": "01/03/2026 10:00", "cents": None},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    mapping = ColumnMapping(
        columns={"customer_id": "who.id", "kind": "what", "product_id": "item", "at": "ts"},
        constants={"currency": "CNY"},
        values={"kind": {"pv": "view", "buy": "purchase"}},
        time_format="%d/%m/%Y %H:%M",
        time_zone="Asia/Shanghai",
    )
    report = import_file(any_database, path, mapping=mapping)
    assert (report.kind, report.new) == ("events", 2)
    with any_database.read() as session:
        view, purchase = session.scalars(select(Event).order_by(Event.at))
    assert (view.kind, view.customer_id, view.product_id) == ("view", "7", "99")
    assert view.at == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert view.extra["campaign"] == "x"
    assert purchase.kind == "purchase"


def test_mappings_that_do_not_fit(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("asin,body\nP,x\n")
    with pytest.raises(InputError, match=r"names no field of reviews: 'product'.*Did you mean 'product_id'"):
        import_file(database, path, kind="reviews", mapping=ColumnMapping(columns={"product": "asin", "text": "body"}))
    with pytest.raises(InputError, match="lacks fields that reviews need: 'text'"):
        import_file(database, path, kind="reviews", mapping=ColumnMapping(columns={"product_id": "asin"}))
    with pytest.raises(InputError, match="the file lacks columns of the mapping: 'review'"):
        import_file(
            database, path, kind="reviews", mapping=ColumnMapping(columns={"product_id": "asin", "text": "review"})
        )
    with pytest.raises(ValueError, match="no such time zone"):
        ColumnMapping(columns={}, time_zone="Mars/Base")


def test_generic_products_with_variants_and_orders_with_lines(any_database: Database, tmp_path: Path) -> None:
    products = tmp_path / "products.csv"
    products.write_text(
        "id,title,category_path,variant_id,options,price,currency,stock,consumable\n"
        'A,Shoe,Shoes > Trail,A42,"{""Size"": ""42""}","1.299,50",EUR,3,no\n'
        'A,,,A43,"{""Size"": ""43""}",N/A,EUR,3,\n'
        "B,Tea,Food,,,4.5,JPY,,yes\n"
    )
    report = import_file(any_database, products)
    assert (report.kind, report.new, report.rejected) == ("products", 2, 1)
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "id,customer_id,status,currency,placed_at,shipping,product_id,quantity,unit_price\n"
        "O1,C1,delivered,EUR,2026-01-01,4.90,A,1,1299.50\nO1,,,,,,B,2,4.50\nO2,C1,pending,EUR,2026-01-02,0,B,0,4.50\n"
    )
    report = import_file(any_database, orders)
    assert (report.kind, report.rows, report.new, report.rejected) == ("orders", 3, 1, 1)
    with any_database.read() as session:
        shoe, tea = session.get_one(Product, "A"), session.get_one(Product, "B")
        assert [(one.id, one.options, one.price_minor) for one in shoe.variants] == [("A42", {"Size": "42"}, 129950)]
        assert [(one.id, one.price_minor, one.currency) for one in tea.variants] == [("B", 5, "JPY")]
        assert (tea.consumable, shoe.category_path) == (True, ["Shoes", "Trail"])
        assert session.get_one(Order, "O1").total_minor == 129950 + 900 + 490


def test_a_damaged_tau_folder_imports_nothing(database: Database, tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("{}")
    (tmp_path / "products.json").write_text('{"1": {"name": "x", "product_id": "1", "variants": {}}}')
    (tmp_path / "orders.json").write_text('{"#W1": {"order_id"')
    with pytest.raises(InputError, match="nothing of its folder was imported"):
        import_file(database, tmp_path)
    with database.read() as session:
        assert session.scalars(select(Product)).all() == []


def test_fields_that_come_late_in_json_lines_are_not_lost(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    rows: list[dict[str, Any]] = [{"product_id": "P", "text": f"text {number} " + "x" * 2000} for number in range(60)]
    rows.append({"product_id": "P", "text": "late", "stars": 5})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = import_file(database, path)
    assert (report.new, report.rejected) == (60, 1)
    assert report.rejects is not None
    assert "stars: no record at the start of the file has this field" in report.rejects.read_text()
    mapping = ColumnMapping(columns={"product_id": "product_id", "text": "text", "stars": "stars"})
    assert import_file(database, path, mapping=mapping).new == 1


def test_what_only_the_database_refuses_costs_one_record(
    any_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_or_fail(session: Session, records: list[Record]) -> Counts:
        if any("7" in record.values["text"] for record in records):
            raise DataError("INSERT", {}, Exception("out of range"))
        return write(session, records)

    write = run.write
    monkeypatch.setattr(run, "write", write_or_fail)
    path = tmp_path / "reviews.csv"
    path.write_text("product_id,text\n" + "".join(f"P,text {number}\n" for number in range(40)))
    report = import_file(any_database, path)
    assert (report.rows, report.new, report.rejected) == (40, 36, 4)
    assert report.rejects is not None
    assert report.rejects.read_text().count("the database refuses it: out of range") == 4


def test_rejects_never_overwrite_something_else(database: Database, tmp_path: Path) -> None:
    path, precious = tmp_path / "reviews.csv", tmp_path / "precious.txt"
    path.write_text("product_id,text,stars\nP,x,9\n")
    precious.write_text("dear")
    with pytest.raises(InputError, match="exists and is something else"):
        import_file(database, path, rejects=precious)
    with pytest.raises(InputError, match="exists and is something else"):
        import_file(database, path, rejects=path)
    assert precious.read_text() == "dear"


def test_memory_is_bounded_by_bytes_too() -> None:
    rows = [Row(number, {"text": "x"}, 3 * 1024 * 1024) for number in range(12)]
    bad = [row.bad("no") for row in rows]
    good = [Record("reviews", {}, [row]) for row in rows]
    assert [len(batch) for batch in run._batches([*good, *bad])] == [3] * 8
    endless = (Row(number, {"id": "A"}, 1024 * 1024) for number in range(200))
    found = list(grouped(endless, "id"))
    (group,) = (one for one in found if isinstance(one, Group))
    assert len(group.rows) == 64
    assert len(group.broken) == 1
    assert len(found) == 1 + 200 - 65
    unreadable = (BadRow(number, "not UTF-8", "x") for number in range(1000))
    assert len(list(grouped(unreadable, "id"))) == 1000


def test_parquet_with_types_beyond_json(any_database: Database, tmp_path: Path) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    rows = [
        {
            "product_id": 7,
            "text": "a",
            "stars": 5.0,
            "written_at": datetime(2026, 1, 1, tzinfo=UTC),
            "seen": datetime(2026, 1, 1, tzinfo=UTC),
            "price": Decimal("1.50"),
            "raw": b"\xff",
            "tags": ["x"],
        },
        {"product_id": 8, "text": "b\x00", "stars": float("nan")},
        {"product_id": 9, "text": "c", "stars": float("nan")},
    ]
    path = tmp_path / "reviews.parquet"
    parquet.write_table(arrow.Table.from_pylist(rows), path)
    report = import_file(any_database, path)
    assert (report.kind, report.new, report.rejected) == ("reviews", 2, 1)
    with any_database.read() as session:
        first, second = session.scalars(select(Review).order_by(Review.product_id))
    assert (first.product_id, first.stars, first.written_at) == ("7", 5.0, datetime(2026, 1, 1, tzinfo=UTC))
    assert first.extra["price"] == "1.50"
    assert first.extra["tags"] == ["x"]
    assert second.stars is None
    (tmp_path / "broken.parquet").write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="not a readable Parquet file"):
        import_file(any_database, tmp_path / "broken.parquet")
