"""A customer sees, takes along and deletes his own data, in the browser and over HTTP, and nobody else's."""

from __future__ import annotations

import re

import pytest

from agent import Session
from agent.operations.requests import OPERATIONS
from store.demo import demo_customers
from ui.access import CUSTOMER_COOKIE
from ui.your_data_page import YOUR_DATA

ASKED = "Where is my latest order? My budgerigar wants to know."


def visitors(world) -> tuple[str, str]:
    """Two whom no other test needs."""
    third, fourth = (one.id for one in demo_customers(world.shop.database, "en")[2:4])
    return third, fourth


def cookie(world, customer: str, hours: float = 1) -> dict[str, str]:
    return {"Cookie": f"{CUSTOMER_COOKIE}={world.token(customer, hours)}"}


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_in_the_browser(world) -> None:
    mine, other = visitors(world)
    own = cookie(world, mine)
    for customer in (mine, other):
        answer = world.client.post(
            "/api/v1/chat", json={"text": ASKED, "new_conversation": True}, headers=world.bearer(customer)
        )
        assert answer.status_code == 200
    page = world.client.get("/your-data", headers=own)
    assert page.status_code == 200
    assert "Your data" in page.text
    assert world.shop.agent.profile(Session.for_customer(mine)).name in page.text
    assert "<script" not in page.text
    chinese = world.client.get("/your-data?language=zh", headers=own)
    assert "您的数据" in chinese.text
    assert 'lang="zh-CN"' in chinese.text

    export = world.client.get("/your-data/export", headers=own)
    assert export.headers["content-disposition"] == 'attachment; filename="your-data.json"'
    assert any(one["text"] == ASKED for one in export.json()["messages"])
    assert export.json()["events"]
    assert other not in export.text

    # Not without the form's own word, and not from a page of another site.
    assert world.client.post("/your-data/delete", headers=own).status_code == 403
    stolen = csrf(world.client.get("/your-data", headers=cookie(world, other)).text)
    assert world.client.post("/your-data/delete", data={"csrf": stolen}, headers=own).status_code == 403
    elsewhere = own | {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    given = {"csrf": csrf(page.text)}
    assert world.client.post("/your-data/delete", data=given, headers=elsewhere).status_code == 403
    assert world.client.get("/api/v1/me", headers=world.bearer(mine)).json()["messages"] > 0

    gone = world.client.post("/your-data/delete", data=given, headers=own)
    assert gone.status_code == 200
    assert "Deleted:" in gone.text
    after = world.client.get("/your-data/export", headers=own).json()
    assert (after["conversations"], after["messages"], after["events"]) == ([], [], [])
    assert world.client.get("/api/v1/me", headers=world.bearer(other)).json()["messages"] > 0
    actions = {one.action for one in world.access.audit.entries(customer_id=mine, log="audit")}
    assert {"own_data_exported", "own_data_deleted"} <= actions
    for stranger in ({}, cookie(world, mine, -1), world.staff("manager"), world.program):
        assert world.client.get("/your-data", headers=stranger).status_code == 401
        assert world.client.get("/your-data/export", headers=stranger).status_code == 401


def test_over_http(world) -> None:
    customer = visitors(world)[1]
    bearer = world.bearer(customer)
    world.client.post("/api/v1/chat", json={"text": ASKED, "new_conversation": True}, headers=bearer)
    profile = world.client.get("/api/v1/me", headers=bearer).json()
    assert profile["customer_id"] == customer
    assert profile["messages"] >= 2
    assert any(one["text"] == ASKED for one in world.client.get("/api/v1/me/export", headers=bearer).json()["messages"])
    gone = world.client.delete("/api/v1/me", headers=bearer).json()
    assert gone["messages"] == profile["messages"]
    assert world.client.get("/api/v1/me", headers=bearer).json()["messages"] == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_operation_has_its_name(language: str) -> None:
    assert set(YOUR_DATA[language].operations) == set(OPERATIONS)
