"""The words on a product: its name and description, in English and Chinese."""

from __future__ import annotations

import random

from .vocabulary import Brand, Feature, Pair, SubCategory, Vocabulary, pair

_MARKS = ("", "", "", "", " 2", " 3", " S", " X", " II", " Plus", " One", " 300", " 500")
_NAMES = {"Bluetooth", "Santoku", "T-Shirt"}


def name_product(
    vocabulary: Vocabulary,
    text: random.Random,
    sub: SubCategory,
    brand: Brand,
    noun: Pair,
    features: tuple[Feature, ...],
    taken: set[str],
) -> tuple[Pair, str]:
    """A title that no other product has, and the model's name in it."""
    models = vocabulary.categories[sub.category].models
    for attempt in range(1000):
        model = text.choice(models) + text.choice(_MARKS) + (f" {attempt}" if attempt > 40 else "")
        if f"{brand.name} {model}" not in taken:
            break
    taken.add(f"{brand.name} {model}")
    shown = features[:2]
    before = [feature.title.en for feature in shown if not _behind(feature)]
    behind = [feature.title.en for feature in shown if _behind(feature)]
    english = " ".join([brand.name, model, *(word for word in before if word not in noun.en), noun.en, *behind])
    chinese = "".join(feature.title.zh for feature in shown if feature.title.zh not in noun.zh) + noun.zh
    return Pair(english, f"{brand.name} {model} {chinese}"), model


def spoken(noun: str) -> str:
    """A noun of a title as it stands inside a sentence: "Bluetooth Speaker" -> "Bluetooth speaker"."""
    return " ".join(word if word in _NAMES or word.isupper() else word.lower() for word in noun.split())


def _behind(feature: Feature) -> bool:
    return feature.title.en.startswith(("with ", "Set of"))


def describe(
    vocabulary: Vocabulary,
    text: random.Random,
    sub: SubCategory,
    brand: Brand,
    model: str,
    noun: Pair,
    use: Pair,
    features: tuple[Feature, ...],
    specs: tuple[tuple[str, str, Pair], ...],
) -> Pair:
    """Some sentences: what it is for, what it can do, its measures, a closing."""
    opening = pair(text.choice(vocabulary.general["openings"]))
    closings = vocabulary.general["closings"]
    closing = pair(text.choice(closings if sub.cycle_days else closings + vocabulary.general["durable_closings"]))
    lowered = spoken(noun.en)
    english = opening.en.format(brand=brand.name, model=model, noun=lowered, use=use.en)
    article = "An" if lowered[0] in "aeiou" else "A"
    if english.startswith("A "):
        plural = lowered.endswith("s") and not lowered.endswith(("ss", "eans"))
        english = (
            lowered[0].upper() + lowered[1:] + english[1 + len(lowered) + 1 :] if plural else article + english[1:]
        )
    chinese = opening.zh.format(brand=brand.name, model=model, noun=noun.zh, use=use.zh)
    measures = ", ".join(f"{key.replace('_', ' ')} {value.en}" for key, _, value in specs)
    measures_zh = "，".join(f"{label}{value.zh}" for _, label, value in specs)
    sentences = [
        english,
        *(feature.sentence.en for feature in features),
        f"{measures[0].upper()}{measures[1:]}.",
        closing.en,
    ]
    chinese_sentences = [chinese, *(feature.sentence.zh for feature in features), f"{measures_zh}。", closing.zh]
    return Pair(" ".join(sentences), "".join(chinese_sentences))
