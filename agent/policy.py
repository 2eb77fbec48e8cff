"""What could be done at a moment, how good each would be, and which is best. Transparent: every score says why.

Scores lie between 0 and 1 and are comparable; silence is a candidate like the others. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Records

from store import BeforehandError, Database, format_amount
from store.schema import Event, Order, Variant

from .evidence import EvidenceBook
from .facts import ProductFacts, ReviewFacts
from .grounding import check_reply
from .language import spoken
from .lookups import read_products
from .moments import Moment
from .phrases import say
from .reply import Candidate
from .reviews import summarise_reviews
from .rules import messages_since
from .settings import ProactiveSettings
from .tools import ProductAdviser

POLICY = "cart-rules-1"
_LONG_LOOKS = 3
_REVIEWS = 3
_GOOD = 4.0
_SIMILAR = 3


@dataclass(frozen=True)
class Option:
    """A candidate with what it would say."""

    candidate: Candidate
    text: str | None = None
    products: tuple[str, ...] = ()
    book: EvidenceBook | None = None


@dataclass(frozen=True)
class _Cart:
    """What is known of the cart's leading product: the dearest that can be bought, else the dearest."""

    lead: ProductFacts
    others: int
    price: str | None
    available: bool
    looks: int
    reviews: ReviewFacts | None
    recent_messages: int
    recent_orders: int


def weigh(
    database: Database, adviser: ProductAdviser | None, moment: Moment, settings: ProactiveSettings, language: str
) -> tuple[list[Option], dict[str, object]]:
    """All options at ``moment``, best first, and what was known when they were weighed."""
    language = spoken(language)
    with database.read() as records:
        cart = _read_cart(records, moment, language)
    if cart is None:
        silence = Option(Candidate("silence", 1.0, True, "nothing in the cart is shown in the shop any more"))
        return [silence], {}
    options = [
        _remind(cart, language),
        _answer_doubt(cart, language),
        _recommend(database, adviser, cart, language),
        _silence(cart, settings),
    ]
    options = [_checked(one, moment.at) for one in options]
    order = sorted(options, key=lambda one: (one.candidate.eligible, one.candidate.score), reverse=True)
    known: dict[str, object] = {
        "product": cart.lead.product_id,
        "more_in_cart": cart.others,
        "in_stock": cart.available,
        "looks": cart.looks,
        "messages_30_days": cart.recent_messages,
        "orders_90_days": cart.recent_orders,
        "idle_since": moment.cart.since.isoformat(),
        "value_minor": moment.cart.value_minor,
    }
    return order, known


def _read_cart(records: Records, moment: Moment, language: str) -> _Cart | None:
    lines = {line.product_id: line for line in moment.cart.lines}
    products = read_products(records, list(lines), language)
    if not products:
        return None
    wanted = {line.product_id: records.get(Variant, line.variant_id) for line in moment.cart.lines if line.variant_id}

    def buyable(product: ProductFacts) -> bool:
        variant = wanted.get(product.product_id)
        return variant.in_stock if variant is not None else product.in_stock

    lead = max(products, key=lambda one: (buyable(one), lines[one.product_id].value_minor or one.price_minor or 0))
    variant = wanted.get(lead.product_id)
    price = lead.price
    if variant is not None:
        price = None if variant.price_minor is None else format_amount(variant.price_minor, variant.currency)
    since = moment.at - timedelta(days=30)
    return _Cart(
        lead=lead,
        others=len(products) - 1,
        price=price,
        available=buyable(lead),
        looks=_count_looks(records, moment.customer_id, lead.product_id, since, moment.at),
        reviews=summarise_reviews(records, lead.product_id, "", language),
        recent_messages=messages_since(records, moment.customer_id, since),
        recent_orders=_count_orders(records, moment.customer_id, moment.at),
    )


def _count_looks(records: Records, customer_id: str, product_id: str, since: datetime, at: datetime) -> int:
    asked = select(func.count()).where(
        Event.customer_id == customer_id,
        Event.product_id == product_id,
        Event.kind == "view",
        Event.at > since,
        Event.at <= at,
    )
    return records.scalar(asked) or 0


