"""Questions about a product, answered from its page and its reviews with their source, or not at all.

Comes in: a wish with its question. Goes out: sentences of the draft. Which text answers is scored by
``product_evidence`` in English, and by shared words in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from ..draft import Work
from ..facts import Problem, ProductFacts, ReviewFacts
from ..language import grams, sentences
from ..phrases import say_name
from ..product_evidence import ENOUGH, score_evidence
from ..slots import content_words
from ..understanding import Wish
from .naming import one_product, show
from .products import all_options, option_values

_ALSO_CALLED = {
    "heavy": "weight", "weigh": "weight", "light": "weight", "big": "size", "large": "size", "tall": "height",
    "wide": "width", "made": "material", "fabric": "material", "多重": "重量", "材质": "材料", "面料": "材料",
    "材料": "面料",
}  # fmt: skip
_VAGUE = frozenset({"long", "big", "heavy", "fast", "strong", "small", "large"})
"""Say that something is measured, not what."""
_MEASURED = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?[ -]?(?:[a-z%°]+|英寸|寸|升|毫升|公斤|千克|克|米|厘米|毫米|小时|瓦|度|岁)", re.I
)
_SHARED = 0.34
"""Least share of the question's words in a text that answers, where words alone decide."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A piece of what is known of a product."""

    kind: Literal["attribute", "options", "description", "review"]
    name: str
    value: str

    @property
    def text(self) -> str:
        return f"{self.name}: {self.value}" if self.name else self.value


def details(work: Work, wish: Wish) -> None:
    """Everything that is known of a product, or what answers a question about it."""
    product = one_product(work, wish)
    if product is None:
        return
    show(work, product)
    question = re.sub(re.escape(product.title), "it", wish.text, flags=re.I)
    named = set(grams(product.title)) - {gram for one in product.attributes for gram in grams(one)}
    asked = [one for one in content_words(question) if one not in named]
    if not asked:
        _everything(work, product)
        return
    found = _from_page(work, product, question, asked) or _from_reviews(work, product, question, asked)
    if not found:
        work.say("page_says_nothing", title=product.title)
        return
    for one in found:
        _tell(work, product, one)
    if unsaid := _unsaid_measure(question, found):
        work.say("measure_unsaid", measure=unsaid)


def _everything(work: Work, product: ProductFacts) -> None:
    if product.description:
        work.say("details", title=product.title, quote=product.description)
    told = "; ".join(
        f"{say_name(name, work.language)} {say_name(value, work.language)}"
        for name, value in list(product.attributes.items())[:8]
    )
    if told and told not in product.description:
        work.say("attributes", list=told)
    if product.price:
        key = "price_range" if product.highest_price else "price_one"
        work.say(key, title=product.title, price=product.price, highest=product.highest_price)
    if not product.in_stock:
        work.say("stock_no", title=product.title)
    if product.variant_count > 1:
        all_options(work, product)


def _from_page(work: Work, product: ProductFacts, question: str, asked: Sequence[str]) -> list[_Source]:
    """The attribute, the options, or the sentence of the description that answers."""
    if set(asked) & {"brand", "品牌", "牌子"} and product.brand:
        return [_Source("attribute", work.word("row_brand"), product.brand)]
    sources = [_Source("attribute", name, value) for name, value in product.attributes.items()]
    sources += [_Source("options", name, ", ".join(values)) for name, values in option_values(product).items()]
    sources += [_Source("description", "", one.strip()) for one in sentences(product.description) if one.strip()]
    best = nearest(work, question, set(asked), [one.text for one in sources])
    return [] if best is None else [sources[best]]


def _from_reviews(work: Work, product: ProductFacts, question: str, asked: Sequence[str]) -> list[_Source]:
    """What a reviewer writes that answers."""
    if not product.review_count:
        return []
    facts = work.need("summarise_reviews", ReviewFacts, product_id=product.product_id, about=" ".join(asked))
    if isinstance(facts, Problem) or not facts.about_count:
        return []
    words = set(asked) - _VAGUE or set(asked)
    quotes = [one.text for one in (*facts.liked, *facts.disliked) if words & set(grams(one.text))]
    best = nearest(work, question, set(asked), quotes)
    return [] if best is None else [_Source("review", "", quotes[best])]


def _tell(work: Work, product: ProductFacts, source: _Source) -> None:
    match source.kind:
        case "attribute":
            told = {"name": say_name(source.name, work.language), "value": say_name(source.value, work.language)}
            work.say("attribute", title=product.title, **told)
        case "options":
            all_options(work, product, {source.name: option_values(product)[source.name]})
        case "description":
            work.say("from_description", title=product.title, quote=source.value)
        case "review":
            work.say("from_review", title=product.title, quote=source.value)


def _unsaid_measure(question: str, found: Sequence[_Source]) -> str:
    """A measure that is asked for ("a 15 inch laptop") and of which the evidence says nothing; empty: none."""
    told = " ".join(one.text for one in found)
    numbers = set(re.findall(r"\d+(?:\.\d+)?", told))
    for one in _MEASURED.findall(question):
        if not set(re.findall(r"\d+(?:\.\d+)?", one)) & numbers:
            return str(one).strip()
    return ""


def nearest(work: Work, question: str, asked: Collection[str], texts: Sequence[str]) -> int | None:
    """The text that answers ``question``; ``None`` if none is near enough.

    ``asked``: the words of weight in it.
    """
    if not texts or not asked:
        return None
    words = set(asked) | {known for word, known in _ALSO_CALLED.items() if word in asked}
    shared = [len(words & set(grams(one))) / len(asked) for one in texts]
    scores, enough = shared, _SHARED
    if work.language == "en" and work.embed is not None:
        also = " ".join(sorted(words - set(asked)))
        scores = score_evidence(f"{question} {also}".strip(), texts, work.embed).tolist()
        enough = ENOUGH
    best = max(range(len(texts)), key=scores.__getitem__)
    return best if scores[best] >= enough else None
