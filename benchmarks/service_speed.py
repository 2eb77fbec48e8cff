"""How long a turn of the built-in model takes on the demo shop: alone, by stage, and with fifty customers at once."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from sqlalchemy import select

from agent import Session
from agent.builtin_model import BuiltinChatModel
from agent.desk import Desk
from beforehand import Shop
from store.schema import Order

from .frame import Figures

SAID = {
    "en": (
        "Hello", "Where is my last order?", "I want to return something from my last order", "yes", "no, leave it",
        "do you have a waterproof jacket under 100 euros", "what do reviewers say about the first one?",
        "how long do I have to return something?", "cancel my pending order, I don't need it any more", "no",
        "can you recommend something for me?", "I'd like to change the address of my order", "forget it",
        "exchange the first item for a bigger one", "never mind", "thanks, bye",
    ),
    "zh": (
        "你好", "我最近的订单到哪了？", "我想退货", "不用了", "有没有100欧以下的防水外套", "第一款的评价怎么样？",
        "退货期限是多久？", "帮我取消没发货的订单，不需要了",
        "算了", "推荐点东西", "我想改一下收货地址", "不改了", "谢谢",
    ),
}  # fmt: skip
_CUSTOMERS = 12
_CROWD = 50
_CROWD_S = 300.0
_THINKS_S = (4.0, 12.0)
"""A customer reads and types between two messages for so long."""
_FAILED = ("Something went wrong", "我们这边出了点问题")


def turn_times(figures: Figures, *, quick: bool) -> None:
    """Median and 95th percentile of a turn, what its stages take, and an empty LangGraph loop beside it."""
    with tempfile.TemporaryDirectory() as folder, _demo(folder, quick) as shop:
        customers = _customers(shop, 2 if quick else _CUSTOMERS)
        _conversation(shop, *customers[0])  # everything loads with the first turns
        spent: dict[str, float] = {}
        times: list[float] = []
        with _timed(BuiltinChatModel, "answer", "model", spent), _timed(Desk, "_give", "tools", spent):
            for customer, language in customers:
                times += _conversation(shop, customer, language)
        figures.add("turn_p50_ms", float(np.percentile(times, 50)))
        figures.add("turn_p95_ms", float(np.percentile(times, 95)))
        whole = sum(times)
        shares = {name: 1000 * took / whole for name, took in spent.items()}
        rest = 1 - sum(shares.values())
        told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        figures.note(f"{len(times)} turns; of their time {told}, loop, record and checks {rest:.0%}")
    figures.add("empty_loop_p50_ms", float(np.percentile(_empty_loop(200), 50)))


def crowd(figures: Figures, *, quick: bool) -> None:
    """Fifty customers at once for five minutes; what failed or got mixed up, and the 95th percentile of a turn."""
    seconds = 15.0 if quick else _CROWD_S
    with tempfile.TemporaryDirectory() as folder, _demo(folder, quick) as shop:
        customers = _customers(shop, _CROWD)
        orders = _orders(shop)
        _conversation(shop, *customers[0])
        until = time.monotonic() + seconds
        lock = threading.Lock()
        times: list[float] = []
        errors: list[str] = []

        def live(customer: str, language: str) -> None:
            draw = random.Random(customer)
            time.sleep(draw.uniform(0, _THINKS_S[1]))
            session = Session.for_customer(customer, language)
            room = shop.agent.start(session)
            strangers = [one for owner, own in orders.items() if owner != customer for one in own]
            while time.monotonic() < until:
                said = draw.choice(SAID[language])
                started = time.perf_counter()
                try:
                    text = shop.agent.reply(session, said, room).text
                    problem = "failed" if text.startswith(_FAILED) else ""
                    problem = problem or next((f"shows {one}" for one in strangers if one in text), "")
                except Exception as error:  # noqa: BLE001 - what is counted here
                    problem = f"{type(error).__name__}: {error}"
                with lock:
                    times.append(1000 * (time.perf_counter() - started))
                    if problem:
                        errors.append(f"{customer}, {said!r}: {problem}")
                time.sleep(draw.uniform(*_THINKS_S))

        threads = [threading.Thread(target=live, args=one) for one in customers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        figures.add("crowd_errors", float(len(errors)))
        figures.add("crowd_p95_ms", float(np.percentile(times, 95)))
        figures.note(
            f"{len(customers)} customers for {seconds:.0f} s, {_THINKS_S[0]:.0f} to {_THINKS_S[1]:.0f} s between two "
            f"messages of one: {len(times)} turns, median {np.percentile(times, 50):.0f} ms"
        )
        for one in errors[:5]:
            figures.note(one)


@contextmanager
def _demo(folder: str, quick: bool) -> Iterator[Shop]:
    shop = Shop.demo(Path(folder) / "shop", scale=0.1 if quick else 1.0)
    try:
        yield shop
    finally:
        shop.close()


def _customers(shop: Shop, number: int) -> list[tuple[str, str]]:
    """Customers with most orders, half of them writing Chinese."""
    ranked = sorted(_orders(shop).items(), key=lambda one: (-len(one[1]), one[0]))
    return [(customer, "zh" if place % 2 else "en") for place, (customer, _) in enumerate(ranked[:number])]


def _orders(shop: Shop) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with shop.database.read() as records:
        for customer, order in records.execute(
            select(Order.customer_id, Order.id).where(Order.customer_id.is_not(None))
        ):
            found.setdefault(str(customer), []).append(str(order))
    return found


def _conversation(shop: Shop, customer: str, language: str) -> list[float]:
    """Milliseconds of each turn of one conversation."""
    session = Session.for_customer(customer, language)
    room = shop.agent.start(session)
    times = []
    for said in SAID[language]:
        started = time.perf_counter()
        shop.agent.reply(session, said, room)
        times.append(1000 * (time.perf_counter() - started))
    return times


@contextmanager
def _timed(owner: type, name: str, stage: str, spent: dict[str, float]) -> Iterator[None]:
    """Add the seconds that a method takes to ``spent``."""
    plain: Callable[..., Any] = getattr(owner, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return plain(*args, **kwargs)
        finally:
            spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - started

    with patch.object(owner, name, timed):
        yield


def _empty_loop(times: int) -> list[float]:
    """Milliseconds of a LangGraph agent whose model answers at once and has no tools."""
    from langchain.agents import create_agent
    from langchain_core.language_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage, HumanMessage
    from langgraph.checkpoint.memory import InMemorySaver

    took = []
    for at in range(times):
        model = GenericFakeChatModel(messages=iter([AIMessage("ok")]))
        started = time.perf_counter()
        loop = create_agent(model, [], checkpointer=InMemorySaver())
        loop.invoke({"messages": [HumanMessage("hello")]}, {"configurable": {"thread_id": str(at)}})
        took.append(1000 * (time.perf_counter() - started))
    return took
