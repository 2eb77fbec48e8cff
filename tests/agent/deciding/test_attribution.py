"""Whose order it is: shares of orders add up, the usual delay is found, and what others led to is taken off."""

from __future__ import annotations

import numpy as np
import pytest

from agent.deciding import Batch, DecidingSettings
from agent.deciding.attribution import Claims, learn_shared, share_orders, shared
from agent.deciding.experience import Experience
from agent.deciding.prior import PriorBelief
from store import InputError

WINDOW = 3.0


def claims_of(
    customers: list[int], day: list[float], orders: list[tuple[int, float]], window: float = WINDOW
) -> Claims:
    return Claims.of(
        np.array(customers),
        np.array(day),
        np.full(len(day), window),
        np.array([customer for customer, _ in orders], dtype=np.int64),
        np.array([at for _, at in orders], dtype=float),
    )


def test_an_order_may_come_of_what_was_before_it_and_within_the_window() -> None:
    found = claims_of([0, 0, 1, 0, 0], [0.0, 2.0, 2.0, 2.5, 6.0], [(0, 2.5), (1, 5.1), (2, 2.5)])
    # The decision at the order's own time is not before it; customer 1's window is over; customer 2 is unknown.
    assert sorted(zip(found.decision.tolist(), found.order.tolist(), strict=True)) == [(0, 0), (1, 0)]
    assert sorted(found.lag.tolist()) == [0, 2]
    assert found.contested
    assert found.claimed.tolist() == [1, 1, 0, 0, 0]


def test_shares_add_up_and_follow_the_chance_and_the_delay() -> None:
    random = np.random.default_rng(0)
    # Every customer is decided on daily for four days and orders half a day after the last one; in the others, who are
    # decided on once, orders come on the same day: that teaches the delay.
    often = np.repeat(np.arange(20), 4)
    customers = np.concatenate([often, np.arange(20, 220)])
    day = np.concatenate([np.tile(np.arange(4.0), 20), np.zeros(200)])
    order_day = np.concatenate([np.full(20, 3.5), random.choice([0.5, 1.5], 200, p=[0.9, 0.1])])
    claims = Claims.of(customers, day, np.full(day.size, 4.0), np.arange(220), order_day)
    shares = share_orders(claims, np.full(day.size, 0.1))
    assert shares.total(np.ones(220)).sum() == pytest.approx(220)
    assert np.bincount(claims.order, weights=shares.share) == pytest.approx(np.ones(220))
    assert shares.delays.argmax() == 0
    assert shares.delays[0] > 0.8
    mine = shares.total(np.ones(220))[:80].reshape(20, 4)
    assert (np.diff(mine[:, 1:]) > 0).all()
    likelier = np.where(np.arange(day.size) % 4 == 0, 0.8, 0.01)
    moved = share_orders(claims, likelier).total(np.ones(220))[:80].reshape(20, 4)
    assert (moved[:, 0] > mine[:, 0]).all()
    age = np.array([0.0, 1.0, 4.0, 9.0])
    come = shares.come_by(age, np.full(4, 4.0))
    assert come[0] == 0
    assert come[1] == pytest.approx(shares.delays[0])
    assert come[2:] == pytest.approx(1.0)


def experience(customers: list[int], day: list[float], bought: list[float], margin: list[float]) -> Experience:
    rows = len(day)
    return Experience(
        batch=Batch(
            moments=("look",) * rows,
            names=("looks",),
            values=np.arange(rows, dtype=float)[:, None],
            actions=("silence", "remind"),
            eligible=np.ones((rows, 2), dtype=bool),
            margin=np.full((rows, 2), 1000.0),
            cost=np.zeros((rows, 2)),
            discount=np.zeros((rows, 2)),
            keys=tuple(str(row) for row in range(rows)),
        ),
        customers=tuple(str(one) for one in customers),
        day=np.array(day),
        chosen=np.arange(rows) % 2,
        propensity=np.full(rows, 0.5),
        bought=np.array(bought),
        margin=np.array(margin),
        complained=np.zeros(rows, dtype=bool),
        ripe=np.ones(rows),
    )


def test_what_others_led_to_is_taken_off_and_what_is_nobody_elses_stays() -> None:
    customers, day = [0, 0, 1, 2], [0.0, 1.0, 0.0, 0.0]
    rows = experience(customers, day, [1.0, 1.0, 1.0, 0.0], [900.0, 900.0, 500.0, 0.0])
    claims = claims_of(customers, day, [(0, 1.5), (1, 0.5)])
    found = shared(rows, claims, np.array([900.0, 500.0]), PriorBelief(DecidingSettings()))
    assert found.margin[:2].sum() == pytest.approx(900.0)
    assert found.bought[:2].sum() == pytest.approx(1.0)
    # A reminder is believed to bring more than silence.
    assert found.bought[1] > found.bought[0] > 0
    assert found.margin[2:].tolist() == [500.0, 0.0]
    assert found.bought[2:].tolist() == [1.0, 0.0]


def test_orders_that_two_decisions_led_to_do_not_make_a_message_look_better_than_it_is() -> None:
    random, people = np.random.default_rng(3), 1500
    # A silence, a day later a reminder or a second silence; only the reminder brings orders, on the day after it.
    customers = np.repeat(np.arange(people), 2).tolist()
    day = np.tile([0.0, 1.0], people).tolist()
    reminded = random.random(people) < 0.5
    buys = random.random(people) < np.where(reminded, 0.5, 0.05)
    chosen = np.column_stack((np.zeros(people, dtype=int), reminded.astype(int))).ravel()
    both = np.repeat(buys, 2).astype(float)
    rows = experience(customers, day, both.tolist(), (both * 1000).tolist())
    rows = Experience(**{**{name: getattr(rows, name) for name in rows.__slots__}, "chosen": chosen})
    orders = [(int(number), 1.5) for number in np.flatnonzero(buys)]
    claims = claims_of(customers, day, orders, window=2.0)
    known = DecidingSettings()
    believed = learn_shared(rows, claims, np.full(len(orders), 1000.0), known)
    chance = believed.chance_of(rows.batch, rows.chosen)
    assert chance.sum() == pytest.approx(len(orders), rel=0.1)
    assert both.sum() == 2 * len(orders)


def test_a_window_cannot_be_negative() -> None:
    with pytest.raises(InputError, match="window"):
        claims_of([0], [0.0], [(0, 1.0)], window=-1.0)
