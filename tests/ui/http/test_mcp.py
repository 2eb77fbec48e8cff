"""The official MCP client, over HTTP and over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import select

from beforehand import Shop
from store import NotAllowed
from store.schema import Order, Proposal
from ui.access import Access
from ui.mcp_door import serve_stdio

ROOT = Path(__file__).parents[3]
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
}
Use = Callable[[Client], Awaitable[Any]]


def waited_for(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run in a thread of its own: where a browser test ran before, this thread has a loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def over_http(world, use: Use, customer: str | None = None) -> Any:
    async def run() -> Any:
        async with (
            httpx2.AsyncClient(headers=world.bearer(customer), timeout=60) as web,
            Client(streamable_http_client(f"{world.address}/mcp", http_client=web)) as client,
        ):
            return await use(client)

    return waited_for(run())


async def call(client: Client, name: str, **arguments: object) -> Any:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


def test_the_tools_read_or_propose_and_none_takes_a_customer(world) -> None:
    async def use(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = {one.name: one for one in over_http(world, use)}
    assert {"search_products", "get_orders", "get_order", "read_help_pages", "propose_cancel_order"} <= set(tools)
    assert not {"confirm_proposal", "decline_proposal", "stop_messages", "hand_over_to_person"} & set(tools)
    for one in tools.values():
        assert "customer_id" not in one.input_schema["properties"]
        assert one.annotations.read_only_hint == (not one.name.startswith("propose_"))


def test_a_program_finds_and_reads_for_its_customer_alone(world) -> None:
    with world.shop.database.read() as records:
        orders = records.scalars(select(Order)).all()
        theirs = next(one.id for one in orders if one.customer_id == world.customers[1])

    async def use(client: Client) -> Any:
        found = await call(client, "search_products", query="shoes under 60 euros")
        mine = await call(client, "get_orders")
        stranger = await call(client, "get_order", order_id=theirs)
        return found, mine, stranger

    found, mine, stranger = over_http(world, use)
    assert found["products"]
    own = {one.id for one in orders if one.customer_id == world.customers[0]}
    assert {one["order_id"] for one in mine["orders"]} == own
    assert stranger["problem"] == "no_such_order"


def test_what_a_program_proposes_only_the_customer_confirms(world) -> None:
    with world.shop.database.read() as records:
        order = records.scalars(select(Order).where(Order.status == "pending")).first()
        customer, order_id = order.customer_id, order.id

    async def use(client: Client) -> Any:
        reason = next(iter((await call(client, "get_account"))["cancel_reasons"]))
        proposed = await call(client, "propose_cancel_order", order_id=order_id, reason=reason)
        refused = await client.call_tool("confirm_proposal", {"proposal_id": proposed["proposal_id"]})
        return proposed, refused

    proposed, refused = over_http(world, use, customer)
    assert proposed["state"] == "proposed"
    assert refused.is_error
    assert "no such tool" in refused.content[0].text
    with world.shop.database.read() as records:
        assert records.get_one(Order, order_id).status == "pending"
        assert records.get_one(Proposal, proposed["proposal_id"]).state == "proposed"
    shown = world.client.get("/api/v1/conversations", headers=world.bearer(customer)).json()["conversations"][0]
    messages = world.client.get(f"/api/v1/conversations/{shown['id']}", headers=world.bearer(customer)).json()[
        "messages"
    ]
    assert messages[-1]["proposal_id"] == proposed["proposal_id"]
    reply = world.client.post("/api/v1/chat", json={"text": "yes"}, headers=world.bearer(customer)).json()
    assert order_id in reply["text"]
    with world.shop.database.read() as records:
        assert records.get_one(Proposal, proposed["proposal_id"]).state in {"done", "waiting"}


def test_what_is_wrong_is_told_to_the_program(world) -> None:
    async def use(client: Client) -> Any:
        return [
            await client.call_tool("get_order", {}),
            await client.call_tool("drop_tables", {}),
            await client.call_tool("search_products", {"query": "x" * 5000}),
        ]

    for result in over_http(world, use):
        assert result.is_error
        assert "Traceback" not in result.content[0].text


def test_over_http_each_request_needs_its_bearer(world) -> None:
    headers = {"accept": "application/json, text/event-stream"}
    assert world.client.post("/mcp", json=INITIALIZE, headers=headers | world.bearer()).status_code == 200
    for bearer in ({}, {"Authorization": "Bearer nonsense"}, world.program):
        assert world.client.post("/mcp", json=INITIALIZE, headers=headers | bearer).status_code == 401


def test_over_standard_input_and_output(tmp_path: Path) -> None:
    with Shop.demo(tmp_path / ".beforehand" / "demo", scale=0.02) as shop:
        token = Access(shop).tokens.sign("C1001", timedelta(hours=1))
        for bad in ("", "nonsense"):
            with pytest.raises(NotAllowed):
                waited_for(serve_stdio(shop, Access(shop).tokens, bad))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BEFOREHAND_TOKEN": token}
    command = ["-c", "from ui.command_line import main; main()", "mcp", "--demo"]
    server = StdioServerParameters(command=sys.executable, args=command, env=environment, cwd=tmp_path)

    async def run() -> Any:
        async with Client(stdio_client(server)) as client:
            return await call(client, "get_orders")

    assert "orders" in waited_for(run())
