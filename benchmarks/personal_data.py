"""How much of the personal data in texts the masking hides, and how much else it hides.

A datum is hidden if none of its letters and digits is left. Precision is the share of placeholders of a kind that stand
for something that is marked as personal data, of whichever type. Nothing is known of the customer here: with his own
record at hand, his name and address are hidden however they stand.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from agent.personal_data import find_personal_data

from .frame import Figures, bootstrap

_KINDS = {
    "name": {"PERSON"},
    "address": {"STREET_ADDRESS", "ZIP_CODE"},
    "email": {"EMAIL_ADDRESS"},
    "phone": {"PHONE_NUMBER"},
    "card": {"CREDIT_CARD"},
    "number": {"IBAN_CODE", "US_SSN", "IP_ADDRESS", "US_DRIVER_LICENSE"},
}
_ZH_ROWS = 1000


def measure_masking(figures: Figures, folder: Path) -> None:
    """On the test rows of the marked sentences, on Bitext's shop sentences, and on Chinese chats of a shop."""
    with gzip.open(folder / "pii" / "presidio_synth_v2.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [one for one in map(json.loads, lines) if one["split"] == "test"]
    hidden: dict[str, list[bool]] = defaultdict(list)
    meant: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        text, spans = row["text"], row["spans"]
        found = find_personal_data(text)
        covered = {at for one in found for at in range(one.start, one.end)}
        for span in spans:
            kind = next((name for name, types in _KINDS.items() if span["type"] in types), None)
            if kind is not None:
                letters = [at for at in range(span["start"], span["end"]) if text[at].isalnum()]
                hidden[kind].append(covered.issuperset(letters))
        for one in found:
            meant[one.kind.lower()].append(any(one.start < s["end"] and s["start"] < one.end for s in spans))
    for kind in _KINDS:
        _share(figures, f"pii_{kind}_recall", hidden[kind])
        _share(figures, f"pii_{kind}_precision", meant[kind])
    _share(figures, "pii_recall", [one for kind in _KINDS for one in hidden[kind]])
    _share(figures, "pii_precision", [one for kind in _KINDS for one in meant[kind]])
    shop = pd.read_csv(folder / "intents" / "bitext_customer_service.csv.gz")
    asked = shop[(shop["split"] == "test") & shop["entity_type"].isna()]["utterance"]
    _share(figures, "pii_shop_touched", [bool(find_personal_data(text)) for text in asked])
    with gzip.open(folder / "dialogues" / "jddc_zh_pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        chats = [one["response"] for one in map(json.loads, lines) if one["split"] == "valid"][:_ZH_ROWS]
    _share(figures, "pii_zh_touched", [bool(find_personal_data(text)) for text in chats])
    figures.add("pii_zh_recall", None)
    figures.note(
        "Masking: personal data is marked in English only; of Chinese there is none (pii_zh_recall), but a thousand "
        "agents' replies that were masked at their origin, of which pii_zh_touched is the share where something is "
        "hidden all the same. pii_shop_touched: the same of Bitext's test sentences without an entity. Rules were "
        "looked at on train rows only"
    )


def _share(figures: Figures, key: str, values: list[bool]) -> None:
    if not values:
        figures.add(key, None)
        return
    row = np.array(values, dtype=float)
    figures.add(key, float(row.mean()), bootstrap(lambda at: float(row[at].mean()), len(row)))
