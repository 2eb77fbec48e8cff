"""How fast reviews are read, beside ``transformers.pipeline`` with the same weights, on the same machine in one run.

The peer computes in float32 with its best batch size of 1, 8, 32 and 64. Both read the same 5,000 distinct real reviews
of mixed lengths, English and Chinese; accuracy is that of polarity. The peer reads up to 256 tokens, its base's window.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import find_encoder
from sentiment import SentimentModel, SentimentSettings
from sentiment.calibration import polarity_shares
from sentiment.sources import CHINESE, ENGLISH_STARS, POLARITIES, Example, read_sources

from .frame import Figures, Options, bootstrap
from .unseen_shops import measure_unseen

KEYS = (
    "reviews_per_s", "pipeline_best_reviews_per_s", "speedup", "accuracy_delta", "cascade_speedup",
    "cascade_accuracy_delta", "peak_rss_mb", "gpu_reviews_per_s", "gpu_roofline_share",
)  # fmt: skip
_REVIEWS, _PEER_REVIEWS = 5000, 600
_MEMORY_ROWS = 100_000


def run(options: Options) -> Figures:
    """Measure; the memory figure comes from a process of its own that scores a file of 100,000 distinct reviews."""
    figures = Figures()
    count = 500 if options.quick else _REVIEWS
    examples = _reviews(options.public / "sentiment", count)
    texts = [one.text for one in examples]
    labels = np.array([POLARITIES.index(one.label) for one in examples])
    model = SentimentModel.load()
    figures.note(f"{len(texts)} distinct reviews, mean {np.mean([len(text) for text in texts]):.0f} characters")
    model.score(texts[:200])
    began = time.perf_counter()
    found = model.score(texts)
    rate = len(texts) / (time.perf_counter() - began)
    figures.add("reviews_per_s", rate)
    sample = sorted(random.Random(1).sample(range(count), min(count, 100 if options.quick else _PEER_REVIEWS)))
    best, told = _pipeline(model, texts, sample, figures)
    figures.add("pipeline_best_reviews_per_s", best)
    figures.add("speedup", rate / best)
    ours = np.array([POLARITIES.index(one.polarity) for one in found])
    peers = _labels(model, told, examples)
    delta = (ours == labels).astype(float) - (peers == labels).astype(float)
    figures.add("accuracy_delta", float(delta.mean()), bootstrap(lambda rows: float(delta[rows].mean()), count))
    figures.add("agreement_with_pipeline", float((ours == peers).mean()))
    _cascade_rate(texts, best, figures)
    _memory(options, figures)
    try:
        _cascade_accuracy(options, figures)
    except KeyboardInterrupt:
        figures.note("the run was stopped before the first stage was measured on unseen shops")
    for key in ("gpu_reviews_per_s", "gpu_roofline_share"):
        figures.metrics[key] = None
    figures.note("no GPU on this machine")
    return figures


def _cascade_rate(texts: Sequence[str], best: float, figures: Figures) -> None:
    """The rate with the first stage."""
    model = SentimentModel.load(SentimentSettings(cascade=True))
    model.score(texts[:200])
    began = time.perf_counter()
    model.score(texts)
    figures.add("cascade_speedup", len(texts) / (time.perf_counter() - began) / best)


def _cascade_accuracy(options: Options, figures: Figures) -> None:
    """What the first stage costs in accuracy on shops that neither it nor the network has seen."""
    every = measure_unseen(options.public / "sentiment", 300 if options.quick else None)
    deltas = [(one.cascade == one.labels).mean() - (one.found == one.labels).mean() for one in every]
    draw = np.random.default_rng(0)
    rows = [draw.integers(0, len(deltas), len(deltas)) for _ in range(200)]
    low, high = np.percentile([np.mean(np.array(deltas)[one]) for one in rows], [2.5, 97.5])
    figures.add("cascade_accuracy_delta", float(np.mean(deltas)), (float(low), float(high)))
    figures.add("cascade_settled_share", float(np.mean([one.settled for one in every])))


def _reviews(data: Path, count: int) -> list[Example]:
    """Distinct test reviews, three English for two Chinese, drawn from all sources alike."""
    draw = random.Random(0)
    chosen: list[Example] = []
    for names, share in ((ENGLISH_STARS, 0.6), (CHINESE, 0.4)):
        every = list({one.text: one for one in read_sources(data, names, "test")}.values())
        chosen += draw.sample(every, min(len(every), int(count * share)))
    draw.shuffle(chosen)
    return chosen


def _pipeline(
    model: SentimentModel, texts: Sequence[str], sample: Sequence[int], figures: Figures
) -> tuple[float, NDArray[np.float32]]:
    """The best rate of the peer over its batch sizes, measured on ``sample``, and its star logits of all texts."""
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    config = BertConfig.from_pretrained(find_encoder().path, num_labels=5)
    config.vocab_size = len(model.weights["bert.embeddings.word_embeddings.weight"])
    network = BertForSequenceClassification(config)
    network.load_state_dict(model.weights, strict=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=model.tokens.tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=256,
    )  # fmt: skip
    reader = pipeline("text-classification", model=network.eval(), tokenizer=tokenizer, device="cpu", top_k=None)
    few = [texts[place] for place in sample]
    rates = {}
    for size in (1, 8, 32, 64):
        reader(few[:32], batch_size=size, truncation=True)
        began = time.perf_counter()
        reader(few, batch_size=size, truncation=True)
        rates[size] = len(few) / (time.perf_counter() - began)
        figures.add(f"pipeline_batch_{size}_reviews_per_s", rates[size])
    fastest = max(rates, key=lambda size: rates[size])
    # Longest first spares the peer's padding here: this part is for its answers, not for its speed.
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    shares = np.zeros((len(texts), 5), dtype=np.float32)
    answers = reader([texts[place] for place in order], batch_size=32, truncation=True)
    for place, answer in zip(order, answers, strict=True):
        for one in answer:
            shares[place, int(one["label"].rsplit("_", 1)[1])] = one["score"]
    return rates[fastest], np.log(np.maximum(shares, 1e-9))


def _labels(model: SentimentModel, logits: NDArray[np.float32], examples: Sequence[Example]) -> NDArray[np.int64]:
    """The peer's labels, with the same first stage beside its network and by the same calibration."""
    found = np.zeros(len(examples), dtype=np.int64)
    chinese = np.array([one.source in CHINESE for one in examples])
    tokens = model.tokens.encode([one.text for one in examples])
    logits = logits + model.first_logits(tokens, np.where(chinese, "zh", "en"))
    for rows, language in ((chinese, "zh"), (~chinese, "en")):
        calibration = model.calibration(language)  # type: ignore[arg-type]
        found[rows] = calibration.labels(polarity_shares(calibration.stars(logits[rows])))
    return found


