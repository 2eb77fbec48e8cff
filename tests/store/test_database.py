"""The database: both engines, transactions, migrations."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store import Database, StoreError
from store.schema import Base, Customer, Event, Product, Variant


def test_keeps_records_and_times_on_both_engines(any_database: Database) -> None:
    east = timezone(timedelta(hours=8))
    with any_database.write() as session:
        session.add(
            Product(
                id="p",
                title="Kettle",
                attributes={"colour": "red"},
                category_path=["Kitchen"],
                variants=[Variant(id="v", currency="EUR", price_minor=1250, stock=0)],
            )
        )
        session.add(Event(id="e", kind="view", at=datetime(2026, 1, 1, 8, tzinfo=east), product_id="p"))
    with any_database.read() as session:
        product = session.get_one(Product, "p")
        assert product.attributes == {"colour": "red"}
        assert product.category_path == ["Kitchen"]
        assert not product.variants[0].in_stock
        assert session.get_one(Event, "e").at == datetime(2026, 1, 1, 0, tzinfo=UTC)


def test_a_failed_write_leaves_nothing(any_database: Database) -> None:
    def fail_half_way() -> None:
        with any_database.write() as session:
            session.add(Customer(id="c"))
            session.flush()
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    with any_database.read() as session:
        assert session.get(Customer, "c") is None


def _ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
    # The agent's working memory lives beside the records, in tables that LangGraph makes and migrates itself.
    return kind != "table" or not str(name).startswith("checkpoint")


def test_the_migrations_make_exactly_the_schema(any_database: Database) -> None:
    with any_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_object": _ours})
        assert compare_metadata(context, Base.metadata) == []


def test_two_writers_wait_for_one_another(any_database: Database) -> None:
    with any_database.write() as session:
        session.add(Customer(id="c", extra={"count": 0}))

    def count_up() -> None:
        for _ in range(20):
            with any_database.write() as session:
                customer = session.get_one(Customer, "c", with_for_update=True)
                customer.extra = {"count": customer.extra["count"] + 1}

    writers = [threading.Thread(target=count_up) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with any_database.read() as session:
        assert session.get_one(Customer, "c").extra == {"count": 80}


def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="without a time zone"), database.write() as session:
        session.add(Event(id="e", kind="view", at=datetime(2026, 1, 1)))  # noqa: DTZ001


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_cannot_be_opened_says_why(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Database.open(url)
    assert url.split("@")[0].split(":")[0] in str(caught.value)
