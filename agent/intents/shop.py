"""Trains the shop's own intents: our utterances, and public ones whose licence is stated (Bitext, CLINC150).

Comes in: the folder of public data and an encoder. Goes out: ``weights/intent_encoder.safetensors`` (the fine-tuned
encoder, for both languages), ``weights/intents.safetensors`` (linear heads beside it) and their model card.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from store import InputError

from .fitting_plan import FitPlan
from .gloss import read_as
from .model import (
    CHARACTER_SLOTS,
    ENCODER_WEIGHTS,
    WEIGHTS,
    WORD_SLOTS,
    Embed,
    IntentModel,
    character_features,
    normalise,
    word_features,
)
from .rows import Rows

_UTTERANCES = Path(__file__).parent.parent / "utterances"
_FILLS = 4
_EPOCHS = 5
_SHORT = frozenset({"greeting", "thanks", "goodbye", "yes", "no", "out_of_scope"})
_BEFORE = (
    "hi, ",
    "hello, ",
    "please ",
    "sorry, ",
    "quick question: ",
    "ok so ",
    "hey ",
    "can you tell me, ",
    "also ",
    "and ",
    "well, ",
)
_AFTER = (" please", " thanks", " asap", ", thank you", " now", " if possible", " for me", "!!", ", it's urgent")
_BEFORE_ZH = ("你好，", "您好，", "请问", "麻烦", "那个，", "还有，", "亲，", "我想问下，")
_AFTER_ZH = ("，谢谢", "，急", "呀", "啊", "，麻烦了", "吧", "！")
_PER_PUBLIC_INTENT = 60
_PER_FOREIGN_INTENT = 10
_HELD_OUT = 0.12

_BITEXT = {
    "cancel_order": "cancel",
    "change_order": "change_order",
    "change_shipping_address": "change_address",
    "set_up_shipping_address": "change_address",
    "check_cancellation_fee": "policy",
    "check_payment_methods": "policy",
    "check_refund_policy": "policy",
    "delivery_options": "policy",
    "check_invoice": "invoice",
    "get_invoice": "invoice",
    "complaint": "complaint",
    "contact_customer_service": "policy",
    "contact_human_agent": "person",
    "delivery_period": "policy",
    "newsletter_subscription": "account",
    "place_order": "find_product",
    "review": "policy",
    "switch_account": "account",
    "create_account": "account",
    "delete_account": "account",
    "edit_account": "account",
    "recover_password": "account",
    "registration_problems": "account",
    "get_refund": "return",
    "payment_issue": "payment_problem",
    "track_order": "order_status",
    "track_refund": "refund_status",
}
_CLINC_OURS = {
    "greeting": "greeting",
    "goodbye": "goodbye",
    "thank_you": "thanks",
    "yes": "yes",
    "no": "no",
    "are_you_a_bot": "identity",
    "what_is_your_name": "identity",
    "who_made_you": "identity",
    "what_can_i_ask_you": "identity",
}
# Near enough to a shop's own matters that calling them foreign would teach the head something wrong.
_CLINC_LEFT_OUT = frozenset(
    re.findall(
        r"\S+",
        """
        order_status order shopping_list shopping_list_update maybe cancel repeat account_blocked pin_change
        order_checks report_fraud transactions ingredients_list damaged_card card_declined replacement_card_duration
        transfer bill_due pay_bill application_status redeem_rewards new_card
    """,
    )
)
_SLOTS = {
    "en": {
        "product": "Trail Runner 3|Bluetooth speaker|Aurora desk lamp|coffee maker|yoga mat|wireless earbuds|"
        "office chair|"
        "Norrvik rain jacket|electric kettle|hiking boots|green tea|cat food|baby bottle|skincare set|LED light bulb|"
        "tablet|garden hose|jigsaw puzzle|smart watch|T-shirt|guitar strings|hair dryer|microwave|pacifier|sneakers|"
        "backpack|perfume|espresso machine|action camera|water bottle|skateboard|vacuum cleaner|B00CD3498",
        "category": "shoes|headphones|jackets|lamps|tents|toys|tea|coffee|dog food|chairs|backpacks|dresses|shampoo|"
        "watches|bikes|knives|pillows|books|phones|puzzles|kettles|gloves|garden tools|sun cream|strollers|keyboards",
        "order": "#W2611340|W7678072|10042|#1001|ORD-2025-0007|A-4471|5567",
        "feature": "a hood|bluetooth|a long battery life|two pockets|organic cotton|noise cancelling|a warranty|USB-C",
        "person": "Anna Smith|john_doe_1234|C1043|Noah Brown|Li Wei|mia.garcia@example.com|customer 77",
    },
    "zh": {
        "product": "蓝牙音箱|台灯|咖啡机|瑜伽垫|无线耳机|办公椅|冲锋衣|电水壶|登山靴|绿茶|猫粮|奶瓶|护肤套装|"
        "平板电脑|拼图|"
        "智能手表|T恤|吉他弦|吹风机|微波炉|运动鞋|背包|香水|保温杯|吸尘器|连衣裙|牛仔裤|键盘|手机壳|Aurora台灯",
        "category": "鞋子|耳机|外套|灯|帐篷|玩具|茶叶|咖啡|狗粮|椅子|背包|裙子|洗发水|手表|自行车|刀具|枕头|手机|水壶|"
        "手套|园艺工具|防晒霜|婴儿车|键盘|零食|衣服",
        "order": "#W2611340|W7678072|10042|#1001|ORD-2025-0007|A-4471|5567",
        "feature": "防水|蓝牙|续航长|轻便|纯棉|降噪|透气|快充",
        "person": "张三|李四|王小明|john_doe_1234|C1043|陈女士|客户77",
    },
}


@dataclass(frozen=True, slots=True)
class IntentReport:
    """What training found. Accuracies are on utterances that the measured heads had not seen."""

    path: Path
    sha256: str
    intents: int
    english: int
    chinese: int
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Example:
    text: str
    label: str
    template: str


def train_intents(
    data: Path,
    target: Path = WEIGHTS,
    *,
    embed: Embed,
    seed: int = 0,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> IntentReport:
    """Train encoder and heads, measure them on held-out utterances, write weights and model card beside ``target``.

    ``data`` holds ``service/intents``; ``embed`` is ``TextEncoder.encode`` of the built-in encoder. A share of our own
    templates is held out of everything: for calibration and for the figures. Deterministic for a seed. Raises
    ``InputError`` if the public files are not there.
    """
    from .learning import learn_intents
    from .reader import IntentReader

    tell = progress or (lambda text, done, total: None)
    rng = random.Random(seed)
    english, held_en = _split(_own("en", seed), _HELD_OUT, rng)
    chinese, held_zh = _split(_own("zh", seed), _HELD_OUT, rng)
    public, tests = _public(data, seed)
    labels = sorted({one.label for one in (*english, *chinese)})
    tell("fitting the heads", 0, None)
    tensors = _fit([*english, *public], chinese, labels, embed, seed)
    sha256 = _save(target, tensors, labels)
    kept = [*(_roughened(one, rng) for one in english), *_roughened_zh(chinese, rng), *public]
    rows = {"train": _rows(kept), "valid": _rows([*_once(held_en), *_once(held_zh)])}
    encoder = target.with_name(ENCODER_WEIGHTS.name)
    learnt = learn_intents(
        {**rows, "test": rows["valid"]},
        encoder,
        plan=FitPlan(epochs=_EPOCHS, seed=seed),
        progress=lambda step, steps, loss: tell("fine-tuning the encoder", step, steps),
    )
    model = IntentModel.load(embed, target)
    heads = IntentModel(tensors, labels, embed)
    held = {"en": _once(held_en), "zh": _once(held_zh)}
    metrics = {
        "own_english_accuracy": _accuracy(model, held["en"], "en"),
        "own_chinese_accuracy": _accuracy(model, held["zh"], "zh"),
        "own_english_accuracy_heads_alone": _accuracy(heads, held["en"], "en"),
        "own_chinese_accuracy_heads_alone": _accuracy(heads, held["zh"], "zh"),
        "own_english_accuracy_without_encoder": _accuracy(IntentModel(tensors, labels, None), held["en"], "en"),
        **{name: _accuracy(model, examples, "en") for name, examples in tests.items()},
    }
    assert isinstance(model.reader, IntentReader)
    _write_card(target, {target.name: sha256, encoder.name: learnt.sha256}, labels, metrics, len(kept), seed)
    return IntentReport(target, sha256, len(labels), len(english) + len(public), len(chinese), metrics)


def _once(examples: Sequence[_Example]) -> list[_Example]:
    """One filling of each template."""
    return list({(one.template, one.label): one for one in examples}.values())


def _rows(examples: Sequence[_Example]) -> Rows:
    return Rows(tuple(normalise(read_as(one.text)) for one in examples), tuple(one.label for one in examples))


def _roughened(one: _Example, rng: random.Random) -> _Example:
    """As people type: a word before or after, no capitals or marks, a slip of the finger."""
    text = one.text
    if one.label not in _SHORT and rng.random() < 0.4:
        text = f"{rng.choice(_BEFORE)}{text}" if rng.random() < 0.6 else f"{text}{rng.choice(_AFTER)}"
    if rng.random() < 0.3:
        text = text.rstrip("?.!") + rng.choice(("", "?", ".", "!", "??"))
    if rng.random() < 0.15 and len(text) > 12:
        at = rng.randrange(1, len(text) - 2)
        text = (
            text[:at] + text[at + 1] + text[at] + text[at + 2 :] if rng.random() < 0.5 else text[:at] + text[at + 1 :]
        )
    return replace(one, text=text)


def _roughened_zh(examples: Sequence[_Example], rng: random.Random) -> list[_Example]:
    found = []
    for one in examples:
        text = one.text
        if one.label not in _SHORT and rng.random() < 0.35:
            text = f"{rng.choice(_BEFORE_ZH)}{text}" if rng.random() < 0.6 else f"{text}{rng.choice(_AFTER_ZH)}"
        found.append(replace(one, text=text))
    return found


def _own(language: str, seed: int) -> list[_Example]:
    """Our utterances, each template filled several times."""
    rng = random.Random(f"{seed}-{language}")
    examples: list[_Example] = []
    label = ""
    for line in (_UTTERANCES / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            label = text.strip("[]")
            continue
        times = _FILLS if "{" in text else 2
        examples.extend(_Example(_filled(text, language, rng), label, text) for _ in range(times))
    return examples


def _filled(template: str, language: str, rng: random.Random) -> str:
    text = template
    for slot, values in _SLOTS[language].items():
        while f"{{{slot}}}" in text:
            text = text.replace(f"{{{slot}}}", rng.choice(values.split("|")), 1)
    return text


def _public(data: Path, seed: int) -> tuple[list[_Example], dict[str, list[_Example]]]:
    """Training rows of the public sets, and their test rows by metric name."""
    import pandas as pd

    folder = data / "service" / "intents"
    files = [folder / "bitext_customer_service.csv.gz", folder / "clinc150.csv.gz"]
    for file in files:
        if not file.is_file():
            raise InputError("a file to train from is missing", value=str(file), advice="Set BEFOREHAND_DATA")
    bitext, clinc = (pd.read_csv(file) for file in files)
    bitext = bitext[bitext["intent"].isin(list(_BITEXT))]
    rows: list[_Example] = []
    train = bitext[bitext["split"] == "train"]
    for intent, group in train.groupby("intent"):
        picked = group.sample(min(_PER_PUBLIC_INTENT, len(group)), random_state=seed)
        rows.extend(_Example(text, _BITEXT[str(intent)], "bitext") for text in picked["utterance"])
    for intent, group in clinc[clinc["split"] == "train"].groupby("intent"):
        if intent in _CLINC_LEFT_OUT:
            continue
        label = _CLINC_OURS.get(str(intent), "out_of_scope")
        size = _PER_FOREIGN_INTENT if label == "out_of_scope" and intent != "oos" else _PER_PUBLIC_INTENT
        picked = group.sample(min(size, len(group)), random_state=seed)
        rows.extend(_Example(text, label, "clinc") for text in picked["text"])
    test = bitext[bitext["split"] == "test"]
    foreign = clinc[(clinc["split"] == "test") & (clinc["intent"] == "oos")]
    return rows, {
        "bitext_accuracy": [
            _Example(text, _BITEXT[intent], "") for text, intent in zip(test["utterance"], test["intent"], strict=True)
        ],
        "clinc_out_of_scope_recall": [_Example(text, "out_of_scope", "") for text in foreign["text"]],
    }


def _split(examples: Sequence[_Example], share: float, rng: random.Random) -> tuple[list[_Example], list[_Example]]:
    """By template, so that no filling of a held-out template is trained on."""
    templates = sorted({one.template for one in examples})
    held = set(rng.sample(templates, int(share * len(templates))))
    return [one for one in examples if one.template not in held], [one for one in examples if one.template in held]


def _fit(
    english: Sequence[_Example], chinese: Sequence[_Example], labels: Sequence[str], embed: Embed, seed: int
) -> dict[str, Any]:
    """Heads on words (Chinese: characters) alone, and for English one on sentence vectors and words together."""
    from scipy.sparse import csr_matrix, hstack

    words = _matrix([word_features(one.text) for one in english], WORD_SLOTS)
    characters = _matrix([character_features(one.text) for one in chinese], CHARACTER_SLOTS)
    vectors = np.asarray(embed([normalise(one.text) for one in english]), dtype=np.float32)
    targets = [one.label for one in english]
    both, both_bias = _softmax(hstack([csr_matrix(vectors * 2.0), words]).tocsr(), targets, labels, seed)
    alone, alone_bias = _softmax(words, targets, labels, seed)
    zh, zh_bias = _softmax(characters, [one.label for one in chinese], labels, seed)
    size = vectors.shape[1]
    return {
        "en_embedding": (both[:size] * 2.0).astype(np.float16),
        "en_words": both[size:].astype(np.float16),
        "en_bias": both_bias,
        "en_words_alone": alone.astype(np.float16),
        "en_bias_alone": alone_bias,
        "zh_words_alone": zh.astype(np.float16),
        "zh_bias_alone": zh_bias,
    }


def _matrix(rows: Sequence[dict[int, float]], slots: int) -> Any:
    from scipy.sparse import csr_matrix

    indptr = np.cumsum([0, *(len(row) for row in rows)])
    indices = [slot for row in rows for slot in row]
    values = [value for row in rows for value in row.values()]
    return csr_matrix((values, indices, indptr), shape=(len(rows), slots), dtype=np.float32)


def _softmax(features: Any, targets: Sequence[str], labels: Sequence[str], seed: int) -> tuple[Any, Any]:
    """Multinomial logistic regression; returns weights (features, intents) and bias (intents,)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=20.0, max_iter=150, class_weight="balanced", random_state=seed)
    model.fit(features, targets)
    order = [list(model.classes_).index(label) for label in labels]
    return model.coef_[order].T, model.intercept_[order].astype(np.float32)


