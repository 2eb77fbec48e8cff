"""Three stories of acting first, lived through by the real engine and written down as ``docs/stories.md``.

    python -m benchmarks.acting_stories docs/stories.md

A cart saved without a discount; a late parcel told of, with an apology, before the customer asks; a sure buyer left
alone.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agent import DecidingSettings, OfferSettings, Proactive, ProactiveSettings
from agent.customer_view import answer_about_messages
from store import Database, FixedClock, format_amount
from store.schema import (
    Conversation,
    Customer,
    Decision,
    Event,
    Message,
    Order,
    OrderLine,
    Product,
    Review,
    Shipment,
    Tally,
    Variant,
)

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SETTINGS = ProactiveSettings(
    holdout_share=0.0,
    deciding=DecidingSettings(exploration=0.0),
    offers=OfferSettings(enabled=True, budget_minor=50_000, margin_floor=0.15),
)


@dataclass
class Story:
    """A shop with one customer, and what is written down of it."""

    title: str
    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    lines: list[str] = field(default_factory=list)
    actions: list[tuple[str, str]] = field(default_factory=list)
    """(moment, action) of every decision, in order."""
    _count: int = 0

    def __post_init__(self) -> None:
        self.proactive = Proactive(self.database, settings=SETTINGS, clock=self.clock)
        with self.database.write() as records:
            for name, title, price, cost in (
                ("boots", "Fell Runner Trail Shoes", 11_900, 6_400),
                ("lamp", "Harbour Reading Lamp", 4_900, 2_100),
            ):
                variant = Variant(id=f"{name}-1", currency="EUR", price_minor=price, cost_minor=cost, stock=7)
                records.add(Product(id=name, title=title, variants=[variant]))
            for number, text in enumerate(
                ("They hold on wet rock and dry overnight.", "True to size, and light.", "Worth it for long days.")
            ):
                records.add(
                    Review(id=f"r{number}", product_id="boots", stars=5, text=text, language="en", written_at=START)
                )

    def note(self, text: str) -> None:
        self.lines.append(f"- {self.clock():%a %H:%M} {text}")

    def customer(self, name: str) -> None:
        with self.database.write() as records:
            records.add(Customer(id=name, first_name=name, created_at=START - timedelta(days=300)))

    def did(self, kind: str, name: str, product: str | None = None, **more: Any) -> None:
        self._count += 1
        variant = f"{product}-1" if product else None
        with self.database.write() as records:
            records.add(
                Event(
                    id=f"e{self._count}",
                    kind=kind,
                    at=self.clock(),
                    customer_id=name,
                    product_id=product,
                    variant_id=variant,
                    currency="EUR",
                    **more,
                )
            )

    def ordered(self, order_id: str, name: str, product: str, days_ago: float = 0.0, **more: Any) -> None:
        with self.database.write() as records:
            goods = records.get_one(Product, product)
            price = goods.variants[0].price_minor or 0
            line = OrderLine(
                position=0,
                product_id=product,
                variant_id=f"{product}-1",
                title=goods.title,
                unit_price_minor=price,
            )
            records.add(
                Order(
                    id=order_id,
                    customer_id=name,
                    status=more.pop("status", "delivered"),
                    currency="EUR",
                    placed_at=self.clock() - timedelta(days=days_ago),
                    lines=[line],
                    **more,
                )
            )

    def wait(self, **time: float) -> None:
        """Time passes; the shop looks every ten minutes, as its worker does more often."""
        until = self.clock() + timedelta(**time)
        while self.clock() < until:
            self.clock.advance(min(timedelta(minutes=10), until - self.clock()))
            for one in self.proactive.tick():
                self.actions.append((one.moment, one.action))
                self.note(f"**decided** `{one.moment}` → `{one.action}`: {one.reason}.")
                self.lines += [
                    f"  - {'could' if other.eligible else 'could not'} `{other.action}`"
                    f" ({other.score / 100:+.2f}): {other.why}"
                    for other in one.candidates
                ]
                if one.text is not None:
                    self.note(f"**shop:** {one.text}")

    def says(self, name: str, text: str) -> None:
        """The customer writes in the chat, and is answered from the ledger."""
        self.note(f"**{name}:** {text}")
        message = Message(text=text, at=self.clock())
        told = answer_about_messages(self.database, name, message, "en")
        self.note(f"**shop:** {told}")

    def ends(self) -> None:
        """What stands in the ledger at the end."""
        with self.database.read() as records:
            for row in records.scalars(select(Decision).order_by(Decision.at)):
                reward = "open" if row.reward_minor is None else format_amount(row.reward_minor, "EUR")
                self.lines.append(f"- In the ledger: `{row.action}`, outcome {row.outcome}, reward {reward}.")
            for tally in records.scalars(select(Tally).where(Tally.name.startswith("silence"))):
                _, moment, rule = tally.name.split(":")
                self.lines.append(f"- Counted: silent at `{moment}` because of `{rule}`, {tally.count} time.")
            if not records.scalar(select(Conversation.id).limit(1)):
                self.lines.append("- No message was sent.")


def saved_cart(story: Story) -> None:
    """Somebody hesitates, is answered with what reviewers write, and buys at the full price."""
    story.customer("Mara")
    for _ in range(4):
        story.did("view", "Mara", "boots", value_minor=11_900)
        story.wait(minutes=10)
    story.note("Mara has opened the Fell Runner Trail Shoes four times and now puts them into the cart.")
    story.did("cart_add", "Mara", "boots", quantity=1, value_minor=11_900)
    story.wait(minutes=70)
    story.wait(hours=2)
    story.note("Mara orders the shoes. No discount was given.")
    story.ordered("#S1", "Mara", "boots")
    story.did("purchase", "Mara", order_id="#S1")
    story.wait(days=4)
    story.ends()


def late_parcel(story: Story) -> None:
    """The promised day passes; the shop says so first."""
    story.customer("Jonas")
    promised = story.clock() + timedelta(hours=8)
    parcel = Shipment(position=0, status="in transit", promised_at=promised, shipped_at=START - timedelta(days=3))
    story.ordered("#S2", "Jonas", "lamp", 5, status="shipped", shipments=[parcel])
    story.note("Order #S2 is promised for today, 18:00 UTC. It does not come.")
    story.wait(hours=24)
    story.says("Jonas", "Why did I get this message?")
    story.says("Jonas", "Less of this, please.")
    story.wait(days=8)
    story.ends()


def sure_buyer(story: Story) -> None:
    """A regular leaves a cart: a reminder, let alone a discount, would only cost."""
    story.customer("Ines")
    for number, days in enumerate((75, 48, 30, 12)):
        story.ordered(f"#O{number}", "Ines", "lamp", days)
    story.note("Ines, who has ordered four times in 90 days, puts the shoes into the cart and goes.")
    story.did("cart_add", "Ines", "boots", quantity=1, value_minor=11_900)
    story.wait(hours=3)
    decision = story.proactive.decide("Ines")
    story.note(f"Asked why, the engine says: {decision.reason}.")
    story.wait(hours=3)
    story.note("Ines comes back and orders at the full price.")
    story.ordered("#S3", "Ines", "boots")
    story.did("purchase", "Ines", order_id="#S3")
    story.wait(days=4)
    story.ends()


STORIES: Sequence[tuple[str, Callable[[Story], None]]] = (
    ("A cart saved without a discount", saved_cart),
    ("A late parcel, told of before the customer asks", late_parcel),
    ("A sure buyer left alone", sure_buyer),
)


def live() -> list[Story]:
    """Live all three, each in a shop of its own."""
    lived = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (title, tell) in enumerate(STORIES):
            database = Database.open(f"sqlite:///{folder}/{number}.db")
            story = Story(title, database)
            tell(story)
            database.close()
            lived.append(story)
    return lived


def written(stories: Sequence[Story]) -> str:
    """The page."""
    parts = [
        "# Three stories\n\nMade by the code itself: `python -m benchmarks.acting_stories docs/stories.md`. The amounts"
        " beside the options are the\nexpected profit beyond silence, in EUR. Offers were allowed in all three.\n"
    ]
    parts += [f"\n## {one.title}\n\n" + "\n".join(one.lines) + "\n" for one in stories]
    return "".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(written(live()), encoding="utf-8")
