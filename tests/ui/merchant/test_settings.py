"""Settings change only after a look at what they would do, hold at once, outlive a restart, and can be taken back."""

from __future__ import annotations

from typing import Any

import pytest

from beforehand import Config, Shop, ShopSettings
from store import ConfigError, InputError, NotAllowed
from ui.merchant.dials import DIALS, changes_of, effects_of, shown
from ui.merchant.settings_editing import SettingsEditing, _Events

PLACES = {one.name: place for place, one in enumerate(DIALS)}


def values(shop: Shop, **changed: Any) -> list[Any]:
    """What the fields hold, with some typed over (by the last part of their names)."""
    given = [shown(shop, shop.config, one) for one in DIALS]
    for name, value in changed.items():
        given[next(place for dial, place in PLACES.items() if dial.endswith(name))] = value
    return given


def test_what_is_typed_becomes_settings_in_their_own_units(shop: Shop) -> None:
    typed = values(shop, max_per_week=3.0, quiet_from=" 22:30 ", holdout_share=12.5, budget_minor=99.5, diversity=0.5)
    changes, told = changes_of(shop, typed)
    assert changes == {
        "proactive.max_per_week": 3, "proactive.quiet_from": "22:30", "proactive.holdout_share": 0.125,
        "proactive.offers.budget_minor": 9950, "retrieval.recommend.diversity": 0.5,
    }  # fmt: skip
    assert [(one.now, one.then) for one in told][:2] == [("2", "3"), ("21:00", "22:30")]
    assert changes_of(shop, values(shop)) == ({}, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quiet_from", "25:99"), ("quiet_to", "soon"), ("max_per_week", -1), ("max_per_week", 2.5),
        ("holdout_share", 101), ("margin_floor", 100), ("diversity", 1.0), ("budget_minor", "<b>"),
        ("max_per_week", float("nan")),
    ],
)  # fmt: skip
def test_what_the_settings_do_not_allow_is_told_and_changes_nothing(shop: Shop, name: str, value: Any) -> None:
    with pytest.raises((InputError, ConfigError)):
        changes_of(shop, values(shop, **{name: value}))
    assert not shop.overrides.path.exists()


def test_tried_kept_and_taken_back(shop: Shop, desk: Any, asks: Any) -> None:
    events, owner = _Events(desk), asks("owner")
    told, tried, keep, _, *fields = events.tried(owner, *values(shop, max_per_week=0.0, margin_floor=20))
    assert "Messages to one customer in a week" in told
    assert "occasions" in told
    assert keep["visible"]
    assert all(one["interactive"] and "value" not in one for one in fields), "what was typed stands"
    assert shop.config.proactive.max_per_week == 2, "trying changes nothing"
    proactive = shop.proactive
    kept = events.kept(tried, owner)
    assert "hold from now on" in kept[0]
    assert kept[3]["visible"], "there is a way back now"
    assert (shop.config.proactive.max_per_week, shop.config.proactive.offers.margin_floor) == (0, 0.2)
    assert shop.proactive is not proactive
    file = shop.overrides.path.read_text()
    assert "proactive.max_per_week: 0" in file
    assert "Written by the console" in file
    with Shop.open(Config(shop=ShopSettings(home=shop.config.shop.home)), clock=shop.clock) as again:
        assert again.config.proactive.max_per_week == 0
    logged = [one for one in desk.access.audit.entries(log="audit") if one.action == "setting_changed"]
    assert {(one.actor, one.detail["setting"], one.detail["was"], one.detail["now"]) for one in logged} == {
        ("staff:a-owner", "proactive.max_per_week", "2", "0"),
        ("staff:a-owner", "proactive.offers.margin_floor", "10.0", "20.0"),
    }
    back = events.back(owner)
    assert "back as they were" in back[0]
    assert shop.config.proactive == Config().proactive
    assert back[5 + PLACES["proactive.max_per_week"]]["value"] == 2
    events.back(owner)
    assert shop.config.proactive.max_per_week == 0, "and back again"


def test_only_who_manages_the_shop_may(shop: Shop, desk: Any, asks: Any) -> None:
    events = _Events(desk)
    for role in ("viewer", "agent"):
        request = asks(role)
        for attempt in (
            lambda one: events.tried(one, *values(shop)),
            lambda one: events.kept({"proactive.max_per_week": 0}, one),
            events.back,
        ):
            with pytest.raises(NotAllowed):
                attempt(request)
    assert shop.config.proactive.max_per_week == 2
    refused = [one for one in desk.access.audit.entries(log="security") if one.action == "refused_role"]
    assert len(refused) == 6
    assert SettingsEditing.opened(desk)[3]["visible"] is False


def test_the_file_is_checked_and_a_damaged_one_named(shop: Shop) -> None:
    home = shop.config.shop.home
    for text, said in (
        ("proactive.max_per_wek: 1", "max_per_week"),
        ("nothing.here: 1", "no such setting"),
        ("proactive.max_per_week: many", "many"),
        ("- a list", "must hold settings"),
        ("{", "not YAML"),
    ):
        shop.overrides.path.write_text(text)
        with pytest.raises(ConfigError, match=said):
            Shop.open(Config(shop=ShopSettings(home=home)))
    shop.overrides.path.write_text("# nothing\n")
    Shop.open(Config(shop=ShopSettings(home=home))).close()
    with pytest.raises(InputError):
        shop.settings_back()


def test_the_limit_of_refunds_holds_for_the_agent_at_once(tmp_path: Any) -> None:
    from beforehand import AgentSettings

    settings = Config(shop=ShopSettings(home=tmp_path), agent=AgentSettings(policy="demo"))
    with Shop.open(settings) as shop:
        place = PLACES["agent.approve_refunds_above"]
        assert values(shop)[place] == 250.0
        typed = values(shop)
        typed[place] = 99.5
        changes, _ = changes_of(shop, typed)
        assert changes == {"agent.approve_refunds_above": {"EUR": "99.50"}}
        assert effects_of(shop, changes).refunds == (0, 0, 0)
        agent = shop.agent
        shop.change_settings(changes)
        assert shop.agent is agent, "no turn is cut off"
        assert shop.agent.operations.policy.approval.refund_above == {"EUR": 9950}
        typed[place] = None
        shop.change_settings(changes_of(shop, typed)[0])
        assert shop.agent.operations.policy.approval.refund_above["EUR"] == 25_000
