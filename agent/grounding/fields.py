"""Which field of a record a claim speaks of, read from the words around it. Knows no evidence.

A clause says "placed", "total", "tracking" or the like near its date, amount or number; the nearest such word names the
fields that may hold the claim. Without one the record's own main fields may.
"""

from __future__ import annotations

import re

from .claims import Claim
from .clauses import clause_span

Fields = frozenset[str]
ANY: Fields = frozenset()

_PRICE = frozenset({"price", "highest_price", "unit_price"})
_AMOUNTS: tuple[tuple[str, str], ...] = (
    ("refund", r"refund\w*|reimburs\w*|paid back|退款|退还|退回"),
    ("spent", r"spent|spend|消费|花了|花费"),
    ("payment total", r"paid|pay|payment\w*|charged?|billed|已付|支付|实付|付款|付了"),
    (
        "total",
        r"totals?|totall?ed|altogether|order value|(?:came|comes|come|amounts?|adds?|added) (?:up )?to|worth"
        r"|总金额|总价|总额|合计|总计|一共|总共",
    ),
    (
        "price highest_price unit_price",
        r"costs?|prices?d?|each|apiece|per (?:piece|item|unit)|sells? for|unit"
        r"|价格|单价|售价|卖|每[件个双条]|起",
    ),
)
_DATES: tuple[tuple[str, str], ...] = (
    (
        "promised",
        r"expected|expect|due|promised?|estimated|schedul\w+|should|will|arriv(?:es?|ing)"
        r"|by the latest|预计|承诺|应该|将",
    ),
    ("delivered", r"(?<!for )(?<!out for )deliver(?:ed|y)|arrived|received|handed|送达|签收|收到|到货"),
    ("shipped", r"shipped|ship|sent|dispatched|left|on its way|发货|寄出|发出"),
    ("placed", r"placed|ordered|bought|purchased?|order date|made|下单|购买|订购"),
)
_NUMBERS: tuple[tuple[str, str], ...] = (
    ("positive_reviews positive_percent", r"positive|liked it|happy|好评"),
    ("negative_reviews negative_percent", r"negative|unhappy|差评"),
    ("neutral_reviews neutral_percent", r"neutral|mixed|中评"),
    ("stars", r"gave|gives|打了|给了"),
    ("rating", r"stars?|rat(?:ed|ings?)|score|评分|星|分"),
    ("reviews_about", r"mention\w*|speak of|talk about|提到"),
    (
        "review_count reviews_about",
        r"reviews?|reviewers?|customers?|buyers?|people|条(?!好评|差评|中评)|评价|评论",
    ),
    ("open_order_count", r"open|on (?:its|their|the) way|outstanding|未完成"),
    ("order_count open_order_count", r"orders?|订单|单"),
    ("pieces_in_stock", r"left|in stock|remain\w*|available pieces|库存|还剩|剩|(?<=剩\d)件|(?<=剩\d\d)件"),
    ("variants_in_stock variant_count", r"versions?|variants?|options|sizes|colou?rs|款式|规格|(?<![退付])款"),
    ("quantity", r"quantity|×|\bx\b|数量"),
    ("line_count piece_count quantity found_count", r"items?|pieces?|articles?|products?|things|pairs?|件|商品|双"),
)
_CUES = {
    "amount": [
        (frozenset(names.split()), re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.I)) for names, words in _AMOUNTS
    ],
    "date": [
        (frozenset(names.split()), re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.I)) for names, words in _DATES
    ],
    "number": [
        (frozenset(names.split()), re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.I)) for names, words in _NUMBERS
    ],
}
_MAIN = {
    "amount": _PRICE | {"total", "payment", "line_price"},
    "date": frozenset({"placed"}),
}
KNOWN = {kind: frozenset(name for names, _ in cues for name in names) for kind, cues in _CUES.items()}
"""Fields that have a word of their own; a claim without such a word may also be of any other field."""
SUM = re.compile(
    r"\btogether|\bsums?\b|altogether|combined|in total|\btotall?(?:ing|ed)?\b|\bboth\b.*\bcost|(?:adds?"
    r"|come|comes|came) (?:up )?to"
    r"|合计|总共|一共|总计|加起来|总价|总金额|总额",
    re.I,
)
OPENING_SUM = re.compile(r"\s*(?:together|in total|altogether|in all|合计|一共|总共|加起来)", re.I)
DIFFERENCE = re.compile(
    r"differ\w*|cheaper|more expensive|\bdearer|\bmore than|\bless than|\bsav(?:es?|ing)\b|\bless\b"
    r"|\bmore\b|相差|差价|便宜|贵|省",
    re.I,
)


def fields_of(claim: Claim, sentence: str) -> tuple[Fields, bool]:
    """The fields that may hold ``claim``, and whether a word said so (else they are the main ones of its kind).

    For numbers and percentages without such a word ``ANY`` is given: any field may hold them.
    """
    kind = "number" if claim.kind == "percent" else claim.kind
    start, end = clause_span(sentence, claim.start, claim.end)
    best: tuple[float, Fields] | None = None
    for rank, (names, pattern) in enumerate(_CUES.get(kind, ())):
        for found in pattern.finditer(sentence, start, end):
            distance = _distance(found.start(), found.end(), claim, kind)
            if distance is None:
                continue
            # Where two words are as near, the more special one, which stands earlier in the table, decides.
            if best is None or distance + rank * 0.01 < best[0]:
                best = (distance + rank * 0.01, names)
    if kind == "date" and best is not None:
        best = (0.0, _future(sentence[start:end], best[1]))
    if best is not None:
        return best[1], True
    return _MAIN.get(kind, ANY), False


def _future(clause: str, names: Fields) -> Fields:
    """ "Delivery" alone may be promised or done; with a word of the future it is promised."""
    if re.search(r"\b(?:will|should|expected|promised|due|estimated|scheduled)\b|预计|承诺|将", clause, re.I):
        return frozenset({"promised"})
    if "delivered" in names and not re.search(r"delivered|arrived|received|已|送达|签收", clause, re.I):
        return names | {"promised"}
    return names


def _distance(start: int, end: int, claim: Claim, kind: str) -> float | None:
    """How far a word stands from the claim; what is counted stands after its number, so there it counts as nearer."""
    if end <= claim.start:
        gap: float = claim.start - end
        return gap + (6 if kind == "number" else 0)
    if start >= claim.end:
        gap = start - claim.end
        # In Chinese the verb follows its date.
        return gap + (0 if kind == "number" or (kind == "date" and claim.cjk) else 3)
    return 0.0 if kind == "amount" else None
