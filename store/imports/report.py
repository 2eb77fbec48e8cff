"""What an import tells while it runs and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """Where an import stands. Everything counted here is committed: a kill loses none of it."""

    path: Path
    kind: str
    rows: int
    """Rows of the file that are settled: imported, found unchanged, duplicate, or rejected."""
    rejected: int
    bytes_read: int
    """Of the file as it lies on disk (compressed, if it is)."""
    bytes_total: int
    finished: bool


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of one import.

    ``rows = rows_imported + duplicates + rejected``: no row is left out. A record is what the shop knows as one thing;
    a product of a Shopify file, say, is made of several rows.
    """

    path: Path
    kind: str
    rows: int
    rows_imported: int
    """Rows whose record is in the shop now, whether it was new, updated or there before."""
    duplicates: int
    """Rows that repeat an earlier row of the same file, id and content."""
    rejected: int
    new: int
    """Records that were not in the shop."""
    updated: int
    unchanged: int
    customers_made: int
    """Customers made from the orders of the file."""
    rejects: Path | None
    """The file with the rejected rows and the reasons; ``None`` if there are none."""
    damage: str | None
    """What is wrong with the file as a whole, such as a gzip stream that ends early; the rows before it are in."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether every row went in."""
        return self.rejected == 0 and self.damage is None
