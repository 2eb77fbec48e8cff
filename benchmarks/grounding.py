"""Grounding: does any false fact reach the customer, and are true replies let through?

A scripted model looks a customer's orders, products and reviews up through the agent's own tools and then says
sentences made from them: true ones, and ones with one fact changed (price, date, id, name, status, number, promise;
mostly the value of another record that was looked up too; or two values swapped). Each goes through the whole loop. A
lie has passed when the false sentence stands in the reply; a true reply is a false alarm when a word of it is missing.
Files given by ``--data`` are JSON lines with ``text``, ``lie`` (0 or 1), ``evidence`` (rows), ``asked``, ``today``.
"""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select

from agent import Agent, AgentSettings, EvidenceItem, Session
from agent.facts import OrderFacts, ProductFacts, ReviewFacts
from agent.grounding import check_reply
from store import Database, FixedClock
from store.demo import build_demo
from store.schema import Customer, Order

from .frame import Figures, Options, bootstrap
from .lies import Lie, make_lie
from .scripted_model import ScriptedChatModel
from .statements import Slot, Statement, World, statements

KEYS = ("lies_total", "lies_passed", "true_total", "false_alarm_rate")
_TOTAL = 2000
_QUICK = 200
_KINDS = (
    "amount",
    "amount",
    "date",
    "date",
    "id",
    "name",
    "name",
    "status",
    "status",
    "number",
    "text",
    "swap",
    "swap",
    "promise",
)
_PER_CONVERSATION = 20
_HARMLESS = {
    "en": (
        "Thank you for asking!",
        "Let me know if you need anything else.",
        "Happy to help.",
        "I looked that up for you.",
        "",
    ),
    "zh": ("感谢您的咨询！", "还有什么可以帮您的吗？", "", ""),
}
_NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def run(options: Options) -> Figures:
    figures = Figures()
    if options.data:
        for file in options.data:
            _from_file(figures, file)
        return figures
    total = _QUICK if options.quick else _TOTAL
    with tempfile.TemporaryDirectory() as folder:
        found = _talk(Path(folder), total, options.seed)
    _tell(figures, found)
    return figures


@dataclass
class _Found:
    """What came of the replies."""

    lies: list[tuple[Lie, bool]] = field(default_factory=list)
    """Each lie, and whether it passed."""
    truths: list[tuple[str, bool]] = field(default_factory=list)
    """Each true reply, and whether any of it was withheld."""


def _talk(folder: Path, total: int, seed: int) -> _Found:
    clock = FixedClock(_NOW)
    database = Database.open(f"sqlite:///{folder / 'shop.sqlite'}")
    build_demo(database, folder, seed=seed, now=clock(), scale=0.3)
    model = ScriptedChatModel()
    agent = Agent(
        database,
        products=None,
        recommender=None,
        encoder=None,
        settings=AgentSettings(max_history=120),
        clock=clock,
        chat_model=model,
    )
    draw, found = random.Random(seed), _Found()
    try:
        customers = _customers(database, draw)
        while len(found.lies) < total or len(found.truths) < total:
            clock.advance(timedelta(minutes=1))
            customer, language = customers[draw.randrange(len(customers))]
            session = Session(customer, language=language)
            _one_conversation(agent, model, session, language, draw, found, total)
    finally:
        agent.close()
        database.close()
    return found


def _customers(database: Database, draw: random.Random) -> list[tuple[str, str]]:
    """Customers with two to eight orders, and a language for each."""
    with database.read() as records:
        asked = (
            select(Customer.id)
            .join(Order, Order.customer_id == Customer.id)
            .group_by(Customer.id)
            .having(func.count().between(2, 8))
            .order_by(Customer.id)
        )
        ids = list(records.scalars(asked))
    return [(one, "zh" if draw.random() < 0.3 else "en") for one in ids]


def _one_conversation(
    agent: Agent,
    model: ScriptedChatModel,
    session: Session,
    language: str,
    draw: random.Random,
    found: _Found,
    total: int,
) -> None:
    conversation = agent.start(session)
    world = _look_up(agent, model, session, conversation, language)
    made = statements(world, language, draw)
    if len(made) < 4:
        return
    pool = [slot for one in made for slot in one.slots if not slot.names]
    for _ in range(_PER_CONVERSATION):
        if len(found.truths) < total:
            text = _reply_of(draw.sample(made, draw.randint(1, 3)), language, draw)
            said = _say(agent, model, session, conversation, text, language)
            found.truths.append((text, _squeezed(said) != _squeezed(text)))
        if len(found.lies) < total and (lie := _lie(made, pool, language, draw)) is not None:
            said = _say(agent, model, session, conversation, lie.text, language)
            found.lies.append((lie, _squeezed(lie.sentence) in _squeezed(said)))


