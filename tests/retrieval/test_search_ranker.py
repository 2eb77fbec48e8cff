from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval import SearchRanker, graded_ndcg
from retrieval.ranking_features import FEATURES, asked, features, heads_asked, title_head
from retrieval.search_ranker import RatedQuery, fit_ranker, fixed_sum
from store import ModelError


def column(rows: np.ndarray, name: str) -> list[float]:
    return [round(float(value), 4) for value in rows[:, FEATURES.index(name)]]


def test_features_say_how_words_numbers_and_letters_fit() -> None:
    often = {"brass": 50, "valve": 100, "3": 10}
    query = asked("3/4 brass valves", lambda word: often.get(word, 0), 1_000)
    titles = ["3/4 in. Brass Ball Valve", "Steel valve 1/2", "Garden chair", ""]
    rows = features(query, titles, np.array([0.9, 0.4, 0, 0], np.float32), np.array([0.8, 0.5, 0.1, 0], np.float32))
    assert column(rows, "words_of_best") == [1, 0.4444, 0, 0]
    assert column(rows, "share")[0] == 1
    assert column(rows, "share") == sorted(column(rows, "share"), reverse=True)
    assert column(rows, "last") == [1, 1, 0, 0]
    assert column(rows, "numbers") == [1, 0, 0, 0]
    assert column(rows, "unlike_numbers")[1] > 0
    assert column(rows, "letters")[0] > column(rows, "letters")[1] > column(rows, "letters")[2]
    assert np.isfinite(rows).all()


def test_letters_outlast_a_slip() -> None:
    query = asked("toliet seat", lambda word: 1, 10)
    rows = features(query, ["Toilet Seat White", "Garden Set"], np.zeros(2, np.float32), np.zeros(2, np.float32))
    assert column(rows, "letters")[0] > 2 * column(rows, "letters")[1]


def rated(count: int, seed: int, meaningful: str) -> list[RatedQuery]:
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        rows = draw.random((8, len(FEATURES))).astype(np.float32)
        made.append(RatedQuery(rows, rows[:, FEATURES.index(meaningful)].round(1)))
    return made


def test_the_ranker_finds_what_the_grades_depend_on(tmp_path: Path) -> None:
    ranker, tried = fit_ranker(rated(150, 0, "letters"), 0.5, 0.0)
    assert tried["line"] > tried["sum"] + 0.05
    assert ranker.kind in {"line", "trees"}
    after = np.mean([graded_ndcg(one.grades, ranker.scores(one.features)) for one in rated(50, 1, "letters")])
    before = np.mean(
        [graded_ndcg(one.grades, fixed_sum(0.5, 0.0).scores(one.features)) for one in rated(50, 1, "letters")]
    )
    assert after > before + 0.05
    ranker.save(tmp_path / "ranker.json")
    again = SearchRanker.load(tmp_path / "ranker.json")
    some = rated(1, 2, "letters")[0].features
    assert np.array_equal(again.scores(some), ranker.scores(some))
    assert ((ranker.scores(some) >= 0) & (ranker.scores(some) <= 1)).all()


def test_a_cross_encoder_that_knows_is_listened_to(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    told = [RatedQuery(one.features, draw.random(8).round(1).astype(np.float32)) for one in rated(40, 0, "letters")]
    told = [RatedQuery(one.features, one.grades, 0.1 + 0.8 * one.grades) for one in told]
    ranker, tried = fit_ranker(told, 0.5, 0.0)
    assert ranker.reading > 0
    assert max(tried.values()) > tried["sum"] + 0.05
    ranker.save(tmp_path / "ranker.json")
    assert SearchRanker.load(tmp_path / "ranker.json").reading == ranker.reading


def test_the_sum_stays_where_nothing_else_does_better() -> None:
    draw = np.random.default_rng(0)
    noise = [RatedQuery(draw.random((8, len(FEATURES))).astype(np.float32), np.ones(8, np.float32)) for _ in range(40)]
    ranker, _ = fit_ranker(noise, 0.5, 0.0)
    assert ranker.kind == "sum"


def test_a_ranker_of_other_features_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ranker.json"
    fixed_sum(0.5, 0.0).save(path)
    path.write_text(path.read_text().replace('"letters"', '"leters"'))
    with pytest.raises(ModelError, match="other features"):
        SearchRanker.load(path)
    path.write_text("{")
    with pytest.raises(ModelError):
        SearchRanker.load(path)


def test_ndcg_is_as_defined() -> None:
    grades = np.array([1.0, 0.5, 0.0], np.float32)
    assert graded_ndcg(grades, np.array([3, 2, 1])) == 1
    worst = (0.5 / np.log2(3) + 1 / np.log2(4)) / (1 + 0.5 / np.log2(3))
    assert graded_ndcg(grades, np.array([1, 2, 3])) == pytest.approx(worst)
    assert graded_ndcg(np.zeros(3, np.float32), np.array([1, 2, 3])) == 0


def test_heads_say_what_a_thing_is() -> None:
    query = asked("kitchen faucet with sprayer", lambda word: 1, 10)
    titles = ["Pull-Down Kitchen Faucet in Chrome", "Sprayer for Kitchen Faucet", "Faucet Handle, Chrome"]
    rows = features(query, titles, np.zeros(3, np.float32), np.zeros(3, np.float32))
    assert column(rows, "same_head") == [1, 0, 0]
    assert column(rows, "title_head_asked") == [1, 1, 0]
    assert column(rows, "head_in_head") == [1, 0, 1]
    assert column(rows, "head_there") == [1, 1, 1]
    assert column(rows, "run") == [0.6667, 0.6667, 0.3333]
    assert column(rows, "missing") == [1, 0, 2]
    chinese = features(
        asked("红色跑鞋", lambda word: 1, 10), ["轻便跑鞋，黑色"], np.zeros(1, np.float32), np.zeros(1, np.float32)
    )
    assert column(chinese, "same_head") == [1]


def test_a_head_has_other_names() -> None:
    assert heads_asked("grey couch with chaise") >= {"couch", "sofa"}
    assert title_head("Two-Seat Sofa, Grey") in heads_asked("couch")
    assert title_head("Sofa Cover") not in heads_asked("couch")
    assert title_head("Trail Running Shoes - Blue") in heads_asked("蓝色跑鞋")
