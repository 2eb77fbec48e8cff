"""Policies: Markdown with a typed front part, and errors that say what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.operations import OpeningHours, load_policy
from store import ConfigError


def written(tmp_path, front: str, text: str = "Text."):
    file = tmp_path / "my-shop.md"
    file.write_text(f"---\n{front}\n---\n{text}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("name", ["retail", "demo"])
def test_the_shipped_policies_load_with_text_in_both_languages(name):
    policy = load_policy(name)
    assert policy.name == name
    assert "Cancelling" in policy.text or "cancelled" in policy.text
    assert "取消" in policy.text
    assert not policy.text.startswith("---")


def test_retail_is_the_policy_of_tau_bench():
    policy = load_policy("retail")
    assert set(policy.cancel_reasons) == {"no longer needed", "ordered by mistake"}
    assert policy.allowed_statuses["exchange_items"] == ("delivered",)
    assert policy.return_window_days is None
    assert policy.approval.refund_above == {}


def test_a_merchants_own_file(tmp_path):
    file = written(
        tmp_path,
        "allowed_statuses: {cancel_order: [pending, paid]}\napproval: {refund_above: {eur: '1,250.50', JPY: 9000}}",
    )
    policy = load_policy(file)
    assert policy.name == "my-shop"
    assert policy.text == "Text."
    assert policy.approval.refund_above == {"EUR": 125050, "JPY": 9000}
    assert policy.allowed_statuses == {"cancel_order": ("pending", "paid")}


def test_a_file_saved_on_windows(tmp_path):
    file = tmp_path / "shop.md"
    file.write_bytes("\ufeff---\r\nreturn_window_days: 14\r\n---\r\nText.\r\n".encode())
    assert load_policy(file).return_window_days == 14


@pytest.mark.parametrize(
    ("front", "told"),
    [
        ("return_windw_days: 30", "return_window_days"),
        ("return_window_days: -1", "return_window_days"),
        ("allowed_statuses: {cancel_ordr: [pending]}", "cancel_ordr"),
        ("allowed_statuses: {change_account_address: [x]}", "change_account_address"),
        ("refund_days: {gift_card: [0, 0]}", "other"),
        ("refund_days: {other: [7, 5]}", "fewest"),
        ("opening_hours: {time_zone: Mars, days: {}}", "Mars"),
        ("opening_hours: {days: {monday: ['9-18']}}", "09:00-18:00"),
        ("opening_hours: {days: {monday: ['18:00-09:00']}}", "closes before"),
        ("opening_hours: {days: {mon: ['09:00-18:00']}}", "mon"),
        ("opening_hours: {days: {monday: ['09:00-25:00']}}", "hour"),
        ("approval: {refund_above: {EUR: lots}}", "lots"),
        ("refund_to: [wherever]", "original"),
        ("a: [", "not YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, front, told):
    with pytest.raises(ConfigError, match=told):
        load_policy(written(tmp_path, front))


def test_a_policy_that_is_not_there_lists_those_that_are(tmp_path):
    with pytest.raises(ConfigError, match=r"demo, retail"):
        load_policy("retial")
    plain = tmp_path / "plain.md"
    plain.write_text("# Our rules\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no front part"):
        load_policy(plain)


def test_opening_hours_are_kept_in_the_shops_time_zone():
    hours = OpeningHours(
        time_zone="Europe/Berlin", days={"monday": ("09:00-12:00", "13:00-18:00"), "friday": ("09:00-24:00",)}
    )
    at = datetime(2026, 7, 6, 7, 0, tzinfo=UTC)  # a Monday, 9:00 in Berlin
    assert hours.is_open(at)
    assert not hours.is_open(at.replace(hour=6, minute=59))
    assert not hours.is_open(at.replace(hour=10, minute=30))
    assert hours.next_opening(at) == at
    assert hours.next_opening(at.replace(hour=10, minute=30)) == at.replace(hour=11)
    assert hours.next_opening(at.replace(hour=16)) == datetime(2026, 7, 10, 7, 0, tzinfo=UTC)
    assert hours.is_open(datetime(2026, 7, 10, 21, 58, tzinfo=UTC))
    assert OpeningHours(days={}).next_opening(at) is None


def test_the_next_opening_is_right_over_the_change_of_clocks():
    hours = OpeningHours(time_zone="Europe/Berlin", days={"monday": ("09:00-18:00",)})
    saturday_in_winter = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert hours.next_opening(saturday_in_winter) == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
