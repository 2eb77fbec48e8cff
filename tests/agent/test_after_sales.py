"""Operations through the chat: proposed with their consequences, confirmed by the customer alone, done once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from agent import Agent, AgentSettings, Reply, Session
from encoders import TextEncoder
from store import Database, FixedClock
from store.schema import (
    Conversation,
    Customer,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    Proposal,
    ProposalStep,
    Return,
)
from tests.agent.conftest import open_agent

ANNA = Session.for_customer("anna")
WEI = Session.for_customer("wei")


@pytest.fixture
def store_with_orders(shop: Database, clock: FixedClock) -> Database:
    """Anna also has a pending order of a jacket, a delivered one of boots and a speaker, and a gift card."""
    with shop.write() as records:
        records.add(
            PaymentMethod(
                id="gift_anna",
                customer_id="anna",
                position=1,
                kind="gift_card",
                balance_minor=5000,
                currency="EUR",
            )
        )
        for order_id, status, lines in (
            ("#A1003", "pending", [("P001", "P001-0", "Fjord Rain Jacket", {"color": "red", "size": "M"}, 8990)]),
            (
                "#A1004",
                "delivered",
                [
                    ("P006", "P006-0", "Trailblazer Hiking Boots", {"size": "42"}, 12900),
                    ("P004", "P004-0", "Pebble Bluetooth Speaker", {}, 5900),
                ],
            ),
        ):
            total = sum(price for *_, price in lines)
            records.add(
                Order(
                    id=order_id,
                    customer_id="anna",
                    position=5,
                    status=status,
                    currency="EUR",
                    placed_at=clock() - timedelta(days=6),
                    address={"address1": "Elm Street 12", "city": "Bonn", "zip": "53111", "country": "DE"},
                    lines=[
                        OrderLine(
                            position=at,
                            product_id=product,
                            variant_id=variant,
                            title=title,
                            options=options,
                            quantity=1,
                            unit_price_minor=price,
                        )
                        for at, (product, variant, title, options, price) in enumerate(lines)
                    ],
                    payments=[
                        Payment(position=0, kind="payment", amount_minor=total, currency="EUR", method_id="card_anna")
                    ],
                )
            )
    return shop


@pytest.fixture
def agent(store_with_orders: Database, clock: FixedClock, encoder: TextEncoder) -> Iterator[Agent]:
    settings = AgentSettings(help_pages="demo", policy="retail")
    opened = open_agent(store_with_orders, clock, encoder, settings)
    yield opened
    opened.close()


def _order(database: Database, order_id: str) -> Order:
    with database.read() as records:
        order = records.get(Order, order_id)
        assert order is not None
        _ = order.lines, order.payments, order.returns
        return order


def _wish(agent: Agent, text: str, room: str | None = None) -> Reply:
    """Say a wish; where it can be done once only per order, say that this is all."""
    reply = agent.reply(ANNA, text, room)
    return agent.reply(ANNA, "no, that's all", room) if reply.kind == "question" else reply


def test_a_cancellation_is_proposed_then_done(agent: Agent, store_with_orders: Database) -> None:
    proposed = agent.reply(ANNA, "Please cancel order #A1003, I don't need the jacket any more.")
    assert proposed.kind == "proposal"
    assert proposed.proposal_id is not None
    assert "€89.90" in proposed.text
    assert _order(store_with_orders, "#A1003").status == "pending"
    done = agent.reply(ANNA, "yes please")
    assert done.kind == "answer"
    order = _order(store_with_orders, "#A1003")
    assert (order.status, order.cancel_reason) == ("cancelled", "no longer needed")


def test_without_a_reason_it_asks_for_one(agent: Agent) -> None:
    asked = agent.reply(ANNA, "cancel #A1003")
    assert asked.kind == "choice"
    assert asked.options == ("no longer needed", "ordered by mistake")
    assert agent.reply(ANNA, "the second one").kind == "proposal"


def test_boots_one_size_up_only_if_the_price_is_the_same(agent: Agent, store_with_orders: Database) -> None:
    proposed = _wish(agent, "the boots from #A1004, but one size up, and only if they're the same price. Swap them?")
    assert proposed.kind == "proposal"
    assert "43" in proposed.text
    agent.reply(ANNA, "yes")
    returns = _order(store_with_orders, "#A1004").returns
    assert [(one.kind, one.variant_ids, one.new_variant_ids) for one in returns] == [
        ("exchange", ["P006-0"], ["P006-1"])
    ]


def test_several_wishes_are_done_one_after_the_other(agent: Agent, store_with_orders: Database) -> None:
    text = (
        "I'd like to send back the speaker and get the money on my gift card. "
        "Also cancel the rain jacket order, bought by mistake."
    )
    first = _wish(agent, text)
    assert first.kind == "proposal"
    second = agent.reply(ANNA, "yes")
    assert second.kind == "proposal"
    assert second.proposal_id != first.proposal_id
    last = agent.reply(ANNA, "ok, go ahead")
    assert last.kind == "answer"
    order = _order(store_with_orders, "#A1004")
    assert (order.status, order.returns[0].payment_method_id) == ("return requested", "gift_anna")
    assert _order(store_with_orders, "#A1003").cancel_reason == "ordered by mistake"


def test_a_change_of_mind_replaces_the_proposal(agent: Agent, store_with_orders: Database) -> None:
    first = _wish(agent, "I want to return the speaker from order #A1004")
    second = agent.reply(ANNA, "put the money on my gift card instead")
    assert second.kind == "proposal"
    assert second.proposal_id != first.proposal_id
    agent.reply(ANNA, "yes")
    assert _order(store_with_orders, "#A1004").returns[0].payment_method_id == "gift_anna"
    with store_with_orders.read() as records:
        states = sorted(row.state for row in records.scalars(select(Proposal)))
    assert states == ["declined", "done"]


def test_no_means_no(agent: Agent, store_with_orders: Database) -> None:
    _wish(agent, "I want to return the speaker from order #A1004")
    assert agent.reply(ANNA, "no, leave it").kind == "answer"
    assert _order(store_with_orders, "#A1004").status == "delivered"
    # A yes to nothing does nothing.
    agent.reply(ANNA, "yes")
    assert _order(store_with_orders, "#A1004").status == "delivered"


def test_a_yes_with_a_but_confirms_nothing(agent: Agent, store_with_orders: Database) -> None:
    _wish(agent, "I want to return the speaker from order #A1004")
    agent.reply(ANNA, "yes but wait, is the refund quick?")
    assert _order(store_with_orders, "#A1004").status == "delivered"


def test_in_chinese(agent: Agent, store_with_orders: Database, clock: FixedClock) -> None:
    proposed = agent.reply(WEI, "绿茶那单帮我取消吧，下错单了")
    assert proposed.kind == "proposal"
    assert "#B2001" in proposed.text
    done = agent.reply(WEI, "好的")
    assert done.kind == "answer"
    assert _order(store_with_orders, "#B2001").cancel_reason == "ordered by mistake"


def test_another_customers_order_is_not_found(agent: Agent, store_with_orders: Database) -> None:
    reply = agent.reply(ANNA, "Cancel order #B2001, it is no longer needed")
    assert reply.kind != "proposal" or "#B2001" not in reply.text
    assert _order(store_with_orders, "#B2001").status == "pending"
    assert "Green Tea" not in reply.text


def test_the_same_yes_twenty_times_at_once_is_done_once(agent: Agent, store_with_orders: Database) -> None:
    agent.reply(ANNA, "Cancel #A1003, no longer needed")
    with ThreadPoolExecutor(20) as pool:
        replies: list[Reply] = list(pool.map(lambda _: agent.reply(ANNA, "yes"), range(20)))
    assert all(reply.text for reply in replies)
    with store_with_orders.read() as records:
        assert [row.state for row in records.scalars(select(Proposal))] == ["done"]
        steps = [row.step for row in records.scalars(select(ProposalStep))]
        assert sorted(steps) == ["confirmed", "executed", "proposed"]
    assert [one.kind for one in _order(store_with_orders, "#A1003").payments] == ["payment", "refund"]


def test_two_conversations_return_the_same_item_once(agent: Agent, store_with_orders: Database) -> None:
    rooms = [agent.start(ANNA), agent.start(ANNA)]
    for room in rooms:
        assert _wish(agent, "I want to return the speaker from order #A1004", room).kind == "proposal"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda room: agent.reply(ANNA, "yes", room), rooms))
    with store_with_orders.read() as records:
        assert len(list(records.scalars(select(Return)))) == 1
        assert sorted(row.state for row in records.scalars(select(Proposal))) == ["done", "refused"]


def test_a_lost_working_memory_loses_no_plan(
    agent: Agent, store_with_orders: Database, clock: FixedClock, encoder: TextEncoder
) -> None:
    room = agent.start(ANNA)
    agent.reply(ANNA, "Cancel #A1003, no longer needed. And I'd like to return the speaker of #A1004.", room)
    agent._checkpoints.delete(room)
    assert _wish(agent, "yes", room).kind == "proposal"
    assert agent.reply(ANNA, "yes", room).kind == "answer"
    assert _order(store_with_orders, "#A1003").status == "cancelled"
    assert _order(store_with_orders, "#A1004").status == "return requested"


@pytest.mark.parametrize(
    ("session", "wish", "aside", "words"),
    [
        (ANNA, "cancel #A1003", "show me a waterproof jacket", "Fjord Rain Jacket"),
        (ANNA, "I want to return the speaker from order #A1004", "recommend a jacket", "Fjord Rain Jacket"),
        (ANNA, "cancel #A1003", "how long does delivery take?", "“Shipping”"),
        (WEI, "取消#B2001", "推荐一款防水外套", "峡湾雨衣"),
        (WEI, "绿茶那单帮我取消吧，下错单了", "有没有台灯", "台灯"),
    ],
)
def test_a_new_wish_is_answered_and_the_plan_kept(
    agent: Agent, store_with_orders: Database, session: Session, wish: str, aside: str, words: str
) -> None:
    before = agent.reply(session, wish)
    other = agent.reply(session, aside)
    assert words in other.text
    assert "退货、换货" not in other.text
    assert other.proposal_id == before.proposal_id
    goes_on = "ordered by mistake" if session is ANNA else "下错单了"
    proposed = before if before.proposal_id else agent.reply(session, goes_on)
    assert proposed.kind in {"proposal", "question"}
    if proposed.kind == "question":
        agent.reply(session, "no, that's all")
    assert agent.reply(session, "yes" if session is ANNA else "好的").kind == "answer"
    with store_with_orders.read() as records:
        assert [row.state for row in records.scalars(select(Proposal))] == ["done"]


@pytest.mark.parametrize(("session", "wish", "aside", "words"), [
    (ANNA, "Cancel #A1003, no longer needed", "show me a waterproof jacket", "Fjord Rain Jacket"),
    (WEI, "绿茶那单帮我取消吧，下错单了", "推荐一款绿茶", "草甸绿茶"),
])  # fmt: skip
def test_a_new_wish_after_all_is_done_is_not_about_the_order(
    agent: Agent, session: Session, wish: str, aside: str, words: str
) -> None:
    agent.reply(session, wish)
    agent.reply(session, "yes" if session is ANNA else "好的")
    reply = agent.reply(session, aside)
    assert words in reply.text
    assert reply.kind == "answer"


def test_that_something_is_open_is_said_once(agent: Agent) -> None:
    agent.reply(ANNA, "cancel #A1003")
    assert "cancellation is not done yet" in agent.reply(ANNA, "how long does delivery take?").text
    assert "not done yet" not in agent.reply(ANNA, "show me desk lamps").text


def test_back_to_it_is_no_yes(agent: Agent, store_with_orders: Database) -> None:
    _wish(agent, "I want to return the speaker from order #A1004")
    agent.reply(ANNA, "show me desk lamps")
    assert agent.reply(ANNA, "ok back to the return please").kind == "proposal"
    assert _order(store_with_orders, "#A1004").status == "delivered"


@pytest.mark.parametrize(
    ("session", "forgot", "said", "order"),
    [
        (ANNA, "I forgot what I ordered", "the one for rainy days", "#A1003"),
        (WEI, "我好像买了个东西，忘了是什么了", "喝茶用的那个", "#B2001"),
    ],
)
def test_who_forgot_is_shown_his_orders_and_may_describe(
    agent: Agent, session: Session, forgot: str, said: str, order: str
) -> None:
    assert order in agent.reply(session, forgot).text
    told = agent.reply(session, said)
    assert order in told.text
    assert told.kind == "question"


def test_a_colour_names_no_product() -> None:
    from agent.planning.goods import mentions

    title = "冷榨温和橄榄油"
    assert mentions("是奶油色的吧", [title]) == []
    assert mentions("橄榄油不要了", [title])


def test_without_a_policy_a_person_does_it(shop: Database, clock: FixedClock, encoder: TextEncoder) -> None:
    plain = open_agent(shop, clock, encoder, AgentSettings())
    try:
        assert plain.reply(WEI, "cancel order #B2001").kind == "handover"
    finally:
        plain.close()


def _say(agent: Agent, *texts: str, who: Session = ANNA) -> list[Reply]:
    conversation = agent.start(who)
    return [agent.reply(who, text, conversation) for text in texts]


def test_where_it_is_wants_to_know_and_nothing_done(agent: Agent) -> None:
    asked = _say(agent, "actually where's my order #A1002", "no I don't want a person, just tell me when it comes")
    for reply in asked:
        assert reply.kind == "answer"
        assert "#A1002" in reply.text
    assert _say(agent, "我上次买的东西到哪儿了", who=WEI)[0].kind == "answer"


def test_what_was_shown_is_taken_cheaper_or_asked_about(agent: Agent) -> None:
    listed, taken, why, cheaper = _say(agent, "show me lamps", "I'll take the first one", "why this?", "too expensive")
    first = listed.products[0]
    assert [one.id for one in taken.products] == [first.id]
    assert "cart" in taken.text
    assert listed.products[0].title in why.text
    assert "sorry" not in why.text
    assert all((one.price_minor or 0) < (first.price_minor or 0) for one in cheaper.products)
    _, why_third = _say(agent, "recommend something for me", "why the second one")
    assert why_third.kind == "answer"
    assert "version" not in why_third.text


def test_calling_it_off_in_so_many_words(agent: Agent) -> None:
    asked, dropped, after = _say(agent, "能不能改一下订单#A1003的地址", "算了不改了", "谢谢")
    assert asked.kind in {"question", "proposal"}
    assert dropped.kind == "answer"
    assert "地址" not in after.text


def test_the_money_back_in_place_of_another_size(agent: Agent, store_with_orders: Database) -> None:
    _, proposed, instead, done = _say(
        agent, "swap the boots of #A1004 for size 43", "that's all", "then rather refund me", "yes"
    )
    assert (proposed.kind, instead.kind) == ("proposal", "proposal"), instead.text
    assert proposed.proposal_id != instead.proposal_id
    assert "129.00" in instead.text
    assert done.kind == "answer"
    returned = _order(store_with_orders, "#A1004").returns
    assert [one.kind for one in returned] == ["return"]


def test_who_has_bought_nothing_is_shown_what_he_looks_for(agent: Agent, store_with_orders: Database) -> None:
    with store_with_orders.write() as records:
        records.add(Customer(id="new", language="en"))
    waiting, lamps, back = _say(
        agent,
        "my order hasn't arrived yet",
        "show me lamps",
        "I want to return my order",
        who=Session.for_customer("new"),
    )
    assert "no orders" in waiting.text
    assert {one.id for one in lamps.products} >= {"P002", "P003"}
    assert "no orders" in back.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Bonjour, où est ma commande ?", "English and Chinese only"),
        ("what's in my cart?", "cart"),
        ("有没有人说极光台灯太暗", "极光台灯"),
        ("do you ship to Austria?", "“"),
    ],
)
def test_what_is_known_and_what_is_not(agent: Agent, text: str, told: str) -> None:
    [reply] = _say(agent, text)
    assert told in reply.text
    assert reply.kind != "handover"


def test_what_was_asked_of_a_wish_that_is_gone_is_asked_no_more(agent: Agent) -> None:
    replies = _say(
        agent,
        "exchange the boots of #A1004",
        "that's all",
        "no, I don't want to exchange the Trailblazer Hiking Boots any more",
        "cancel my pending order, I don't need it any more",
        "forget it",
    )
    assert not [one.text for one in replies if "wrong on our side" in one.text]


@pytest.mark.parametrize(
    ("session", "said", "again"),
    [
        (ANNA, "the tracking says delivered but there is nothing here", "I asked all my neighbours"),
        (ANNA, "my boots of #A1001 never arrived", "I want my money back"),
        (WEI, "显示已签收，但是我没收到", "帮我退款"),
    ],
)
def test_what_never_came_is_traced_by_a_person_and_not_returned(
    agent: Agent,
    store_with_orders: Database,
    session: Session,
    said: str,
    again: str,
) -> None:
    if session is WEI:
        with store_with_orders.write() as records:
            order = records.get(Order, "#B2001")
            assert order is not None
            order.status = order.shipments[0].status = "delivered"
            order.shipments[0].shipped_at = order.shipments[0].delivered_at = order.placed_at
    first = agent.reply(session, said)
    assert first.kind == "question"
    assert first.proposal_id is None
    second = agent.reply(session, again)
    assert second.kind == "handover"
    with store_with_orders.read() as records:
        kept = records.get(Conversation, second.conversation_id)
        assert kept is not None
        assert kept.state == "person"


def test_a_no_ends_it(agent: Agent) -> None:
    agent.reply(ANNA, "the tracking says delivered but there is nothing here")
    assert agent.reply(ANNA, "no").kind == "answer"
    assert agent.reply(ANNA, "what is the weather like?").kind != "handover"


def test_a_refund_that_never_came_is_no_parcel(agent: Agent) -> None:
    assert "neighbour" not in agent.reply(ANNA, "I never received my refund").text


@pytest.mark.parametrize("said", ["I ordered the wrong size", "尺码买错了"])
def test_the_wrong_size_wants_an_exchange(agent: Agent, said: str) -> None:
    agent.reply(ANNA, f"{said}, the Trailblazer Hiking Boots of #A1004")
    agent.reply(ANNA, "43")
    proposed = agent.reply(ANNA, "no, that is all")
    assert proposed.kind == "proposal"
    assert "43" in proposed.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("what's 17*23?", "I can't help with that"),
        ("nothing, forget it", "All right"),
        ("this is ridiculous", "I'm sorry"),
    ],
)
def test_what_wants_nothing_of_an_order_is_not_answered_with_one(agent: Agent, said: str, told: str) -> None:
    agent.reply(ANNA, "I want to return my Trailblazer Hiking Boots of #A1001")
    agent.reply(ANNA, "no")
    assert told in agent.reply(ANNA, said).text


@pytest.mark.parametrize(
    ("asked", "yes"), [("cancel #A1003, I don't need it any more", "yes"), ("取消#A1003，不需要了", "是的")]
)
def test_an_older_order_than_those_listed_is_his_too(
    agent: Agent, store_with_orders: Database, clock: FixedClock, asked: str, yes: str
) -> None:
    """The list holds the ten newest; who names the eleventh is not told that it is none of his."""
    with store_with_orders.write() as records:
        for number in range(12):
            records.add(
                Order(
                    id=f"#A2{number:03}", customer_id="anna", position=20 + number, status="delivered", currency="EUR",
                    placed_at=clock() - timedelta(hours=number),
                    lines=[
                        OrderLine(position=0, product_id="P005", title="Green Tea", quantity=1, unit_price_minor=1250)
                    ],
                )
            )  # fmt: skip
    assert agent.reply(ANNA, asked).kind == "proposal"
    agent.reply(ANNA, yes)
    assert _order(store_with_orders, "#A1003").status == "cancelled"


@pytest.mark.parametrize("text", ["my parcel #A1004 has not come", "#A1004还没收到"])
def test_an_order_that_has_not_come_but_counts_as_delivered_is_traced(agent: Agent, text: str) -> None:
    asked = agent.reply(ANNA, text)
    assert asked.kind == "question"
    assert agent.reply(ANNA, "好的" if "还" in text else "yes").kind == "handover"


@pytest.mark.parametrize("text", ["my parcel #A1002 has not come", "#A1002还没收到"])
def test_an_order_that_is_on_its_way_is_told(agent: Agent, text: str) -> None:
    told = agent.reply(ANNA, text)
    assert told.kind == "answer"
    assert "TRA1002X" in told.text
