"""Aspects: marked characters become tags and come back as the same characters; names join what means the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.sentiment_peers import TermList, span_f1
from encoders import find_encoder
from sentiment import Aspect, SentimentModel
from sentiment.aspect_reader import found_terms
from sentiment.aspect_sources import AspectSentence, Span, read_aspects, without_crossing
from sentiment.aspect_training import marked_tokens
from sentiment.tokens import TextTokens
from store import InputError


@pytest.fixture(scope="module")
def tokens() -> TextTokens:
    return TextTokens(find_encoder().path, ["手机", "电池", "很", "好"], longest=64)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The touchscreen is great but the battery life is not.", ["touchscreen", "battery life"]),
        ("手机很好，电池很差", ["手机", "电池"]),
        ("Unbelievably overpriced megaphones!", ["megaphones"]),
        ("Nothing to say.", []),
    ],
)
def test_marks_survive_the_way_through_tokens(tokens: TextTokens, text: str, terms: list[str]) -> None:
    spans = tuple(Span(text.index(term), text.index(term) + len(term), "positive") for term in terms)
    marked = marked_tokens([AspectSentence(text, spans, "test")], tokens)[0]
    cut = tokens.encode_with_places([text])[0]
    shares = np.eye(3, dtype=np.float32)[[max(tag, 0) for tag in marked.tags]]
    places = [(cut.places[first][0], cut.places[end - 1][1]) for first, end, _ in found_terms(shares, cut)]
    assert [text[start:end] for start, end in places] == terms
    assert len(marked.spans) == len(terms)


def test_sentences_marked_in_part_teach_no_tags(tokens: TextTokens) -> None:
    marked = marked_tokens([AspectSentence("good phone", (Span(5, 10, "positive"),), "test", complete=False)], tokens)[
        0
    ]
    assert not {0} & set(marked.tags)


def test_spans_that_cross_are_dropped() -> None:
    spans = [Span(4, 9, "positive"), Span(0, 6, "negative"), Span(9, 12, "neutral")]
    assert without_crossing(spans) == [Span(0, 6, "negative"), Span(9, 12, "neutral")]


def test_names_join_what_means_the_same(random_model: SentimentModel) -> None:
    found = [(Aspect("Batteries", "negative", 0.9, 0, 9), Aspect("xylophone", "positive", 0.8, 10, 19))]
    names = [one.name for one in random_model.aspect_reader.named(found)[0]]
    assert names == ["battery", "xylophone"]
    own = random_model.aspect_reader.named(found, ["power", "instruments"])
    assert own[0][0].name in {"power", "battery"}


def test_a_missing_file_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="BEFOREHAND_DATA"):
        read_aspects(tmp_path, "absa_mams", "test")


def test_the_term_list_finds_what_it_was_shown() -> None:
    shown = [
        AspectSentence("great battery here", (Span(6, 13, "positive"),), "test"),
        AspectSentence("awful screen here", (Span(6, 12, "negative"),), "test"),
    ] * 3
    listed = TermList(shown)
    assert listed.find("An awful battery and a great screen") == [Span(9, 16, "negative"), Span(29, 35, "positive")]


def test_span_f1_counts_exact_spans_with_polarity() -> None:
    truth = [[Span(0, 4, "positive"), Span(5, 9, "negative")], []]
    assert span_f1(truth, truth) == 1
    found = [[Span(0, 4, "positive"), Span(5, 9, "positive")], [Span(0, 2, "neutral")]]
    assert span_f1(found, truth) == pytest.approx(2 * 1 / (3 + 2))
