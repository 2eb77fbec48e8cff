"""``beforehand search``, ``recommend``, ``decide``, ``decisions``, ``insight``: what the shop knows and would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent import DecisionRecord, ProductCard
from insight import CustomerInsight, Ranked, SegmentSummary
from store import format_amount

from .console import out, print_facts, print_json, print_table
from .options import ConfigOption, DemoOption, JsonOption, open_shop

if TYPE_CHECKING:
    from agent import DayOfDecisions, MomentEffect

LimitOption = Annotated[int, typer.Option(help="How many at most.", min=1, max=200)]


def add_to(app: typer.Typer) -> None:
    app.command("search")(search)
    app.command("recommend")(recommend)
    app.command("decide")(decide)
    app.command("decisions")(decisions)
    app.command("insight")(insight)


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


def decisions(
    customer: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    days: Annotated[int, typer.Option(help="How far back.", min=1, max=3650)] = 7,
    effects: Annotated[bool, typer.Option("--effects", help="What they earned against the holdout group.")] = False,
    todos: Annotated[bool, typer.Option("--todos", help="Tasks for the shop's people.")] = False,
    today: Annotated[bool, typer.Option("--today", help="Today's, with what the rules kept silent.")] = False,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """The decision ledger: what was decided, why, and what came of it."""
    if sum((effects, todos, today)) > 1:
        raise typer.BadParameter("--effects, --todos and --today are different lists; name one")
    with open_shop(config, demo=demo_shop) as shop:
        if effects:
            found = shop.decision_effects(days=days)
            print_json(found) if as_json else _effects(found)
        elif todos:
            tasks = shop.todos()
            rows = [(one.id, one.customer_id, one.moment, one.text) for one in tasks]
            print_json(tasks) if as_json else print_table(("task", "customer", "moment", "what"), rows)
        elif today:
            day = shop.decisions_today()
            print_json(day) if as_json else _day(day)
        else:
            ledger = shop.decisions(days=days, customer=customer, limit=limit)
            print_json(ledger) if as_json else _ledger(ledger)


def _day(day: DayOfDecisions) -> None:
    print_facts({"day": day.day, "messages": str(day.messages)})
    _ledger(list(day.decisions))
    for name, count in sorted(day.silences.items(), key=lambda one: -one[1]):
        out().print(f"silent because of {name.replace(':', ', ')}: {count}", markup=False)


def _ledger(ledger: list[DecisionRecord]) -> None:
    rows = [
        (f"{one.at:%Y-%m-%d %H:%M}", one.customer_id, one.moment, one.action, one.outcome or "", one.reason)
        for one in ledger
    ]
    print_table(("at", "customer", "moment", "action", "outcome", "why"), rows)


def _effects(found: list[MomentEffect]) -> None:
    rows = []
    for one in found:
        low, high = one.interval_minor or (None, None)
        interval = "too few" if low is None or high is None else f"{_money(low, one)} to {_money(high, one)}"
        rows.append(
            (
                one.moment if one.customers == "all" else one.customers.replace("_", " "),
                str(one.acted_on),
                str(one.held_out),
                _money(one.difference_minor, one),
                interval,
                _money(one.earned_minor, one),
            )
        )
    print_table(("moment or customers", "decided", "held out", "earns each", "95 % interval", "earned"), rows)


def _money(minor: float, effect: MomentEffect) -> str:
    return format_amount(round(minor), effect.currency or "EUR")


def insight(
    customer: Annotated[str | None, typer.Argument(help="Id of the customer; none: the shop's segments.")] = None,
    rank: Annotated[
        str | None, typer.Option(help="Who comes first by a forecast: buys_7_days, leaves or dissatisfied.")
    ] = None,
    limit: LimitOption = 20,
    language: Annotated[str, typer.Option(help="Language of the reasons: en, zh.")] = "en",
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """What a customer will probably do, and why; or the shop's segments. Needs "beforehand train insight" first."""
    if customer is not None and rank is not None:
        raise typer.BadParameter("--rank lists customers; leave the customer out")
    with open_shop(config, demo=demo_shop) as shop:
        if customer is not None:
            found = shop.insight.customer(customer)
            print_json(found) if as_json else _foresee(found, language)
        elif rank is not None:
            ranked = shop.insight.rank(rank, limit)
            print_json(ranked) if as_json else _rank(ranked)
        else:
            segments = shop.insight.segments()
            print_json(segments) if as_json else _segments(segments, language)


def _foresee(found: CustomerInsight, language: str) -> None:
    value = found.value.words(language) if found.value is not None else ""
    print_facts({"customer": found.customer_id, "segment": found.segment_name(language), "value": value})
    if found.withheld:
        out().print("This customer does not allow the use of his history: nothing is foreseen.")
    for prediction in found.predictions:
        out().print("")
        of = f" [{prediction.subject}]" if prediction.subject else ""
        out().print(prediction.words(language) + of, markup=False)
        for reason in prediction.reasons:
            out().print(f"  - {reason.words(language)}", markup=False)


def _rank(ranked: list[Ranked]) -> None:
    print_table(("customer", "probability"), [(one.customer_id, f"{one.probability:.0%}") for one in ranked])


def _segments(segments: list[SegmentSummary], language: str) -> None:
    rows = [
        (
            one.name(language),
            str(one.customers),
            f"{one.share:.0%}",
            f"{one.revenue_share:.0%}",
            f"{one.mean_purchases:.1f}",
            format_amount(one.mean_spent_minor, one.currency),
        )
        for one in segments
    ]
    print_table(("segment", "customers", "share", "of revenue", "purchases each", "spent each"), rows)


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
