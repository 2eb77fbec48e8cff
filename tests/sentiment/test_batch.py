"""Files of reviews: every column kept, formulas defused, and a killed run taken up as if nothing had happened."""

from __future__ import annotations

import csv
import gzip
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas
import pytest

from sentiment import SentimentModel, score_file
from store import InputError

ROWS = [
    {"id": "1", "text": "good", "note": "=1+1"},
    {"id": "2", "text": "bad, really", "note": "-5"},
    {"id": "3", "text": "手机很好用", "note": "@sum"},
]


def _write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("target", ["o.csv", "o.tsv", "o.jsonl", "o.parquet", "o.csv.gz", "o.jsonl.gz"])
def test_each_format_keeps_rows_and_columns(tmp_path: Path, random_model: SentimentModel, target: str) -> None:
    report = score_file(random_model, _write_csv(tmp_path / "in.csv", ROWS), tmp_path / target)
    assert (report.rows, report.rejected, report.text_column) == (3, 0, "text")
    path = tmp_path / target
    if "jsonl" in target:
        found = pandas.read_json(path, lines=True, dtype=str)
    elif "parquet" in target:
        found = pandas.read_parquet(path)
    else:
        found = pandas.read_csv(path, sep="\t" if "tsv" in target else ",", dtype=str)
    assert list(found["text"]) == [row["text"] for row in ROWS]
    assert set(found["sentiment"]) <= {"negative", "neutral", "positive"}
    assert list(tmp_path.glob("*.parts")) == []


def test_spreadsheets_run_no_formula(tmp_path: Path, random_model: SentimentModel) -> None:
    score_file(random_model, _write_csv(tmp_path / "in.csv", ROWS), tmp_path / "o.csv")
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        assert [row["note"] for row in csv.DictReader(file)] == ["'=1+1", "-5", "'@sum"]


def test_a_column_called_sentiment_is_kept(tmp_path: Path, random_model: SentimentModel) -> None:
    rows = [row | {"sentiment": "mine"} for row in ROWS]
    score_file(random_model, _write_csv(tmp_path / "in.csv", rows), tmp_path / "o.csv")
    found = pandas.read_csv(tmp_path / "o.csv")
    assert set(found["sentiment"]) == {"mine"}
    assert "sentiment_2" in found


def test_types_of_parquet_are_kept(tmp_path: Path, random_model: SentimentModel) -> None:
    table = pandas.DataFrame({"text": ["a good one", "bad"], "n": pandas.array([1, None], dtype="Int32")})
    table["at"] = pandas.to_datetime(["2026-01-01", "2026-01-02"])
    table.to_parquet(tmp_path / "in.parquet")
    score_file(random_model, tmp_path / "in.parquet", tmp_path / "o.parquet")
    found = pandas.read_parquet(tmp_path / "o.parquet")
    assert list(found["at"]) == list(table["at"])
    assert found["n"].iloc[0] == 1


def test_rows_of_jsonl_may_differ(tmp_path: Path, random_model: SentimentModel) -> None:
    rows = [{"text": "good", "a": 1}, {"text": "bad", "b": {"c": [2]}}, {"text": None}, {"other": 1}]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    report = score_file(random_model, tmp_path / "in.jsonl", tmp_path / "o.csv")
    assert (report.rows, report.rejected) == (2, 2)
    found = pandas.read_csv(tmp_path / "o.csv", keep_default_na=False)
    assert list(found["b"]) == ["", '{"c": [2]}']
    rejects = [json.loads(line) for line in Path(report.rejects or "").read_text().splitlines()]
    assert [one["number"] for one in rejects] == [3, 4]


def test_the_column_of_texts_is_found_or_asked_for(tmp_path: Path, random_model: SentimentModel) -> None:
    rows = [{"sku": "A1", "what was said": "a rather long text about a phone"}]
    path = _write_csv(tmp_path / "in.csv", rows)
    assert score_file(random_model, path, tmp_path / "o.csv").text_column == "what was said"
    with pytest.raises(InputError, match=r"'review'.*sku, what was said"):
        score_file(random_model, path, tmp_path / "o.csv", text_column="review")
    with pytest.raises(InputError, match="looks like texts"):
        score_file(random_model, _write_csv(tmp_path / "n.csv", [{"a": "1", "b": "2"}]), tmp_path / "o.csv")


def test_an_empty_file_is_a_clear_error(tmp_path: Path, random_model: SentimentModel) -> None:
    (tmp_path / "in.csv").write_text("")
    with pytest.raises(InputError, match="no rows"):
        score_file(random_model, tmp_path / "in.csv", tmp_path / "o.csv")


_JOB = """
import sys
import sentiment.batch as batch
from sentiment import SentimentModel, SentimentSettings, score_file
batch._CHUNK_ROWS = 64
model = SentimentModel.load(SentimentSettings(weights=sys.argv[1]))
print("loaded", flush=True)
score_file(model, sys.argv[2], sys.argv[3])
"""


def test_killed_at_any_moment_and_run_again_gives_the_same_file(tmp_path: Path, random_weights: Path) -> None:
    draw = random.Random(0)
    words = ["good", "bad", "phone", "battery", "case", "cheap", "broke", "love", "hate", "手机", "很", "好用"]
    rows = [{"id": str(one), "text": " ".join(draw.choices(words, k=draw.randint(3, 40)))} for one in range(1500)]
    source = _write_csv(tmp_path / "in.csv", rows)
    job = [sys.executable, "-c", _JOB, str(random_weights), str(source)]
    subprocess.run([*job, str(tmp_path / "whole.csv")], check=True, capture_output=True)
    target = tmp_path / "killed.csv"
    for _ in range(4):
        with subprocess.Popen([*job, str(target)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(draw.uniform(0.0, 0.8))
            process.send_signal(signal.SIGKILL)
    subprocess.run([*job, str(target)], check=True, capture_output=True)
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_standard_input_to_standard_output(random_weights: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from sentiment import *; from sentiment import SentimentModel, score_file, SentimentSettings\n"
        "score_file(SentimentModel.load(SentimentSettings(weights=sys.argv[1])), '-', '-')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(random_weights)],
        input=b"id,text\n1,good\n2,bad\n",
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
    )
    assert [row["id"] for row in csv.DictReader(done.stdout.decode().splitlines())] == ["1", "2"]
    assert list(tmp_path.iterdir()) == []


def test_the_result_may_be_gzipped(tmp_path: Path, random_model: SentimentModel) -> None:
    score_file(random_model, _write_csv(tmp_path / "in.csv", ROWS), tmp_path / "o.tsv.gz")
    header = gzip.decompress((tmp_path / "o.tsv.gz").read_bytes()).decode().splitlines()[0]
    assert header.startswith("id\ttext\tnote\tsentiment")
