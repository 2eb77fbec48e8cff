"""What waits for an approval, as the inbox shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.operations import Proposal
from ui.merchant.inbox_view import approval_html
from ui.merchant.words import Words


@pytest.fixture
def cancelling(clock) -> Proposal:
    """Somebody cancels an order that cost more than the shop gives back unseen."""
    now = clock()
    method = {"id": "paypal_1", "kind": "paypal", "brand": None, "last_four": None}
    timing = {"start": "now", "fewest_days": 0, "most_days": 4}
    refund = {"kind": "refund", "method": method, "amount_minor": 12510, "timing": timing, "balance_after_minor": None}
    mug = {"item_id": "V1", "product_id": "P1", "title": "Mug <b>", "options": {}, "quantity": 1, "price_minor": 12510}
    done = {
        "order_id": "#1", "currency": "EUR", "status_before": "pending", "status_after": "cancelled",
        "total_before_minor": 12510, "total_after_minor": 0, "movements": [refund], "reason": "no longer needed",
        "items": [mug | {"new_item_id": None, "new_options": None, "new_price_minor": None}],
    }  # fmt: skip
    above = {"rule": "refund_above", "amount_minor": 12510, "limit_minor": 4000, "currency": "EUR", "days": None}
    wish = {"operation": "cancel_order", "order_id": "#1", "reason": "no longer needed"}
    return Proposal.model_validate(
        {
            "id": "P-1", "customer_id": "C1", "conversation_id": None, "operation": "cancel_order", "arguments": wish,
            "consequences": done, "approval": [above], "state": "waiting", "created_at": now,
            "expires_at": now + timedelta(minutes=30),
        }
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_approval_says_for_whom_what_and_once_why(cancelling: Proposal, language: str) -> None:
    page = approval_html(cancelling, "Emma <i>Stone", Words(language))
    assert 'data-open="customer:C1">Emma &lt;i&gt;Stone</button>' in page
    assert "Mug &lt;b&gt;" in page
    assert page.count("€40.00") == 1
    assert 'data-open="approve:P-1"' in page
    assert 'data-open="reject:P-1"' in page
