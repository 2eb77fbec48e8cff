"""Why an operation is refused: a typed reason with the record, the rule, the value and what would have been allowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from store import NotAllowed, NotFound

Rule = Literal[
    "exists",
    "offered",
    "status",
    "reason",
    "window",
    "payment_method",
    "payment_history",
    "same_payment_method",
    "refund_target",
    "balance",
    "currency",
    "item",
    "pairs",
    "variant",
    "price",
    "stock",
    "changed",
    "expired",
]
ValueKind = Literal["text", "status", "amount", "date", "id", "number"]


class Refusal(BaseModel):
    """One reason, in parts that can be said in any language and cited as evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: str
    """``order:#W123``, ``payment_method:gift_card_1``, ``variant:123``, ``proposal:P-...``, ``account:...``."""
    rule: Rule
    value: str = ""
    """What stands against the rule: amounts in minor units, dates as ISO 8601, everything else as text."""
    allowed: tuple[str, ...] = ()
    """What the rule would have accepted, in the same form; for ``balance`` and ``stock`` the most that there is."""
    kind: ValueKind = "text"
    currency: str | None = None
    """Of amounts."""

    @property
    def record_id(self) -> str:
        return self.record.partition(":")[2]


class OperationRefused(NotAllowed):
    """The policy or the records do not allow the operation; nothing was changed."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(
            f"{refusal.record} does not pass the rule '{refusal.rule}'", value=refusal.value, allowed=refusal.allowed
        )


class NoSuchRecord(NotFound):
    """The customer has no such record. Another customer's is told in the very same words."""

    def __init__(self, kind: str, record_id: str) -> None:
        self.refusal = Refusal(record=f"{kind}:{record_id}", rule="exists", value=record_id, kind="id")
        super().__init__(f"this customer has no such {kind}", value=record_id, advice="Ask for the right id")


def refused(
    record: str,
    rule: Rule,
    value: object = "",
    allowed: Iterable[object] = (),
    *,
    kind: ValueKind = "text",
    currency: str | None = None,
) -> OperationRefused:
    """The error to raise for one broken rule."""
    return OperationRefused(
        Refusal(
            record=record,
            rule=rule,
            value=str(value),
            allowed=tuple(str(one) for one in allowed),
            kind=kind,
            currency=currency,
        )
    )
