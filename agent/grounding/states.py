"""States of orders, parcels and stock: the words that claim one, and what in the records makes it true."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .clauses import is_asked, is_general, is_negated, is_supposed, said_before

STATES: dict[str, tuple[str, frozenset[str]]] = {
    "in stock": (r"in stock|available|有货|有现货|现货|可以购买|can be bought", frozenset({"in stock"})),
    "out of stock": (r"out of stock|sold out|unavailable|缺货|无货|没货|售罄|没有货|断货", frozenset({"out of stock"})),
    "pending": (
        r"pending|unfulfilled|unshipped|待处理|未发货|not yet processed|awaiting (?:processing|shipment|dispatch)",
        frozenset({"pending", "pending (item modified)", "unfulfilled", "processing", "paid", "packed"}),
    ),
    "processed": (
        r"processed|processing|being (?:processed|prepared|packed)|packed|处理中|已处理|打包",
        frozenset({"processed", "processing", "packed"}),
    ),
    "shipped": (
        r"shipped|dispatched|on (?:its|the|their) way|in transit|fulfilled|(?:been|was|were"
        r"|is) sent(?: out)?|handed to the carrier"
        r"|已发货|已经发货|已寄出|运输中|在途|在路上|发货了",
        frozenset({"shipped", "in transit", "out for delivery", "fulfilled", "delayed"}),
    ),
    "out for delivery": (r"out for delivery|派送中|正在派送", frozenset({"out for delivery"})),
    "delayed": (r"delayed|running late|is late|延误|晚点", frozenset({"delayed"})),
    "delivered": (
        r"delivered|(?:has|have|had|already|was|were|is|safely) (?:already |safely )?arrived|已送达|已经送达|已签收"
        r"|签收了|送到了|已到货",
        frozenset({"delivered"}),
    ),
    "cancelled": (r"cancell?ed|已取消|已经取消|取消了|被取消", frozenset({"cancelled", "canceled"})),
    "returned": (
        r"returned|return (?:is |was |has been )?(?:requested|registered|approved|received)|sent back|已退货"
        r"|已申请退货|退货申请已|已退回",
        frozenset({"returned", "return requested", "return approved", "return received"}),
    ),
    "exchanged": (
        r"exchanged|exchange (?:is |was |has been )?(?:requested|registered)|swapped|已换货|已申请换货",
        frozenset({"exchange requested", "exchanged"}),
    ),
    "refunded": (r"refunded|reimbursed|paid back|已退款|已经退款|退款已|退款成功", frozenset({"refunded"})),
    "lost": (r"lost|gone missing|丢失|丢件", frozenset({"lost"})),
    "on hold": (r"on hold|blocked|暂停|冻结", frozenset({"on hold"})),
    "ready for pickup": (
        r"ready (?:for (?:pick-?up|collection)|to be (?:picked up|collected))|待取|可自提",
        frozenset({"ready for pickup"}),
    ),
}
"""Name -> the words that claim it, and the statuses of records that make it true."""
_PATTERNS = {name: re.compile(rf"(?<![a-z-])(?:{words})(?![a-z])", re.I) for name, (words, _) in STATES.items()}
OPPOSITE = {"in stock": "out of stock", "out of stock": "in stock"}
DATED = {"shipped": "shipped", "delivered": "delivered", "refunded": "refunded", "placed": "placed"}
"""States that also a date of the record, or a payment back, makes true."""


def states_in(sentence: str) -> Iterator[tuple[str, int, int, bool]]:
    """State, start, end, and whether it is denied, of each state that ``sentence`` claims. What it asks, supposes or
    says in general ("can be returned") is no claim."""
    taken: set[int] = set()
    for name in sorted(_PATTERNS, key=lambda one: -len(one)):
        for found in _PATTERNS[name].finditer(sentence):
            if taken & set(range(*found.span())):
                continue
            taken |= set(range(*found.span()))
            before = said_before(sentence, found.end())
            if is_supposed(before) or is_asked(sentence, found.start()) or is_general(before):
                continue
            yield name, *found.span(), is_negated(before)
