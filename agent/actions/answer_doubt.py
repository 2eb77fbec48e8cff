"""Answer a doubt that shows in what the customer does, with what reviewers write."""

from __future__ import annotations

from ..phrases import say
from .case import Case
from .option import Option, not_possible

_LONG_LOOKS = 3
_REVIEWS = 3
_GOOD = 4.0
_SIZES = {"en": "size fit small large tight", "zh": "尺码 偏大 偏小 合身"}


def propose(case: Case) -> Option:
    lead = case.lead
    if lead is None:
        return not_possible("answer_doubt", "there is no product that the shop still shows")
    if not case.can_be_bought(lead.product_id) and not lead.in_stock:
        return not_possible("answer_doubt", "it cannot be bought now")
    return _of_size(case) if case.moment.kind.when.kind == "often_returned" else _of_quality(case)


def _of_quality(case: Case) -> Option:
    lead, reviews, looks = case.lead, case.reviews(), case.looks
    assert lead is not None
    praised = reviews is not None and reviews.review_count >= _REVIEWS and (reviews.rating or 0) >= _GOOD
    if looks < _LONG_LOOKS or not praised or reviews is None:
        missing = [
            *(() if looks >= _LONG_LOOKS else (f"looked at {looks} times only",)),
            *(() if praised else ("its reviews would not reassure",)),
        ]
        return not_possible("answer_doubt", "; ".join(missing))
    book = case.book_of_lead()
    book.record(reviews)
    values = {"title": lead.title, "count": reviews.review_count, "rating": f"{reviews.rating:g}"}
    parts = [say("doubt_rating", case.language, **values)]
    parts += [say("doubt_quote", case.language, quote=one.text) for one in reviews.liked[:1]]
    why = f"looked at {looks} times without buying, and its reviewers are content"
    return Option("answer_doubt", True, why, case.text(*parts), (lead.product_id,), book, margin_minor=case.stake_minor)


def _of_size(case: Case) -> Option:
    lead, reviews = case.lead, case.reviews(_SIZES[case.language])
    assert lead is not None
    quotes = () if reviews is None else (*reviews.disliked[:1], *reviews.liked[:1])
    if reviews is None or not reviews.about_count or not quotes:
        return not_possible("answer_doubt", "its reviews say nothing of sizes")
    book = case.book_of_lead()
    book.record(reviews)
    parts = [say("doubt_size", case.language, title=lead.title, count=reviews.about_count)]
    parts.append(say("doubt_quote", case.language, quote=quotes[0].text))
    why = f"{case.moment.signal.facts['returns']} returns for their size, and reviewers speak of it"
    return Option("answer_doubt", True, why, case.text(*parts), (lead.product_id,), book, margin_minor=case.stake_minor)
