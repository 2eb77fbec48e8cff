"""Everybody who calls the shop's server in the benchmark of load: customers in chats, and programs.

What each asks is begun when its time has come, whether or not what was asked before is answered yet.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import httpx
import numpy as np

from .service_speed import SAID

CHATS, PAUSE_S, LOOK_S = 100, 30.0, 5.0
BATCHES_PER_S, IN_BATCH, SINGLE_PER_S = 18, 10, 20
SEARCHES_PER_S = 2.0
_LAST_ANSWERS_S = 60.0
_QUERIES = (
    "waterproof jacket under 100 euros",
    "running shoes",
    "gift for a child",
    "防水外套",
    "cat litter",
    "face serum",
)


@dataclass
class Tally:
    """What came of the requests, by kind."""

    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    events_in: int = 0
    turns: int = 0
    conversations: set[str] = field(default_factory=set)
    late_ms: list[float] = field(default_factory=list)
    """Of each event and search, how long after its time it was sent; callers that are late measure themselves."""

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


class Connections:
    """Connections to the server, each kept alive and used by one request at a time.

    Each is a client of its own: a pool of httpx looks at all of its connections, each against all others, whenever a
    request begins or ends. With some hundred of them that took a whole core, and the server waited for this process.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._free: list[httpx.AsyncClient] = []
        self._all: list[httpx.AsyncClient] = []

    async def send(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """Raises ``httpx.HTTPError``."""
        client = self._free.pop() if self._free else self._new()
        try:
            return await client.request(method, path, **asked)
        finally:
            self._free.append(client)

    def _new(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=60)
        # Without "verify" each would read the certificates of all authorities, for an address without TLS.
        client = httpx.AsyncClient(base_url=self._address, timeout=120, limits=limits, verify=False, trust_env=False)
        self._all.append(client)
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in self._all:
            await one.aclose()


@dataclass(frozen=True)
class Server:
    """A running server and who may come in."""

    address: str
    pid: int
    key: str
    tokens: Sequence[str]
    products: Sequence[str]


async def everybody(server: Server, tally: Tally, seconds: float, seed: int) -> None:
    """All of them at once, and what then is still to be answered."""
    until = time.monotonic() + seconds
    async with Connections(server.address) as client:
        people = [_chat(client, one, tally, until, random.Random(f"{seed} {one}")) for one in server.tokens]
        key = {"authorization": f"Bearer {server.key}"}
        programs = [_events(client, key, server, tally, until), _searches(client, key, tally, until)]
        everyone = asyncio.gather(*people, *programs)
        try:
            await asyncio.wait_for(everyone, seconds + _LAST_ANSWERS_S)
        except TimeoutError:
            tally.errors.append(f"not everything was answered {_LAST_ANSWERS_S:.0f} s after the end")


async def _chat(client: Connections, token: str, tally: Tally, until: float, draw: random.Random) -> None:
    headers = {"authorization": f"Bearer {token}"}
    language = draw.choice(("en", "zh"))
    conversation: str | None = None
    await asyncio.sleep(draw.uniform(0, PAUSE_S))
    while time.monotonic() < until:
        again = time.monotonic() + PAUSE_S
        said: dict[str, object] = {"text": draw.choice(SAID[language]), "language": language}
        said |= {"new_conversation": True} if conversation is None else {"conversation_id": conversation}
        answer = await tally.ask("chat", client.send("POST", "/api/v1/chat/stream", json=said, headers=headers))
        if answer is not None:
            tally.turns += 1
            found = re.search(r'"conversation_id":"(\w+)"', answer.text)
            if found is None:
                tally.errors.append(f"chat: no reply at the end of {answer.text[-200:]!r}")
            else:
                conversation = found[1]
                tally.conversations.add(conversation)
        while (now := time.monotonic()) < min(again, until):
            await asyncio.sleep(min(LOOK_S, again - now))
            address = f"/api/v1/conversations/{conversation}?after=1000000"
            if conversation is not None:
                await tally.ask("look", client.send("GET", address, headers=headers))


async def _events(client: Connections, key: dict[str, str], server: Server, tally: Tally, until: float) -> None:
    number, pending = 0, set[asyncio.Task[None]]()

    async def send(path: str, kind: str, body: dict[str, Any], count: int) -> None:
        if await tally.ask(kind, client.send("POST", path, json=body, headers=key)) is not None:
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

    async for tick in _beats(1 / (BATCHES_PER_S + SINGLE_PER_S), tally, until):
        place = tick % (BATCHES_PER_S + SINGLE_PER_S)
        batch = place % 2 == 0 and place < 2 * BATCHES_PER_S
        path, count = ("/api/v1/events/batch", IN_BATCH) if batch else ("/api/v1/events", 1)
        body = {"events": [event() for _ in range(IN_BATCH)]} if batch else event()
        task = asyncio.create_task(send(path, "events", body, count))
        pending.add(task)
        task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)


async def _searches(client: Connections, key: dict[str, str], tally: Tally, until: float) -> None:
    pending = set[asyncio.Task[httpx.Response | None]]()
    async for tick in _beats(1 / SEARCHES_PER_S, tally, until):
        asked = {"q": _QUERIES[tick % len(_QUERIES)]}
        send = tally.ask("search", client.send("GET", "/api/v1/search", params=asked, headers=key))
        task = asyncio.create_task(send)
        pending.add(task)
        task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)


async def _beats(every_s: float, tally: Tally, until: float) -> AsyncIterator[int]:
    """Numbers from 0, one each ``every_s``, whether or not what came of the last one has ended."""
    began, number = time.monotonic(), 0
    while (now := time.monotonic()) < until:
        due = began + number * every_s
        if due > now:
            await asyncio.sleep(due - now)
        tally.late_ms.append(1000 * (time.monotonic() - due))
        yield number
        number += 1
