"""The programming interface on a real server: what each door gives, to whom, and what it says to what is wrong."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from insight import CustomerInsight, Prediction, PredictionReason, Ranked, SegmentSummary, ValueForecast
from store.schema import Event
from ui.access import RateLimit

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def events_of(body: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, json.loads(data)) for name, data in re.findall(r"event: (\w+)\ndata: (.*)\n\n", body)]


def event(name: str, **more: object) -> dict[str, object]:
    return {"id": name, "kind": "view", "at": "2026-03-02T11:00:00Z"} | more


def test_search_keeps_to_the_price_for_customers_and_programs(world) -> None:
    for who in (world.bearer(), world.program):
        found = world.client.get("/api/v1/search", params={"q": "shoes under 60 euros"}, headers=who).json()["products"]
        assert found
        assert all(one["price_minor"] < 6000 and one["price"] for one in found)


def test_recommendations_are_the_tokens_customers_own(world) -> None:
    mine = world.client.get("/api/v1/recommendations", headers=world.bearer()).json()
    address = f"/api/v1/customers/{world.customers[0]}/recommendations"
    assert world.client.get(address, headers=world.program).json() == mine
    assert world.client.get(address, headers=world.bearer()).status_code == 401
    assert world.client.get("/api/v1/recommendations", headers=world.bearer("nobody")).status_code == 404


def test_a_turn_comes_whole_or_in_checked_sentences(world) -> None:
    asked = {"text": "Recommend me something", "new_conversation": True}
    whole = world.client.post("/api/v1/chat", json=asked, headers=world.bearer()).json()
    assert whole["kind"] == "answer"
    assert whole["products"]
    answer = world.client.post("/api/v1/chat/stream", json=asked, headers=world.bearer())
    assert answer.headers["content-type"].startswith("text/event-stream")
    *before, (last, reply) = events_of(answer.text)
    assert last == "reply"
    assert "".join(one["text"] for name, one in before if name == "sentence").strip() == reply["text"].strip()
    assert any(name == "progress" for name, _ in before)


def test_a_conversation_is_its_customers_own(world) -> None:
    said = {"text": "Hello", "new_conversation": True}
    mine = world.client.post("/api/v1/chat", json=said, headers=world.bearer()).json()["conversation_id"]
    kept = world.client.get(f"/api/v1/conversations/{mine}", headers=world.bearer()).json()
    assert [one["role"] for one in kept["messages"]] == ["customer", "assistant"]
    later = world.client.get(f"/api/v1/conversations/{mine}", params={"after": 0}, headers=world.bearer()).json()
    assert len(later["messages"]) == 1
    other = world.bearer(world.customers[1])
    assert world.client.get(f"/api/v1/conversations/{mine}", headers=other).status_code == 404
    said = {"text": "x", "conversation_id": mine}
    assert world.client.post("/api/v1/chat", json=said, headers=other).status_code == 404
    stream = world.client.post("/api/v1/chat/stream", json=said, headers=other)
    assert stream.status_code == 404
    listed = world.client.get("/api/v1/conversations", headers=other).json()["conversations"]
    assert mine not in [one["id"] for one in listed]


def test_texts_are_scored(world) -> None:
    texts = ["It broke at once, terrible.", "Wonderful, I love it."]
    scores = world.client.post("/api/v1/score", json={"texts": texts}, headers=world.program).json()["scores"]
    assert [one["polarity"] for one in scores] == ["negative", "positive"]


def test_events_go_in_once_each(world) -> None:
    one = event("once-1", customer_id="C1001", product_id="P1", value_minor=1200, currency="EUR")
    assert world.client.post("/api/v1/events", json=one, headers=world.program).json() == {"new": 1, "known": 0}
    vain = event("once-3", kind="search", query="kayak", results=0)
    gone = event("once-2", in_stock=False)
    batch = {"events": [one, gone, gone, vain]}
    taken = world.client.post("/api/v1/events/batch", json=batch, headers=world.program).json()
    assert taken == {"new": 2, "known": 2}
    with world.shop.database.read() as records:
        row = records.get_one(Event, "once-1")
        assert (row.customer_id, row.value_minor, row.source) == ("C1001", 1200, "key:tests")
        # What moments ask for by these names: a search in vain, and what could not be bought.
        kept = {key: records.get_one(Event, key).extra for key in ("once-1", "once-2", "once-3")}
        assert kept == {"once-1": {}, "once-2": {"in_stock": False}, "once-3": {"results": 0}}


def test_events_of_many_at_once_are_all_there(world) -> None:
    def send(number: int) -> int:
        answer = world.client.post("/api/v1/events", json=event(f"many-{number % 150}"), headers=world.program)
        return int(answer.json()["new"])

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(send, range(300))) == 150
    with world.shop.database.read() as records:
        assert records.scalar(select(func.count()).where(Event.id.like("many-%"))) == 150


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"at": "2026-03-02T11:00:00"}, "body.at"),
        ({"at": "soon"}, "body.at"),
        ({"kind": "Bad Kind"}, "body.kind"),
        ({"id": ""}, "body.id"),
        ({"currency": "euro"}, "body.currency"),
        ({"quantity": "x"}, "body.quantity"),
        ({"results": -1}, "body.results"),
        ({"value_minor": True}, "body.value_minor"),
        ({"in_stock": "yes"}, "body.in_stock"),
        ({"customer": "C1"}, "body.customer"),
        ({"query": "a\u0000b"}, "body.query"),
    ],
)
def test_a_bad_event_is_told_field_by_field(world, change, where) -> None:
    answer = world.client.post("/api/v1/events", json=event("bad-1") | change, headers=world.program)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["where"] for one in answer.json()["fields"]] == [where]
    batch = {"events": [event("bad-2"), event("bad-3") | change]}
    refused = world.client.post("/api/v1/events/batch", json=batch, headers=world.program).json()
    assert refused["fields"][0]["where"] == f"body.events.1.{where.removeprefix('body.')}"
    with world.shop.database.read() as records:
        assert records.get(Event, "bad-2") is None


def test_decisions_and_insight_are_logged_with_their_customer(world) -> None:
    customer = world.customers[0]
    decision = world.client.get(f"/api/v1/customers/{customer}/decision", headers=world.program).json()
    assert decision["customer_id"] == customer
    assert decision["reason"]
    world.shop.proactive.tick()
    kept = world.client.get("/api/v1/decisions", params={"limit": 3}, headers=world.program).json()["decisions"]
    assert kept
    own = {"customer_id": kept[0]["customer_id"]}
    ledger = world.client.get("/api/v1/decisions", params=own, headers=world.program).json()["decisions"]
    assert {one["customer_id"] for one in ledger} == {own["customer_id"]}
    insight = world.client.get(f"/api/v1/customers/{customer}/insight", headers=world.program)
    assert insight.status_code == 409
    assert "train insight" in insight.json()["advice"]
    logged = world.access.audit.entries(customer_id=customer, actor="key:tests")
    assert {one.action for one in logged} >= {"decision_asked", "insight_read"}


class Learnt:
    """Stands in for trained models; the forms are the real ones."""

    def customer(self, customer_id: str) -> CustomerInsight:
        reason = PredictionReason("days_since_purchase", 12.0, -0.5, "EUR")
        leaves = Prediction("leaves", 0.4, 0.2, None, (reason,))
        value = ValueForecast(90, 1.5, 4200, 2800, "EUR", 0.8)
        return CustomerInsight(customer_id, NOON, "loyal", (leaves,), value)

    def rank(self, forecast: str, limit: int) -> list[Ranked]:
        return [Ranked("C1001", 0.4)][:limit]

    def segments(self) -> list[SegmentSummary]:
        return [SegmentSummary("loyal", 3, 0.5, 0.7, 4.0, None, 9000, "EUR")]


def test_insight_once_it_is_learnt(world, monkeypatch) -> None:
    monkeypatch.setattr(type(world.shop), "insight", property(lambda _: Learnt()))
    one = world.client.get("/api/v1/customers/C1001/insight", headers=world.program).json()
    assert one["forecasts"][0]["probability"] == 0.4
    assert one["forecasts"][0]["reasons"]
    assert one["value"]["amount_minor"] == 4200
    ranked = world.client.get("/api/v1/insight/ranking/leaves", headers=world.program).json()
    assert ranked["customers"] == [{"customer_id": "C1001", "probability": 0.4}]
    chinese = world.client.get("/api/v1/insight/segments", params={"language": "zh"}, headers=world.program).json()
    assert chinese["segments"][0]["customers"] == 3
    assert world.client.get("/api/v1/insight/ranking/wealth", headers=world.program).status_code == 422


def test_the_unknown_is_a_problem_and_no_page(world) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/search", 405),
        ("GET", "/v1/x", 404),
    ):
        answer = world.client.request(method, path, headers=world.program)
        assert answer.status_code == status
        assert "html" not in answer.headers["content-type"]
    stranger = world.client.get("/api/v1/customers/nobody/decision", headers=world.program)
    assert (stranger.status_code, stranger.json()["value"]) == (404, "nobody")


def test_a_fault_of_ours_tells_nothing(world, monkeypatch, caplog) -> None:
    monkeypatch.setattr(type(world.shop), "search", lambda *_, **__: 1 / 0)
    answer = world.client.get("/api/v1/search", params={"q": "x"}, headers={**world.program, "Connection": "close"})
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_ready_means_that_the_database_answers(world, monkeypatch) -> None:
    assert world.client.get("/healthz").json() == {"status": "ok"}
    assert world.client.get("/readyz").json() == {"status": "ok", "database": "ok"}

    def gone() -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(world.shop.database, "read", gone)
    assert world.client.get("/readyz").status_code == 503
    assert world.client.get("/healthz").status_code == 200


def test_a_bucket_fills_evenly() -> None:
    now = [0.0]
    limit = RateLimit(2, seconds=lambda: now[0])
    assert [limit.take("a"), limit.take("a")] == [0, 0]
    assert limit.take("a") == pytest.approx(30)
    assert limit.take("b") == 0
    now[0] += 30
    assert limit.take("a") == 0
    assert limit.take("a") > 0


def test_many_callers_do_not_fill_the_memory() -> None:
    limit = RateLimit(1, callers=10)
    for number in range(1000):
        limit.take(str(number))
    assert len(limit._buckets) == 10
