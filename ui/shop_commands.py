"""``beforehand search``, ``recommend`` and ``decide``: what the shop knows and would do."""

from __future__ import annotations

from typing import Annotated

import typer

from agent import DecisionRecord, ProductCard

from .console import out, print_facts, print_json, print_table
from .options import ConfigOption, DemoOption, JsonOption, open_shop

LimitOption = Annotated[int, typer.Option(help="How many at most.", min=1, max=200)]


def add_to(app: typer.Typer) -> None:
    app.command("search")(search)
    app.command("recommend")(recommend)
    app.command("decide")(decide)


def search(
    words: Annotated[list[str], typer.Argument(help='What is looked for: "waterproof trail shoes under 80 euros".')],
    limit: LimitOption = 10,
    language: Annotated[str, typer.Option(help="Language of titles: en, zh.")] = "en",
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find products by words, prices and properties."""
    with open_shop(config, demo=demo_shop) as shop:
        _show(shop.search(" ".join(words), limit=limit, language=language), as_json=as_json)


def recommend(
    customer: Annotated[str, typer.Argument(help="Id of the customer.")],
    limit: LimitOption = 5,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Products for one customer, each with why."""
    with open_shop(config, demo=demo_shop) as shop:
        _show(shop.recommend(customer, limit=limit), as_json=as_json)


def decide(
    customer: Annotated[str, typer.Argument(help="Id of the customer.")],
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """What would be done for this customer now, and why; nothing is written or sent."""
    with open_shop(config, demo=demo_shop) as shop:
        decision = shop.decide(customer)
    print_json(decision) if as_json else _explain(decision)


def _explain(decision: DecisionRecord) -> None:
    print_facts(
        {
            "customer": decision.customer_id,
            "moment": decision.moment,
            "action": decision.action,
            "reason": decision.reason,
            "would say": decision.text or "",
            "policy": decision.policy,
        }
    )
    if decision.candidates:
        out().print("")
        rows = [
            (one.action, f"{one.score:.2f}", "yes" if one.eligible else "no", one.why) for one in decision.candidates
        ]
        print_table(("candidate", "score", "eligible", "why"), rows)


def _show(cards: list[ProductCard], *, as_json: bool) -> None:
    if as_json:
        print_json(cards)
        return
    if not cards:
        out().print("Nothing fits.")
        return
    rows = [
        (
            card.id,
            card.title,
            card.price,
            "" if card.rating is None else f"{card.rating:.1f} ({card.review_count})",
            "yes" if card.in_stock else "no",
            card.why,
        )
        for card in cards
    ]
    why = any(card.why for card in cards)
    columns = ("id", "title", "price", "rating", "in stock", "why")
    print_table(columns if why else columns[:-1], rows if why else [row[:-1] for row in rows])
