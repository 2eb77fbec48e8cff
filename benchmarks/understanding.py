"""Understanding: intents, out of scope, the right help page, the evidence for a question on a product, personal data.

Intents are learnt from each file's own train rows by ``beforehand train intents FILE``; the threshold for what is out
of scope is chosen on valid. Questions on products are ranked by the shop's own chooser, beside BM25 and plain MiniLM
similarity. Files given by ``--data`` are files of utterances.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from agent.help_pages import HelpPages, Passage
from encoders import TextEncoder

from .frame import Figures, Options
from .intent_sets import add_accuracy, measured, trained
from .personal_data import measure_masking
from .product_questions import measure_hetpqa, measure_semipqa

KEYS = (
    "clinc_inscope_accuracy",
    "clinc_oos_recall",
    "banking77_accuracy",
    "bitext_accuracy",
    "faq_top1",
    "faq_refusal",
    "hetpqa_evidence_ap",
    "hetpqa_bm25_ap",
    "hetpqa_minilm_ap",
    "semipqa_unseen_ap",
    "semipqa_bm25_ap",
    "semipqa_minilm_ap",
)
PARTS = ("faq", "hetpqa", "semipqa", "masking", "clinc150", "banking77", "bitext_customer_service")
_SETS = {"clinc150": "clinc", "banking77": "banking77", "bitext_customer_service": "bitext"}
_FOREIGN = 300


def run(options: Options) -> Figures:
    figures = Figures()
    if options.data:
        for file in options.data:
            _intents(figures, file, file.name.split(".")[0], options)
        return figures
    folder = options.public / "service"
    wanted = options.only or PARTS
    encoder = TextEncoder.load() if {"faq", "hetpqa", "semipqa"} & set(wanted) else None
    if encoder is not None and "faq" in wanted:
        _faq(figures, folder, encoder, options)
    if encoder is not None and "hetpqa" in wanted:
        measure_hetpqa(figures, folder / "product_qa", encoder, quick=options.quick)
    if encoder is not None and "semipqa" in wanted:
        measure_semipqa(figures, folder / "product_qa", encoder, quick=options.quick)
    if "masking" in wanted:
        measure_masking(figures, folder)
    for name, prefix in _SETS.items():
        if name in wanted:
            _intents(figures, folder / "intents" / f"{name}.csv.gz", prefix, options)
    return figures


def _intents(figures: Figures, file: Path, prefix: str, options: Options) -> None:
    reader, rows = trained(file, quick=options.quick, seed=options.seed)
    found = measured(reader, rows["test"])
    if not found.outside.any():
        add_accuracy(figures, f"{prefix}_accuracy", found.correct)
        return
    add_accuracy(figures, f"{prefix}_inscope_accuracy", found.correct[~found.outside])
    add_accuracy(figures, f"{prefix}_oos_recall", found.correct[found.outside])


def _faq(figures: Figures, folder: Path, encoder: TextEncoder, options: Options) -> None:
    """The pages hold each question with the merchant's other ways to ask it; asked are these ways, and foreign ones."""
    import pandas as pd

    with gzip.open(folder / "faq" / "ecommerce_faq.jsonl.gz", "rt", encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    asked = [(way, one["faq_id"]) for one in entries for way in one["variations"]]
    known = [Passage(e["faq_id"], e["question"], e["answer"], "en", (e["question"], *e["variations"])) for e in entries]
    bare = [Passage(e["faq_id"], e["question"], e["answer"], "en", (e["question"],)) for e in entries]
    clinc = pd.read_csv(folder / "intents" / "clinc150.csv.gz")
    test = clinc[(clinc["split"] == "test") & (~clinc["intent"].isin(_SHOP_MATTERS))]
    foreign = test.sample(_FOREIGN, random_state=options.seed)["text"].tolist()
    pages, questions_only = HelpPages(known, encoder.encode), HelpPages(bare, encoder.encode)
    add_accuracy(figures, "faq_top1", _right_page(pages, asked))
    add_accuracy(figures, "faq_refusal", np.array([pages.find(text, "en") is None for text in foreign]))
    add_accuracy(figures, "faq_top1_questions_only", _right_page(questions_only, asked))
    add_accuracy(
        figures, "faq_refusal_questions_only", np.array([questions_only.find(t, "en") is None for t in foreign])
    )
    figures.note(
        "faq_top1: pages with the other ways to ask that the file gives, which are also what is asked; "
        "faq_top1_questions_only: pages with question and answer alone. Foreign questions are CLINC150 test rows"
    )


_SHOP_MATTERS = frozenset(
    {"order_status", "order", "order_checks", "damaged_card", "card_declined", "replacement_card_duration", "greeting"}
)
"""Intents of the foreign set that a shop's help pages may well answer."""


def _right_page(pages: HelpPages, asked: list[tuple[str, str]]) -> np.ndarray:
    found = [(pages.find(text, "en"), wanted) for text, wanted in asked]
    return np.array([page is not None and page.page == wanted for page, wanted in found])
