"""A shop that needs no model and no database: it says what it is told to say."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import ProductCard, Progress, Reply, Sentence
from sentiment import AspectFinding, MonthShare, Quote, ReviewFindings, ScoreProgress, ScoreReport
from store import InputError, NotFound
from ui.chat_view import Kept, Seen, Shopper
from ui.order_timeline import OrderTimeline, Step
from ui.page_events import Visitor

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Said = Progress | Sentence | Reply


def card(product_id: str = "P1", title: str = "Trail shoe", **changes: object) -> ProductCard:
    values: dict[str, object] = {
        "id": product_id, "title": title, "price_minor": 7990, "currency": "EUR", "image": None, "rating": 4.25,
        "review_count": 12, "why": "Because you looked at Rain jacket", "in_stock": True,
    }  # fmt: skip
    return ProductCard(**(values | changes))  # type: ignore[arg-type]


@dataclass
class FakeDoor:
    """Implements ``ui.page.PageDoor``. ``script`` holds what the agent says, turn by turn."""

    script: list[list[Said | Exception]] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    people: tuple[Shopper, ...] = (Shopper("C1", "Emma", "en"), Shopper("C2", "王小雨", "zh"))
    conversation: str = "conv"

    def shopper(self, customer_id: str) -> Shopper:
        for one in self.people:
            if one.id == customer_id:
                return one
        raise NotFound("there is no such customer", value=customer_id)

    def shoppers(self, language: str) -> list[tuple[str, str]]:
        return [(one.name, one.id) for one in self.people]

    def messages(self, customer_id: str, seen: Seen) -> tuple[Seen, Sequence[Kept]]:
        after = seen.position if seen.conversation_id == self.conversation else -1
        return Seen(self.conversation, len(self.kept) - 1), self.kept[after + 1 :]

    def orders(self, customer_id: str, texts: Sequence[str], language: str) -> Sequence[tuple[OrderTimeline, ...]]:
        placed = OrderTimeline("#W1", ("Trail shoe",), (Step("placed", "done", AT), Step("sent", "now")))
        return [(placed,) if "#W1" in text else () for text in texts]

    def keep(self, role: str, text: str, kind: str = "answer", cards: tuple[ProductCard, ...] = ()) -> str:
        message_id = f"m{len(self.kept)}"
        self.kept.append(Kept(message_id, role, text, kind, AT, cards))
        return message_id

    def stream(self, text: str, customer_id: str, language: str) -> Iterator[Said]:
        self.asked.append((text, customer_id, language))
        self.keep("customer", text)
        for event in self.script.pop(0):
            if isinstance(event, Exception):
                raise event
            if isinstance(event, Reply) and event.message_id is None and event.text:
                message_id = self.keep("assistant", event.text, event.kind, event.products)
                event = Reply(
                    event.text, event.kind, event.options, event.proposal_id, (), event.products, "conv", message_id
                )
            yield event

    def visitor(self, request: Any) -> Visitor:
        return Visitor(request.query_params.get("customer"))

    def score(
        self, source: Path, target: Path, text_column: str | None, progress: Callable[[ScoreProgress], None]
    ) -> ScoreReport:
        """Reads CSV; "good" is positive, "bad" negative, everything else neutral, an empty text is rejected."""
        with source.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        column = text_column or "text"
        if rows and column not in rows[0]:
            raise InputError("the file has no such column", value=column, allowed=rows[0])
        counts: Counter[str] = Counter()
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*rows[0], "sentiment", "sentiment_stars"])
            writer.writeheader()
            for number, row in enumerate(rows, 1):
                name, stars = next(
                    ((name, stars) for word, name, stars in _WORDS if word in row[column]), ("neutral", 3.0)
                )
                counts[name] += 1
                writer.writerow({**row, "sentiment": name, "sentiment_stars": stars})
                progress(ScoreProgress(number, 0, 100.0, number / len(rows), 0.0))
        return ScoreReport(len(rows), 0, 0, 0.5, column, dict(counts), str(target), None)

    def categories(self) -> Sequence[str]:
        return ("Shoes",)

    def findings(self, category: str | None) -> ReviewFindings:
        months = (MonthShare("2026-01", 10, 0.3, 0.1, 0.6), MonthShare("2026-02", 8, 0.5, 0.2, 0.8))
        quote = Quote("R7", "The <b>sole</b> came off", "negative", 1.0)
        sole = AspectFinding("sole", 18, 7, 11, 0.42, 0.2, 0.6, (quote,), months)
        laces = AspectFinding("laces", 5, 1, 4, 0.1, -0.1, 0.3, (), months[:1])
        return ReviewFindings(40, 3.9, 0.2, () if category else (sole, laces))


_WORDS = (("good", "positive", 4.8), ("bad", "negative", 1.2))


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


@pytest.fixture
def make_card() -> Callable[..., ProductCard]:
    return card
