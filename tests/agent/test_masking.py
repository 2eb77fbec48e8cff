"""What goes to a model elsewhere carries placeholders, and comes back whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from agent.masking import Mask
from store.schema import Customer

CUSTOMER = Customer(
    id="c",
    first_name="Anna",
    last_name="Berg",
    email="anna@example.com",
    phone="+49 228 123456",
    address={"address1": "Elm Street 12", "zip": "53111", "city": "Bonn"},
)


@pytest.mark.parametrize(
    "text",
    [
        "I am Anna Berg of Elm Street 12, 53111 Bonn",
        "write to anna@example.com or other.person@mail.org",
        "my card is 4111 1111 1111 1111",
        "call +49 228 123456 or 13812345678",
        "ANNA, please",
    ],
)
def test_hides_and_reveals(text: str) -> None:
    mask = Mask.of(CUSTOMER)
    hidden = mask.hide(text)
    for secret in ("Anna", "ANNA", "Berg", "Elm Street", "53111", "@", "4111", "123456", "1381234"):
        assert secret not in hidden
    assert mask.reveal(hidden).lower() == text.lower()


@pytest.mark.parametrize("text", ["order #W2611340 costs €12.50", "Bergamot tea, 100 g", "2026-03-02", "P0042"])
def test_leaves_the_rest_alone(text: str) -> None:
    assert Mask.of(CUSTOMER).hide(text) == text


def test_the_same_value_is_the_same_placeholder_in_text_and_tool_calls() -> None:
    mask = Mask.of(CUSTOMER)
    call = {"name": "hand_over_to_person", "args": {"summary": "Anna Berg wants a call"}, "id": "1"}
    hidden = mask.hide_message(AIMessage("Anna Berg", tool_calls=[call]))
    assert isinstance(hidden, AIMessage)
    assert str(hidden.content) in hidden.tool_calls[0]["args"]["summary"]
    back = mask.reveal_message(hidden)
    assert isinstance(back, AIMessage)
    assert back.tool_calls[0]["args"] == call["args"]


@given(st.text())
def test_any_text_survives(text: str) -> None:
    mask = Mask()
    assert mask.reveal(mask.hide(text)) == text
