"""An uploaded file is scored step by step; what goes wrong is said, and nothing half is left."""

from pathlib import Path

import pytest

from ui.review_scoring import Failed, Running, Scored, Stop, score_steps, summarise
from ui.reviews_tab import stars_figure, summary_html
from ui.wording import wording


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    file = tmp_path / "reviews.csv"
    rows = ["id,text", *(f"{n},very good <b>shoes</b> {n}" for n in range(6)), "6,bad zip", "7,they are shoes"]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_it_tells_how_far_it_is_and_then_the_result(door, reviews: Path, tmp_path: Path) -> None:
    steps = list(score_steps(door, reviews, tmp_path / "out", None))
    assert steps[0] == Running(0, None, 0.0)
    assert [step.share for step in steps[1:-1] if isinstance(step, Running)] == [n / 8 for n in range(1, 9)]
    done = steps[-1]
    assert isinstance(done, Scored)
    assert (done.rows, done.rejected, done.target.name) == (8, 0, "scored-reviews.csv")
    assert done.summary.polarities == {"negative": 1, "neutral": 1, "positive": 6}
    assert done.summary.stars == (1, 0, 1, 0, 6)
    assert done.summary.mean_stars == pytest.approx((6 * 4.8 + 1.2 + 3) / 8)
    assert [one.text for one in done.summary.unhappiest] == ["bad zip"]
    assert len(done.summary.happiest) == 3


def test_a_wrong_column_is_said_in_words(door, reviews: Path, tmp_path: Path) -> None:
    last = list(score_steps(door, reviews, tmp_path / "out", "body"))[-1]
    assert isinstance(last, Failed)
    assert "body" in str(last.problem)
    assert "text" in str(last.problem)


def test_a_fault_of_ours_shows_no_innards(door, reviews: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(door, "score", lambda *_: 1 / 0)
    assert list(score_steps(door, reviews, tmp_path / "out", None))[-1] == Failed(None)


def test_stopping_ends_the_work_and_leaves_nothing(door, reviews: Path, tmp_path: Path) -> None:
    stop = Stop()
    stop.asked.set()
    steps = list(score_steps(door, reviews, tmp_path / "out", None, stop))
    assert steps == [Running(0, None, 0.0)]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_the_summary_reads_every_form(tmp_path: Path, suffix: str) -> None:
    import pandas

    frame = pandas.DataFrame({"text": ["a good long review", "a bad long review"], "sentiment_stars": [4.6, 1.4]})
    file = tmp_path / f"scored.{suffix}"
    if suffix == "jsonl":
        frame.to_json(file, orient="records", lines=True)
    elif suffix == "parquet":
        frame.to_parquet(file)
    else:
        frame.to_csv(file, sep="\t" if suffix == "tsv" else ",", index=False)
    found = summarise(file, "text", {"positive": 1, "negative": 1})
    assert found.stars == (1, 0, 0, 0, 1)
    assert found.mean_stars == pytest.approx(3.0)
    assert found.happiest[0].text == "a good long review"


def test_quotes_are_escaped_and_the_chart_shows_the_counts(door, reviews: Path, tmp_path: Path) -> None:
    done = list(score_steps(door, reviews, tmp_path / "out", None))[-1]
    assert isinstance(done, Scored)
    html = summary_html(done, wording("zh"))
    assert "&lt;b&gt;shoes&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "好评" in html
    figure = stars_figure(done.summary, wording("en"))
    assert list(figure.data[0].y) == [1, 0, 1, 0, 6]
