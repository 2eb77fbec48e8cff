"""Files that other shops and systems write, brought into the shop: streaming, checked row by row, repeatable."""

from .detect import KINDS
from .mapping import ColumnMapping
from .preview import FilePreview, guess_mapping, preview_file
from .report import ImportProgress, ImportReport
from .run import import_file
from .tau_state import state_sha256, tau_state

__all__ = [
    "KINDS",
    "ColumnMapping",
    "FilePreview",
    "ImportProgress",
    "ImportReport",
    "guess_mapping",
    "import_file",
    "preview_file",
    "state_sha256",
    "tau_state",
]
