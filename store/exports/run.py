"""Exporting records: which ones, in which form, to which file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from ..database import Database
from ..errors import InputError
from ..imports.amazon import item_line, review_line
from ..imports.detect import FORMS, JSON_FORMS, check_kind
from ..imports.mapping import ColumnMapping
from ..imports.segment import track_line
from ..imports.shopify_columns import ORDER_COLUMNS, PRODUCT_COLUMNS
from ..imports.shopify_orders import order_rows
from ..imports.shopify_products import product_rows
from ..imports.tau_retail import TABLES
from ..imports.tau_state import tau_state
from ..schema import Customer, Event, Order, Product, Review
from .files import format_of, replacing, write_json_lines, write_parquet, write_table
from .generic import Columns, extra_names, rows_of

_AT_ONCE = 500
_MODELS: dict[str, Any] = {
    "products": Product,
    "customers": Customer,
    "orders": Order,
    "reviews": Review,
    "events": Event,
}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written."""

    path: Path
    kind: str
    records: int
    rows: int
    """Rows or lines of the file; a product or order may take several."""


def export_records(
    database: Database,
    kind: str,
    target: str | Path,
    *,
    mapping: ColumnMapping | None = None,
    source: str | None = None,
    spreadsheet_safe: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> ExportReport:
    """Write the shop's records of ``kind`` (one of ``store.imports.KINDS``) to ``target``, as they can be imported.

    The generic kinds go by the target's name: .csv, .tsv, .jsonl (each also .gz) or .parquet; ``mapping`` calls the
    columns as it did for the import. ``source``: only records that came from there ("amazon", "shopify", ...).
    ``progress(done, total)`` counts records.

    ``spreadsheet_safe`` (CSV and TSV): text that a spreadsheet would run as a formula gets an apostrophe before it, and
    one more column says where, so that the import can undo it. Say ``False`` for a file that another program reads.

    A record that was imported from the form is written as it came, except for what the shop has changed since.
    tau-retail writes a folder, of the records that came from it. Raises ``InputError`` for an unknown kind or format.
    """
    check_kind(kind)
    target = Path(target)
    if kind == "tau-retail":
        return _tau_folder(database, target)
    if mapping is not None:
        if kind in FORMS:
            raise InputError("a column mapping is for the generic kinds only", value=kind)
        mapping.check(kind)
    table = kind.partition("-")[2] if kind in FORMS else kind
    ending = format_of(target)
    wanted = "jsonl" if kind in JSON_FORMS else "csv" if kind in FORMS else ending
    if ending != wanted:
        raise InputError(f"{kind} are written as .{wanted}", value=str(target))
    with database.read() as session:
        records = _Records(session, table, source, progress)
        if kind in JSON_FORMS:
            rows = write_json_lines(target, _lines(session, kind, records))
        elif kind in FORMS:
            rows = _shopify(session, kind, records, target, spreadsheet_safe=spreadsheet_safe)
        else:
            rows = _generic(table, records, target, ending, mapping, spreadsheet_safe=spreadsheet_safe)
        return ExportReport(target, kind, records.done, rows)


class _Records:
    """The records of one table in a fixed order, some at a time; can be gone through more than once."""

    def __init__(
        self, session: Session, table: str, source: str | None, progress: Callable[[int, int], None] | None
    ) -> None:
        model = _MODELS[table]
        self._session = session
        self._tell = progress
        self.done = 0
        order = {"events": [model.at, model.id] if table == "events" else []}.get(table) or [model.id]
        query = select(model).order_by(*order)
        count = select(func.count()).select_from(model)
        if source is not None:
            query, count = query.where(model.source == source), count.where(model.source == source)
        parts = {
            "products": ("variants",),
            "customers": ("payment_methods",),
            "orders": ("lines", "payments", "shipments", "returns"),
        }.get(table, ())
        self._query = query.options(*(selectinload(getattr(model, part)) for part in parts))
        self._total = session.scalar(count) or 0

    def __iter__(self) -> Iterator[Any]:
        for records in self.some():
            yield from records

    def some(self) -> Iterator[list[Any]]:
        self.done = 0
        found = self._session.scalars(self._query.execution_options(yield_per=_AT_ONCE))
        for records in found.partitions():
            yield list(records)
            self.done += len(records)
            if self._tell is not None:
                self._tell(self.done, self._total)


def _lines(session: Session, kind: str, records: _Records) -> Iterator[dict[str, Any]]:
    if kind == "amazon-reviews":
        yield from map(review_line, records)
    elif kind == "amazon-products":
        yield from map(item_line, records)
    else:
        for events in records.some():
            yield from _messages(session, events)


def _messages(session: Session, events: list[Any]) -> Iterator[dict[str, Any]]:
    """The track messages of these events: those that came in one message go out in one."""
    candidates = {
        event.id: event.id.rpartition("#") for event in events if event.source == "segment" and not event.extra
    }
    owners = _events(session, {head for head, mark, number in candidates.values() if mark and number.isdigit()})
    heads = [event for event in events if not _goes_with(candidates.get(event.id), owners)]
    found = _events(session, {key for one in heads for key in _siblings(one)})
    for head in heads:
        yield track_line([head, *(found[key] for key in _siblings(head) if key in found)])


def _siblings(head: Event) -> list[str]:
    """The ids of the further events of the message that ``head`` came in."""
    count = head.extra.get("products", 1) if head.source == "segment" else 1
    return [f"{head.id}#{number}" for number in range(2, int(count) + 1)]


def _goes_with(parts: tuple[str, str, str] | None, owners: dict[str, Event]) -> bool:
    """Whether an event with the id ``parts`` goes out in another one's message."""
    return parts is not None and parts[0] in owners and "".join(parts) in _siblings(owners[parts[0]])


def _events(session: Session, wanted: set[str]) -> dict[str, Event]:
    keys = sorted(wanted)
    found: dict[str, Event] = {}
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        found |= {one.id: one for one in session.scalars(select(Event).where(Event.id.in_(part)))}
    return found


def _shopify(session: Session, kind: str, records: _Records, target: Path, *, spreadsheet_safe: bool) -> int:
    def rows() -> Iterator[dict[str, str]]:
        if kind == "shopify-products":
            for product in records:
                yield from product_rows(product)
            return
        for orders in records.some():
            keys = {order.customer_id for order in orders if order.customer_id}
            found = session.execute(select(Customer.id, Customer.email).where(Customer.id.in_(keys)))
            emails: dict[str, str | None] = {row.id: row.email for row in found}
            for order in orders:
                yield from order_rows(order, emails.get(order.customer_id or ""))

    usual = PRODUCT_COLUMNS if kind == "shopify-products" else ORDER_COLUMNS
    # A header comes before the rows, so other columns that the shop's files had are gathered first.
    others = dict.fromkeys(column for row in rows() for column in row if column not in usual)
    return write_table(target, [*usual, *sorted(others)], rows(), spreadsheet_safe=spreadsheet_safe)


def _generic(
    kind: str,
    records: _Records,
    target: Path,
    ending: str,
    mapping: ColumnMapping | None,
    *,
    spreadsheet_safe: bool,
) -> int:
    extras: dict[str, None] = {}
    if mapping is None or mapping.keep_other_columns:
        for record in records:
            extras.update(dict.fromkeys(extra_names(kind, record)))
    columns = Columns(kind, mapping, sorted(extras))
    pairs: Iterable[tuple[dict[str, Any], dict[str, Any]]] = (
        pair for record in records for pair in rows_of(kind, record)
    )
    if ending == "jsonl":
        return write_json_lines(target, (columns.json(*pair) for pair in pairs))
    if ending == "parquet":
        return write_parquet(target, columns.types(), (columns.typed(*pair) for pair in pairs))
    return write_table(
        target,
        columns.names,
        (columns.text(*pair) for pair in pairs),
        delimiter="\t" if ending == "tsv" else ",",
        spreadsheet_safe=spreadsheet_safe,
    )


def _tau_folder(database: Database, folder: Path) -> ExportReport:
    state = tau_state(database)
    for table in TABLES:
        with replacing(folder / f"{table}.json") as draft:
            draft.write_text(json.dumps(state[table], indent=4, ensure_ascii=False) + "\n", encoding="utf-8")
    count = sum(len(state[table]) for table in TABLES)
    return ExportReport(folder, "tau-retail", count, count)
