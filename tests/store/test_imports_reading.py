"""Reading files: what is broken in them costs the broken rows and nothing else, and each says why."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import InputError
from store.imports.delimited import delimited_rows
from store.imports.jsonl import json_rows
from store.imports.rows import BadRow, Row
from store.imports.source import MAX_LINE_BYTES, Source


def _read_csv(path: Path, content: bytes, encoding: str | None = None) -> tuple[list[dict[str, str]], list[BadRow]]:
    path.write_bytes(content)
    found = list(delimited_rows(Source(path, encoding)))
    return [one.data for one in found if isinstance(one, Row)], [one for one in found if isinstance(one, BadRow)]


def _read_json(path: Path, content: bytes) -> tuple[list[dict[str, object]], list[BadRow], Source]:
    path.write_bytes(content)
    source = Source(path)
    found = list(json_rows(source))
    return (
        [one.data for one in found if isinstance(one, Row)],
        [one for one in found if isinstance(one, BadRow)],
        source,
    )


@pytest.mark.parametrize("content", [b"", b"\n\n  \n"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="the file is empty"):
        Source(tmp_path / name)


def test_an_empty_gz_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(InputError, match="the file is empty"):
        Source(tmp_path / "a.csv.gz")


def test_missing_folder_zip_and_falsely_named_gz_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the file"):
        Source(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="a folder"):
        Source(tmp_path)
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InputError, match="Save the sheet as CSV"):
        Source(tmp_path / "a.xlsx")
    (tmp_path / "a.csv.gz").write_bytes(b"id,title\n1,x\n")
    with pytest.raises(InputError, match="not gzip-compressed"):
        Source(tmp_path / "a.csv.gz")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings_are_found(tmp_path: Path, encoding: str) -> None:
    good, bad = _read_csv(tmp_path / "a.csv", "id,title\r\n1,Schöne Größe\r\n2,防水鞋\r\n".encode(encoding))
    assert good == [{"id": "1", "title": "Schöne Größe"}, {"id": "2", "title": "防水鞋"}]
    assert bad == []


@pytest.mark.parametrize("encoding", ["latin-1", "gb18030"])
def test_other_encodings_can_be_named_and_cost_only_their_rows_if_not(tmp_path: Path, encoding: str) -> None:
    word = "Größe" if encoding == "latin-1" else "防水鞋"
    content = f"id,title\n1,plain\n2,{word}\n3,plain\n".encode(encoding)
    good, bad = _read_csv(tmp_path / "a.csv", content, encoding)
    assert [row["title"] for row in good] == ["plain", word, "plain"]
    good, bad = _read_csv(tmp_path / "a.csv", content)
    assert [row["id"] for row in good] == ["1", "3"]
    assert bad[0].line == 3
    assert "not UTF-8 (byte 0x" in bad[0].reason
    assert "latin-1" in bad[0].reason
    with pytest.raises(InputError, match="no such encoding"):
        Source(tmp_path / "a.csv", "klingon")


def test_wrong_bytes_in_utf16_cost_only_their_row(tmp_path: Path) -> None:
    content = "id,title\n1,a\n2,b\n".encode("utf-16-le") + b"3\x00,\x00\x00\xd8\n\x00" + "4,d\n".encode("utf-16-le")
    good, bad = _read_csv(tmp_path / "a.csv", b"\xff\xfe" + content)
    assert {"1", "2"} <= {row["id"] for row in good}
    assert bad
    assert all("not UTF-8" in one.reason or "columns" in one.reason for one in bad)


def test_old_mac_line_ends_semicolons_and_tabs(tmp_path: Path) -> None:
    assert _read_csv(tmp_path / "a.csv", b"id,title\r1,x\r2,y\r")[0] == [
        {"id": "1", "title": "x"},
        {"id": "2", "title": "y"},
    ]
    assert _read_csv(tmp_path / "b.csv", b'id;title\n1;"x;y"\n')[0] == [{"id": "1", "title": "x;y"}]
    assert _read_csv(tmp_path / "c.tsv", b"id\ttitle\n1\tx,y\n")[0] == [{"id": "1", "title": "x,y"}]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.text(alphabet=st.sampled_from("ab\",\n;\t'é "), max_size=12), min_size=3, max_size=3),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_python_writes_as_csv_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    import csv
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([["x", "y", "z"], *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    good, bad = _read_csv(path, out.getvalue().encode())
    # A row of white space alone is passed over; it says nothing.
    wanted = [row for row in rows if "".join(row).strip() or any("\n" in cell for cell in row)]
    said = [list(row.values()) for row in good]
    assert [row for row in said if "".join(row).strip()] == [row for row in wanted if "".join(row).strip()]
    assert bad == []


def test_a_quote_that_never_closes_costs_one_line(tmp_path: Path) -> None:
    rows = [f'{number},"text {number}",5' for number in range(1, 101)]
    rows[49] = '50,"text 50,5'
    good, bad = _read_csv(tmp_path / "a.csv", ("id,text,stars\n" + "\n".join(rows) + "\n").encode())
    assert [row["id"] for row in good] == [str(number) for number in range(1, 101) if number != 50]
    assert len(bad) == 1
    assert bad[0].line == 51
    assert "a quote opened on line 51 in column 'text' never closes" in bad[0].reason
    assert bad[0].raw == '50,"text 50,5'


def test_a_quote_that_never_closes_where_no_other_quote_follows(tmp_path: Path) -> None:
    content = "id,text\n1,a\n" + '2,"b\n' + "".join(f"{number},c\n" for number in range(3, 3000))
    good, bad = _read_csv(tmp_path / "a.csv", content.encode())
    assert len(good) == 2998
    assert [one.line for one in bad] == [3]


def test_many_open_quotes_do_not_take_forever(tmp_path: Path) -> None:
    content = "id,text\n" + "".join(f'{number},"open\n' for number in range(20_000))
    good, bad = _read_csv(tmp_path / "a.csv", content.encode())
    assert len(good) + len(bad) == 20_000
    assert len(bad) > 19_000


def test_quoted_line_breaks_are_one_row_and_lines_are_counted_on(tmp_path: Path) -> None:
    good, bad = _read_csv(tmp_path / "a.csv", b'id,text\n1,"two\nlines ""quoted"""\n2\n3,x\n')
    assert good == [{"id": "1", "text": 'two\nlines "quoted"'}, {"id": "3", "text": "x"}]
    assert (bad[0].line, bad[0].reason) == (4, "1 columns, but the header has 2")


