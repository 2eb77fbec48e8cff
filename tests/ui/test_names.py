"""What customers are called, in the console and when one speaks to them."""

from __future__ import annotations

import pytest

from store.schema import Customer
from ui.names import called, name_of


@pytest.mark.parametrize(
    ("first", "last", "language", "whole", "spoken"),
    [
        ("小雨", "王", "zh", "王小雨", "王小雨"),
        ("Emma", "Lindqvist", "en", "Emma Lindqvist", "Emma"),
        # Reads Chinese and is called as at home.
        ("Nils", "Brandt", "zh", "Nils Brandt", "Nils"),
        ("伟", "Jäger", "zh", "伟 Jäger", "伟"),
        ("", "Moreau", "en", "Moreau", ""),
        ("", "", "zh", "C1", ""),
    ],
)
def test_the_order_of_a_name_is_that_of_the_name(first: str, last: str, language: str, whole: str, spoken: str) -> None:
    customer = Customer(id="C1", first_name=first, last_name=last, language=language)
    assert name_of(customer, "C1") == whole
    assert called(customer) == spoken
    assert name_of(None, "C9") == "C9"
