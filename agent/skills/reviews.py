"""The wish to know what reviewers say."""

from __future__ import annotations

from ..draft import Shown, Work
from ..facts import Problem, ReviewFacts
from ..language import grams
from ..slots import content_words
from ..understanding import Wish
from .naming import one_product, show


def summarise(work: Work, wish: Wish) -> None:
    """Counts first, then one voice for and one against, word for word."""
    facts = _by_id(work, wish)
    if facts is None:
        product = one_product(work, wish)
        if product is None:
            return
        show(work, product)
        asked = [one for one in content_words(wish.text) if one not in set(grams(product.title))]
        found = work.need("summarise_reviews", ReviewFacts, product_id=product.product_id, about=" ".join(asked))
        if isinstance(found, Problem):
            work.say("reviews_none", title=product.title)
            return
        facts = found
    _tell(work, facts)


def _by_id(work: Work, wish: Wish) -> ReviewFacts | None:
    """A product that is known by its reviews alone has no page, only an id."""
    for one in wish.slots.ids:
        about = " ".join(content_words(wish.text.replace(one, " ")))
        facts = work.need("summarise_reviews", ReviewFacts, product_id=one, about=about)
        if isinstance(facts, ReviewFacts):
            work.draft.shown.append(Shown("product", one, facts.title))
            work.draft.products.setdefault(one, "")
            return facts
    return None


def _tell(work: Work, facts: ReviewFacts) -> None:
    title = facts.title or facts.product_id
    if facts.rating is None:
        work.say("reviews_count_plain", title=title, count=facts.review_count)
    else:
        key = "reviews_count_one" if facts.review_count == 1 else "reviews_count"
        work.say(key, title=title, count=facts.review_count, rating=f"{facts.rating:g}")
    if facts.review_count > 1:
        work.say("reviews_split", positive=facts.positive, neutral=facts.neutral, negative=facts.negative)
    if facts.about:
        if facts.about_count:
            work.say("reviews_about", count=facts.about_count, about=facts.about)
        else:
            work.say("reviews_about_none")
    for key, quotes in (("review_liked", facts.liked), ("review_disliked", facts.disliked)):
        if quotes:
            work.say_line(key, quote=quotes[0].text)
