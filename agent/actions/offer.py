"""Offers: a percentage, shipping, or two things together. Each leaves the margin floor untouched, or is not made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ..facts import ProductFacts, ToldFacts
from ..moments import Goods
from ..moments.reading import read_goods
from ..phrases import say, say_date
from .case import Case
from .option import OfferTerms, Option, not_possible


@dataclass(frozen=True, slots=True)
class _Line:
    """What is sold: price and cost of one piece, in minor units."""

    price: int
    cost: int


def percentage(case: Case) -> Option:
    """The largest of the percentages set that keeps the margin floor."""
    line, problem = _lead_line(case, "offer")
    if line is None or case.lead is None:
        return problem
    percent = next((one for one in sorted(case.settings.offers.percents, reverse=True) if _keeps(case, [line], one)), 0)
    if not percent:
        return not_possible("offer", _floor(case))
    given = _given([line], percent)
    values = {"title": case.lead.title, "percent": percent}
    return _offered(case, "offer", "percentage", given, line.price, values, (case.lead,))


def shipping(case: Case) -> Option:
    """Free shipping, where the shop says what it costs."""
    line, problem = _lead_line(case, "offer_shipping")
    if line is None or case.lead is None:
        return problem
    cost = case.settings.offers.shipping_cost_minor
    if cost is None:
        return not_possible("offer_shipping", "what shipping costs the shop is not set")
    if line.price - line.cost - cost < case.settings.offers.margin_floor * line.price:
        return not_possible("offer_shipping", _floor(case))
    return _offered(case, "offer_shipping", "shipping", cost, line.price, {"title": case.lead.title}, (case.lead,))


def bundle(case: Case) -> Option:
    """A percentage on the lead product together with one that goes with it."""
    line, problem = _lead_line(case, "offer_bundle")
    if line is None or case.lead is None:
        return problem
    percent = case.settings.offers.bundle_percent
    for other in case.for_customer([case.lead.product_id]):
        if other.product_id == case.lead.product_id or other.currency != case.lead.currency:
            continue
        second = _line(read_goods(case.records, [other.product_id]).get(other.product_id), None)
        if second is None or not _keeps(case, [line, second], percent):
            continue
        values = {"title": case.lead.title, "other": other.title, "percent": percent}
        both = line.price + second.price
        given = _given([line, second], percent)
        return _offered(case, "offer_bundle", "bundle", given, both, values, (case.lead, other))
    return not_possible("offer_bundle", "nothing goes with it that leaves the margin floor")


def _lead_line(case: Case, action: str) -> tuple[_Line | None, Option]:
    lead = case.lead
    if not case.settings.offers.enabled:
        return None, not_possible(action, "offers are switched off")
    if lead is None or not case.can_be_bought(lead.product_id):
        return None, not_possible(action, "it cannot be bought now")
    line = _line(case.moment.state.goods.get(lead.product_id), case.wanted_variant(lead.product_id))
    return line, not_possible(action, "its price or its cost is not known, so no margin can be kept")


def _line(goods: Goods | None, variant: str | None) -> _Line | None:
    form = goods.form(variant) if goods is not None else None
    if form is None or form.price_minor is None or form.cost_minor is None or not form.in_stock:
        return None
    return _Line(form.price_minor, form.cost_minor)


def _keeps(case: Case, lines: list[_Line], percent: int) -> bool:
    """Whether each piece keeps the margin floor, as a share of its reduced price."""
    floor = case.settings.offers.margin_floor
    return all(
        (reduced := one.price - _given([one], percent)) > 0 and reduced - one.cost >= floor * reduced for one in lines
    )


def _given(lines: list[_Line], percent: int) -> int:
    return sum(one.price * percent // 100 for one in lines)


def _floor(case: Case) -> str:
    return f"less than {case.settings.offers.margin_floor:.0%} of the price would be left as margin"


def _offered(
    case: Case,
    action: str,
    kind: Literal["percentage", "shipping", "bundle"],
    given: int,
    full: int,
    values: dict[str, object],
    products: tuple[ProductFacts, ...],
) -> Option:
    # The same occasion has the same code, whatever crashes or runs twice.
    code = "B" + hashlib.sha256(f"{case.moment.key}:{action}".encode()).hexdigest()[:8].upper()
    until = case.moment.at + timedelta(hours=case.settings.offers.valid_hours)
    amounts = {"price": case.amount(full - given), "before": case.amount(full)}
    day = say_date(until.date().isoformat(), case.language)
    sentence = say(f"offer_{kind}", case.language, **values, **amounts, date=day, code=code)
    book = case.book_of_lead()
    for one in products[1:]:
        book.record(one)
    book.record(ToldFacts(record=f"offer:{code}", told=(sentence, *_sentences(sentence))))
    percent = int(str(values.get("percent", 0)))
    ids = tuple(one.product_id for one in products)
    terms = OfferTerms(code, kind, percent, ids, given, case.currency, until)
    return Option(
        action,
        True,
        f"gives away {case.amount(given)} and keeps the margin floor",
        case.text(sentence),
        ids,
        book,
        margin_minor=max(0, case.stake_minor - given),
        discount_share=round(given / full, 4) if full else 0.0,
        offer=terms,
    )


def _sentences(text: str) -> list[str]:
    from ..language import sentences

    return [one.strip() for one in sentences(text)]
