"""Money: integer minor units (cents) and a currency code. No float ever holds an amount."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from .errors import InputError

_NO_MINOR_UNIT = {"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF"}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹"}
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def minor_digits(currency: str) -> int:
    """How many decimal digits the currency's minor unit has (ISO 4217): 2 for EUR, 0 for JPY."""
    return 0 if currency.upper() in _NO_MINOR_UNIT else 2


def parse_amount(text: str | int | float | Decimal, currency: str) -> int:
    """Read an amount in major units ("1,299.00", "$49.9", 12.5) as minor units.

    A comma followed by exactly three digits groups thousands, any other single comma is a decimal comma.
    Raises ``InputError`` for what is not an amount ("N/A", "", "NaN", "free").
    """
    raw = str(text).strip()
    cleaned = re.sub(r"[^\d,.\-]", "", raw)
    letters = re.sub(r"[\d,.\-\s]", "", raw).strip("$€£¥₹").upper()
    if letters not in {"", "USD", "EUR", "GBP", "CNY", "JPY", "INR", "RMB", "RS", currency.upper()}:
        raise InputError("not an amount of money", value=text, allowed='a number such as "12.50"')
    if "," in cleaned and "." in cleaned:
        decimal_sign = max(",", ".", key=cleaned.rfind)
        cleaned = cleaned.replace("," if decimal_sign == "." else ".", "").replace(",", ".")
    elif "," in cleaned:
        grouped = re.fullmatch(r"-?\d{1,3}(,\d{3})+", cleaned) is not None
        cleaned = cleaned.replace(",", "" if grouped else ".")
    if not _NUMBER.match(cleaned):
        raise InputError("not an amount of money", value=text, allowed='a number such as "12.50"')
    try:
        amount = Decimal(cleaned).scaleb(minor_digits(currency))
    except InvalidOperation as error:  # pragma: no cover - the pattern above admits only numbers
        raise InputError("not an amount of money", value=text, allowed='a number such as "12.50"') from error
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def format_amount(minor: int, currency: str) -> str:
    """Amount as shown to people: ``€12.50``, ``-$3.00``, ``CHF 12.50``."""
    digits = minor_digits(currency)
    value = f"{Decimal(abs(minor)).scaleb(-digits):,.{digits}f}"
    code = currency.upper()
    sign = "-" if minor < 0 else ""
    return f"{sign}{_SIGNS[code]}{value}" if code in _SIGNS else f"{sign}{code} {value}"
