"""Importing a file: read, understand, write in batches, tell.

Each batch is one transaction; what has been reported is committed. A run that was killed is simply run again: it
rereads the file from its start, finds what is there unchanged and goes on, with the same occurrence numbers and the
same result. Memory is bounded by a batch, whatever the size of the file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError

from ..database import Database
from ..errors import InputError
from .amazon import AmazonProducts, AmazonReviews
from .delimited import delimited_rows
from .detect import FORMS, JSON_FORMS, check_kind, columns_of, detect, is_json
from .generic import GenericForm
from .generic_fields import NESTED, fields_of
from .jsonl import json_rows
from .mapping import ColumnMapping, Mapper
from .marks import unmarked
from .parquet import ParquetSource
from .rejects import Rejects
from .report import ImportProgress, ImportReport
from .rows import BadRow, Form, Record
from .seen import Seen, digest
from .segment import SegmentEvents, set_ids
from .shopify_customer_list import ShopifyCustomerList, is_customer_list
from .shopify_orders import ShopifyOrders
from .shopify_products import ShopifyProducts
from .source import Source
from .tau_retail import TauFolder, is_folder
from .upsert import Counts, foreign_children, write

BATCH_ROWS = 2000
BATCH_BYTES = 8 * 1024 * 1024


def import_file(
    database: Database,
    path: str | Path,
    *,
    kind: str | None = None,
    mapping: ColumnMapping | None = None,
    currency: str = "USD",
    encoding: str | None = None,
    rejects: str | Path | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
) -> ImportReport:
    """Bring a file (or a tau-retail folder) into the shop; doing it again changes nothing.

    ``kind``: one of ``KINDS``; ``None`` finds it out. ``mapping``: for the generic kinds, where columns are not named
    as our fields are. ``currency``: of amounts that name none. ``encoding``: ``None`` takes UTF-8, 16 or 32 as found.
    ``rejects``: where rows that cannot go in are written, with line and reason; ``None``: beside the file as
    ``<file>.rejects.jsonl``. ``progress`` is called after each committed batch.

    An id that a row of the file repeats is a duplicate if the content is the same too; otherwise the first row stays
    and the later one is rejected. Only columns that the file has are changed in records that are there already.

    Raises ``InputError`` for a file that is missing, empty, of no known kind or without a readable header; never for a
    single bad row, nor for a file that is damaged further on (``ImportReport.damage``).
    """
    path = Path(path)
    if kind is not None:
        check_kind(kind)
    if mapping is not None and kind in FORMS:
        raise InputError("a column mapping is for the generic kinds only", value=kind)
    run = _Run(database, path, Path(rejects) if rejects is not None else None, progress)
    with closing(run):
        if kind == "tau-retail" or (kind is None and is_folder(path)):
            return run.folder(TauFolder(path))
        with closing(open_source(path, encoding)) as source:
            return run.table(source, kind, mapping, currency.upper())


class _Run:
    """One import: its counts, what it has seen, its rejects."""

    def __init__(
        self,
        database: Database,
        path: Path,
        rejects: Path | None,
        progress: Callable[[ImportProgress], None] | None,
    ) -> None:
        self._database = database
        self._path = path
        self._kind = ""
        self._tell = progress
        self._rejects_target = rejects
        self._rejects: Rejects | None = None
        self._seen = Seen()
        self._counts = Counts()
        self._imported = self._duplicates = self._customers = 0
        self._begun = time.monotonic()

    def close(self) -> None:
        self._seen.close()
        if self._rejects is not None:
            self._rejects.close()

    def table(
        self, source: Source | ParquetSource, kind: str | None, mapping: ColumnMapping | None, currency: str
    ) -> ImportReport:
        """Import a file of rows."""
        json = isinstance(source, Source) and is_json(source)
        columns = source.columns if isinstance(source, ParquetSource) else columns_of(source, json=json)
        self._kind = kind or detect(self._path, columns, mapping, json=json)
        if self._kind in JSON_FORMS and not json:
            raise InputError(f"{self._kind} are JSON lines, and this is not", value=str(self._path))
        if self._kind.startswith("shopify-") and (json or isinstance(source, ParquetSource)):
            raise InputError(f"{self._kind} is a CSV file, and this is not", value=str(self._path))
        form = _form(self._kind, mapping, columns, currency, json=json)
        self._rejects = Rejects(self._path, self._rejects_target)
        if isinstance(source, ParquetSource):
            rows = source.rows()
        else:
            rows = json_rows(source) if json else unmarked(delimited_rows(source))
        self._all(form, form.records(rows), source.bytes_total, lambda: source.bytes_read)
        return self._report(source.damage, source.bytes_total)

    def folder(self, folder: TauFolder) -> ImportReport:
        """Import a tau-retail folder."""
        self._kind = "tau-retail"
        self._rejects = Rejects(self._path, self._rejects_target)
        done = 0
        for file, records in folder.tables():
            self._all(None, records, folder.bytes_total, lambda read=done: read, file)  # type: ignore[misc]
            done += file.stat().st_size
        return self._report(None, folder.bytes_total)

    def _all(
        self,
        form: Form | None,
        records: Iterable[Record | BadRow],
        bytes_total: int,
        bytes_read: Callable[[], int],
        file: Path | None = None,
    ) -> None:
        for batch in _batches(records):
            self._batch(form, batch, file)
            self._progress(bytes_read(), bytes_total, finished=False)

    def _batch(self, form: Form | None, batch: list[Record | BadRow], file: Path | None) -> None:
        assert self._rejects is not None
        bad: list[BadRow] = []
        fresh: list[Record] = []
        for one in batch:
            if isinstance(one, BadRow):
                bad.append(one)
            elif (refused := self._placed(one)) is None:
                fresh.append(one)
            else:
                bad.extend(refused)
        bad.extend(self._write(form, fresh))
        for row in sorted(bad, key=lambda row: row.line):
            self._rejects.add(row, file)
        self._rejects.flush()

    def _write(self, form: Form | None, records: list[Record]) -> list[BadRow]:
        """Write the records in one transaction; what comes back could not be written."""
        try:
            with self._database.write() as session:
                foreign = foreign_children(session, records)
                good = [record for place, record in enumerate(records) if place not in foreign]
                made = form.prepare(session, good) if form is not None else 0
                counts = write(session, good)
        except (DataError, IntegrityError) as error:
            # Something that no check foresaw: it costs the one record, which halving finds, and not the batch.
            if len(records) == 1:
                return [row.bad(f"the database refuses it: {error.orig}") for row in records[0].rows]
            middle = len(records) // 2
            return self._write(form, records[:middle]) + self._write(form, records[middle:])
        self._counts.new += counts.new
        self._counts.updated += counts.updated
        self._counts.unchanged += counts.unchanged
        self._customers += made
        self._imported += sum(len(record.rows) for record in good)
        return [row.bad(reason) for place, reason in foreign.items() for row in records[place].rows]

    def _placed(self, record: Record) -> list[BadRow] | None:
        """Give the record its id if it has none. ``None``: it may go in; a list: it may not (empty: a duplicate)."""
        if record.content is not None:
            times = self._seen.occurrence(record.content)
            set_ids(record, f"{record.table[:1]}-{record.content.hex()[:24]}-{times}")
            return None
        content = digest(record.values, record.children, record.siblings)
        found = self._seen.first(digest(record.table, record.id), record.rows[0].line, content)
        if found is not None:
            line, same = found
            if same:
                self._duplicates += len(record.rows)
                return []
            reason = f"the id {record.id!r} stands on line {line} already, with other content; the first one stays"
            if record.table in {"orders", "products"}:
                reason += " (rows of one record must follow one another)"
            return [row.bad(reason) for row in record.rows]
        return self._clashing(record)

    def _clashing(self, record: Record) -> list[BadRow] | None:
        """Rejects for a record whose variant or payment method is another record's in this file."""
        for name in ("variants", "payment_methods"):
            for row in record.children.get(name, []):
                owner = digest(record.id)
                found = self._seen.first(digest(name, row["id"]), record.rows[0].line, owner)
                if found is not None and not found[1]:
                    reason = f"the {name[:-1].replace('_', ' ')} {row['id']!r} belongs to the record of line {found[0]}"
                    self._seen.forget(digest(record.table, record.id))
                    return [one.bad(reason) for one in record.rows]
        return None

    def _progress(self, bytes_read: int, bytes_total: int, *, finished: bool) -> None:
        if self._tell is not None:
            rejected = self._rejects.count if self._rejects is not None else 0
            rows = self._imported + self._duplicates + rejected
            self._tell(ImportProgress(self._path, self._kind, rows, rejected, bytes_read, bytes_total, finished))

    def _report(self, damage: str | None, bytes_total: int) -> ImportReport:
        assert self._rejects is not None
        self._progress(bytes_total, bytes_total, finished=True)
        rejected = self._rejects.count
        return ImportReport(
            path=self._path,
            kind=self._kind,
            rows=self._imported + self._duplicates + rejected,
            rows_imported=self._imported,
            duplicates=self._duplicates,
            rejected=rejected,
            new=self._counts.new,
            updated=self._counts.updated,
            unchanged=self._counts.unchanged,
            customers_made=self._customers,
            rejects=self._rejects.path,
            damage=damage,
            seconds=time.monotonic() - self._begun,
        )


