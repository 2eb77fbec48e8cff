"""Files that other shops and systems write, brought into the shop: streaming, checked row by row, repeatable."""

from .detect import KINDS
from .mapping import ColumnMapping
from .report import ImportProgress, ImportReport
from .run import import_file
from .tau_state import state_sha256, tau_state

__all__ = [
    "KINDS",
    "ColumnMapping",
    "ImportProgress",
    "ImportReport",
    "import_file",
    "state_sha256",
    "tau_state",
]
