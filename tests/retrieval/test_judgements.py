from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from retrieval import read_judgements
from store import InputError


def test_grades_are_scaled_over_the_file_and_bad_rows_listed(tmp_path: Path) -> None:
    path = tmp_path / "judged.csv"
    path.write_text(
        "id,search_term,product_uid,relevance\n1,red shoe,P1,3\n2,red shoe,P2,1\n3,red shoe,P1,2\n4,,P3,2\n"
        "5,blue shoe,P4,good\n6,blue shoe,P5,nan\n7,blue shoe,P6,1.5\n8,blue shoe,P7,2,9\n",
        encoding="utf-8",
    )
    found = read_judgements(path)
    assert found.grades == {"red shoe": {"P1": 0.75, "P2": 0.0}, "blue shoe": {"P6": 0.25}}
    assert [one.line for one in found.rejected] == [5, 6, 7, 9]
    assert found.count == 3


def test_clicks_count_against_the_most_clicked_of_the_query(tmp_path: Path) -> None:
    path = tmp_path / "clicks.jsonl.gz"
    rows = [("tent", "A")] * 7 + [("tent", "B")] + [("lamp", "C")]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"query": query, "product": product}) + "\n" for query, product in rows)
        file.write("no json\n[1]\n")
    found = read_judgements(path)
    assert found.grades["tent"]["A"] == found.grades["lamp"]["C"] == 1.0
    assert 0 < found.grades["tent"]["B"] < 0.5
    assert len(found.rejected) == 2


@pytest.mark.parametrize(("name", "text"), [("a.csv", "what,who\n1,2\n"), ("a.xlsx", ""), ("none.csv", None)])
def test_a_file_without_judgements_is_refused(tmp_path: Path, name: str, text: str | None) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError):
        read_judgements(tmp_path / name)


def test_equal_grades_are_good_ones(tmp_path: Path) -> None:
    path = tmp_path / "bought.tsv"
    path.write_text("query\titem\tgrade\ntent\tA\t1\nlamp\tB\t1\n")
    assert read_judgements(path).grades == {"tent": {"A": 1.0}, "lamp": {"B": 1.0}}