def open_source(path: Path, encoding: str | None = None) -> Source | ParquetSource:
    """The file, ready to be read. Raises ``InputError`` if it is missing or empty."""
    source = Source(path, encoding)
    if not source.head.startswith(b"PAR1"):
        return source
    source.close()
    return ParquetSource(path)


def _form(kind: str, mapping: ColumnMapping | None, columns: list[str], currency: str, *, json: bool) -> Form:
    if kind == "amazon-reviews":
        return AmazonReviews()
    if kind == "amazon-products":
        return AmazonProducts(currency)
    if kind == "shopify-products":
        return ShopifyProducts(currency)
    if kind == "shopify-orders":
        return ShopifyOrders(currency)
    if kind == "segment-events":
        return SegmentEvents(currency)
    if kind == "customers" and mapping is None and not json and is_customer_list(columns):
        return ShopifyCustomerList(columns, currency)
    known = frozenset(fields_of(kind))
    late: frozenset[str] = frozenset()
    if mapping is None:
        ours = [name for name in columns if name in known or name.partition(".")[0] in NESTED]
        mapping = ColumnMapping(columns={name: name for name in ours})
        late = known - set(columns) if json else late
    mapping.check(kind)
    return GenericForm(kind, Mapper(mapping, None if json else columns, late), currency)


def _batches(records: Iterable[Record | BadRow]) -> Iterator[list[Record | BadRow]]:
    batch: list[Record | BadRow] = []
    rows = size = 0
    for record in records:
        batch.append(record)
        if isinstance(record, Record):
            rows += len(record.rows)
            size += sum(row.size for row in record.rows)
        else:
            rows += 1
            size += len(record.raw) if isinstance(record.raw, str) else record.size
        if rows >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, rows, size = [], 0, 0
    if batch:
        yield batch
