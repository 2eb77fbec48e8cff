"""The shop's server under load, as other programs meet it: chats, events and searches over HTTP, a batch being scored.

The server is ``beforehand serve`` in a process of its own; this process plays everybody else. A request that fails is
an error; an event that was told to be in and is not, or a customer's message without a reply in the record, is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
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
from .load_callers import (
    BATCHES_PER_S,
    CHATS,
    IN_BATCH,
    LOOK_S,
    PAUSE_S,
    SEARCHES_PER_S,
    SINGLE_PER_S,
    Server,
    Tally,
    everybody,
)

KEYS = ("requests", "errors", "lost", "chat_p95_ms", "search_p95_ms", "events_per_s", "rss_growth_mb")
_SECONDS, _QUICK_SECONDS = 300.0, 20.0
_SCORE = """
import itertools, sys
from ui.command_line import app, give_way
give_way()
for number in itertools.count():
    app(["score", sys.argv[1], "-o", f"{sys.argv[1]}.{number}.csv"], standalone_mode=False)
"""


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
                cpu_s, own_s = _cpu_s(server.pid), time.process_time()
                memory = asyncio.run(_watched(server, tally, seconds, options.seed))
                cpu_s, own_s = _cpu_s(server.pid) - cpu_s, time.process_time() - own_s
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
        f"{CHATS} chats over /api/v1/chat/stream, one message each {PAUSE_S:.0f} s and a look for new ones each "
        f"{LOOK_S:.0f} s; {BATCHES_PER_S} batches of {IN_BATCH} events and {SINGLE_PER_S} single ones a second; "
        f"{SEARCHES_PER_S:.0f} searches a second; `beforehand score` over and over; {seconds:.0f} s"
    )
    answered = sum(len(one) for one in tally.times_ms.values())
    figures.note(
        f"the server used {cpu_s:.0f} s of processor time, "
        f"{1000 * cpu_s / max(1, answered):.1f} ms a request of any kind; the callers "
        f"{own_s:.0f} s, and they sent their events and searches {np.percentile(tally.late_ms, 95):.0f} ms late at "
        "most in 95 % of cases"
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
        customers = [str(one) for one in records.scalars(asked.limit(CHATS))]
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


async def _watched(server: Server, tally: Tally, seconds: float, seed: int) -> list[float]:
    """Everybody at once; returns the server's memory in MB, second by second until the last request is sent."""
    memory: list[float] = []
    calling = asyncio.create_task(everybody(server, tally, seconds, seed))
    for _ in range(int(seconds)):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.pid}/status").read_text())
        memory.append(int(found[1]) / 1024 if found else 0.0)
        await asyncio.sleep(1)
    await calling
    return memory


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
