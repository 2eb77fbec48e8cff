"""Whole conversations with the built-in model over the demo shop, written down as Markdown: ``docs/transcripts/``.

``python -m benchmarks.transcripts`` plays them and writes the files; a test plays them again and compares kinds, facts
and what was done, not the wording. What each customer says stands in ``docs/transcripts/conversations.yaml``.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from agent import Agent, AgentSettings, Reply, Session
from encoders import EncoderSettings, TextEncoder
from retrieval import ProductSearch, Recommender, RetrievalSettings
from store import Database, FixedClock
from store.demo import build_demo
from store.schema import Customer, Order, OrderLine, Payment, PaymentMethod, Product, Proposal, Shipment, Variant

FOLDER = Path(__file__).parent.parent / "docs" / "transcripts"
_NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_SCALE = 0.05
_FACT = re.compile(r"#[A-Z]\w+|[€$£¥]\d[\d,]*(?:\.\d+)?")
_TITLE = {"en": "Customer", "zh": "顾客"}, {"en": "Shop", "zh": "商店"}
_ORDERS = (
    # Last digit of the id, status, days since it was placed, variants with how many of each.
    (1, "delivered", 9, (("P10011-3", 1), ("P10019-3", 1))),
    (2, "pending", 0, (("P10007-1", 1), ("P10030-2", 2))),
    (3, "shipped", 8, (("P10050-1", 1),)),
)


class Conversation(BaseModel):
    """One customer's side of a conversation."""

    model_config = ConfigDict(extra="forbid")

    name: str
    """File name, and what it shows."""
    language: str
    about: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """A conversation as it went."""

    conversation: Conversation
    replies: tuple[Reply, ...]
    done: tuple[str, ...]
    """What was done to the customer's records: operation, order and state, in order."""

    def facts(self) -> list[str]:
        """Per turn what a wording may not change: kind, order ids, amounts, products."""
        return [_facts_of(reply) for reply in self.replies]


def conversations() -> list[Conversation]:
    rows = yaml.safe_load((FOLDER / "conversations.yaml").read_text(encoding="utf-8"))
    return [Conversation.model_validate(row) for row in rows]


@contextmanager
def demo_agent(folder: Path) -> Iterator[tuple[Agent, Database]]:
    """The demo shop in small, with a customer of his own for each conversation, and the agent over it."""
    clock = FixedClock(_NOW)
    database = Database.open(f"sqlite:///{folder / 'shop.sqlite'}")
    build_demo(database, folder, seed=0, now=_NOW, scale=_SCALE)
    for one in conversations():
        _add_customer(database, one)
    encoder = TextEncoder.load(EncoderSettings(threads=1))
    search = ProductSearch(database, encoder, RetrievalSettings())
    adviser = Recommender(database, search, RetrievalSettings(), clock)
    settings = AgentSettings(policy="demo", help_pages="demo")
    agent = Agent(
        database, products=search, recommender=adviser, encoder=encoder, settings=settings, clock=clock,
        shop_name="the demo shop",
    )  # fmt: skip
    try:
        yield agent, database
    finally:
        agent.close()
        database.close()


def _add_customer(database: Database, conversation: Conversation) -> None:
    number = f"{1 + [one.name for one in conversations()].index(conversation.name):02}"
    customer, card = conversation.name, f"card_{number}"
    address = {"address1": "Elm Street 12", "city": "Bonn", "zip": "53111", "country": "DE"}
    with database.write() as records:
        methods = [
            PaymentMethod(id=card, kind="credit_card", brand="visa", last_four="4242"),
            PaymentMethod(id=f"gift_{number}", position=1, kind="gift_card", balance_minor=6000, currency="EUR"),
        ]
        records.add(
            Customer(id=customer, first_name="Robin", language=conversation.language, country="DE", address=address,
                     payment_methods=methods)
        )  # fmt: skip
        for last, status, days, variants in _ORDERS:
            placed = _NOW - timedelta(days=days, hours=1)
            lines = [_line(records.get(Variant, one), count, at) for at, (one, count) in enumerate(variants)]
            for line in lines:
                product = records.get(Product, line.product_id)
                line.title = product.title if product else ""
            total = sum(one.quantity * one.unit_price_minor for one in lines)
            parcel = Shipment(
                position=0, status=status, carrier="DHL", tracking_ids=[f"TR{number}{last}55"],
                promised_at=placed + timedelta(days=5), shipped_at=placed + timedelta(days=1),
                delivered_at=placed + timedelta(days=4) if status == "delivered" else None,
            )  # fmt: skip
            records.add(
                Order(
                    id=f"#T{number}{last}", customer_id=customer, position=last, status=status, currency="EUR",
                    placed_at=placed, address=address, lines=lines,
                    payments=[
                        Payment(position=0, kind="payment", amount_minor=total, currency="EUR", method_id=card)
                    ],
                    shipments=[] if status == "pending" else [parcel],
                )
            )  # fmt: skip


def _line(variant: Variant | None, quantity: int, position: int) -> OrderLine:
    assert variant is not None
    return OrderLine(
        position=position, product_id=variant.product_id, variant_id=variant.id, options=dict(variant.options),
        quantity=quantity, unit_price_minor=variant.price_minor or 0, title="",
    )  # fmt: skip


def play(agent: Agent, database: Database, conversation: Conversation) -> Played:
    session = Session.for_customer(conversation.name, conversation.language)
    room = agent.start(session)
    replies = tuple(agent.reply(session, said, room) for said in conversation.says)
    with database.read() as records:
        rows = records.scalars(
            select(Proposal)
            .where(Proposal.customer_id == conversation.name, Proposal.state.in_(("done", "waiting")))
            .order_by(Proposal.created_at, Proposal.confirmed_at, Proposal.id)
        )
        done = sorted(f"{row.operation} {row.consequences.get('order_id') or ''} {row.state}" for row in rows)
    return Played(conversation, replies, tuple(done))


def _facts_of(reply: Reply) -> str:
    told = sorted(set(_FACT.findall(reply.text)))
    return " ".join([reply.kind, *told, *sorted(card.id for card in reply.products)])


def written(played: Played) -> str:
    """The Markdown of one conversation; the facts that the test compares stand in comments."""
    one = played.conversation
    customer, shop = (names[one.language] for names in _TITLE)
    lines = [f"# {one.about}", ""]
    for said, reply, facts in zip(one.says, played.replies, played.facts(), strict=True):
        told = reply.text.replace("\n", "  \n") or ("(a colleague has the conversation)")
        lines += [f"**{customer}:** {said}", "", f"**{shop}:** {told}", ""]
        lines += [f"- {option}" for option in reply.options] + ([""] if reply.options else [])
        lines += [f"<!-- {facts} -->", ""]
    lines += [f"Done: {'; '.join(played.done) or 'nothing'}.", ""]
    return "\n".join(lines)


def facts_written(conversation: Conversation) -> tuple[list[str], str]:
    """The facts in the conversation's file, and what was done."""
    text = (FOLDER / f"{conversation.name}.md").read_text(encoding="utf-8")
    done = re.search(r"^Done: (.*)\.$", text, re.M)
    return re.findall(r"^<!-- (.*) -->$", text, re.M), done[1] if done else ""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, demo_agent(Path(folder)) as (agent, database):
        for one in conversations():
            played = play(agent, database, one)
            (FOLDER / f"{one.name}.md").write_text(written(played), encoding="utf-8")
            print(f"{one.name}: {'; '.join(played.done) or 'nothing done'}")


if __name__ == "__main__":
    main()
