"""Writes what a small shop would export from Shopify: products_export.csv (300 products) and orders_export.csv (2,000).

Usage: python docs/examples/make_shopify_export.py FOLDER. The same seed writes the same files; dates end today.
"""

from __future__ import annotations

import csv
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

KINDS = ("Mug", "Teapot", "Plate", "Bowl", "Lamp", "Cushion", "Blanket", "Vase", "Candle", "Tray", "Apron", "Towel")
LOOKS = ("Birch", "Fern", "Slate", "Amber", "Cloud", "Moss", "Poppy", "Harbour", "Linen", "Ember", "Frost", "Olive")
MAKERS = ("Nordlys", "Tarn & Co", "Hearth", "Quill")
FIRST = ("Anna", "Ben", "Chloe", "David", "Eva", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Klara", "Leo", "Mia")
LAST = ("Berg", "Costa", "Dahl", "Ersoy", "Fuchs", "Garcia", "Holm", "Ivanov", "Jansen", "Kowal", "Lind", "Moreau")
CITIES = (("Dublin", "IE"), ("Lyon", "FR"), ("Graz", "AT"), ("Porto", "PT"), ("Gent", "BE"))
STAMP = "%Y-%m-%d %H:%M:%S +0000"


def main(folder: Path, products: int = 300, orders: int = 2000, seed: int = 7) -> None:
    """Write both files into ``folder``."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    goods = [_product(number, chance) for number in range(products)]
    _write(folder / "products_export.csv", goods)
    people = [_person(number, chance) for number in range(orders // 4)]
    # Some buy again and again, most buy once or twice.
    weights = [chance.paretovariate(1.2) for _ in people]
    now = datetime.now(UTC).replace(microsecond=0)
    ages = sorted((chance.uniform(0, 540) for _ in range(orders)), reverse=True)
    lines: list[dict[str, object]] = []
    for number, days in enumerate(ages):
        person = chance.choices(people, weights)[0]
        lines += _order(f"#{1001 + number}", person, goods, now - timedelta(days=days), chance)
    _write(folder / "orders_export.csv", lines)


def _product(number: int, chance: random.Random) -> dict[str, object]:
    kind, look = KINDS[number % len(KINDS)], LOOKS[number // len(KINDS) % len(LOOKS)]
    name = f"{look} {kind}" + (f" No. {number // 144 + 1}" if number >= 144 else "")
    return {
        "Handle": name.lower().replace(" ", "-").replace(".", ""),
        "Title": name,
        "Body (HTML)": f"<p>A {kind.lower()} in {look.lower()}, made to last.</p>",
        "Vendor": chance.choice(MAKERS),
        "Type": kind,
        "Published": "true",
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant SKU": f"SKU-{number:04d}",
        "Variant Inventory Qty": chance.choice((0, 3, 12, 40, 80)),
        "Variant Price": f"{chance.randint(8, 120)}.90",
        "Image Src": "",
        "Status": "active",
    }


def _person(number: int, chance: random.Random) -> dict[str, str]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    city, country = chance.choice(CITIES)
    return {
        "mail": f"{first}.{last}.{number}@example.com".lower(),
        "name": f"{first} {last}",
        "city": city,
        "country": country,
    }


def _order(
    name: str, person: dict[str, str], goods: list[dict[str, object]], at: datetime, chance: random.Random
) -> list[dict[str, object]]:
    bought = chance.sample(goods, chance.choice((1, 1, 2, 3)))
    counts = [chance.choice((1, 1, 1, 2)) for _ in bought]
    sums = [float(str(one["Variant Price"])) * count for one, count in zip(bought, counts, strict=True)]
    shipping = 0.0 if sum(sums) > 60 else 4.9
    sent = at + timedelta(days=chance.uniform(0.5, 3))
    fulfilled = sent < datetime.now(UTC)
    rows: list[dict[str, object]] = []
    for place, (one, count) in enumerate(zip(bought, counts, strict=True)):
        row: dict[str, object] = {
            "Name": name,
            "Email": person["mail"],
            "Lineitem quantity": count,
            "Lineitem name": one["Title"],
            "Lineitem price": one["Variant Price"],
            "Lineitem sku": one["Variant SKU"],
        }
        if place == 0:
            row |= {
                "Financial Status": "paid",
                "Paid at": at.strftime(STAMP),
                "Fulfillment Status": "fulfilled" if fulfilled else "unfulfilled",
                "Fulfilled at": sent.strftime(STAMP) if fulfilled else "",
                "Accepts Marketing": chance.choice(("yes", "no")),
                "Currency": "EUR",
                "Subtotal": f"{sum(sums):.2f}",
                "Shipping": f"{shipping:.2f}",
                "Taxes": "0.00",
                "Total": f"{sum(sums) + shipping:.2f}",
                "Created at": at.strftime(STAMP),
                "Billing Name": person["name"],
                "Shipping Name": person["name"],
                "Shipping City": person["city"],
                "Shipping Country": person["country"],
            }
        rows.append(row)
    return rows


def _write(file: Path, rows: list[dict[str, object]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
