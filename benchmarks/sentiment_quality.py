"""How well reviews are read: polarity and stars, seen and unseen shops, aspects, calibration, explanations.

The shipped weights are measured on test splits. For ``unseen``, a network and an SVM are trained on three of four
groups of English shops (the same 20,000 rows at most) and measured on the fourth: about twenty minutes on two cores.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment import SentimentModel
from sentiment.aspect_sources import Span, learnable_aspects, read_aspects, without_crossing
from sentiment.calibration import expected_calibration_error, macro_f1, polarity_shares
from sentiment.explanation import explain, without_words, words_of
from sentiment.language import detect_language
from sentiment.sources import (
    ENGLISH_GROUPS,
    ENGLISH_STARS,
    POLARITIES,
    Example,
    read_source,
)

from .frame import Figures, Options, bootstrap
from .parts import kept_part
from .sentiment_peers import TermList, span_f1, svm_labels
from .unseen_shops import Unseen, measure_unseen

KEYS = (
    "sst2_dev_accuracy", "en_stars_macro_f1", "en_stars_svm_macro_f1", "unseen_source_macro_f1",
    "unseen_source_svm_macro_f1", "online_shopping_accuracy", "eprstmt_accuracy", "zh_stars_macro_f1",
    "zh_stars_svm_macro_f1", "semeval14_laptop_accuracy", "semeval14_restaurant_accuracy", "mams_atsa_accuracy",
    "zh_products_aspect_accuracy", "aspects_semeval16_f1", "aspects_semeval16_baseline_f1", "aspects_acos_f1",
    "aspects_acos_baseline_f1", "ece_unseen", "explain_drop_ratio",
)  # fmt: skip
PARTS = ("polarity", "chinese", "aspects", "finding", "explanations", "english", "unseen")
_EXPLAINED = 300
_PEERS = ("encoders", "benchmarks/sentiment_quality.py", "benchmarks/sentiment_peers.py")
_SHIPPED = ("sentiment", *_PEERS)
# Readers of unseen shops are trained anew: the weights that come along say nothing there.
_LEARNT = (
    *(f"sentiment/{name}.py" for name in ("calibration", "dev_choices", "first_stage", "fitting",
                                          "network", "sources", "tokens", "training", "vocabulary")),
    "benchmarks/unseen_shops.py", *_PEERS,
)  # fmt: skip


def run(options: Options) -> Figures:
    """Measure everything that ``KEYS`` names; ``--data`` files are read with the shipped weights only."""
    figures = Figures()
    model = SentimentModel.load()
    if options.data:
        for path in options.data:
            _score_file(model, path, figures)
        return figures
    data, most = options.public / "sentiment", 300 if options.quick else None

    def part(name: str, code: Sequence[str], measure: Callable[[Figures], None]) -> None:
        def measured() -> Figures:
            own = Figures()
            measure(own)
            return own

        if not options.only or name in options.only:
            figures.take(kept_part(f"sentiment-{name}", options, code, measured))

    try:
        part("polarity", _SHIPPED, lambda own: _polarity(model, data, own, most))
        part("chinese", _SHIPPED, lambda own: _chinese_stars(model, data, own, most))
        if model.finds_aspects:
            part("aspects", _SHIPPED, lambda own: _aspect_polarity(model, data, own, most))
            part("finding", _SHIPPED, lambda own: _aspect_finding(model, data, own, most))
        else:
            figures.note("the weights find no aspects")
        part("explanations", _SHIPPED, lambda own: _explanations(model, data, own, 20 if options.quick else _EXPLAINED))
        part("english", _SHIPPED, lambda own: _english_stars(model, data, own, most))
        part("unseen", _LEARNT, lambda own: _unseen(data, own, most))
    except KeyboardInterrupt:
        figures.note("the run was stopped before all parts were finished")
    return figures


def _labels(examples: Sequence[Example]) -> NDArray[np.int64]:
    return np.array([POLARITIES.index(one.label) for one in examples])


def _accuracy(key: str, labels: NDArray[np.int64], found: NDArray[np.int64], figures: Figures) -> None:
    right = (labels == found).astype(float)
    figures.add(key, float(right.mean()), bootstrap(lambda rows: float(right[rows].mean()), len(right)))


def _two_way(model: SentimentModel, texts: Sequence[str]) -> NDArray[np.int64]:
    """Negative or positive, where a source has no third class."""
    shares = polarity_shares(model.star_shares(texts))
    chinese = sum(detect_language(text) == "zh" for text in texts[:50]) > 25
    return model.calibration("zh" if chinese else "en").labels(shares, neutral=False)


def _three_way(model: SentimentModel, texts: Sequence[str]) -> NDArray[np.int64]:
    return np.array([POLARITIES.index(one.polarity) for one in model.score(texts)])


def _found(model: SentimentModel, examples: Sequence[Example]) -> NDArray[np.int64]:
    texts = [one.text for one in examples]
    return _three_way(model, texts) if len(examples[0].possible) == 5 else _two_way(model, texts)


def _polarity(model: SentimentModel, data: Path, figures: Figures, most: int | None) -> None:
    for key, name, split in (
        ("sst2_dev_accuracy", "sst2", "dev"),
        ("sst2_test_accuracy", "sst2", "test"),
        ("online_shopping_accuracy", "zh_online_shopping_10_cats", "test"),
        ("eprstmt_accuracy", "zh_eprstmt", "test"),
        ("chnsenticorp_hotel_accuracy", "zh_chnsenticorp_hotel", "test"),
    ):
        examples = read_source(data, name, split)[:most]  # type: ignore[arg-type]
        _accuracy(key, _labels(examples), _found(model, examples), figures)


def _english_stars(model: SentimentModel, data: Path, figures: Figures, most: int | None) -> None:
    ours, svms = [], []
    for name in ENGLISH_STARS:
        test, train = read_source(data, name, "test")[:most], read_source(data, name, "train")
        labels = _labels(test)
        ours.append((labels, _found(model, test)))
        svms.append((labels, svm_labels(train if most is None else train[: 20 * most], test)))
        stem = name.removeprefix("en_stars_")
        for kind, (_, found) in (("", ours[-1]), ("svm_", svms[-1])):
            figures.add(f"en_stars_{stem}_{kind}macro_f1", macro_f1(labels, found))
            figures.add(f"en_stars_{stem}_{kind}accuracy", float((labels == found).mean()))
    for key, pairs in (("en_stars_macro_f1", ours), ("en_stars_svm_macro_f1", svms)):
        _mean_macro_f1(key, pairs, figures)


def _mean_macro_f1(key: str, pairs: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]], figures: Figures) -> None:
    """The mean of macro-F1 over sources; its interval draws rows within each source."""
    draw = np.random.default_rng(0)
    means = [
        np.mean([macro_f1(labels[rows], found[rows]) for labels, found in pairs
                 for rows in [draw.integers(0, len(labels), len(labels))]])
        for _ in range(200)
    ]  # fmt: skip
    low, high = np.percentile(means, [2.5, 97.5])
    figures.add(key, float(np.mean([macro_f1(*pair) for pair in pairs])), (float(low), float(high)))


def _chinese_stars(model: SentimentModel, data: Path, figures: Figures, most: int | None) -> None:
    name = "zh_stars_meituan_dining"
    test, train = read_source(data, name, "test")[:most], read_source(data, name, "train")
    _mean_macro_f1("zh_stars_macro_f1", [(_labels(test), _found(model, test))], figures)
    _mean_macro_f1("zh_stars_svm_macro_f1", [(_labels(test), svm_labels(train, test, chinese=True))], figures)


def _aspect_polarity(model: SentimentModel, data: Path, figures: Figures, most: int | None) -> None:
    for key, name, domain in (
        ("semeval14_laptop_accuracy", "absa_semeval14", "laptops"),
        ("semeval14_restaurant_accuracy", "absa_semeval14", "restaurants"),
        ("mams_atsa_accuracy", "absa_mams", None),
        ("zh_products_aspect_accuracy", "absa_zh_products", None),
    ):
        sentences = read_aspects(data, name, "test", domain=domain)[:most]
        shares = model.aspect_reader.judge(
            [one.text for one in sentences], [[(span.start, span.end) for span in one.spans] for one in sentences]
        )
        found = np.array([int(share.argmax()) for every in shares for share in every])
        truth = np.array([POLARITIES.index(span.polarity) for one in sentences for span in one.spans])
        _accuracy(key, truth, found, figures)


def _aspect_finding(model: SentimentModel, data: Path, figures: Figures, most: int | None) -> None:
    for key, name, source in (
        ("aspects_semeval16", "absa_semeval15_16_restaurants", "semeval2016_task5"),
        ("aspects_acos", "absa_acos", None),
    ):
        test = read_aspects(data, name, "test", source=source)[:most]
        train = [one for one in learnable_aspects(data) if one.source == name]
        truth = [without_crossing(one.spans) for one in test]
        ours = [
            [Span(one.start, one.end, one.polarity) for one in aspects if one.start is not None and one.end is not None]
            for aspects in model.aspects([one.text for one in test])
        ]
        terms = TermList(train)
        listed = [terms.find(one.text) for one in test]
        for kind, found in (("f1", ours), ("baseline_f1", listed)):
            figures.add(f"{key}_{kind}", span_f1(found, truth), _span_interval(found, truth))
    figures.note("aspects count as exact spans with polarity; implicit ones, which name no term, are not asked for")


def _span_interval(found: Sequence[Sequence[Span]], truth: Sequence[Sequence[Span]]) -> tuple[float, float]:
    return bootstrap(lambda rows: span_f1(found, truth, rows), len(truth))


def _explanations(model: SentimentModel, data: Path, figures: Figures, count: int) -> None:
    """Drop of the verdict's probability without the top fifth of words, over that without as many random words."""
    reviews = [
        one for name in (*ENGLISH_STARS, "zh_online_shopping_10_cats") for one in read_source(data, name, "test")
    ]
    draw = random.Random(0)
    draw.shuffle(reviews)
    top, chance = [], []
    for review in reviews:
        words = words_of(model, review.text)
        if not 5 <= len(words) <= 100:
            continue
        told = explain(model, review.text)
        gone = max(1, len(words) // 5)
        best = sorted(range(len(words)), key=lambda place: -told.words[place].weight)[:gone]
        texts = [without_words(review.text, [words[place] for place in best])]
        texts += [without_words(review.text, draw.sample(words, gone)) for _ in range(5)]
        left = polarity_shares(model.star_shares(texts))[:, POLARITIES.index(told.polarity)]
        top.append(told.probability - left[0])
        chance.append(told.probability - left[1:].mean())
        if len(top) == count:
            break
    tops, chances = np.array(top), np.array(chance)

    def ratio(rows: NDArray[np.int64]) -> float:
        return float(tops[rows].mean() / max(chances[rows].mean(), 1e-6))

    figures.add("explain_drop_ratio", ratio(np.arange(len(tops))), bootstrap(ratio, len(tops)))
    figures.add("explain_drop_top", float(tops.mean()))
    figures.add("explain_drop_random", float(chances.mean()))


def _unseen(data: Path, figures: Figures, most: int | None) -> None:
    """Train on three groups, measure on the fourth; and the same for an SVM on the same rows."""
    every = measure_unseen(data, most)
    for group in ENGLISH_GROUPS:
        figures.add(f"unseen_{group}_macro_f1", _group_mean(every, [group], "found"))
        figures.add(f"unseen_{group}_svm_macro_f1", _group_mean(every, [group], "svm"))
    groups = list(ENGLISH_GROUPS)
    for key, field in (("unseen_source_macro_f1", "found"), ("unseen_source_svm_macro_f1", "svm")):
        draw = np.random.default_rng(0)
        means = [_group_mean([_drawn(one, draw) for one in every], groups, field) for _ in range(200)]
        low, high = np.percentile(means, [2.5, 97.5])
        figures.add(key, _group_mean(every, groups, field), (float(low), float(high)))
    errors, deltas = [], []
    for group in groups:
        some = [one for one in every if one.group == group]
        confidence, right = (np.concatenate([getattr(one, name) for one in some]) for name in ("confidence", "right"))
        errors.append(expected_calibration_error(confidence, right))
        figures.add(f"ece_unseen_{group}", errors[-1])
        deltas.append(np.mean([(one.cascade == one.labels).mean() - (one.found == one.labels).mean() for one in some]))
    figures.add("ece_unseen", float(np.mean(errors)))
    figures.add("unseen_cascade_accuracy_delta", float(np.mean(deltas)))
    figures.add("unseen_cascade_settled_share", float(np.mean([one.settled for one in every])))


def _drawn(one: Unseen, draw: np.random.Generator) -> Unseen:
    rows = draw.integers(0, len(one.labels), len(one.labels))
    return replace(one, labels=one.labels[rows], found=one.found[rows], svm=one.svm[rows])


def _group_mean(every: Sequence[Unseen], groups: Sequence[str], field: str) -> float:
    """Mean over ``groups`` of the mean macro-F1 of a group's sources."""
    means = [
        np.mean([macro_f1(one.labels, getattr(one, field)) for one in every if one.group == group]) for group in groups
    ]
    return float(np.mean(means))


def _score_file(model: SentimentModel, path: Path, figures: Figures) -> None:
    """A file of texts and labels of the same form as the public ones (its rows, whatever their split)."""
    import pandas

    rows = pandas.read_csv(path, keep_default_na=False, dtype=str)
    rows = rows[rows["label"].isin(POLARITIES)]
    stem = path.name.split(".")[0]
    labels = np.array([POLARITIES.index(one) for one in rows["label"]])
    texts = list(rows["text"])
    found = _three_way(model, texts) if (labels == 1).any() else _two_way(model, texts)
    shares = polarity_shares(model.star_shares(texts))
    _accuracy(f"{stem}_accuracy", labels, found, figures)
    _mean_macro_f1(f"{stem}_macro_f1", [(labels, found)], figures)
    figures.add(f"{stem}_ece", expected_calibration_error(shares.max(axis=1), shares.argmax(axis=1) == labels))
