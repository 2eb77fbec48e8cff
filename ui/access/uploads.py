"""Which files may be uploaded: tables and pictures, by name and by their first bytes, looked at while they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from .body_screen import BodyRefused, Screen

if TYPE_CHECKING:
    from starlette.types import Message, Receive

_TABLES = (".csv", ".tsv", ".jsonl", ".json", ".txt", ".gz")
_BEGINS = {
    ".parquet": (b"PAR1",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".webp": (b"RIFF",),
    ".gif": (b"GIF87a", b"GIF89a"),
}
ALLOWED = (*_TABLES, *_BEGINS)
_MACH_O = (b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"<?php", b"PK\x03\x04", *_MACH_O)
_FIRST_BYTES = 8
_LONGEST_NAME = 200


class UploadScreen:
    """Reads the parts' names and first bytes of one ``multipart/form-data`` body."""

    def __init__(self, content_type: str) -> None:
        """Raises ``BodyRefused`` if the body is something else."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise BodyRefused(415, "upload_form", "files come as multipart/form-data")
        self._field, self._value, self._headers = b"", b"", dict[bytes, bytes]()
        self._suffix: str | None = None
        self._first = b""
        self._undecided = True
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._on_end,
            },
        )

    def screen(self) -> Screen:
        async def screened(receive: Receive) -> Message:
            """The next piece, held back until each file that begins in it can be judged: whoever takes the form makes
            a file on disk from its name alone, and would leave it there."""
            body = b""
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return message
                self.feed(message.get("body", b""))
                body += message.get("body", b"")
                if not self._undecided or not message.get("more_body", False):
                    return {**message, "body": body}

        return screened

    def feed(self, chunk: bytes) -> None:
        """Raises ``BodyRefused`` for a file that may not come."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise BodyRefused(400, "upload_form", "the body is not a whole form") from error

    def _begin(self) -> None:
        self._headers.clear()
        self._suffix, self._first, self._undecided = None, b"", True

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename*" in options or b"filename*" in self._headers.get(b"content-disposition", b""):
            raise BodyRefused(415, "upload_name", "the file's name must be given plainly", "filename=")
        name = options.get(b"filename")
        if name is not None:
            self._suffix = _suffix(self._headers[b"content-disposition"], name.decode("utf-8", "replace"))
        self._undecided = self._suffix is not None

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._suffix is not None and len(self._first) < _FIRST_BYTES:
            self._first += data[start : start + min(end - start, _FIRST_BYTES - len(self._first))]
            if len(self._first) >= _FIRST_BYTES:
                self._check_first()
                self._undecided = False

    def _on_end(self) -> None:
        self._check_first()
        self._undecided = False

    def _check_first(self) -> None:
        if self._suffix is None or not self._first:
            return
        wanted = _BEGINS.get(self._suffix)
        if self._first.startswith(_PROGRAMS) or (wanted is not None and not self._first.startswith(wanted)):
            raise BodyRefused(415, "upload_content", "the file is not what its name says", ", ".join(ALLOWED))


def _suffix(header: bytes, name: str) -> str:
    """The name's ending. Raises ``BodyRefused`` for a name that leads elsewhere or an ending that is not allowed."""
    # The header itself too: a parser may have cut a path away that another would follow.
    path = any(one in header for one in (b"/", b"\\", b"..", b"%2f", b"%2F", b"%5c", b"%5C", b"\x00"))
    if path or not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME or name.startswith("."):
        raise BodyRefused(
            415, "upload_name", "that cannot be a file's name", f"a plain name of at most {_LONGEST_NAME}"
        )
    suffix = "." + name.lower().rpartition(".")[2]
    if "." not in name or suffix not in ALLOWED:
        raise BodyRefused(415, "upload_kind", "files of this kind are not taken", ", ".join(ALLOWED))
    return suffix
