"""Reviews: opinions turned into stars and words, from customers who bought here and from guests of former years."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import Any, NamedTuple

from .fulfilment import DAY_S
from .texts import spoken
from .wording import Mention, Subject, Writer, choose_aspects
from .world import Opinion, World, form_opinion

FULL_SIZE = 20_000
_PAIRS = ("phones", "buds", "shoes", "boots", "sneakers", "sandals", "jeans", "trousers", "secateurs", "shears")
_STEPS = (-1.25, -0.85, -0.5, 0.0)
"""Overall opinion above which a review has 2, 3, 4, 5 stars."""


class ReviewPlan(NamedTuple):
    """A review to be; ``mentions`` is what the generator meant to say."""

    customer: int
    product: int
    at: float
    stars: int
    title: str
    text: str
    language: str
    verified: bool
    helpful: int
    mentions: list[Mention]


def stars_of(values: tuple[float, ...], late: bool) -> int:
    """1 to 5: the mean opinion over the aspects, less 0.5 for a late parcel, in steps."""
    overall = sum(values) / len(values) - (0.5 if late else 0)
    return 1 + sum(overall > step for step in _STEPS)


def write_reviews(world: World, *, seed: int, scale: float) -> list[ReviewPlan]:
    """The customers' opinions, and as many guests' as are needed for ``20,000 x scale``; in order of time."""
    text = random.Random(f"{seed}-reviews")
    opinions = [*world.log.opinions, *_guests(world, text, round(FULL_SIZE * scale) - len(world.log.opinions))]
    writers = {language: Writer(world.vocabulary, language) for language in ("en", "zh")}
    plans = [_write(world, text, writers, opinion) for opinion in opinions]
    return sorted(plans, key=lambda plan: (plan.at, plan.product, plan.customer))


def _guests(world: World, text: random.Random, count: int) -> list[Opinion]:
    if count <= 0:
        return []
    catalog = world.catalog
    weights = [math.exp(0.7 * float(value)) for value in catalog.popularity]
    rows = text.choices(range(len(weights)), weights, k=count)
    opinions = []
    for row in rows:
        first = world.created[row] + DAY_S
        at = world.now - (world.now - first) * text.random()
        late = text.random() < 0.08
        opinions.append(Opinion(-1, row, at, form_opinion(world, -1, row, text), late))
    return opinions


def _write(world: World, text: random.Random, writers: dict[str, Writer], opinion: Opinion) -> ReviewPlan:
    plan = world.catalog.products[opinion.product]
    if opinion.customer >= 0:
        language = world.people.persons[opinion.customer].language
    else:
        language = "zh" if text.random() < 0.34 else "en"
    stars = stars_of(opinion.values, opinion.late)
    brief = text.random() < 0.2
    room = text.choice((1, 1, 2, 2, 2, 3, 3, 4, 5))
    aspects = choose_aspects(text, stars, list(zip(plan.sub.aspects, opinion.values, strict=True)), room)
    if opinion.late and text.random() < (0.6 if stars < 5 else 0.1):
        aspects.append(("delivery", "negative"))
    elif text.random() < 0.1:
        aspects.append(("delivery", "positive") if stars > 2 else ("delivery", "negative"))
    if text.random() < 0.04 and stars != 3:
        aspects.append(("service", "positive" if stars > 3 else "negative"))
    noun = plan.noun.zh if language == "zh" else _singular(spoken(plan.noun.en))
    use = plan.use.inside(language)
    written = writers[language].write(text, stars, aspects, Subject(noun, plan.brand.name, use), brief=brief)
    return ReviewPlan(
        customer=opinion.customer,
        product=opinion.product,
        at=opinion.at,
        stars=stars,
        title=written.title,
        text=written.text,
        language=language,
        verified=opinion.customer >= 0 or text.random() < 0.6,
        helpful=int(text.expovariate(1 / (0.4 + len(written.text) / 120))),
        mentions=written.mentions,
    )


def _singular(noun: str) -> str:
    # "this running shoes" reads badly: a pair is a pair.
    if noun.endswith(("ss", "beans")) or not noun.endswith("s"):
        return noun
    return f"pair of {noun}" if noun.endswith(_PAIRS) else f"set of {noun}"


def review_row(plan: ReviewPlan, identifier: str, product_ids: list[str], customer_ids: list[str]) -> dict[str, Any]:
    """The row of the reviews table; what was meant stands in ``extra``, to be compared with what is found."""
    return {
        "id": identifier,
        "product_id": product_ids[plan.product],
        "customer_id": customer_ids[plan.customer] if plan.customer >= 0 else None,
        "stars": float(plan.stars),
        "title": plan.title,
        "text": plan.text,
        "language": plan.language,
        "written_at": datetime.fromtimestamp(int(plan.at), UTC),
        "verified": plan.verified,
        "helpful_votes": plan.helpful,
        "source": "demo",
        "extra": {"mentions": [mention._asdict() for mention in plan.mentions]},
    }
