"""The shop's server under load, as other programs meet it: chats, events and searches over HTTP, a batch being scored.

The server is ``beforehand serve`` in a process of its own; this process plays everybody else. A request that fails is
an error; an event that was told to be in and is not, or a customer's message without a reply in the record, is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import yaml
from sqlalchemy import func, select

from beforehand import Shop
from store import BeforehandError
from store.schema import Event, Message, Order, Product, Review

from .frame import Figures, Options
from .service_speed import SAID

KEYS = ("requests", "errors", "lost", "chat_p95_ms", "search_p95_ms", "events_per_s", "rss_growth_mb")
_CHATS, _PAUSE_S, _LOOK_S = 100, 30.0, 5.0
_BATCHES_PER_S, _IN_BATCH, _SINGLE_PER_S = 18, 10, 20
_SEARCHES_PER_S = 2.0
_SECONDS, _QUICK_SECONDS = 300.0, 20.0
_LAST_ANSWERS_S = 60.0
_QUERIES = (
    "waterproof jacket under 100 euros",
    "running shoes",
    "gift for a child",
    "防水外套",
    "cat litter",
    "face serum",
)
_SCORE = """
import itertools, sys
from ui.command_line import app, give_way
give_way()
for number in itertools.count():
    app(["score", sys.argv[1], "-o", f"{sys.argv[1]}.{number}.csv"], standalone_mode=False)
