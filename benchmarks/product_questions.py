"""Questions on products: which evidence answers, ranked by the product's chooser, by BM25 and by plain MiniLM.

Average precision is over all pairs of a question and a text, as in the papers of the data (one threshold for all), so
that it also measures whether one knows when nothing answers: most texts of most questions do not. Abstaining is
measured by itself too: how well the best text's score tells questions that some text answers from those that none
does (area under the curve; one half is chance), and what the chat's bar answers and refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.product_evidence import ENOUGH, score_pairs
from encoders import TextEncoder

from .frame import Figures, bootstrap

_QUICK = 1500


def measure_hetpqa(figures: Figures, folder: Path, encoder: TextEncoder, *, quick: bool) -> None:
    """Test rows of hetPQA's evidence ranking."""
    import pandas as pd

    frame = pd.read_csv(folder / "hetpqa_evidence.csv.gz")
    rows = frame[frame["split"] == "test"]
    names = ("hetpqa_evidence_ap", "hetpqa_bm25_ap", "hetpqa_minilm_ap")
    _measure(figures, rows.head(_QUICK) if quick else rows, "evidence", names, encoder)


def measure_semipqa(figures: Figures, folder: Path, encoder: TextEncoder, *, quick: bool) -> None:
    """Rows of semiPQA whose kinds of attributes occur in no other split."""
    import pandas as pd

    frame = pd.read_csv(folder / "semipqa_attributes.csv.gz")
    rows = frame[frame["split"] == "test_unseen"]
    names = ("semipqa_unseen_ap", "semipqa_bm25_ap", "semipqa_minilm_ap")
    _measure(figures, rows.head(_QUICK) if quick else rows, "attribute", names, encoder)


def _measure(figures: Figures, rows: Any, column: str, names: Sequence[str], encoder: TextEncoder) -> None:
    questions, texts = list(rows["question"].astype(str)), list(rows[column].astype(str))
    labels, groups = rows["label"].to_numpy(), rows["qid"].to_numpy()
    scores = (
        score_pairs(questions, texts, encoder.encode),
        _bm25(questions, texts, groups),
        _cosine(questions, texts, encoder.encode),
    )
    for name, values in zip(names, scores, strict=True):
        figures.add(name, _ap(labels, values), _interval(labels, values, groups))
        figures.add(f"{name}_first", _first(labels, values, groups))
    _abstaining(figures, [one.removesuffix("_ap") for one in names], labels, scores, groups)


def _abstaining(
    figures: Figures,
    names: Sequence[str],
    labels: NDArray[Any],
    scores: Sequence[NDArray[Any]],
    groups: NDArray[Any],
) -> None:
    """Where some questions have no text that answers: who tells them apart, and what the chat's bar does with both."""
    of = [np.flatnonzero(groups == one) for one in dict.fromkeys(groups.tolist())]
    answerable = np.array([bool(labels[rows].any()) for rows in of])
    if answerable.all() or not answerable.any():
        return
    best = [np.array([values[rows].max() for rows in of]) for values in scores]
    for name, values in zip(names, best, strict=True):
        figures.add(
            f"{name}_abstain_auc",
            _auc(answerable, values),
            bootstrap(partial(_auc_of, answerable, values), len(of)),
        )
    figures.add(f"{names[0]}_answered", float((best[0][answerable] >= ENOUGH).mean()))
    figures.add(f"{names[0]}_refused", float((best[0][~answerable] < ENOUGH).mean()))


def _auc_of(known: NDArray[Any], values: NDArray[Any], picked: NDArray[np.int64]) -> float:
    return _auc(known[picked], values[picked])


def _auc(known: NDArray[Any], values: NDArray[Any]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(known, values)) if known.any() and not known.all() else 0.5


def _ap(labels: NDArray[Any], scores: NDArray[Any]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores))


def _interval(labels: NDArray[Any], scores: NDArray[Any], groups: NDArray[Any]) -> tuple[float, float]:
    """Over questions."""
    of = [np.flatnonzero(groups == one) for one in dict.fromkeys(groups.tolist())]

    def measure(picked: NDArray[np.int64]) -> float:
        rows = np.concatenate([of[at] for at in picked])
        return _ap(labels[rows], scores[rows]) if labels[rows].any() else 0.0

    return bootstrap(measure, len(of))


def _first(labels: NDArray[Any], scores: NDArray[Any], groups: NDArray[Any]) -> float:
    """The share of answerable questions whose best text answers."""
    right = []
    for one in dict.fromkeys(groups.tolist()):
        rows = np.flatnonzero(groups == one)
        if labels[rows].any():
            right.append(bool(labels[rows[scores[rows].argmax()]]))
    return float(np.mean(right))


def _cosine(questions: Sequence[str], texts: Sequence[str], embed: Callable[[Sequence[str]], Any]) -> NDArray[Any]:
    distinct = list(dict.fromkeys([*questions, *texts]))
    vectors = dict(zip(distinct, embed(distinct), strict=True))
    return np.array([float(vectors[one] @ vectors[other]) for one, other in zip(questions, texts, strict=True)])


def _bm25(questions: Sequence[str], texts: Sequence[str], groups: NDArray[Any]) -> NDArray[Any]:
    """BM25 (k1 1.5, b .75, Robertson's idf), statistics over all distinct texts of the file."""
    import bm25s

    distinct = list(dict.fromkeys(texts))
    place = {text: at for at, text in enumerate(distinct)}
    index = bm25s.BM25(k1=1.5, b=0.75)
    index.index(bm25s.tokenize(distinct, stopwords=None, show_progress=False), show_progress=False)
    scores = np.zeros(len(texts))
    for question in dict.fromkeys(questions):
        words = bm25s.tokenize([question], stopwords=None, show_progress=False, return_ids=False)[0]
        all_scores = index.get_scores(words)
        for row in (at for at, one in enumerate(questions) if one == question):
            scores[row] = all_scores[place[texts[row]]]
    return scores
