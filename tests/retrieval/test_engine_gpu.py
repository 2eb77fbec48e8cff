"""The GPU kind with indexes on the CPU in place of those on the GPU: what the engine adds to them is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval import gpu_problem
from retrieval.engine_gpu import Gpu, GpuEngine
from store import ModelError

DIMENSION = 8


class StandIn(Gpu):
    """Indexes that, like those on a GPU, take no selector; the graph takes no additions."""

    def __init__(self, graph: bool) -> None:
        self._graph = graph

    def flat(self, dimension: int) -> Any:
        return faiss.IndexFlatIP(dimension)

    def lists(self, dimension: int, count: int) -> Any:
        self.coarse = faiss.IndexFlatIP(dimension)
        return faiss.IndexIVFFlat(self.coarse, dimension, count, faiss.METRIC_INNER_PRODUCT)

    def has_graph(self) -> bool:
        return self._graph

    def graph(self, vectors: NDArray[np.float32]) -> Any:
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        index.add = None
        return index


def rows(count: int, seed: int) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("exact_up_to", [10_000, 500])
def test_it_finds_what_there_is(graph: bool, exact_up_to: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.engine_gpu._EXACT_UP_TO", exact_up_to)
    monkeypatch.setattr("retrieval.engine_gpu.probes_for", lambda lists, _: lists)
    engine = GpuEngine(DIMENSION, gpu=StandIn(graph))
    vectors = rows(1_500, 0)
    for start in range(0, 1_500, 30):
        engine.add(vectors[start : start + 30])
    for one, path in ((name, tmp_path / name) for name in engine.writers()):
        engine.writers()[one](path)
    again = GpuEngine.read({name: tmp_path / name for name in engine.writers()}, gpu=StandIn(graph))
    for each in (engine, again):
        assert each.size == 1_500
        for allowed in (None, np.arange(1_500) % 3 == 0, np.arange(1_500) % 100 == 7, np.arange(1_500) < 2):
            queries = rows(5, 1)
            exact = queries @ vectors.T
            if allowed is not None:
                exact[:, ~allowed] = -np.inf
            count = min(10, 1_500 if allowed is None else int(allowed.sum()))
            scores, found = each.search(queries, 10, allowed)
            best = -np.sort(-exact, axis=1)[:, :count]
            assert np.allclose(scores[:, :count], best, atol=2e-3)
            assert allowed is None or allowed[found[:, :count]].all()
            assert (found[:, count:] == -1).all()


def test_without_a_gpu_it_says_why() -> None:
    problem = gpu_problem()
    if problem is None:
        pytest.skip("there is a GPU here")
    with pytest.raises(ModelError, match="GPU"):
        GpuEngine(DIMENSION)