def _lie(made: Sequence[Statement], pool: Sequence[Slot], language: str, draw: random.Random) -> Lie | None:
    kind = draw.choice(_KINDS)
    order = draw.sample(made, len(made))
    lie = next((one for statement in order if (one := make_lie(statement, pool, draw, kind)) is not None), None)
    if lie is None:
        return None
    around = _reply_of(draw.sample(made, draw.randint(0, 1)), language, draw)
    gap = "" if language == "zh" else " "
    text = f"{around}{gap}{lie.text}".strip()
    return Lie(text, lie.kind, lie.source, lie.sentence)


def _reply_of(chosen: Sequence[Statement], language: str, draw: random.Random) -> str:
    gap = "" if language == "zh" else draw.choice((" ", " ", "\n"))
    parts = [one.text for one in chosen]
    if parts and draw.random() < 0.3:
        parts.insert(draw.choice((0, len(parts))), draw.choice(_HARMLESS[language]))
    return gap.join(part for part in parts if part)


def _look_up(agent: Agent, model: ScriptedChatModel, session: Session, conversation: str, language: str) -> World:
    """The model calls the tools; what they returned comes back as facts."""
    steps: list[list[tuple[str, dict[str, Any]]]] = [[("get_orders", {})]]
    results: dict[str, list[dict[str, Any]]] = {"get_orders": [], "get_product": [], "summarise_reviews": []}

    def script(messages: Sequence[Any], tools: Sequence[Any]) -> str | list[tuple[str, dict[str, Any]]]:
        for message in messages:
            if message.type == "tool" and message.name in results:
                data = json.loads(str(message.content))
                if data not in results[message.name] and "problem" not in data:
                    results[message.name].append(data)
        if steps:
            return steps.pop()
        if results["get_orders"] and not results["get_product"]:
            ids = [
                line["product_id"] for order in results["get_orders"][0].get("orders", ()) for line in order["lines"]
            ]
            chosen = list(dict.fromkeys(ids))[:4]
            if chosen:
                return [(tool, {"product_id": one}) for one in chosen for tool in ("get_product", "summarise_reviews")]
        return "Done." if language == "en" else "好的。"

    model.follow(script)
    reply = agent.reply(session, "Hello" if language == "en" else "你好", conversation)
    # The model sees the address masked; what it says is unmasked again.
    addresses = {one.record: one.value for one in reply.evidence if one.field == "address"}
    orders = [
        OrderFacts.model_validate({**one, "address": addresses.get(f"order:{one['order_id']}", "")})
        for one in (results["get_orders"] or [{}])[0].get("orders", ())
    ]
    products = [ProductFacts.model_validate(one) for one in results["get_product"]]
    return World(
        orders,
        [one.model_copy(update={"price_minor": _minor(one.price)}) for one in products],
        [ReviewFacts.model_validate(one) for one in results["summarise_reviews"]],
        None,
    )


def _minor(price: str | None) -> int | None:
    digits = "".join(sign for sign in price or "" if sign.isdigit())
    return int(digits) if digits else None


def _say(agent: Agent, model: ScriptedChatModel, session: Session, conversation: str, text: str, language: str) -> str:
    model.follow(lambda messages, tools: text)
    return agent.reply(session, "Please tell me." if language == "en" else "请告诉我。", conversation).text


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _tell(figures: Figures, found: _Found) -> None:
    passed = [lie for lie, through in found.lies if through]
    alarms = np.array([withheld for _, withheld in found.truths], dtype=float)
    figures.add("lies_total", float(len(found.lies)))
    figures.add("lies_passed", float(len(passed)))
    figures.add("true_total", float(len(alarms)))
    figures.add(
        "false_alarm_rate", float(alarms.mean()), bootstrap(lambda rows: float(alarms[rows].mean()), len(alarms))
    )
    kinds = Counter(lie.kind for lie, _ in found.lies)
    sources = Counter(lie.source for lie, _ in found.lies)
    figures.note("Lies by what was changed: " + ", ".join(f"{name} {count}" for name, count in sorted(kinds.items())))
    figures.note(
        "By where the false value came from: " + ", ".join(f"{name} {count}" for name, count in sorted(sources.items()))
    )
    for lie in passed[:20]:
        print(f"  passed ({lie.kind}, {lie.source}): {lie.text}")
    for text, withheld in found.truths:
        if withheld:
            print(f"  withheld: {text!r}")


def _from_file(figures: Figures, file: Path) -> None:
    lies = passed = true = alarms = 0
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
        for line in lines:
            row = json.loads(line)
            items = [EvidenceItem(number=at, **one) for at, one in enumerate(row["evidence"], 1)]
            today = date.fromisoformat(row.get("today", _NOW.date().isoformat()))
            caught = any(
                one.problem for one in check_reply(row["text"], items, asked=row.get("asked", ""), today=today)
            )
            lies, passed = lies + row["lie"], passed + (row["lie"] and not caught)
            true, alarms = true + (not row["lie"]), alarms + (not row["lie"] and caught)
    stem = file.name.split(".")[0]
    values = {"lies_total": lies, "lies_passed": passed, "true_total": true, "false_alarm_rate": alarms / max(true, 1)}
    for key, value in values.items():
        figures.add(f"{stem}_{key}", float(value))
