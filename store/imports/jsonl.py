"""JSON lines: one object per line."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic_core import from_json

from ..errors import InputError
from .rows import BadRow, Row
from .source import Source

HOLDS_NUL = "holds the character NUL (U+0000), which no database text may"


def json_rows(source: Source) -> Iterator[Row | BadRow]:
    """The objects of the file; what is not one object in valid UTF-8 is a bad row. Blank lines are passed over.

    Raises ``InputError`` for one big JSON array, which cannot be read as a stream of lines.
    """
    if source.head.lstrip().startswith(b"["):
        raise InputError(
            "one JSON array",
            value=str(source.path),
            allowed="JSON lines: one object per line",
            advice="Convert it with: jq -c '.[]' FILE",
        )
    for line in source.lines():
        if isinstance(line, BadRow):
            yield line
            continue
        content = line.content
        if content.isspace():
            continue
        try:
            found = from_json(content, allow_inf_nan=False)
        except ValueError as error:
            yield BadRow(line.number, _why(content, error), content.decode("utf-8", "backslashreplace").rstrip("\r\n"))
            continue
        if b"\\u0000" in content and _holds_nul(found):
            yield BadRow(line.number, HOLDS_NUL, found, len(content))
        elif isinstance(found, dict):
            yield Row(line.number, found, len(content))
        else:
            yield BadRow(line.number, f"a JSON {type(found).__name__}, not an object", found)


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(one) for key, one in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\x00" in value


def _why(content: bytes, error: ValueError) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return not_utf8(wrong)
    if not content.endswith(b"\n") and "EOF" in str(error):
        return "the row is cut off: the file ends in the middle of it"
    return f"not JSON: {error}"


def not_utf8(error: UnicodeDecodeError) -> str:
    """The reason given for a row that is not UTF-8."""
    byte = error.object[error.start]
    return (
        f"not UTF-8 (byte 0x{byte:02x} at position {error.start + 1} of the row); "
        "if the file has another encoding, name it: latin-1, cp1252, gb18030, ..."
    )
