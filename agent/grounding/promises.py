"""What a sentence promises, or says that was done: by the shop's side, or for the customer.

The other way round than a list of forbidden words: everything that "I", "we", the shop or its people have done or will
do counts, except what a clerk may say freely (look up, explain, help). Free things and guarantees count by their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .clauses import is_asked, is_negated, is_supposed, said_before

_FREE_TO_SAY = frozenset(
    re.findall(
        r"\S+",
        """
        help look looked check checked checking find found see seen saw tell told know known answer answered assist
        suggest suggested recommend recommended show shown showed pass passed understand understood apologise apologize
        need ask asked say said only confirm think thought hope wish list listed compare compared read mean meant love
        appreciate carry sell stock offer want like trust recall note noted do did done be been feel explain describe
        glad happy sorry afraid able unable here not also still just now gladly happily have has had no nothing any a
        the one two three some several these this those your you it all more both currently unfortunately searched
        search looking searching noticed notice received stay remain keep kept silent write written go going leave left
        put take taken speak forward forwarded hand handed connect connected transfer transferred bring let quote come
        came continue wait expect learn heard hear repeat summarise summarize started start stop stopped
        """,
    )
)
_SUBJECT = (
    r"(?:I|we|our (?:team|shop|store|colleagues?|staff|warehouse|support|courier)|(?:the|a|my|our) (?:shop"
    r"|store|courier|carrier|"
    r"seller|colleague|team|warehouse|manager)|someone|they)"
)
_DOES = re.compile(
    rf"\b{_SUBJECT}(?P<aux>(?:['’](?:ve|ll|re|m)|\s+(?:have|has|had|will|shall|are going to|am going to"
    rf"|is going to|'m going to|can|could|did))+)"
    r"(?:\s+(?:now|just|already|also|gladly|happily|immediately|personally|be|been|then|still))*\s+(?P<verb>[a-z]+)",
    re.I,
)
_DID = re.compile(
    rf"\b{_SUBJECT}\s+(?:just |already |now |also )*"
    r"(?P<verb>cancel|refund|reimburs|exchang|chang|updat|modif|replac|compensat|waiv|credit|issu|arrang"
    r"|reserv|ship|dispatch|"
    r"resen[dt]|upgrad|appl(?:y|ied)|extend|process|g[ia]ve you|sen[dt] you|offer(?:ed)? you|book|register"
    r"|add|remov|order|return|"
    r"complet|rush|prioriti[sz]|deduct|block|delet|approv)\w*",
    re.I,
)
_YOU = re.compile(
    r"\byou(?:['’]ll| will| can expect to| are going to| get| are entitled to| are eligible for"
    r"| qualify for| have been (?:given|granted))"
    r"(?: also| then| soon)* (?!(?:find|see|notice|need|have to|want|know|hear|like)\b)\w+",
    re.I,
)
_WILL = re.compile(
    r"\b(?:it|this|that|they|order|parcel|package|delivery|refund|money|amount|replacement|item|product"
    r"|return|exchange)s?"
    r"(?: \S+){0,3}?(?:['’]ll| will| shall| is going to| are going to) (?!(?:not|never|show|depend|help)\b)\w+"
    r"|\bwill (?:be|arrive|reach|ship|come|cost|receive)\b",
    re.I,
)
_GIFT = re.compile(
    r"\bguarante\w+|\bfree of charge\b|\bfor free\b|\bfree (?:\w+ )?(?:shipping|delivery|returns?|gift"
    r"|exchange|replacement|sample)s?\b|\b(?:is|are) free\b"
    r"|\bat no (?:extra |additional )?(?:cost|charge)\b|\bno (?:extra|additional) (?:cost|charge)\b"
    r"|\bcomplimentary\b|\bon the house\b|\bwaived?\b"
    r"|\bdiscount(?:s|ed)?\b|\bcoupons?\b|\bvouchers?\b|\bbonus\b|\bstore credit\b|\bcashback\b|\bloyalty points?\b"
    r"|\bwarranty\b|\blifetime\b|\bcompensation\b|\bmoney[- ]back\b|\bfull refund\b|\bprice match\b"
    r"|\bpromise (?:you|that|to)\b|\bbest price\b"
    r"|\b(?:a|the|your) (?:refund|replacement|exchange|credit|reimbursement) (?:is|has been|was|of)\b"
    r"|\bon (?:its|the) way to your (?:account|card)\b"
    r"|我们?(?:已经?|会|将|可以|这就|马上)(?:为您|帮您|给您|替您)?[^，。；]{0,14}?(?:取消|退款|退货|换货|更改|补发|赔|修改|办理|安排|减免|发货|寄|升级|延长)"
    r"|(?:为您|帮您|给您|替您)(?:全额|免费|马上|立即|立刻|尽快)?(?:取消|退款|退货|换货|更改|补发|修改|申请|办理|减免|赔偿|升级|延长|安排)"
    r"|保证|可享|享受|优惠(?!券)|[一二三四五六七八九\d.]+折|免费|包邮|免运费|优惠券|折扣|打折|赔偿|补偿|赠送|质保|(?:将|会)(?:在|于)?.{0,10}(?:送达|到账|到达"
    r"|收到|发货|补货)|承诺(?!送达)",
    re.I,
)


def promises_in(sentence: str) -> Iterator[tuple[str, int, int]]:
    """Words, start and end of each promise or deed; what is denied, asked or supposed is none."""
    for pattern in (_DOES, _DID, _YOU, _WILL, _GIFT):
        for found in pattern.finditer(sentence):
            verb = found.groupdict().get("verb")
            if pattern is _DOES and verb and verb.lower() in _FREE_TO_SAY:
                continue
            before = said_before(sentence, found.end())
            if is_negated(before) or is_supposed(before) or is_asked(sentence, found.start()):
                continue
            yield found.group(), *found.span()
