"""The demo shop's products: names, texts, variants, prices, and the hidden truth that customers react to.

Comes in: a seed, the shop's time, how many products. Goes out: a ``Catalog``. Knows nothing of customers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from .texts import describe, name_product
from .vocabulary import Brand, Feature, Pair, SubCategory, Vocabulary

CURRENCY = "EUR"
FULL_SIZE = 2160
"""Products at scale 1: 36 in each of the 60 narrow categories."""
_EUROPE = ["DE", "FR", "NL", "GB", "IE", "ES", "IT", "SE"]
_WITHOUT_CHINA = [*_EUROPE, "US", "SG"]
_EURO_CENTS = (99, 95, 90, 0, 50)


@dataclass(frozen=True, slots=True)
class VariantPlan:
    """A variant to be; ``was_minor`` is its price before a cut (or its price now)."""

    id: str
    color: str | None
    size: Pair | None
    price_minor: int
    was_minor: int
    compare_at_minor: int | None
    cost_minor: int
    stock: int
    available: bool


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """A product to be. ``price_cut_at`` is set where the price fell in the last days."""

    id: str
    sub: SubCategory
    brand: Brand
    title: Pair
    description: Pair
    noun: Pair
    use: Pair
    features: tuple[Feature, ...]
    specs: tuple[tuple[str, str, Pair], ...]
    variants: tuple[VariantPlan, ...]
    countries: list[str] | None
    visible: bool
    created_at: datetime
    price_cut_at: datetime | None


@dataclass(frozen=True, slots=True)
class Catalog:
    """All products, and per product (row i is ``products[i]``) the numbers that customers react to.

    ``sub``, ``brand``: int (n,). ``log_price``: log of price over the median of its narrow category. ``features``:
    bool (n, f) over ``Vocabulary.feature_keys``. ``quality``: (n,) about N(0, 1). ``aspect_quality``: (n, a) over the
    sub-category's aspects, padded with 0. ``popularity``: (n,) log scale. ``fit``: (n,) how much it runs small (+).
    """

    products: tuple[ProductPlan, ...]
    brands: tuple[Brand, ...]
    sub: NDArray[np.int64]
    brand: NDArray[np.int64]
    log_price: NDArray[np.float64]
    features: NDArray[np.float64]
    quality: NDArray[np.float64]
    aspect_quality: NDArray[np.float64]
    popularity: NDArray[np.float64]
    fit: NDArray[np.float64]
    of_sub: tuple[NDArray[np.int64], ...]
    """Product rows of each narrow category."""


def make_catalog(vocabulary: Vocabulary, *, seed: int, now: datetime, scale: float) -> Catalog:
    """Draw the products. Brand tier lifts price and quality; quality lifts price a little and reviews a lot."""
    text = random.Random(f"{seed}-products")
    rng = np.random.default_rng([seed, 1])
    count = max(len(vocabulary.subs), round(FULL_SIZE * scale))
    brands = tuple(dict.fromkeys(brand for category in vocabulary.categories for brand in category.brands))
    brand_quality = {
        brand.name: 0.45 * brand.tier + 0.3 * z
        for brand, z in zip(brands, rng.standard_normal(len(brands)), strict=True)
    }
    sub_of = np.arange(count) % len(vocabulary.subs)
    noise = rng.standard_normal(count)
    taken: set[str] = set()
    products: list[ProductPlan] = []
    quality = np.empty(count)
    for row in range(count):
        sub = vocabulary.subs[sub_of[row]]
        brand = text.choice(vocabulary.categories[sub.category].brands)
        quality[row] = brand_quality[brand.name] + 0.85 * noise[row]
        products.append(_draw_product(vocabulary, text, row, sub, brand, quality[row], now, taken))
    return _with_numbers(vocabulary, tuple(products), brands, sub_of, quality, rng)


def _with_numbers(
    vocabulary: Vocabulary,
    products: tuple[ProductPlan, ...],
    brands: tuple[Brand, ...],
    sub_of: NDArray[np.int64],
    quality: NDArray[np.float64],
    rng: np.random.Generator,
) -> Catalog:
    count = len(products)
    of_sub = tuple(np.flatnonzero(sub_of == index) for index in range(len(vocabulary.subs)))
    prices = np.array([product.variants[0].price_minor for product in products], dtype=float)
    log_price = np.log(prices)
    for rows in of_sub:
        log_price[rows] -= np.median(log_price[rows])
    keys = {key: at for at, key in enumerate(vocabulary.feature_keys)}
    features = np.zeros((count, len(keys)))
    for row, product in enumerate(products):
        for feature in product.features:
            features[row, keys[feature.key]] = 1
    widest = max(len(sub.aspects) for sub in vocabulary.subs)
    aspect_quality = quality[:, None] + 0.9 * rng.standard_normal((count, widest))
    names = {brand.name: at for at, brand in enumerate(brands)}
    return Catalog(
        products=products,
        brands=brands,
        sub=sub_of,
        brand=np.array([names[product.brand.name] for product in products]),
        log_price=log_price,
        features=features,
        quality=quality,
        aspect_quality=aspect_quality,
        popularity=0.8 * rng.standard_normal(count) + 0.35 * quality,
        fit=np.where(rng.random(count) < 0.2, rng.choice([-1.0, 1.0], count), 0.0) + 0.2 * rng.standard_normal(count),
        of_sub=of_sub,
    )


def _draw_product(
    vocabulary: Vocabulary,
    text: random.Random,
    row: int,
    sub: SubCategory,
    brand: Brand,
    quality: float,
    now: datetime,
    taken: set[str],
) -> ProductPlan:
    noun = text.choice(sub.nouns)
    use = text.choice(sub.uses)
    features = _draw_features(vocabulary, text, sub, noun)
    specs = _draw_specs(vocabulary, text, sub, features)
    title, model = name_product(vocabulary, text, sub, brand, noun, features, taken)
    low, high = sub.price_minor
    # Some prices have just fallen: by chance, and one in forty for certain, so that small shops have one as well.
    lift = 0.9 * brand.tier + 0.35 * quality + 0.3 * (len(features) - 2) + text.gauss(0, 0.7)
    price = low * (high / low) ** (1 / (1 + 2.718281828**-lift))
    cut_at = now - timedelta(days=text.uniform(0.5, 9)) if text.random() < 0.06 or row % 40 == 7 else None
    fresh = text.random() < 0.1
    age_days = text.uniform(3, 300) if fresh else text.uniform(370, 1100)
    identifier = f"P{10001 + row}"
    countries = text.choice([_EUROPE, _WITHOUT_CHINA]) if text.random() < sub.restricted else None
    return ProductPlan(
        id=identifier,
        sub=sub,
        brand=brand,
        title=title,
        description=describe(vocabulary, text, sub, brand, model, noun, use, features, specs),
        noun=noun,
        use=use,
        features=features,
        specs=specs,
        variants=tuple(_draw_variants(text, identifier, sub, price, cut_at is not None)),
        countries=countries,
        visible=text.random() >= 0.02,
        created_at=now - timedelta(days=age_days),
        price_cut_at=cut_at,
    )


def _draw_features(vocabulary: Vocabulary, text: random.Random, sub: SubCategory, noun: Pair) -> tuple[Feature, ...]:
    unfit = str(vocabulary.general["unfit"].get(noun.en, "")).split()
    conflicts = {frozenset(line.split()) for line in vocabulary.general["conflicts"]}
    chosen: list[Feature] = []
    for feature in text.sample(sub.features, text.choice((1, 2, 2, 2, 3, 3))):
        clash = any(frozenset((feature.key, other.key)) in conflicts for other in chosen)
        if feature.key not in unfit and not clash:
            chosen.append(feature)
    return tuple(chosen)


def _draw_specs(
    vocabulary: Vocabulary, text: random.Random, sub: SubCategory, features: tuple[Feature, ...]
) -> tuple[tuple[str, str, Pair], ...]:
    keys = {feature.key for feature in features}
    ruled_out = {word for key in keys for word in str(vocabulary.general["without"].get(key, "")).split()}
    specs: list[tuple[str, str, Pair]] = []
    for spec in sub.specs:
        named = [value for value in spec.values if value.en.replace(" ", "_") in keys]
        fitting = [value for value in spec.values if not ruled_out & set(value.en.split())]
        specs.append((spec.key, spec.label_zh, text.choice(named or fitting or list(spec.values))))
    return tuple(specs)


def _draw_variants(
    text: random.Random, product_id: str, sub: SubCategory, price: float, cut: bool
) -> list[VariantPlan]:
    colors: list[str | None] = list(text.sample(sub.colors, min(len(sub.colors), text.choice((1, 2, 2, 3)))))
    sizes: list[tuple[Pair | None, float]] = [(size.name, size.factor) for size in sub.sizes]
    if sub.size_system == "shoe":
        first = text.choice((0, 0, 1, 3))
        sizes = sizes[first : first + 7]
    margin = text.uniform(0.32, 0.62) if text.random() > 0.015 else -0.05
    gone = text.random() < 0.035
    list_price = text.random() < 0.15
    mark_up = text.choice((1.15, 1.2, 1.25, 1.35))
    variants: list[VariantPlan] = []
    for color in colors or [None]:
        for size, factor in sizes or [(None, 1.0)]:
            was = charm_minor(price * factor)
            now_minor = charm_minor(was * 0.8) if cut else was
            compare = was if cut else (charm_minor(was * mark_up) if list_price else None)
            stock = 0 if gone or text.random() < 0.07 else 1 + int(text.expovariate(1 / 18))
            variants.append(
                VariantPlan(
                    id=f"{product_id}-{len(variants) + 1}",
                    color=color,
                    size=size,
                    price_minor=now_minor,
                    was_minor=was,
                    compare_at_minor=compare if compare and compare > now_minor else None,
                    cost_minor=round(was * (1 - margin)),
                    stock=stock,
                    available=text.random() > 0.01,
                )
            )
    return variants


def charm_minor(price_minor: float) -> int:
    """The nearest price a shop would write: 12.99, 24.95, 149.00; never below 0.99."""
    whole = max(0, int(price_minor) // 100)
    if whole >= 100:
        return max(9900, round(price_minor / 500) * 500 - 100)
    candidates = [unit * 100 + cents for unit in (whole - 1, whole) for cents in _EURO_CENTS]
    return max(99, min(candidates, key=lambda minor: abs(minor - price_minor)))
