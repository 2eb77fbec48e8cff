"""What the merchant and the customer see of acting first, and the outbox."""

from __future__ import annotations

import email
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from agent import DecidingSettings, OutboxSettings, Proactive, ProactiveSettings
from agent.customer_view import answer_about_messages, wish_about_messages
from agent.outbox import KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER, Outbox, signature
from agent.outcomes import settle_outcomes
from store import Database, FixedClock, NotFound
from store.schema import Customer, Decision, Event, Message, Mute, Order, OrderLine, Outgoing, Stir, Todo

PLAIN = ProactiveSettings(holdout_share=0.0, deciding=DecidingSettings(exploration=0.0))
Write = Callable[..., None]


@pytest.fixture
def cart(shop: Database, clock: FixedClock) -> Write:
    def leave(customer: str = "fresh", product: str = "P002", ago_min: int = 90, value: int = 3450) -> None:
        at = clock() - timedelta(minutes=ago_min)
        with shop.write() as records:
            records.add(
                Event(
                    id=f"{customer}-{product}-{at.timestamp():.0f}",
                    kind="cart_add",
                    at=at,
                    customer_id=customer,
                    product_id=product,
                    variant_id=f"{product}-0",
                    quantity=1,
                    value_minor=value,
                    currency="EUR",
                )
            )

    return leave


def test_today_and_why(shop: Database, clock: FixedClock, cart: Write) -> None:
    cart()
    cart("wei")
    with shop.write() as records:
        records.get_one(Customer, "wei").consent_proactive = False
    proactive = Proactive(shop, settings=PLAIN, clock=clock)
    proactive.tick()
    today = proactive.today()
    assert (today.messages, dict(today.by_action)) == (1, {"remind": 1})
    assert today.silences == {"cart_abandoned:consent": 1}
    (reason,) = proactive.reasons("fresh")
    assert reason.because == "You got my last message because you left something in your cart."
    assert proactive.reasons("wei") == []
    assert proactive.decisions(customer_id="fresh")[0].id == reason.decision_id


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Why did I get this message?", "why"),
        ("why are you writing to me", "why"),
        ("Why am I getting these reminders", "why"),
        ("我为什么会收到这条消息？", "why"),
        ("less of this please", "less"),
        ("Please send me fewer messages", "less"),
        ("少发一点", "less"),
        ("Why did I get charged twice?", None),
        ("Why did you send me the wrong size?", None),
        ("Where is my order?", None),
        ("为什么还没发货", None),
    ],
)
def test_what_is_about_messages(text: str, wish: str | None) -> None:
    assert wish_about_messages(text) == wish


@pytest.mark.parametrize(("customer", "less"), [("fresh", "less of this"), ("wei", "少发这种消息")])
def test_less_of_this_is_kept_to(shop: Database, clock: FixedClock, cart: Write, customer: str, less: str) -> None:
    with shop.write() as records:
        # No parcel of theirs is late, which would come first.
        records.execute(update(Order).values(status="delivered"))
    cart(customer)
    proactive = Proactive(shop, settings=PLAIN, clock=clock)
    proactive.tick()
    with shop.read() as records:
        language = records.get_one(Customer, customer).language
    clock.advance(timedelta(minutes=5))
    told = answer_about_messages(shop, customer, Message(text=less, at=clock()), language)
    assert told is not None
    clock.advance(timedelta(days=10))
    cart(customer, "P003")
    assert "cart_abandoned" not in {one.moment for one in proactive.tick()}
    assert proactive.today().silences["cart_abandoned:less"] == 1
    proactive.undo_less(customer, "cart_abandoned")
    clock.advance(timedelta(days=8))
    cart(customer, "P003")
    assert "cart_abandoned" in {one.moment for one in proactive.tick() if one.surface}


def test_less_counts_in_the_reward(shop: Database, clock: FixedClock, cart: Write) -> None:
    cart()
    proactive = Proactive(shop, settings=PLAIN, clock=clock)
    (sent,) = proactive.tick()
    clock.advance(timedelta(hours=1))
    assert proactive.less_of_this("fresh", sent.id) == "cart_abandoned"
    with pytest.raises(NotFound):
        proactive.less_of_this("anna", sent.id)
    clock.advance(timedelta(days=4))
    proactive.tick()
    with shop.read() as records:
        row = records.get_one(Decision, sent.id)
        assert (row.outcome, row.reward_minor) == ("less", -PLAIN.less_cost_minor)


def test_the_outcome_of_a_message_that_led_to_an_order(shop: Database, clock: FixedClock, cart: Write) -> None:
    cart()
    proactive = Proactive(shop, settings=PLAIN, clock=clock)
    (sent,) = proactive.tick()
    with shop.write() as records:
        records.add(
            Order(
                id="#N1",
                customer_id="fresh",
                status="delivered",
                currency="EUR",
                placed_at=clock() + timedelta(hours=5),
                lines=[
                    OrderLine(position=0, product_id="P002", variant_id="P002-0", title="Lamp", unit_price_minor=3450)
                ],
            )
        )
    assert settle_outcomes(shop, PLAIN, clock() + timedelta(hours=71)) == 0
    assert settle_outcomes(shop, PLAIN, clock() + timedelta(hours=73)) == 1
    with shop.read() as records:
        row = records.get_one(Decision, sent.id)
        assert (row.outcome, row.reward_minor) == ("bought", 1035)


