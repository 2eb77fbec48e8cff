"""The peers that the review reader is measured beside: an SVM on word counts, and a term list for aspects."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sentiment.aspect_sources import AspectSentence, Span
from sentiment.sources import POLARITIES, Example


def svm_labels(train: Sequence[Example], test: Sequence[Example], *, chinese: bool = False) -> NDArray[np.int64]:
    """Labels by TF-IDF (word 1-2-grams, Chinese character 1-3-grams, sublinear) and a linear SVM with C=1.

    Classes are balanced and words of one letter count: both raise its macro-F1.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    grams = (
        {"analyzer": "char", "ngram_range": (1, 3)}
        if chinese
        else {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"}
    )
    counter = TfidfVectorizer(sublinear_tf=True, min_df=2, **grams)
    table = counter.fit_transform([one.text for one in train])
    model = LinearSVC(C=1.0, class_weight="balanced").fit(table, [POLARITIES.index(one.label) for one in train])
    scores = model.decision_function(counter.transform([one.text for one in test]))
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], axis=1)
    # A source without three stars is asked for positive or negative only, of the network too.
    allowed = [POLARITIES[place] != "neutral" or 3 in test[0].possible for place in model.classes_]
    return np.asarray(model.classes_[np.where(allowed, scores, -np.inf).argmax(axis=1)])


class TermList:
    """Aspects by a list: the terms that training sentences mark at least as often as not, longest first.

    Their polarity is that of the words within reach of them, each by how it leans in training; a term without any takes
    its own most frequent polarity.
    """

    def __init__(self, sentences: Sequence[AspectSentence]) -> None:
        marked: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        own: dict[str, Counter[str]] = defaultdict(Counter)
        near: dict[str, Counter[str]] = defaultdict(Counter)
        for sentence in sentences:
            for span in sentence.spans:
                term = sentence.text[span.start : span.end].lower()
                marked[term] += 1
                own[term][span.polarity] += 1
                for word in _words_near(sentence.text, span.start, span.end):
                    near[word][span.polarity] += 1
        for sentence in sentences:
            words = re.findall(r"\w+|[^\w\s]", sentence.text.lower())
            for size in range(1, 5):
                seen.update(" ".join(words[place : place + size]) for place in range(len(words) - size + 1))
        self._terms = {term for term, count in marked.items() if 2 * count >= seen[term]}
        self._own = {term: counts.most_common(1)[0][0] for term, counts in own.items()}
        every = Counter(polarity for counts in own.values() for polarity in counts.elements())
        total = sum(every.values())
        self._lean = {
            word: {
                one: np.log((counts[one] + (every[one] + 1) / (total + 3)) / (sum(counts.values()) + 1))
                for one in POLARITIES
            }
            for word, counts in near.items()
        }
        self._prior = {one: np.log((every[one] + 1) / (total + 3)) for one in POLARITIES}
        ordered = sorted(self._terms, key=len, reverse=True)
        self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(term)}(?!\w)" for term in ordered) or r"(?!)")

    def find(self, text: str) -> list[Span]:
        """The terms of the list in ``text``, with their polarity."""
        lower = text.lower()
        if len(lower) != len(text):
            return []
        return [
            Span(hit.start(), hit.end(), self._judge(lower, hit.start(), hit.end()))
            for hit in self._pattern.finditer(lower)
        ]

    def _judge(self, text: str, start: int, end: int) -> str:
        scores = dict(self._prior)
        told = False
        for word in _words_near(text, start, end):
            for polarity, lean in self._lean.get(word, {}).items():
                scores[polarity] += lean - self._prior[polarity]
                told = True
        return max(scores, key=lambda one: scores[one]) if told else self._own.get(text[start:end], "positive")


def span_f1(
    found: Sequence[Sequence[Span]], truth: Sequence[Sequence[Span]], rows: NDArray[np.int64] | None = None
) -> float:
    """F1 of spans with polarity, both exact, over all sentences (or those at ``rows``)."""
    right = guessed = true = 0
    for row in range(len(found)) if rows is None else rows:
        right += len(set(found[row]) & set(truth[row]))
        guessed += len(set(found[row]))
        true += len(set(truth[row]))
    return 2 * right / max(1, guessed + true)


def _words_near(text: str, start: int, end: int, reach: int = 4) -> list[str]:
    before = re.findall(r"\w+", text[:start].lower())[-reach:]
    after = re.findall(r"\w+", text[end:].lower())[:reach]
    return before + after