def _count_orders(records: Records, customer_id: str, at: datetime) -> int:
    asked = select(func.count()).where(
        Order.customer_id == customer_id, Order.placed_at > at - timedelta(days=90), Order.placed_at <= at
    )
    return records.scalar(asked) or 0


def _remind(cart: _Cart, language: str) -> Option:
    book = EvidenceBook()
    book.record(cart.lead)
    eligible = cart.available and cart.price is not None
    why = "what was left can be bought" if eligible else "what was left cannot be bought now"
    score = max(0.0, 0.55 - 0.1 * cart.recent_messages)
    if not eligible:
        return Option(Candidate("remind", round(score, 3), False, why))
    key = "cart_remind_more" if cart.others else "cart_remind"
    text = _joined(language, say(key, language, title=cart.lead.title, price=cart.price), say("cart_reason", language))
    return Option(Candidate("remind", round(score, 3), True, why), text, (cart.lead.product_id,), book)


def _answer_doubt(cart: _Cart, language: str) -> Option:
    reviews = cart.reviews
    doubting = cart.looks >= _LONG_LOOKS
    praised = reviews is not None and reviews.review_count >= _REVIEWS and (reviews.rating or 0) >= _GOOD
    score = round(0.35 + 0.1 * min(cart.looks, 4) - 0.1 * cart.recent_messages, 3)
    if not (doubting and praised and cart.available):
        missing = [
            *(() if doubting else (f"looked at {cart.looks} times only",)),
            *(() if praised else ("its reviews would not reassure",)),
            *(() if cart.available else ("it cannot be bought now",)),
        ]
        return Option(Candidate("answer_doubt", max(0.0, score), False, "; ".join(missing)))
    assert reviews is not None
    book = EvidenceBook()
    book.record(cart.lead)
    book.record(reviews)
    values = {"title": cart.lead.title, "count": reviews.review_count, "rating": f"{reviews.rating:g}"}
    parts = [say("cart_doubt", language, **values)]
    parts += [say("cart_doubt_quote", language, quote=one.text) for one in reviews.liked[:1]]
    text = _joined(language, *parts, say("cart_reason", language))
    why = f"looked at {cart.looks} times without buying, and its reviewers are content"
    return Option(Candidate("answer_doubt", score, True, why), text, (cart.lead.product_id,), book)


def _recommend(database: Database, adviser: ProductAdviser | None, cart: _Cart, language: str) -> Option:
    if cart.available:
        return Option(Candidate("recommend", 0.2, False, "what was left can be bought; no alternative is needed"))
    found: Sequence[str] = ()
    if adviser is not None:
        try:
            found = [one.product_id for one in adviser.similar(cart.lead.product_id, _SIMILAR)]
        except BeforehandError:
            found = ()
    with database.read() as records:
        similar = [one for one in read_products(records, list(found), language, brief=True) if one.in_stock]
    if not similar:
        return Option(Candidate("recommend", 0.5, False, "nothing like it can be bought"))
    book = EvidenceBook()
    book.record(cart.lead)
    for one in similar:
        book.record(one)
    text = _joined(language, say("cart_gone", language, title=cart.lead.title), say("cart_reason", language))
    score = max(0.0, 0.6 - 0.1 * cart.recent_messages)
    why = "what was left is out of stock, and there are alternatives"
    return Option(
        Candidate("recommend", round(score, 3), True, why), text, tuple(one.product_id for one in similar), book
    )


def _silence(cart: _Cart, settings: ProactiveSettings) -> Option:
    sure = min(cart.recent_orders, 3) * 0.12
    why = "writing costs attention"
    if cart.recent_orders:
        why += f"; {cart.recent_orders} orders in 90 days say that the customer buys without being asked"
    return Option(Candidate("silence", round(settings.min_score + sure, 3), True, why))


def _checked(option: Option, at: datetime) -> Option:
    """What cannot be held by evidence is not eligible, whatever its score."""
    if option.text is None or option.book is None:
        return option
    problems = [one.problem for one in check_reply(option.text, option.book, asked="", today=at.date()) if one.problem]
    if not problems:
        return option
    one = option.candidate
    return Option(Candidate(one.action, one.score, False, f"its text is not held by evidence: {problems[0]}"))


def _joined(language: str, *parts: str) -> str:
    return ("" if language == "zh" else " ").join(parts)
