"""What leaves the machine is masked: the customer's own data, and what is written like personal data.

Placeholders keep their meaning over a conversation (the same value is the same placeholder) and are put back in
replies and in tool arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from store.schema import Customer

from .personal_data import find_personal_data

_SHORTEST = 2
_SHORTEST_PART = 3
_EDGE = r"A-Za-z0-9_À-ɏ"
"""Where one of these stands beside a value, it is part of a longer word. Chinese is written without blanks."""


class Mask:
    """The placeholders of one customer's conversation."""

    def __init__(self, known: Iterable[tuple[str, str]] = ()) -> None:
        self._hides = True
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
            ("NAME", f"{customer.last_name}{customer.first_name}"),
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
        mask._hides = False
        return mask

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Those given out so far."""
        return tuple(self._by_placeholder)

    def _placeholder(self, kind: str, value: str) -> str:
        known = self._by_value.get(value)
        if known is None:
            number = 1 + sum(one.startswith(f"<{kind}_") for one in self._by_placeholder)
            known = f"<{kind}_{number}>"
            self._by_value[value] = known
            self._by_placeholder[known] = value
        return known

    def hide(self, text: str) -> str:
        """``text`` with placeholders in place of what is known, and of what is found by how it is written."""
        if not self._hides:
            return text
        text = self._hide_known(text)
        hidden, at = "", 0
        for datum in find_personal_data(text):
            value = text[datum.start : datum.end]
            hidden += text[at : datum.start] + self._placeholder(datum.kind, value)
            at = datum.end
            if datum.kind == "NAME":
                self._remember_parts(value)
        return self._hide_known(hidden + text[at:])

    def _hide_known(self, text: str) -> str:
        for value, placeholder in sorted(self._by_value.items(), key=lambda pair: -len(pair[0])):
            before = rf"(?<![{_EDGE}])" if re.match(f"[{_EDGE}]", value) else ""
            after = rf"(?![{_EDGE}])" if re.match(f"[{_EDGE}]", value[-1]) else ""
            text = re.sub(before + re.escape(value) + after, placeholder, text, flags=re.I)
        return text

    def _remember_parts(self, name: str) -> None:
        """Who was called by his full name once may be called by half of it later."""
        parts = name.split()
        for part in parts if len(parts) > 1 else ():
            if len(part) >= _SHORTEST_PART and part[0].isupper():
                self._placeholder("NAME", part)

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