def test_a_quote_in_the_middle_of_a_field(tmp_path: Path) -> None:
    good, bad = _read_csv(tmp_path / "a.csv", b'id,text\n1,24" screen\n2,"wrong"here,x\n3,y\n')
    assert [row["id"] for row in good] == ["1", "3"]
    assert good[0]["text"] == '24" screen'
    assert bad[0].line == 3


def test_headers_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than once: 'id'"):
        _read_csv(tmp_path / "a.csv", b"id,title,id\n1,x,2\n")
    with pytest.raises(InputError, match="the header is not UTF-8"):
        _read_csv(tmp_path / "b.csv", "id,größe\n1,x\n".encode("latin-1"))
    with pytest.raises(InputError, match="quote that does not close"):
        _read_csv(tmp_path / "c.csv", b'id,"title\n1,x\n')


def test_json_lines_that_are_no_objects(tmp_path: Path) -> None:
    lines = [
        b'{"a": 1}',
        b"not json",
        b"[1, 2]",
        b"7",
        b'{"a": "\xe9"}',
        b'{"a": "\\ud83d"}',
        b"",
        b'{"a": 2}',
        b'{"a": 3, "b',
    ]
    good, bad, _ = _read_json(tmp_path / "a.jsonl", b"\n".join(lines))
    assert good == [{"a": 1}, {"a": 2}]
    reasons = {one.line: one.reason for one in bad}
    assert sorted(reasons) == [2, 3, 4, 5, 6, 9]
    assert "not JSON" in reasons[2]
    assert "a JSON list, not an object" in reasons[3]
    assert "not UTF-8" in reasons[5]
    assert "ends in the middle" in reasons[9]


def test_one_json_array_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"jq -c"):
        _read_json(tmp_path / "a.json", b'[{"a": 1}, {"a": 2}]')


def _many(count: int) -> bytes:
    return b"".join(
        json.dumps({"n": number, "text": f"{number * 7919 % 10007} words"}).encode() + b"\n" for number in range(count)
    )


@pytest.mark.parametrize("part", [0.3, 0.7, 0.999])
def test_a_truncated_gz_gives_the_rows_before_its_end(tmp_path: Path, part: float) -> None:
    packed = gzip.compress(_many(30_000))
    good, bad, source = _read_json(tmp_path / "a.jsonl.gz", packed[: int(len(packed) * part)])
    assert [row["n"] for row in good] == list(range(len(good)))
    assert len(good) > 30_000 * part * 0.7
    assert source.damage is not None
    assert "ends before its end mark" in source.damage
    assert all("cut off" in one.reason for one in bad)


def test_a_damaged_gz_gives_the_rows_before_the_damage(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(_many(30_000)))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    good, _, source = _read_json(tmp_path / "a.jsonl.gz", bytes(packed))
    assert len(good) > 10_000
    assert source.damage is not None


def test_gz_in_several_members_with_padding(tmp_path: Path) -> None:
    content = gzip.compress(b'{"n": 1}\n') + gzip.compress(b'{"n": 2}\n') + b"\x00" * 100
    good, bad, source = _read_json(tmp_path / "a.jsonl.gz", content)
    assert (good, bad, source.damage) == ([{"n": 1}, {"n": 2}], [], None)


def test_a_line_over_the_limit_is_rejected_and_not_kept(tmp_path: Path) -> None:
    long = b'{"text": "' + b"x" * (MAX_LINE_BYTES + 10) + b'"}\n'
    good, bad, _ = _read_json(tmp_path / "a.jsonl", b'{"n": 1}\n' + long + b'{"n": 2}\n')
    assert good == [{"n": 1}, {"n": 2}]
    assert bad[0].line == 2
    assert "more than the" in bad[0].reason
    assert len(str(bad[0].raw)) == 1000