"""


@dataclass
class Tally:
    """What came of the requests, by kind."""

    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    events_in: int = 0
    turns: int = 0
    conversations: set[str] = field(default_factory=set)

    async def ask(self, kind: str, sent: Awaitable[httpx.Response]) -> httpx.Response | None:
        """Send and note; ``None`` if it failed."""
        began = time.perf_counter()
        try:
            answer = await sent
        except httpx.HTTPError as error:
            self.errors.append(f"{kind}: {type(error).__name__} {error}")
            return None
        self.times_ms[kind].append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            self.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer

    def p95(self, kind: str) -> float | None:
        return float(np.percentile(self.times_ms[kind], 95)) if self.times_ms[kind] else None


@dataclass(frozen=True)
class Server:
    """A running server and who may come in."""

    address: str
    pid: int
    key: str
    tokens: Sequence[str]
    products: Sequence[str]


def run(options: Options) -> Figures:
    """Five minutes of it (``--quick``: twenty seconds on a small shop)."""
    figures, tally = Figures(), Tally()
    seconds = _QUICK_SECONDS if options.quick else _SECONDS
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with (
            Shop.demo(home / "shop", scale=0.1 if options.quick else 1.0, seed=options.seed) as shop,
            _batch(shop, home),
        ):
            # The first look at everybody, and the first count of what goes together, are of a shop's first minute.
            shop.proactive.tick()
            with _served(shop, home) as server:
                cpu_s = _cpu_s(server.pid)
                memory = asyncio.run(_everybody(server, tally, seconds, options.seed))
                cpu_s = _cpu_s(server.pid) - cpu_s
            lost = _lost(shop, tally)
    figures.add("requests", float(sum(len(one) for one in tally.times_ms.values())))
    figures.add("errors", float(len(tally.errors)))
    figures.add("lost", float(lost))
    figures.add("chat_p95_ms", tally.p95("chat"))
    figures.add("search_p95_ms", tally.p95("search"))
    figures.add("events_per_s", tally.events_in / seconds)
    figures.add("rss_growth_mb", _growth(memory))
    for kind, times in sorted(tally.times_ms.items()):
        middle, high = np.percentile(times, (50, 95))
        figures.note(f"{kind}: {len(times)} requests, median {middle:.0f} ms, p95 {high:.0f} ms")
    figures.note(
        f"{_CHATS} chats over /api/v1/chat/stream, one message each {_PAUSE_S:.0f} s and a look for new ones each "
        f"{_LOOK_S:.0f} s; {_BATCHES_PER_S} batches of {_IN_BATCH} events and {_SINGLE_PER_S} single ones a second; "
        f"{_SEARCHES_PER_S:.0f} searches a second; `beforehand score` over and over; {seconds:.0f} s"
    )
    answered = sum(len(one) for one in tally.times_ms.values())
    figures.note(
        f"the server used {cpu_s:.0f} s of processor time, "
        f"{1000 * cpu_s / max(1, answered):.1f} ms a request of any kind"
    )
    figures.note(
        f"memory of the server: {memory[0]:.0f} MB at the start, {max(memory):.0f} at most, "
        f"{memory[-1]:.0f} at the end; "
        "its growth is the mean of the last fifth of the time less that of the second"
    )
    figures.note(
        f"load average of the machine over the last five minutes, this load included: {os.getloadavg()[1]:.1f}"
    )
    for one in tally.errors[:5]:
        figures.note(one)
    return figures


@contextlib.contextmanager
def _served(shop: Shop, home: Path) -> Iterator[Server]:
    from ui.access import Access, Actor

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings: dict[str, Any] = {
        "shop": {"name": "Load", "home": str(home / "shop")},
        "agent": {"help_pages": "demo", "policy": "demo"},
        "page": {"port": port},
        # All of them come from one address here.
        "http": {"requests_per_minute": 1_000_000},
    }
    (home / "load.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    access = Access(shop)
    _, key = access.keys.add("load", ["events", "search"], Actor("system"), per_minute=1_000_000)
    with shop.database.read() as records:
        asked = select(Order.customer_id).where(Order.customer_id.is_not(None)).distinct().order_by(Order.customer_id)
        customers = [str(one) for one in records.scalars(asked.limit(_CHATS))]
        products = list(records.scalars(select(Product.id).limit(500)))
    tokens = [access.tokens.sign(one, timedelta(hours=2)) for one in customers]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", "from ui.command_line import main; main()", "serve", "-c", str(home / "load.yaml")]
    with (home / "server.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait(address, server, home / "server.log")
            yield Server(address, server.pid, key, tokens, products)
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(timeout=120)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        time.sleep(1)
    raise BeforehandError("the server did not start", value=log.read_text()[-500:])


@contextlib.contextmanager
def _batch(shop: Shop, home: Path) -> Iterator[None]:
    """``beforehand score`` on the shop's reviews, begun again whenever it has ended."""
    with shop.database.read() as records:
        texts = [re.sub(r"\s+", " ", one) for one in records.scalars(select(Review.text))]
    source = home / "reviews.csv"
    source.write_text("text\n" + "\n".join('"' + one.replace('"', "'") + '"' for one in texts), encoding="utf-8")
    command = [sys.executable, "-c", _SCORE, str(source)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as scoring:
        try:
            yield
            if scoring.poll() is not None:
                raise BeforehandError("the batch scoring ended by itself", value=scoring.returncode)
        finally:
            scoring.terminate()


async def _everybody(server: Server, tally: Tally, seconds: float, seed: int) -> list[float]:
    """All of them at once; returns the server's memory in MB, second by second."""
    until = time.monotonic() + seconds
    limits = httpx.Limits(max_connections=300, max_keepalive_connections=300, keepalive_expiry=60)
    memory: list[float] = []
    async with httpx.AsyncClient(base_url=server.address, timeout=120, limits=limits) as client:
        people = [_chat(client, one, tally, until, random.Random(f"{seed} {one}")) for one in server.tokens]
        key = {"authorization": f"Bearer {server.key}"}
        programs = [_events(client, key, server, tally, until), _searches(client, key, tally, until)]
        everyone = asyncio.gather(*people, *programs, _watch(server.pid, memory, until))
        try:
            await asyncio.wait_for(everyone, seconds + _LAST_ANSWERS_S)
        except TimeoutError:
            tally.errors.append(f"not everything was answered {_LAST_ANSWERS_S:.0f} s after the end")
    return memory


async def _chat(client: httpx.AsyncClient, token: str, tally: Tally, until: float, draw: random.Random) -> None:
    headers = {"authorization": f"Bearer {token}"}
    language = draw.choice(("en", "zh"))
    conversation: str | None = None
    await asyncio.sleep(draw.uniform(0, _PAUSE_S))
    while time.monotonic() < until:
        said: dict[str, object] = {"text": draw.choice(SAID[language]), "language": language}
        said |= {"new_conversation": True} if conversation is None else {"conversation_id": conversation}
        answer = await tally.ask("chat", client.post("/api/v1/chat/stream", json=said, headers=headers))
        if answer is not None:
            tally.turns += 1
            found = re.search(r'"conversation_id":"(\w+)"', answer.text)
            if found is None:
                tally.errors.append(f"chat: no reply at the end of {answer.text[-200:]!r}")
            else:
                conversation = found[1]
                tally.conversations.add(conversation)
        again = time.monotonic() + _PAUSE_S
        while time.monotonic() < min(again, until):
            await asyncio.sleep(_LOOK_S)
            address = f"/api/v1/conversations/{conversation}?after=1000000"
            if conversation is not None:
                await tally.ask("look", client.get(address, headers=headers))


async def _events(client: httpx.AsyncClient, key: dict[str, str], server: Server, tally: Tally, until: float) -> None:
    number, pending = 0, set[asyncio.Task[None]]()

    async def send(path: str, kind: str, body: dict[str, Any], count: int) -> None:
        if await tally.ask(kind, client.post(path, json=body, headers=key)) is not None:
            tally.events_in += count

    def event() -> dict[str, Any]:
        nonlocal number
        number += 1
        product = server.products[number % len(server.products)]
        return {
            "id": f"load-{number}",
            "kind": ("view", "view", "search", "cart_add")[number % 4],
            "at": datetime.now(UTC).isoformat(),
            "anonymous_id": f"visitor-{number % 977}",
            "product_id": product,
        }

    async for tick in _beats(1 / (_BATCHES_PER_S + _SINGLE_PER_S), until):
        place = tick % (_BATCHES_PER_S + _SINGLE_PER_S)
        batch = place % 2 == 0 and place < 2 * _BATCHES_PER_S
        path, count = ("/api/v1/events/batch", _IN_BATCH) if batch else ("/api/v1/events", 1)
        body = {"events": [event() for _ in range(_IN_BATCH)]} if batch else event()
        task = asyncio.create_task(send(path, "events", body, count))
        pending.add(task)
        task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)


