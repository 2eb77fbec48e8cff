"""Names that a sentence uses: of things, people, places and companies. Knows no evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARKED = re.compile(r"\*\*([^*]{2,80})\*\*|[《「『]([^》」』]{2,60})[》」』]")
_WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ0-9'’]*(?:[&.-][A-Za-z0-9]+)*")
_NO_NAME = frozenset(
    re.findall(
        r"\S+",
        """
        i ok id ids faq pin sms url pdf usb vat tv led diy usd eur gbp cny rmb chf jpy no. nr xs s m l xl xxl a b c d e
        january february march april may june july august september october november december jan feb mar apr jun jul
        aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
        english chinese internet e-mail email mr mrs ms dr am pm utc iso
        """,
    )
)
_BRANDS = re.compile(
    r"\b(?:ups|usps|fedex|dhl|hermes|evri|dpd|gls|royal mail|yodel|tnt|ems|paypal|visa|master ?card"
    r"|american express|amex|klarna|"
    r"apple pay|google pay|bank transfer|sf express|yto|zto|sto|yunda)\b"
    r"|顺丰|圆通|中通|申通|韵达|京东物流|京东快递|邮政|极兔|德邦|支付宝|微信支付|银联",
    re.I,
)
"""Carriers and ways to pay, which are names in whatever case."""
_STARTS = re.compile(r"(?:^|[.!?:;。！？：\n“\"(（•*-])\s*$")


def names_in(sentence: str) -> Iterator[tuple[str, int, int]]:
    """Name, start and end: what is marked as one, known carriers and ways to pay, and words in capitals that do not
    begin a sentence. A word that begins one belongs to a name when the next word is in capitals too."""
    taken: set[int] = set()
    for pattern in (_MARKED, _BRANDS):
        for found in pattern.finditer(sentence):
            if taken & set(range(*found.span())):
                continue
            taken |= set(range(*found.span()))
            name = next((group for group in found.groups() if group), found.group()).strip()
            if name and not name.endswith((":", "：")) and not sentence[found.end() :].startswith((":", "：")):
                yield name, *found.span()
    words = [one for one in _WORD.finditer(sentence) if not taken & set(range(*one.span()))]
    at = 0
    while at < len(words):
        run = [words[at]] if _is_capital(words[at].group()) else []
        while run and at + len(run) < len(words):
            following = words[at + len(run)]
            gap = sentence[run[-1].end() : following.start()]
            if gap != " " or not _is_capital(following.group()):
                break
            run.append(following)
        if not run:
            at += 1
            continue
        begins = _STARTS.search(sentence[: run[0].start()]) is not None
        if not (begins and len(run) == 1 and not run[0].group().isupper()):
            yield sentence[run[0].start() : run[-1].end()], run[0].start(), run[-1].end()
        at += len(run)


def _is_capital(word: str) -> bool:
    plain = re.sub(r"['’](?:m|s|ve|ll|d|re)$", "", word)
    return plain[0].isupper() and plain.lower() not in _NO_NAME