def _accuracy(model: IntentModel, examples: Sequence[_Example], language: str) -> float:
    predicted = model.predict([one.text for one in examples], language)
    right = sum(row[0].name == one.label for row, one in zip(predicted, examples, strict=True))
    return round(right / len(examples), 4)


def _save(target: Path, tensors: dict[str, Any], labels: Sequence[str]) -> str:
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(one) for name, one in tensors.items()}, {"labels": ",".join(labels)})
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _write_card(
    target: Path, digests: dict[str, str], labels: Sequence[str], metrics: dict[str, float], rows: int, seed: int
) -> None:
    figures = "\n".join(f"| {name} | {value:.4f} |" for name, value in metrics.items())
    hashes = "\n".join(f"- sha256 of `{name}`: `{digest}`" for name, digest in digests.items())
    target.with_suffix(".md").write_text(
        f"""# Model card: intents of a customer's message

{len(labels)} intents, English and Simplified Chinese. all-MiniLM-L6-v2, fine-tuned in full (word vectors left as they
are) with cross-entropy and a contrastive loss; points between two intents are learnt as out of scope. Chinese is read
through a word-by-word gloss (`utterances/glossary.txt`). The probabilities are mixed with those of linear heads on
words, sentence vectors and, in Chinese, characters; these serve alone where the encoder is missing.

- Made by: `beforehand train intents` (seed {seed}); deterministic on one machine.
{hashes}
- Data: `agent/utterances/` (written for Beforehand), Bitext customer support intents (CDLA-Sharing-1.0), CLINC150
  (CC BY 3.0; mostly as what a shop does not answer). {rows} rows, fillings of the same template counted.
- Recipe: `agent/intents/fitting.py`, {_EPOCHS} epochs; heads: multinomial logistic regression, C = 20, classes
  weighted to balance.

| measured on utterances not trained on | |
|---|---|
{figures}

`own_*`: one filling of each of the {_HELD_OUT:.0%} of our own templates that were held out of training; probabilities
are calibrated on them too. `bitext_accuracy`: official test rows, our intents. `clinc_out_of_scope_recall`: official
out-of-scope test rows called out of scope by the most probable intent alone, before any threshold.

It does not read slots, knows one intent per clause, and has seen only two languages.
""",
        encoding="utf-8",
    )
