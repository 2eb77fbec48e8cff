"""Public data through the importers: nothing is lost, nothing changes the second time, all comes out as it went in."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from store import Database
from store.exports import export_records
from store.imports import ColumnMapping, import_file, state_sha256, tau_state
from store.schema import Order, Product, Review

pytestmark = pytest.mark.real

INITIAL = "2c9d39a6a0b5bf7847a476dd41dcb3ae8aeaf4cbcf2a6b2fdae5936334acef91"
TABLES = {
    "orders": "804a9e2c3c80db5e28e2c4f833b1cfe450b0a375f22305b876b4c41cd0568ea0",
    "products": "d5ae140b1431a886886079d886931a4cd6267cb662afff52adb21b4bbf7bfd7d",
    "users": "876875c1f1e232fb20e138b1dfcba59c32e65eae7d16e091cb02e8b6ff52d698",
}
REVIEW_FILES = {
    "en_stars_amazon_musical": (
        10_254,
        ColumnMapping(
            columns={
                "product_id": "item",
                "customer_id": "user",
                "stars": "stars",
                "title": "title",
                "text": "text",
                "written_at": "time",
            },
            constants={"language": "en"},
            time_format="unix",
        ),
    ),
    "en_stars_amazon_hairdryer_microwave_pacifier": (
        32_020,
        ColumnMapping(
            columns={
                "product_id": "item",
                "customer_id": "user",
                "stars": "stars",
                "title": "title",
                "text": "text",
                "written_at": "time",
                "verified": "verified",
                "helpful_votes": "helpful",
            },
            constants={"language": "en"},
            time_format="%Y-%m-%d",
            yes_no=("1", "0"),
        ),
    ),
}


def test_tau_retail_hashes_to_its_initial_state(any_database: Database, data_folder: Path, tmp_path: Path) -> None:
    folder = data_folder / "service" / "tau_retail"
    rejects = tmp_path / "rejects.jsonl"
    report = import_file(any_database, folder, rejects=rejects)
    assert (report.kind, report.new, report.clean) == ("tau-retail", 500 + 1000 + 50, True)
    state = tau_state(any_database)
    assert {table: len(rows) for table, rows in state.items()} == {"users": 500, "orders": 1000, "products": 50}
    assert {table: state_sha256(rows) for table, rows in state.items()} == TABLES
    assert state_sha256(state) == INITIAL
    again = import_file(any_database, folder, rejects=rejects)
    assert (again.new, again.updated, again.unchanged) == (0, 0, 1550)
    with any_database.read() as session:
        product = session.scalars(select(Product).limit(1)).one()
        assert product.variants
        assert sum(1 for _ in session.scalars(select(Order))) == 1000


def test_tau_retail_goes_out_and_in_again(database: Database, data_folder: Path, tmp_path: Path) -> None:
    import_file(database, data_folder / "service" / "tau_retail", rejects=tmp_path / "rejects.jsonl")
    export_records(database, "tau-retail", tmp_path / "out")
    exported = {table: json.loads((tmp_path / "out" / f"{table}.json").read_text()) for table in TABLES}
    assert state_sha256(exported) == INITIAL
    other = Database.open(f"sqlite:///{tmp_path}/other.db")
    import_file(other, tmp_path / "out")
    assert state_sha256(tau_state(other)) == INITIAL
    other.close()


@pytest.mark.parametrize("name", REVIEW_FILES)
def test_reviews_import_through_a_column_mapping_without_loss(
    database: Database, data_folder: Path, tmp_path: Path, name: str
) -> None:
    count, mapping = REVIEW_FILES[name]
    path, rejects = data_folder / "sentiment" / f"{name}.csv.gz", tmp_path / "rejects.jsonl"
    report = import_file(database, path, mapping=mapping, rejects=rejects)
    assert (report.kind, report.rows, report.new, report.rejected) == ("reviews", count, count, 0)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with database.read() as session:
        stored = [
            (one.customer_id, one.product_id, one.written_at, one.stars, one.text, one.title)
            for one in session.scalars(select(Review))
        ]

    def at(text: str) -> datetime:
        return datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text + "T00:00:00Z")

    wanted = [
        (row["user"], row["item"], at(row["time"]), float(row["stars"]), row["text"], row["title"]) for row in rows
    ]
    assert sorted(map(str, stored)) == sorted(map(str, wanted))
    again = import_file(database, path, mapping=mapping, rejects=rejects)
    assert (again.new, again.updated, again.unchanged) == (0, 0, count)
    target = tmp_path / "out.csv.gz"
    export_records(database, "reviews", target, mapping=mapping, spreadsheet_safe=False)
    with gzip.open(target, "rt", encoding="utf-8", newline="") as stream:
        back = list(csv.DictReader(stream))
    assert sorted(json.dumps(row, sort_keys=True) for row in back) == sorted(
        json.dumps(row, sort_keys=True) for row in rows
    )