def test_effects_compare_with_the_holdout(shop: Database, clock: FixedClock) -> None:
    with shop.write() as records:
        for number in range(120):
            held = number % 3 == 0
            records.add(
                Decision(
                    id=f"d{number}",
                    idempotency_key=f"k{number}",
                    customer_id=f"c{number}",
                    at=clock() - timedelta(days=5),
                    moment="cart_abandoned",
                    known={"features": {"orders": float(number % 2)}} if number < 90 else {},
                    action="silence" if held else "remind",
                    reason="",
                    policy="transparent 1",
                    propensity=1.0,
                    holdout=held,
                    currency="EUR",
                    outcome="none",
                    reward_minor=(0 if held else 300) + number % 7,
                )
            )
    proactive = Proactive(shop, settings=PLAIN, clock=clock)
    whole, cart_effect, once, never = proactive.effects()
    kinds = [(one.moment, one.customers, one.acted_on, one.held_out) for one in (never, once)]
    assert kinds == [("all", "never_bought", 30, 15), ("all", "bought_once", 30, 15)]
    assert never.interval_minor is None
    assert (whole.moment, cart_effect.moment, whole.acted_on, whole.held_out) == ("all", "cart_abandoned", 80, 40)
    assert whole.interval_minor is not None
    low, high = whole.interval_minor
    assert low < whole.difference_minor < high
    assert 298 < low < high < 302


def test_a_preview_says_what_would_change(shop: Database, clock: FixedClock, cart: Write) -> None:
    cart()
    proactive = Proactive(shop, settings=PLAIN, clock=clock)
    proactive.tick()
    clock.advance(timedelta(days=2))
    cart("fresh", "P003")
    proactive.tick()
    same = proactive.preview(PLAIN)
    assert (same.occasions, same.changes) == (2, ())
    never = proactive.preview(PLAIN.model_copy(update={"max_per_week": 0}))
    assert dict(never.before) == {"remind": 2}
    assert dict(never.after) == {"silence": 2}
    assert all(one.why.startswith("cap") for one in never.changes)
    with shop.read() as records:
        assert records.scalar(select(func.count()).select_from(Decision)) == 2


def test_a_task_for_staff_is_done_once(shop: Database, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add(
            Todo(id="t", decision_id="d", customer_id="fresh", moment="angry_chat", text="Look", created_at=clock())
        )
    proactive = Proactive(shop, settings=PLAIN, clock=clock)
    assert [one.id for one in proactive.todos()] == ["t"]
    assert proactive.finish_todo("t", "Olga").done_by == "Olga"
    assert proactive.finish_todo("t", "Paul").done_by == "Olga"
    assert proactive.todos() == []
    assert [one.id for one in proactive.todos(done=True)] == ["t"]
    with pytest.raises(NotFound):
        proactive.finish_todo("x", "Olga")


def test_the_webhook_is_signed_tried_again_and_sent_under_one_key(
    shop: Database, clock: FixedClock, cart: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEFOREHAND_WEBHOOK_SECRET", "s3cret")
    outside = OutboxSettings(webhook_url="https://shop.example/hook", max_attempts=3)
    proactive = Proactive(shop, settings=PLAIN.model_copy(update={"outbox": outside}), clock=clock)
    sent: list[tuple[str, bytes, Mapping[str, str]]] = []
    broken = True

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
        sent.append((url, body, headers))
        if broken:
            raise OSError("the receiver answered 503")

    proactive.outbox = Outbox(shop, outside, post=post)
    cart()
    proactive.tick()
    assert len(sent) == 1
    proactive.tick()
    assert len(sent) == 1, "it waits before it tries again"
    broken = False
    clock.advance(timedelta(minutes=2))
    proactive.tick()
    proactive.tick()
    assert len(sent) == 2
    assert sent[0][2][KEY_HEADER] == sent[1][2][KEY_HEADER]
    assert sent[1][2][SIGNATURE_HEADER] == signature(sent[1][2][TIME_HEADER], sent[1][1], "s3cret")
    assert json.loads(sent[1][1])["action"] == "remind"
    with shop.read() as records:
        row = records.scalars(select(Outgoing)).one()
        assert (row.attempts, row.next_at, row.problem) == (2, None, None)
        assert row.sent_at == clock()


def test_a_mail_goes_instead_of_the_chat_where_it_was_agreed_to(
    shop: Database, clock: FixedClock, cart: Write, tmp_path: Path
) -> None:
    moments = tmp_path / "moments.yaml"
    moments.write_text("moments: {cart_abandoned: {channel: email}}")
    outside = OutboxSettings(mail_folder=str(tmp_path / "mail"))
    with shop.write() as records:
        records.get_one(Customer, "fresh").consent_email = True
    proactive = Proactive(
        shop, settings=PLAIN.model_copy(update={"outbox": outside, "moments": str(moments)}), clock=clock
    )
    cart()
    cart("wei")
    surfaces = {one.customer_id: one.surface for one in proactive.tick()}
    assert surfaces == {"fresh": "email", "wei": "chat"}
    (file,) = (tmp_path / "mail").glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes())
    assert mail["To"] == "fresh@example.com"
    assert "Aurora Desk Lamp" in mail.get_payload(decode=True).decode()  # type: ignore[union-attr]
    clock.advance(timedelta(hours=1))
    with shop.write() as records:
        records.add(Stir(customer_id="fresh"))
    proactive.tick()
    assert len(list((tmp_path / "mail").iterdir())) == 1
    with shop.read() as records:
        assert records.scalar(select(func.count()).select_from(Mute)) == 0
