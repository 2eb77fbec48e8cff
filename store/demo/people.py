"""The demo shop's customers: who they are, and the hidden tastes and habits from which they act.

Comes in: a seed, the shop's time, how many. Goes out: ``People``. Knows nothing of visits or orders.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from .catalog import CURRENCY, Catalog
from .vocabulary import Vocabulary, words

FULL_SIZE = 1500
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """One customer's record to be."""

    id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    time_zone: str
    country: str
    address: dict[str, str]
    consent_email: bool
    consent_proactive: bool
    consent_personal: bool
    created_at: datetime
    methods: tuple[dict[str, object], ...]
    """Rows of the payment_methods table."""


@dataclass(frozen=True, slots=True)
class People:
    """All customers; row i of every array is ``persons[i]``.

    ``sub_affinity``: (m, s), rows sum to 1. ``utility``: (m, n) how much a customer likes a product apart from its
    category. ``price_sensitivity``, ``visits_per_year``, ``readiness`` (log odds), ``dropout`` (chance per order),
    ``search_share``, ``response`` (to sales), ``strictness``, ``review_rate``, ``size`` (0..1): (m,).
    ``tries_two``: bool (m,), orders two sizes to send one back.
    """

    persons: tuple[PersonPlan, ...]
    sub_affinity: NDArray[np.float64]
    utility: NDArray[np.float64]
    price_sensitivity: NDArray[np.float64]
    visits_per_year: NDArray[np.float64]
    readiness: NDArray[np.float64]
    dropout: NDArray[np.float64]
    search_share: NDArray[np.float64]
    response: NDArray[np.float64]
    strictness: NDArray[np.float64]
    review_rate: NDArray[np.float64]
    size: NDArray[np.float64]
    tries_two: NDArray[np.bool_]


def make_people(vocabulary: Vocabulary, catalog: Catalog, *, seed: int, now: datetime, scale: float) -> People:
    """Draw the customers (formulas: docs/demo-shop.md, "Customers")."""
    rng = np.random.default_rng([seed, 2])
    count = max(40, round(FULL_SIZE * scale))
    tastes = rng.standard_normal((count, catalog.features.shape[1]))
    brands = rng.standard_normal((count, len(catalog.brands)))
    sensitivity = np.exp(0.5 * rng.standard_normal(count))
    utility = (
        0.9 * tastes @ catalog.features.T
        + 0.9 * brands[:, catalog.brand]
        - 1.3 * sensitivity[:, None] * catalog.log_price[None, :]
        + 0.7 * catalog.popularity[None, :]
        + 0.4 * catalog.quality[None, :]
    )
    return People(
        persons=tuple(_draw_persons(vocabulary, seed, now, count)),
        sub_affinity=_draw_affinity(vocabulary, rng, count),
        utility=utility,
        price_sensitivity=sensitivity,
        visits_per_year=rng.gamma(1.3, 24 / 1.3, count) + 2,
        readiness=0.6 * rng.standard_normal(count),
        dropout=rng.beta(1.2, 18, count),
        search_share=rng.beta(3, 3, count),
        response=rng.beta(2, 3, count),
        strictness=0.35 * rng.standard_normal(count),
        review_rate=rng.beta(2, 3, count),
        size=rng.random(count),
        tries_two=rng.random(count) < 0.06,
    )


def _draw_affinity(vocabulary: Vocabulary, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    category = rng.dirichlet(np.full(len(vocabulary.categories), 0.22), count)
    inside = rng.gamma(0.7, 1.0, (count, len(vocabulary.subs))) + 1e-3
    of_category = np.array([sub.category for sub in vocabulary.subs])
    for index in range(len(vocabulary.categories)):
        columns = of_category == index
        inside[:, columns] *= category[:, [index]] / inside[:, columns].sum(axis=1, keepdims=True)
    affinity = 0.92 * inside + 0.08 / len(vocabulary.subs)
    shares: NDArray[np.float64] = affinity / affinity.sum(axis=1, keepdims=True)
    return shares


def _draw_persons(vocabulary: Vocabulary, seed: int, now: datetime, count: int) -> list[PersonPlan]:
    text = random.Random(f"{seed}-people")
    lists = {key: words(vocabulary.people[key]) for key in ("first", "last", "first_zh", "last_zh")}
    countries = vocabulary.people["countries"]
    names, weights = list(countries), [entry["weight"] for entry in countries.values()]
    return [
        _draw_person(text, f"C{1001 + row}", text.choices(names, weights)[0], countries, lists, now)
        for row in range(count)
    ]


def _draw_person(
    text: random.Random,
    identifier: str,
    country: str,
    countries: dict[str, dict[str, object]],
    lists: dict[str, tuple[str, ...]],
    now: datetime,
) -> PersonPlan:
    entry: dict[str, object] = countries[country]
    language = "zh" if text.random() < float(str(entry["zh"])) else "en"
    suffix = "_zh" if language == "zh" else ""
    first, last = text.choice(lists["first" + suffix]), text.choice(lists["last" + suffix])
    joined_days = text.uniform(YEAR_DAYS, 1100) if text.random() < 0.6 else text.uniform(0.5, YEAR_DAYS)
    mailbox = f"{first}.{last}".lower() if language == "en" else f"user{identifier[1:]}"
    host = text.choice(("example.com", "example.net", "example.org"))
    return PersonPlan(
        id=identifier,
        first_name=first,
        last_name=last,
        email=f"{mailbox}{text.randint(1, 99)}@{host}",
        phone=f"{entry['phone']} {text.randint(100000, 999999)}",
        language=language,
        time_zone=text.choice(_texts(entry["zones"])),
        country=country,
        address=_draw_address(text, country, entry),
        consent_email=text.random() < 0.55,
        consent_proactive=text.random() < 0.88,
        consent_personal=text.random() < 0.93,
        created_at=now - timedelta(days=joined_days),
        methods=tuple(_draw_methods(text, identifier)),
    )


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(entry) for entry in value]


def _draw_address(text: random.Random, country: str, entry: dict[str, object]) -> dict[str, str]:
    city, _, postcode = text.choice(_texts(entry["cities"])).partition(" ")
    street, number = text.choice(_texts(entry["streets"])), text.randint(1, 180)
    behind = country in {"DE", "NL", "ES", "IT", "SE"}
    first = f"{street}{number}号" if country == "CN" else f"{street} {number}" if behind else f"{number} {street}"
    second = ""
    if text.random() < 0.3:
        second = (
            f"{text.randint(1, 30)}栋{text.randint(101, 2806)}室" if country == "CN" else f"Apt {text.randint(1, 40)}"
        )
    return {"address1": first, "address2": second, "city": city, "state": "", "country": country, "zip": postcode}


def _draw_methods(text: random.Random, customer_id: str) -> list[dict[str, object]]:
    kinds = text.choices(
        (("credit_card",), ("paypal",), ("credit_card", "paypal"), ("credit_card", "gift_card")), (50, 22, 18, 10)
    )[0]
    rows: list[dict[str, object]] = []
    for position, kind in enumerate(kinds):
        card, gift = kind == "credit_card", kind == "gift_card"
        rows.append(
            {
                "id": f"{kind}_{customer_id[1:]}{position}",
                "customer_id": customer_id,
                "position": position,
                "kind": kind,
                "brand": text.choice(("visa", "mastercard")) if card else None,
                "last_four": f"{text.randint(0, 9999):04d}" if card else None,
                "balance_minor": text.randint(4, 40) * 500 if gift else None,
                "currency": CURRENCY,
            }
        )
    return rows
