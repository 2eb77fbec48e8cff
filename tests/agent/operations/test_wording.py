"""Every refusal can be said in both languages, with its values."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from agent.operations import ApprovalReason, Refusal, Rule, word_approval, word_refusal


@pytest.mark.parametrize("rule", get_args(Rule))
def test_every_rule_has_words_in_both_languages(rule):
    refusal = Refusal(record="order:#W1", rule=rule, value="v", allowed=("a", "b"))
    english, chinese = word_refusal(refusal), word_refusal(refusal, "zh-CN")
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert "{" not in english + chinese
    assert english.endswith(".")


def test_amounts_and_statuses_are_said_as_people_say_them():
    balance = Refusal(
        record="payment_method:gift_1", rule="balance", value="3600", allowed=("1250",), kind="amount", currency="EUR"
    )
    assert word_refusal(balance) == "The gift card gift_1 holds €12.50, and €36.00 is needed."
    status = Refusal(record="order:#W1", rule="status", value="delivered", allowed=("pending",), kind="status")
    assert word_refusal(status, "zh") == "订单 #W1 的状态是已送达；只有待处理的订单才能这样操作。"


@pytest.mark.parametrize("rule", ["refund_above", "refund_sum_above", "always", "delivery_unknown"])
def test_every_reason_for_approval_has_words(rule):
    reason = ApprovalReason(rule=rule, amount_minor=30000, limit_minor=25000, currency="EUR", days=30)
    assert "approve" in word_approval(reason)
    assert "审核" in word_approval(reason, "zh")
    if rule.startswith("refund"):
        assert "€300.00" in word_approval(reason)