async def _searches(client: httpx.AsyncClient, key: dict[str, str], tally: Tally, until: float) -> None:
    pending = set[asyncio.Task[httpx.Response | None]]()
    async for tick in _beats(1 / _SEARCHES_PER_S, until):
        asked = {"q": _QUERIES[tick % len(_QUERIES)]}
        send = tally.ask("search", client.get("/api/v1/search", params=asked, headers=key))
        task = asyncio.create_task(send)
        pending.add(task)
        task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)


async def _beats(every_s: float, until: float) -> AsyncIterator[int]:
    """Numbers from 0, one each ``every_s``, whether or not what came of the last one has ended."""
    began, number = time.monotonic(), 0
    while (now := time.monotonic()) < until:
        due = began + number * every_s
        if due > now:
            await asyncio.sleep(due - now)
        yield number
        number += 1


async def _watch(pid: int, memory: list[float], until: float) -> None:
    while time.monotonic() < until:
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        memory.append(int(found[1]) / 1024 if found else 0.0)
        await asyncio.sleep(1)


def _cpu_s(pid: int) -> float:
    """Processor time that a process has used, its threads included."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _growth(memory: Sequence[float]) -> float:
    """MB between the second fifth of the time (all is loaded) and the last one."""
    fifth = max(1, len(memory) // 5)
    return float(np.mean(memory[-fifth:]) - np.mean(memory[fifth : 2 * fifth]))


def _lost(shop: Shop, tally: Tally) -> int:
    """Events that were told to be in and are not; turns that were answered and are not in the record."""
    with shop.database.read() as records:
        events = records.scalar(select(func.count()).where(Event.id.like("load-%"))) or 0
        ours = Message.conversation_id.in_(tally.conversations)
        kept = {
            role: records.scalar(select(func.count()).where(ours, Message.role == role)) or 0
            for role in ("customer", "assistant")
        }
    return max(0, tally.events_in - events) + sum(max(0, tally.turns - one) for one in kept.values())
