"""A file as lines of UTF-8 bytes: undoes gzip, finds the encoding, bounds the length of a line.

Damage (a gzip stream that ends early, a wrong checksum) ends the lines and is kept in ``Source.damage`` instead of
being raised, so that what stands before it is imported. Knows nothing of what the lines mean.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import InputError
from .rows import BadRow, Line

MAX_LINE_BYTES = 32 * 1024 * 1024
"""A longer line is rejected without ever being held in memory whole."""
_KEPT_OF_LONG_LINE = 1000
_CHUNK = 256 * 1024
_SNIFF = 64 * 1024
_BOMS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]


class Source:
    """An input file that is read once, from its start to its end.

    ``encoding``: a Python codec name; ``None`` takes UTF-8, UTF-16 or UTF-32 as the file shows.
    Raises ``InputError`` if there is no such file, it is empty, or it is of another type altogether.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        if path.is_dir():
            raise InputError("a folder, not a file", value=str(path), allowed="a file, or a tau-retail folder")
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise InputError(f"cannot read the file ({error.strerror})", value=str(path)) from error
        self.path = path
        self.bytes_total = path.stat().st_size
        self.damage: str | None = None
        try:
            self._chunks = self._decompressed()
            self.head = _first(self._chunks, _SNIFF)
            self.encoding = _encoding_of(self.head, encoding, path)
        except BaseException:
            self._file.close()
            raise

    @property
    def bytes_read(self) -> int:
        return self._file.tell() if not self._file.closed else self.bytes_total

    def close(self) -> None:
        self._file.close()

    def text_head(self) -> str:
        """The start of the file as text, to tell what it is; nothing is moved."""
        text = self.head.decode(self.encoding, "replace").removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def lines(self) -> Iterator[Line | BadRow]:
        """Each line with its number, counted from 1, and its line end."""
        stream = io.BufferedReader(_Stream(self._utf8(_prepended(self.head, self._chunks))), _CHUNK)
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                yield _too_long(number, line, cast(BinaryIO, stream))
            elif self.damage is not None and not line.endswith(b"\n") and not stream.peek(1):
                yield BadRow(number, f"the row is cut off: {self.damage}", line.decode("utf-8", "replace"))
            else:
                yield Line(number, line)

    def _decompressed(self) -> Iterator[bytes]:
        start = self._file.read(2)
        self._file.seek(0)
        if start == b"\x1f\x8b":
            return self._gunzipped()
        if self.path.suffix.lower() == ".gz" and start:
            raise InputError(
                "named .gz but not gzip-compressed", value=str(self.path), advice="Name it after what it is"
            )
        return iter(lambda: self._file.read(_CHUNK), b"")

    def _gunzipped(self) -> Iterator[bytes]:
        while True:
            stream = zlib.decompressobj(wbits=31)
            waiting = self._file.read(_CHUNK)
            while not stream.eof:
                if not waiting:
                    self.damage = "the gzip stream ends before its end mark (an incomplete download or copy?)"
                    return
                before = stream.copy()
                try:
                    plain = stream.decompress(waiting, _CHUNK)
                except zlib.error as error:
                    yield from _salvaged(before, waiting)
                    self.damage = f"the gzip stream is damaged ({error})"
                    return
                if plain:
                    yield plain
                waiting = stream.unconsumed_tail or (b"" if stream.eof else self._file.read(_CHUNK))
            rest = (stream.unused_data + self._file.read(_CHUNK)).lstrip(b"\x00")
            if not rest:
                return
            if not rest.startswith(b"\x1f\x8b"):
                self.damage = "something that is not gzip follows the gzip stream"
                return
            self._file.seek(-len(rest), io.SEEK_CUR)

    def _utf8(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        old_mac = b"\r" in self.head and b"\n" not in self.head
        if self.encoding != "utf-8":
            chunks = _recoded(chunks, self.encoding)
        for chunk in _without(codecs.BOM_UTF8, chunks):
            yield chunk.replace(b"\r", b"\n") if old_mac else chunk


class _Stream(io.RawIOBase):
    """The chunks as a raw byte stream, for ``io.BufferedReader``, whose ``readline`` is fast."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _salvaged(stream: zlib._Decompress, waiting: bytes) -> Iterator[bytes]:
    """What can be had of ``waiting`` before the place where it is damaged."""
    with contextlib.suppress(zlib.error):
        while not stream.eof and (plain := stream.decompress(waiting, 256)):
            yield plain
            waiting = stream.unconsumed_tail


def _first(chunks: Iterator[bytes], size: int) -> bytes:
    head = b""
    while len(head) < size and (chunk := next(chunks, b"")):
        head += chunk
    return head


def _prepended(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


def _without(prefix: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield next(chunks, b"").removeprefix(prefix)
    yield from chunks


def _recoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """UTF-8 of ``encoding``. A byte that is wrong there stays wrong in the result, so that its row is rejected."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="beforehand.wrong_byte")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _wrong_byte(error: UnicodeError) -> tuple[str, int]:
    """A lone surrogate, which no UTF-8 may hold, in the place of bytes that the codec cannot read."""
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


codecs.register_error("beforehand.wrong_byte", _wrong_byte)


def _encoding_of(head: bytes, asked: str | None, path: Path) -> str:
    if not head.strip():
        raise InputError("the file is empty", value=str(path))
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError("an Excel or zip file", value=str(path), advice="Save the sheet as CSV (UTF-8), or unpack it")
    if asked is not None:
        try:
            "".encode(asked)
        except LookupError as error:
            raise InputError("no such encoding", value=asked, allowed="utf-8, utf-16, latin-1, gb18030, ...") from error
        found = codecs.lookup(asked).name
        return "utf-8" if found == "utf-8-sig" else found
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    sample = head[:4096]
    if sample.count(0) > len(sample) // 4:
        # ASCII in UTF-16 has a zero in every other byte: behind the letter if little-endian, before it if big-endian.
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    return "utf-8"


def _too_long(number: int, start: bytes, stream: BinaryIO) -> BadRow:
    length = len(start)
    kept = start[:_KEPT_OF_LONG_LINE].decode("utf-8", "replace")
    del start
    while (part := stream.readline(_CHUNK)) and not part.endswith(b"\n"):
        length += len(part)
    length += len(part)
    reason = f"the row has {length:,} bytes, more than the {MAX_LINE_BYTES:,} allowed; only its start is kept here"
    return BadRow(number, reason, kept)
