"""What the built-in model words from the records is never withheld by the check of its own replies."""

from __future__ import annotations

from typing import Any

import pytest

from agent import Agent, AgentSettings, Session
from agent.grounding import Checked, check_reply
from agent.language import sentences
from encoders import TextEncoder
from store import Database, FixedClock
from store.schema import Order, Payment, Product
from tests.agent.conftest import open_agent

ENGLISH = (
    "is the Comet Desk Lamp in stock?", "tell me about the Fjord Rain Jacket", "compare",
    "what do people say about the Fjord Rain Jacket", "which sizes does the Trailblazer Hiking Boots have?",
    "compare the Aurora Desk Lamp and the Comet Desk Lamp", "show my orders", "what is in #A1001?",
    "what did I pay for #A1001?", "where is my order #A1002?", "can I return #A1001?", "how much did I spend in total?",
)  # fmt: skip
CHINESE = (
    "彗星台灯有货吗", "介绍一下峡湾雨衣", "峡湾雨衣的评价怎么样", "开拓者登山靴有什么尺码", "比较极光台灯和彗星台灯",
    "比较一下", "我的订单", "#A1001里有什么", "#A1001付了多少钱", "订单#A1002到哪了", "#A1001可以退吗",
    "我一共花了多少钱", "草甸绿茶还剩几件",
)  # fmt: skip


@pytest.mark.parametrize("questions", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_nothing_true_is_withheld(
    questions: tuple[str, ...],
    shop: Database,
    clock: FixedClock,
    encoder: TextEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over stock, descriptions of several sentences, payments, refunds and the like."""
    with shop.write() as records:
        jacket, order = records.get(Product, "P001"), records.get(Order, "#A1001")
        assert jacket is not None
        assert order is not None
        jacket.description = "For wet days. Taped seams and 10,000 mm of water column. Packed without plastic."
        order.payments.append(
            Payment(position=1, kind="refund", amount_minor=2500, currency="EUR", method_id=order.payments[0].method_id)
        )
    checked: list[Checked] = []

    def listening(*given: Any, **named: Any) -> list[Checked]:
        found = check_reply(*given, **named)
        checked.extend(found)
        return found

    monkeypatch.setattr("agent.loop.check_reply", listening)
    agent: Agent = open_agent(shop, clock, encoder, AgentSettings(help_pages="demo"))
    session = Session.for_customer("anna")
    said = " ".join(agent.reply(session, question, agent.start(session)).text for question in questions)
    agent.close()
    assert [(one.text, one.problem) for one in checked if one.problem] == []
    assert len(checked) > len(questions)
    # What was withheld before: refunds, a description's later sentences, few pieces in Chinese.
    assert "€25.00" in said
    assert "3 left" in said if questions is ENGLISH else "还剩3件" in said


def test_quoted_sentences_stay_together() -> None:
    text = "Its page says: “Taped seams. Packed without plastic.” It costs €5. “Never closed. It is."
    assert sentences(text) == [
        "Its page says: “Taped seams. Packed without plastic.” ", "It costs €5. ", "“Never closed. ", "It is.",
    ]  # fmt: skip
