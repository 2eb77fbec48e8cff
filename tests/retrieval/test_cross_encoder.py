"""A search whose best are read together with the query, by a tiny cross-encoder whose weights mean something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from retrieval import ProductSearch, RetrievalSettings, SearchSettings
from retrieval.cross_encoder import PairReader, weighed_together
from retrieval.product_index import Encoder
from retrieval.search_ranker import fixed_sum
from store import Database, ModelError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "shoe", "shoes", "black", "trail", "city", "running", "sneaker"]


def made(folder: Path, outputs: int = 1) -> Path:
    """A random cross-encoder of one layer that knows a few words."""
    torch.manual_seed(0)
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=64)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, num_labels=outputs, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("models") / "pairs")


@pytest.fixture
def searching(shop: Database, encoder: Encoder) -> Callable[..., ProductSearch]:
    def with_settings(**more: Any) -> ProductSearch:
        settings = SearchSettings(min_similarity=0.2, min_similarity_unknown=0.2, **more)
        return ProductSearch(shop, encoder, RetrievalSettings(search=settings))

    return with_settings


def test_the_best_come_in_its_order(searching: Callable[..., ProductSearch], model: Path) -> None:
    plain = searching().search("shoes", limit=20)
    search = searching(cross_encoder=str(model))
    found = search.search("shoes", limit=20)
    assert {hit.product_id for hit in plain.hits} == {hit.product_id for hit in found.hits}
    passages = search.index.passages([hit.product_id for hit in found.hits])
    expected = PairReader(str(model)).scores("shoes", [passages[hit.product_id] for hit in found.hits], within_ms=1e9)
    assert [hit.score for hit in found.hits] == pytest.approx(sorted(expected, reverse=True), abs=1e-5)
    assert "read together" in found.stage_ms
    assert "read together" not in plain.stage_ms


class ByName:
    """A reader that likes some products, by a word of their text."""

    def __init__(self, word: str) -> None:
        self.word = word

    def scores(self, query: str, texts: Sequence[str], *, within_ms: float) -> NDArray[np.float32]:
        return np.array([0.9 if self.word in text else 0.1 for text in texts], dtype=np.float32)


def test_a_trained_one_has_its_say_beside_the_ranker(shop: Database, encoder: Encoder) -> None:
    def found(weight: float) -> tuple[list[str], list[float], list[float]]:
        ranker = fixed_sum(0.5, 0.0)
        ranker.reading = weight
        settings = RetrievalSettings(search=SearchSettings(min_similarity=0.2, min_similarity_unknown=0.2))
        search = ProductSearch(shop, encoder, settings, ranker=ranker, reader=ByName("Road"))
        hits = search.search("trail shoes", limit=10).hits
        ids = [hit.product_id for hit in hits]
        return ids, [hit.score for hit in hits], [hit.score for hit in search.rate("trail shoes", ids)]

    plain, _, _ = found(0.0)
    assert plain[0] == found(0.01)[0][0] == "P1"
    ids, scores, rated = found(20.0)
    assert ids[0] == "P2"
    assert set(ids) == set(plain)
    assert scores == sorted(scores, reverse=True)
    assert rated == pytest.approx(scores, abs=1e-4), "what is rated is rated as it is found"
    both = weighed_together(np.array([0.5, 0.8], np.float32), np.array([0.9, 0.5], np.float32), 1.0)
    assert both == pytest.approx([0.9, 0.8], abs=1e-5)


def test_what_is_not_read_stays_behind(searching: Callable[..., ProductSearch], model: Path) -> None:
    plain = [hit.product_id for hit in searching().search("black shoes", limit=10).hits]
    hits = searching(cross_encoder=str(model), cross_encoder_top=2).search("black shoes", limit=10).hits
    assert {hit.product_id for hit in hits[:2]} == set(plain[:2])
    assert [hit.product_id for hit in hits[2:]] == plain[2:]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_only_conditions_need_no_reader(searching: Callable[..., ProductSearch]) -> None:
    found = searching(cross_encoder="/nowhere").search("under 80 euros")
    assert found.hits
    assert found.degraded is None


def test_when_its_time_is_over_it_begins_no_further_batch(model: Path) -> None:
    reader = PairReader(str(model))
    texts = [f"shoe {'black ' * place}" for place in range(20)]
    whole = reader.scores("shoes", texts, within_ms=1e9)
    assert whole.shape == (20,)
    assert len(set(whole.tolist())) > 10
    assert ((whole > 0) & (whole < 1)).all()
    assert np.allclose(reader.scores("shoes", texts, within_ms=0), whole[:8], atol=1e-6)
    assert reader.scores("shoes", [], within_ms=1e9).shape == (0,)


def test_one_that_cannot_be_had_leaves_the_order(searching: Callable[..., ProductSearch], tmp_path: Path) -> None:
    plain = searching().search("shoes")
    found = searching(cross_encoder=str(tmp_path / "none")).search("shoes")
    assert found.hits == plain.hits
    assert found.degraded is not None


def test_one_that_gives_several_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="one number"):
        PairReader(str(made(tmp_path / "classes", outputs=3)))