_MEMORY_JOB = """
import re, resource, sys
from pathlib import Path
from sentiment import SentimentModel, score_file
def peak_mb():
    # ru_maxrss begins at what the parent had before it started this process; VmHWM is this program's own.
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
model = SentimentModel.load()
peaks = []
def told(progress):
    peaks.append((progress.rows, peak_mb()))
score_file(model, sys.argv[1], sys.argv[2], progress=told)
half = [peak for rows, peak in peaks if rows <= peaks[-1][0] / 2]
print(peaks[-1][1], peaks[-1][1] - half[-1])
"""


def _memory(options: Options, figures: Figures) -> None:
    """Peak memory of scoring a file, and what its second half added."""
    count = 2000 if options.quick else _MEMORY_ROWS
    every = {one.text: None for one in read_sources(options.public / "sentiment", (*ENGLISH_STARS, *CHINESE), "train")}
    texts = list(every)
    random.Random(2).shuffle(texts)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "reviews.jsonl"
        import json

        with source.open("w", encoding="utf-8") as file:
            for text in texts[:count]:
                file.write(json.dumps({"text": text[:400]}, ensure_ascii=False) + "\n")
        done = subprocess.run(
            [sys.executable, "-c", _MEMORY_JOB, str(source), str(Path(folder) / "out.jsonl")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    peak, added = (float(one) for one in done.stdout.split()[-2:])
    figures.add("peak_rss_mb", peak)
    figures.add("second_half_added_mb", added)
    figures.note(f"memory over {min(count, len(texts))} distinct reviews; this process peaked at "
                 f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")  # fmt: skip
