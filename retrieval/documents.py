"""A product as a text to be found: weighted fields for words, one passage for the encoder, and its stamp."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from store.schema import Product

from .concepts import is_flag
from .facts import ProductFacts, facts_of
from .gloss import passage_in_english
from .words import is_chinese

_DESCRIPTION_LETTERS = 3_000
"""Longer descriptions are cut: what a product is stands at the start."""
_PASSAGE_LETTERS = 240
"""Of the description, for the encoder; more of it blurs what the product is."""

_TITLE, _LABEL, _ATTRIBUTE, _DESCRIPTION = 3.0, 2.0, 1.5, 1.0


@dataclass(frozen=True, slots=True)
class Document:
    """What search keeps of a product."""

    facts: ProductFacts
    fields: tuple[tuple[str, float], ...]
    """Texts and the weight of a word in them."""
    passage: str
    """The text that is encoded."""
    stamp: str
    """Changes when ``passage`` changes."""


def document_of(product: Product, encoder_languages: Collection[str]) -> Document:
    """The document of a product: every language it is described in can be searched by words.

    Its passage is in one of ``encoder_languages`` as far as possible.
    """
    facts = facts_of(product)
    titles = [(title, _TITLE) for title in facts.titles]
    labels = [*product.category_path, product.brand or "", product.id, *(one.sku or "" for one in product.variants)]
    values = [f"{name} {value}" for name, value in facts.attributes]
    options = {f"{name} {value}" for variant in facts.variants for name, value in variant.options}
    descriptions = [product.description, *(one.get("description", "") for one in product.translations.values())]
    fields = (
        *titles,
        *((label, _LABEL) for label in labels if label),
        *((value, _ATTRIBUTE) for value in (*values, *sorted(options), *facts.labels)),
        *((text[:_DESCRIPTION_LETTERS], _DESCRIPTION) for text in descriptions if text),
    )
    passage = _passage(product, facts, encoder_languages)
    return Document(facts, fields, passage, hashlib.sha256(passage.encode()).hexdigest()[:16])


def _passage(product: Product, facts: ProductFacts, encoder_languages: Collection[str]) -> str:
    """Title, category, brand, attributes and the start of the description, in English where there is English."""
    english = {} if product.language.startswith("en") else product.translations.get("en", {})
    title = english.get("title") or product.title
    description = english.get("description") or product.description
    values = ", ".join(
        value if not is_flag(value) else name for name, value in facts.attributes if not is_chinese(value)
    )
    parts = [title, " > ".join(product.category_path), product.brand or "", values, description[:_PASSAGE_LETTERS]]
    read = (passage_in_english(part.strip(), encoder_languages) for part in parts)
    return ". ".join(part for part in read if part)
