"""How soon an answer is needed: read in both languages, kept with the turn, and the order of the queue."""

from __future__ import annotations

import pytest

from agent import Agent, Session
from agent.urgency import HIGHEST, URGENT, urgency_of

ANNA, WEI, FRED = (Session.for_customer(one) for one in ("anna", "wei", "fresh"))
STAFF = Session.for_staff("Kim", "service")


@pytest.mark.parametrize(
    "text",
    [
        "I need this today, where is my parcel?",
        "please answer ASAP",
        "urgent: I leave tomorrow morning, has it arrived?",
        "it has to be here by Friday",
        "急！包裹到哪了",
        "麻烦尽快处理一下",
        "我明天要用，今天能到吗",
        "周五之前能送到吗",
    ],
)
def test_urgent(text: str) -> None:
    assert urgency_of(text) >= URGENT


@pytest.mark.parametrize(
    "text",
    [
        "no rush, but where is my order?",
        "how much is the desk lamp?",
        "not urgent at all, take your time",
        "不着急，帮我看看订单",
        "台灯多少钱？",
        "do you sell emergency blankets",
        "有急救包吗",
    ],
)
def test_not_urgent(text: str) -> None:
    assert urgency_of(text) < URGENT


def test_asking_again_and_anger_raise_it() -> None:
    asked = "where is my parcel #A1002"
    calm, again = urgency_of(asked), urgency_of("where is my parcel #A1002??", [asked])
    assert (calm, again) == (0, 1)
    assert urgency_of("where is my parcel #A1002??", [asked], upset=True) == URGENT
    assert urgency_of("我的包裹到底在哪", ["我的包裹在哪"]) == 1
    assert urgency_of("This is the third time I ask, I need it today!", upset=True) == HIGHEST


def test_the_queue_has_the_most_urgent_first_and_then_who_waits_longest(agent: Agent) -> None:
    agent.reply(ANNA, "I want to talk to a person")
    agent.reply(FRED, "can I talk to a person please")
    agent.reply(WEI, "急！马上给我转人工")
    queue = agent.conversations(STAFF)
    assert [one.customer_id for one in queue] == ["wei", "anna", "fresh"]
    assert [one.urgency >= URGENT for one in queue] == [True, False, False]
    agent.write_as_staff(STAFF, queue[0].id, "我在。")
    assert {one.customer_id: one.urgency for one in agent.conversations(STAFF)}["wei"] == 0


def test_it_changes_the_wording(agent: Agent) -> None:
    assert "urgent" in agent.reply(ANNA, "I need a person right now, it is urgent").text
    assert "急件" not in agent.reply(WEI, "转人工").text


def test_an_open_order_that_is_needed_today_may_go_to_a_person(agent: Agent) -> None:
    reply = agent.reply(ANNA, "urgent, I leave tomorrow: where is order #A1002?")
    assert "shipped" in reply.text
    assert reply.kind == "question"
    assert agent.reply(ANNA, "yes").kind == "handover"
