"""What customers are called: Chinese names with the family name first and whole, others by the first name."""

from __future__ import annotations

import re

from store.schema import Customer

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff·]+")


def name_of(customer: Customer | None, customer_id: str) -> str:
    """The whole name; the id of somebody who has none."""
    if customer is None:
        return customer_id
    if _is_chinese(customer):
        return customer.last_name + customer.first_name
    return " ".join(part for part in (customer.first_name, customer.last_name) if part) or customer_id


def called(customer: Customer) -> str:
    """As one speaks to them; empty for somebody without a name."""
    return name_of(customer, "") if _is_chinese(customer) else customer.first_name


def _is_chinese(customer: Customer) -> bool:
    """By the language and the name: somebody who reads Chinese may be called Emma Lindqvist."""
    return customer.language[:2] == "zh" and bool(_CHINESE.fullmatch(customer.last_name + customer.first_name))
