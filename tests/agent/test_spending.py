"""What a model elsewhere may use in a day, and who answers after that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from langchain_core.messages import AIMessage, HumanMessage

from agent import AgentSettings
from agent.spending import Spending
from store import FixedClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _reply(read: int, written: int) -> AIMessage:
    usage = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
    return AIMessage(content="Hello", usage_metadata=usage)  # type: ignore[arg-type]


def test_the_days_tokens_end_the_calls_and_the_next_day_begins_anew() -> None:
    clock = FixedClock(NOON)
    spending = Spending(AgentSettings(daily_tokens=100), clock)
    spending.add([HumanMessage("hi")], [_reply(60, 30)])
    assert spending.objection() is None
    spending.add([HumanMessage("hi")], [_reply(10, 0)])
    assert "100 tokens" in (spending.objection() or "")
    clock.advance(timedelta(days=1))
    assert spending.objection() is None
    assert spending.today.calls == 0


def test_cost_is_by_the_two_prices() -> None:
    spending = Spending(AgentSettings(daily_budget=3.0, input_price=1.0, output_price=10.0), FixedClock(NOON))
    spending.add([], [_reply(1_000_000, 100_000)])
    assert spending.cost == 2.0
    assert spending.objection() is None
    spending.add([], [_reply(0, 100_000)])
    assert "budget of 3" in (spending.objection() or "")


def test_what_a_provider_does_not_report_is_estimated() -> None:
    spending = Spending(AgentSettings(), FixedClock(NOON))
    spending.add([HumanMessage("x" * 400)], [AIMessage("y" * 40)])
    assert (spending.today.input_tokens, spending.today.output_tokens) == (100, 10)
    assert spending.objection() is None
