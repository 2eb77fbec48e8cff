from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval import IndexSettings, VectorIndex
from store import IndexDamaged, InputError

DIMENSION = 8
ROOT = Path(__file__).parents[2]


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def random_rows(count: int, seed: int = 0) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).normal(size=(count, DIMENSION)))


def nearest_of(
    model: dict[str, NDArray[np.float32]], query: NDArray[np.float32], allowed: set[str] | None
) -> list[float]:
    return sorted(
        (float(vector @ query) for id_, vector in model.items() if allowed is None or id_ in allowed), reverse=True
    )


step = st.one_of(
    st.tuples(st.just("add"), st.lists(st.integers(0, 60), min_size=1, max_size=12, unique=True)),
    st.tuples(st.just("delete"), st.lists(st.integers(0, 70), max_size=12)),
    st.tuples(st.just("search"), st.one_of(st.none(), st.sets(st.integers(0, 70)))),
    st.tuples(st.just("reload"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(step, max_size=40), seed=st.integers(0, 2**16))
def test_it_agrees_with_a_plain_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, object]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("index")
    index, model = VectorIndex(DIMENSION), dict[str, NDArray[np.float32]]()
    for what, argument in steps:
        if what == "add":
            ids = [f"p{number}" for number in argument]
            rows = rng.normal(size=(len(ids), DIMENSION)).astype(np.float32)
            index.add(ids, rows)
            model.update(zip(ids, unit(rows), strict=True))
        elif what == "delete":
            ids = [f"p{number}" for number in argument]
            assert index.delete(ids) == sum(model.pop(id_, None) is not None for id_ in set(ids))
        elif what == "reload":
            index.save(folder)
            index = VectorIndex.load(folder)
        else:
            allowed = None if argument is None else {f"p{number}" for number in argument}
            query = random_rows(1, seed)[0]
            found = index.search(query, 5, allowed)[0]
            assert found.scores.tolist() == pytest.approx([float(model[id_] @ query) for id_ in found.ids], abs=1e-5)
            assert allowed is None or set(found.ids) <= allowed
            assert found.scores.tolist() == pytest.approx(nearest_of(model, query, allowed)[:5], abs=1e-5)
        assert len(index) == len(model)
    assert np.allclose(index.vectors(list(model)), np.array(list(model.values())).reshape(-1, DIMENSION), atol=1e-6)


KINDS = {
    "flat": IndexSettings(kind="flat"),
    "hnsw": IndexSettings(kind="hnsw"),
    "ivf": IndexSettings(kind="ivf"),
    "ivf_pq": IndexSettings(kind="ivf_pq"),
    "auto": IndexSettings(flat_below=150),
}


@pytest.fixture(params=KINDS)
def each_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> IndexSettings:
    """Every kind, with the short cuts for small numbers taken out, so that the kind itself must answer."""
    monkeypatch.setattr("retrieval.engine._LEAST_TRAINED", 100)
    monkeypatch.setattr("retrieval.vector_index._EXACT_ROWS", 0)
    monkeypatch.setattr("retrieval.vector_index._EXACT_SHARE", 0)
    return KINDS[request.param]


@pytest.mark.parametrize("background", [False, True])
def test_ten_thousand_changes_leave_nothing_stale(
    each_kind: IndexSettings, background: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if background:
        monkeypatch.setattr("retrieval.vector_index._AT_ONCE", 40)
    rng = np.random.default_rng(1)
    index, model = VectorIndex(DIMENSION, settings=each_kind), dict[str, NDArray[np.float32]]()
    right = asked = 0
    for _ in range(2_500 if background else 10_000):
        id_ = f"p{rng.integers(400)}"
        what = rng.random()
        if what < 0.5:
            row = rng.normal(size=(1, DIMENSION)).astype(np.float32)
            index.add([id_], row)
            model[id_] = unit(row)[0]
        elif what < 0.8:
            index.delete([id_])
            model.pop(id_, None)
        elif model:
            allowed = None if what < 0.9 else set(rng.choice(sorted(model), size=(len(model) + 1) // 2).tolist())
            query = rng.normal(size=DIMENSION).astype(np.float32)
            query /= np.linalg.norm(query)
            found = index.search(query, 3, allowed)[0]
            assert all(id_ in model for id_ in found.ids)
            assert allowed is None or set(found.ids) <= allowed
            true = [float(model[id_] @ query) for id_ in found.ids]
            assert found.scores.tolist() == pytest.approx(true, abs=2e-3)
            best = nearest_of(model, query, allowed)[:3]
            right += sum(score >= best[-1] - 2e-3 for score in true)
            asked += len(best)
    index.settle()
    assert len(index) == len(model)
    assert right / asked > (0.999 if each_kind.kind == "flat" else 0.95)
    assert len(index._ids) < 2 * max(len(model), 100), "dead rows are given back"


def test_each_kind_is_saved_and_loaded(each_kind: IndexSettings, tmp_path: Path) -> None:
    index = VectorIndex(DIMENSION, settings=each_kind)
    rows = random_rows(600)
    index.add([f"p{number}" for number in range(600)], rows, stamps=[str(number) for number in range(600)])
    index.delete([f"p{number}" for number in range(100)])
    index.save(tmp_path)
    again = VectorIndex.load(tmp_path, settings=each_kind)
    assert again.kind == index.kind == ("hnsw" if each_kind.kind == "auto" else each_kind.kind)
    assert again.stamps == index.stamps
    for number in range(100, 600, 7):
        assert again.search(rows[number], 1)[0].ids == (f"p{number}",)
    again.add(["new"], -rows[:1])
    assert again.search(-rows[0], 1)[0].ids == ("new",)


def test_a_growing_index_changes_its_kind_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    index = VectorIndex(DIMENSION, settings=IndexSettings(flat_below=500))
    kinds = []
    for start in range(0, 1_000, 100):
        index.add([str(number) for number in range(start, start + 100)], random_rows(100, start))
        kinds.append(index.kind)
    assert kinds == ["flat"] * 4 + ["hnsw"] * 6
    index.delete([str(number) for number in range(600)])
    assert index.kind == "hnsw", "not to and fro at the border"
    index.delete([str(number) for number in range(800)])
    assert index.kind == "flat"
    assert len(index) == 200


def test_ivf_pq_takes_less_memory_and_finds_the_same() -> None:
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(60, 64))
    rows = unit(centres[draw.integers(60, size=6_000)] + 0.5 * draw.normal(size=(6_000, 64)))
    ids = [str(number) for number in range(6_000)]
    exact, compact = VectorIndex(64), VectorIndex(64, settings=IndexSettings(kind="ivf_pq"))
    for index in (exact, compact):
        index.add(ids, rows)
    assert compact.kind == "ivf_pq"
    assert compact.memory_bytes < 0.25 * exact.memory_bytes
    queries = unit(rows[:200] + 0.05 * draw.normal(size=(200, 64)))
    pairs = zip(exact.search(queries, 10), compact.search(queries, 10), strict=True)
    assert np.mean([len(set(left.ids) & set(right.ids)) / 10 for left, right in pairs]) > 0.95


def test_vectors_are_compared_by_angle_whatever_their_length() -> None:
    index = VectorIndex(2)
    index.add(["long", "near"], np.array([[100.0, 100.0], [0.1, 0.01]]))
    assert index.search(np.array([5.0, 0.0]), 1)[0].ids == ("near",)


def test_a_zero_vector_is_found_last_and_breaks_nothing() -> None:
    index = VectorIndex(2)
    index.add(["nothing", "east"], np.array([[0.0, 0.0], [1.0, 0.0]]))
    assert index.search(np.array([1.0, 0.0]), 2)[0].ids == ("east", "nothing")


@pytest.mark.parametrize(
    ("ids", "rows"),
    [
        (["a"], np.ones((1, 3))),
        (["a", "b"], np.ones((1, DIMENSION))),
        (["a", "a"], np.ones((2, DIMENSION))),
        (["a"], np.full((1, DIMENSION), np.nan)),
        (["a"], np.full((1, DIMENSION), np.inf)),
    ],
)
def test_what_cannot_be_added_is_refused_whole(ids: list[str], rows: NDArray[np.float64]) -> None:
    index = VectorIndex(DIMENSION)
    with pytest.raises(InputError):
        index.add(ids, rows)
    assert len(index) == 0


def test_an_empty_index_finds_nothing_and_takes_empty_calls() -> None:
    index = VectorIndex(DIMENSION)
    index.add([], np.zeros((0, DIMENSION)))
    assert index.delete([]) == 0
    assert [one.ids for one in index.search(random_rows(2), 3)] == [(), ()]
    index.add(["a"], random_rows(1))
    assert index.search(random_rows(1), 3, [])[0].ids == ()
    assert index.search(random_rows(1), 3, ["unknown"])[0].ids == ()


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivf", "ivf_pq"])
def test_a_filter_keeps_recall(kind: str) -> None:
    rows = random_rows(3_000)
    index = VectorIndex(DIMENSION, settings=IndexSettings(kind=kind))
    index.add([str(number) for number in range(3_000)], rows)
    allowed = [str(number) for number in range(0, 3_000, 97)]
    query = random_rows(1, 5)[0]
    expected = sorted(allowed, key=lambda id_: -float(rows[int(id_)] @ query))[:10]
    assert list(index.search(query, 10, allowed)[0].ids) == expected


def test_stamps_come_and_go_with_their_ids(tmp_path: Path) -> None:
    index = VectorIndex(DIMENSION)
    index.add(["a", "b", "c"], random_rows(3), stamps=["1", "2", "3"])
    index.add(["b"], random_rows(1), stamps=["4"])
    index.delete(["c"])
    index.save(tmp_path)
    assert VectorIndex.load(tmp_path).stamps == {"a": "1", "b": "4"}


def saved(folder: Path) -> VectorIndex:
    index = VectorIndex(DIMENSION)
    index.add([f"p{number}" for number in range(20)], random_rows(20))
    index.save(folder, facts={"encoder": "abc"})
    return index


def test_every_damaged_file_is_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        for broken in (whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
            path.write_bytes(broken)
            with pytest.raises(IndexDamaged):
                VectorIndex.load(tmp_path)
        path.unlink()
        with pytest.raises((IndexDamaged, FileNotFoundError)):
            VectorIndex.load(tmp_path)
        path.write_bytes(whole)
    assert len(VectorIndex.load(tmp_path)) == 20


def test_vectors_of_another_encoder_are_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    assert len(VectorIndex.load(tmp_path, facts={"encoder": "abc"})) == 20
    with pytest.raises(IndexDamaged, match="another encoder"):
        VectorIndex.load(tmp_path, facts={"encoder": "xyz"})


def test_a_save_that_dies_leaves_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = saved(tmp_path)
    before = index.search(random_rows(1, 9), 5)[0].ids
    index.delete(before)
    for dying in ("os.replace", "os.fsync"):

        def die(*_: object) -> None:
            raise OSError("no space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(dying, die)
            with pytest.raises(OSError, match="no space"):
                index.save(tmp_path)
        assert VectorIndex.load(tmp_path).search(random_rows(1, 9), 5)[0].ids == before
    index.save(tmp_path)
    assert len(VectorIndex.load(tmp_path)) == 15
    listed = {one["file"] for one in json.loads((tmp_path / "manifest.json").read_text())["files"].values()}
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.json", *listed}, "leftovers are cleared away"


def test_nothing_saved_is_not_damage(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        VectorIndex.load(tmp_path / "none")


def test_it_is_searched_while_it_changes() -> None:
    index = VectorIndex(DIMENSION, settings=IndexSettings(dead_share=0.1))
    index.add(["steady"], np.eye(1, DIMENSION))
    done = threading.Event()

    def change(seed: int) -> None:
        for number in range(150):
            index.add([f"{seed}-{one}" for one in range(20)], -np.abs(random_rows(20, seed + number)))
            index.delete([f"{seed}-{one}" for one in range(number % 20)])

    def look() -> None:
        while not done.is_set():
            assert index.search(np.eye(1, DIMENSION), 1)[0].ids == ("steady",)

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(look) for _ in range(2)]
        writers = [pool.submit(change, seed) for seed in (1, 2)]
        wait(writers)
        done.set()
        for each in (*readers, *writers):
            each.result()


_SAVING = """
import sys
from pathlib import Path
import numpy as np
from retrieval import IndexSettings, VectorIndex
folder, kind = Path(sys.argv[1]), sys.argv[2]
index = VectorIndex(8, settings=IndexSettings(kind=kind))
rows = np.eye(8, dtype=np.float32)
index.add([f"{number}-{name}" for number in range(3000) for name in "x"], np.tile(rows, (375, 1)))
print("ready", flush=True)
for generation in range(10_000):
    index.add(["generation"], rows[:1], stamps=[str(generation)])
    index.save(folder, facts={"generation": str(generation)})
    print(generation, flush=True)
"""


@pytest.mark.parametrize("kind", ["flat", "ivf_pq"])
def test_killed_at_any_point_a_save_leaves_a_whole_index(tmp_path: Path, kind: str) -> None:
    for wait_ms in (0, 3, 7, 13, 29):
        with subprocess.Popen(
            [sys.executable, "-c", _SAVING, str(tmp_path), kind], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as saving:
            assert saving.stdout is not None
            saved = -1
            for line in saving.stdout:
                if line != "ready\n":
                    saved = int(line)
                if saved >= 1:
                    break
            time.sleep(wait_ms / 1000)
            saving.send_signal(signal.SIGKILL)
            saved = max([saved, *(int(line) for line in saving.stdout if line.strip().isdigit() and line[-1] == "\n")])
        index = VectorIndex.load(tmp_path, settings=IndexSettings.model_validate({"kind": kind}))
        assert len(index) == 3_001
        assert saved <= int(index.stamps["generation"]) <= saved + 1
