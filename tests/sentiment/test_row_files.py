"""Reading rows from broken files: each bad row costs itself alone, and the reason says why."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from sentiment.row_files import BadRow, Row, RowReader, format_of
from store import InputError


def _read(path: Path) -> tuple[list[Row], list[BadRow]]:
    name, gzipped = format_of(str(path))
    every = list(RowReader(str(path), name, gzipped))
    return [one for one in every if isinstance(one, Row)], [one for one in every if isinstance(one, BadRow)]


def _csv(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_quoted_line_breaks_and_doubled_quotes_are_one_row(tmp_path: Path) -> None:
    rows, bad = _read(_csv(tmp_path, b'id,text\r\n1,"two\r\nlines, ""quoted"""\r\n2,next\r\n'))
    assert [one.values["text"] for one in rows] == ['two\r\nlines, "quoted"', "next"]
    assert not bad


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    lines = b"".join(b"%d,fine\n" % number for number in range(3, 3000))
    rows, bad = _read(_csv(tmp_path, b'id,text\n1,good\n2,"never closes\n' + lines))
    assert len(rows) == 2998
    assert [(one.number, one.reason) for one in bad] == [(3, "a quote in this row never closes")]


def test_inches_are_no_quote(tmp_path: Path) -> None:
    rows, bad = _read(_csv(tmp_path, b'id,text\n1,a 5" screen\n2,ok\n'))
    assert [one.values["text"] for one in rows] == ['a 5" screen', "ok"]
    assert not bad


def test_encodings_pasted_together_are_each_read(tmp_path: Path) -> None:
    content = "\ufefftext\n质量很好\n".encode() + "电池太差\n".encode("gb18030") + "très bien\n".encode("cp1252")
    rows, _ = _read(_csv(tmp_path, content))
    assert [one.values["text"] for one in rows] == ["质量很好", "电池太差", "très bien"]


def test_nul_bytes_too_many_cells_and_giant_lines_are_rejected(tmp_path: Path) -> None:
    giant = b"x" * (17 * 2**20)
    rows, bad = _read(_csv(tmp_path, b"id,text\n1,a\0b\n2,b,c,d\n3," + giant + b"\n4,last\n"))
    assert [one.values["text"] for one in rows] == ["last"]
    assert [one.number for one in bad] == [2, 3, 4]
    assert all(len(one.beginning) <= 400 for one in bad)


def test_a_10_mb_review_is_read(tmp_path: Path) -> None:
    rows, bad = _read(_csv(tmp_path, b"text\n" + b"good " * 2_000_000 + b"\n"))
    assert len(rows) == 1
    assert not bad


def test_jsonl_that_breaks_off_keeps_its_good_rows(tmp_path: Path) -> None:
    rows, bad = _read(_csv(tmp_path, b'{"text": "a"}\n[1]\n{"text": "b"}\n{"text": "c', "a.jsonl"))
    assert [one.values["text"] for one in rows] == ["a", "b"]
    assert [one.number for one in bad] == [2, 4]


def test_gzip_that_breaks_off_keeps_its_good_rows(tmp_path: Path) -> None:
    packed = gzip.compress(b"text\n" + b"".join(b"row %d\n" % one for one in range(100_000)))
    rows, bad = _read(_csv(tmp_path, packed[: len(packed) // 2], "a.csv.gz"))
    assert rows[0].values == {"text": "row 0"}
    assert "breaks off" in bad[-1].beginning


def test_a_gzip_bomb_takes_no_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"text\nfirst\n")
        for _ in range(300):
            file.write(b"0" * 2**20)
    tracemalloc.start()
    rows, bad = _read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(rows), len(bad)) == (1, 1)
    assert peak < 100 * 2**20


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", ("c," * 100_000).encode() + b"\n1\n", "more columns"),
        ("a.csv", "text\ngood\n".encode("utf-16"), "UTF-16"),
        ("a.csv.gz", b"not gzip at all", "not a gzip file"),
        ("a.parquet", b"not parquet at all", "not a Parquet file"),
    ],
)
def test_a_file_that_is_no_table_is_one_clear_error(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _read(_csv(tmp_path, content, name))


def test_an_unknown_suffix_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"\.xlsx.*\.csv"):
        format_of("reviews.xlsx")
