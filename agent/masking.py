"""What leaves the machine is masked: the customer's own data, and what looks like a mail address, phone or card number.

Placeholders keep their meaning over a conversation (the same value is the same placeholder) and are put back in
replies and in tool arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from store.schema import Customer

_PATTERNS = (
    ("EMAIL", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+\w")),
    ("CARD", re.compile(r"(?<![\w#])\d(?:[ -]?\d){12,18}(?!\w)")),
    ("PHONE", re.compile(r"(?<![\w#.])\+\d[\d ()-]{7,16}\d(?!\w)|(?<![\w#.-])1[3-9]\d{9}(?!\w)")),
)
_SHORTEST = 2


class Mask:
    """The placeholders of one customer's conversation."""

    def __init__(self, known: Iterable[tuple[str, str]] = ()) -> None:
        self._patterns: Sequence[tuple[str, re.Pattern[str]]] = _PATTERNS
        self._by_value: dict[str, str] = {}
        self._by_placeholder: dict[str, str] = {}
        for kind, value in sorted(known, key=lambda pair: -len(pair[1])):
            if len(value.strip()) >= _SHORTEST:
                self._placeholder(kind, value.strip())

    @classmethod
    def of(cls, customer: Customer | None) -> Mask:
        """Knows the customer's names, mail address, phone number and postal address."""
        if customer is None:
            return cls()
        known = [
            ("NAME", f"{customer.first_name} {customer.last_name}".strip()),
            ("NAME", customer.first_name),
            ("NAME", customer.last_name),
            ("EMAIL", customer.email or ""),
            ("PHONE", customer.phone or ""),
            *(("ADDRESS", customer.address.get(part) or "") for part in ("address1", "address2", "zip")),
        ]
        return cls(known)

    @classmethod
    def nothing(cls) -> Mask:
        """Hides nothing: for a model in this process."""
        mask = cls()
        mask._patterns = ()
        return mask

    def _placeholder(self, kind: str, value: str) -> str:
        known = self._by_value.get(value)
        if known is None:
            number = 1 + sum(one.startswith(f"<{kind}_") for one in self._by_placeholder)
            known = f"<{kind}_{number}>"
            self._by_value[value] = known
            self._by_placeholder[known] = value
        return known

    def hide(self, text: str) -> str:
        for value, placeholder in sorted(self._by_value.items(), key=lambda pair: -len(pair[0])):
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", placeholder, text, flags=re.I)
        for kind, pattern in self._patterns:
            text = pattern.sub(lambda found, kind=kind: self._placeholder(kind, found.group()), text)  # type: ignore[misc]
        return text

    def reveal(self, text: str) -> str:
        for placeholder, value in self._by_placeholder.items():
            text = text.replace(placeholder, value)
        return text

    def hide_message(self, message: BaseMessage) -> BaseMessage:
        changed: dict[str, Any] = {"content": self.hide(str(message.content)), "additional_kwargs": {}}
        if isinstance(message, AIMessage) and message.tool_calls:
            changed["tool_calls"] = [
                {**call, "args": self._each(call["args"], self.hide)} for call in message.tool_calls
            ]
        return message.model_copy(update=changed)

    def reveal_message(self, message: BaseMessage) -> BaseMessage:
        changed: dict[str, Any] = {"content": self.reveal(_text(message))}
        if isinstance(message, AIMessage) and message.tool_calls:
            changed["tool_calls"] = [
                {**call, "args": self._each(call["args"], self.reveal)} for call in message.tool_calls
            ]
        return message.model_copy(update=changed)

    @staticmethod
    def _each(arguments: dict[str, Any], change: Any) -> dict[str, Any]:
        return {name: change(value) if isinstance(value, str) else value for name, value in arguments.items()}


def _text(message: BaseMessage) -> str:
    """A message's text, also where a provider gives content as blocks."""
    return message.content if isinstance(message.content, str) else str(message.text)
