"""Find postal addresses: by the words before them ("deliver to"), by kinds of street and units; Chinese ones, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval import other_names

_CAP = r"[^\W\d_a-zß-öø-ÿ][\w.'’-]*"
_KIND = r"(?:Street|Avenue|Road|Lane|Drive|Court|Boulevard|Square|Terrace|Crescent|Highway|Parkway|Grove|Alley)"
_SHORT = r"(?:St|Ave|Rd|Ln|Dr|Ct|Blvd|Sq|Way|Place|Pl|Close|Row|Walk|Gardens?|Circle|Quay|Trail|Mews|Hill|Lodge|Greens)"
_STREETS = (
    re.compile(rf"\d{{1,6}}[A-Za-z]?,?[ \t]+(?:[\w.'’-]+[ \t]+){{1,4}}{_KIND}\b\.?", re.IGNORECASE),
    re.compile(rf"\d{{1,6}}[A-Za-z]?,?[ \t]+(?:{_CAP}[ \t]+){{1,4}}{_SHORT}\b\.?"),
    re.compile(rf"(?:{_CAP}[ \t]+){{1,3}}(?:{_KIND}|{_SHORT})\b\.?[ \t]+\d{{1,5}}[A-Za-z]?\b"),
    # Elmstraße 12, Hauptstr. 5, Storgatan 3, Kirkevej 2, Brixtonlaan 380, Koskikatu 25, Kossuth utca 7
    re.compile(
        r"(?:\d{3,6}[ \t]+)?(?:\b[A-ZÀ-Þ][A-Za-zÀ-ɏ.'’-]{0,24}[ \t]+){0,3}\b[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ.'’-]{0,24}"
        r"(?i:stra(?:ß|ss)e|str\.|platz|allee|gasse|weg|gatan|gata|gade|vej|veien|vegen|laan|straat|plein|katu|tie|"
        r"[ \t]u(?:tca|lica|\.)|[ \t]út)[ \t]+\d{1,5}[A-Za-z]?\b"
    ),
    # 39 Rue Ibn El-Jazzar, Via Franscini 71, ul. Narewska 94, Avenida Pedro Ulisses 888
    re.compile(
        r"(?:\d{1,6}[ \t]+){0,2}(?:Rue|Avenue|Av\.|Avenida|Via|Viale|Piazza|Plaza|Calle|Paseo|Rua|Ulica|ul\.|"
        rf"Bulevar|Chemin|Cours|Quai)(?:[ \t]+(?:d[eiu]|des|la|le|{_CAP})){{1,4}}(?:[ \t]+\d{{1,5}})?"
    ),
    re.compile(
        r"\b(?:Apt|Apartment|Suite|Ste|Unit|Flat|P\.?[ ]?O\.?[ ]?Box|PSC)\.?[ \t]*#?\d{1,6}[A-Za-z]?(?:,? Box \d+)?\b",
        re.I,
    ),
    re.compile(rf"\b\d{{3,6}}[ \t]+(?:{_CAP}[ \t]+){{1,4}}\d{{1,4}}\b"),
    re.compile(r"\b(?:[AF]PO)[ \t]+[A-Z]{2}[ \t]+\d{5}\b"),
    re.compile(r"(?<=, )[A-Z]{2}[ \t]+\d{5}(?:-\d{4})?\b"),
)
_CODE = re.compile(
    r"(?:\b(?:zip|zip code|postal code|post ?code|plz)\b(?:[ \t]+(?:is|to))?|邮编|邮政编码)[ \t:：是]*"
    r"(?P<value>\d[A-Z0-9]*(?:[ -][A-Z0-9]{2,4})?|"
    r"[A-Z]{1,2}\d[A-Z0-9]?[ ]?\d[A-Z]{2})\b",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:\baddress(?:es)?\b(?:[ \t]+(?:of|for|on|from|linked|in)\b[^.?!:;<>\n\d]{0,40}?)?[ \t]*"
    r"(?:\b(?:is|are|was|to|with|should be)\b|:|->|=|\?[ \t]*(?:it is|it['’]s)?)+"
    r"(?:[ \t]+(?:my|the|our|this)\b[^.?!\n\d]{0,40}?[ \t](?:to\b|:))?|"
    r"\b(?:live|lives|lived|living|stay|staying|reside|resides)[ \t]+(?:in|at|on)\b|"
    r"\bmoved?[ \t]+to\b|\blocated[ \t]+(?:at|in|on)\b|"
    r"\b(?:restaurant|shop|store|office|house|home|it)[ \t]+is[ \t]+at\b|"
    r"\b(?:deliver|delivered|ship|shipped|send|sent|post|mail|mailed)\b(?:[ \t]+\w+){0,6}?[ \t]+to\b|"
    r"\bmeet[ \t]+(?:\w+[ \t]+){0,3}at\b)[ \t]*\n?[ \t]*",
    re.IGNORECASE,
)
_END = re.compile(
    r"[?!;<>]|\.(?=\s+(?:[^\W\d_][^.\n]*[ \t][a-z]|$))|"
    r"[ \t](?:for|as|on|because|please|and (?:i|my|the|send)|but|thanks?)\b"
    r"|\n[ \t]*\n|[,.][ \t]+(?:please|can|could|i|my|it|is|thanks?)\b|\.?\s*$",
    re.IGNORECASE,
)
_LONGEST = 160
_NEXT = re.compile(r"[ \t]*,?[ \t]*(?:\n[ \t>?]*,?[ \t]*){0,2}(\d[\w-]*|" + _CAP + ")")
_WORDS_BEHIND = re.compile(rf"(?:[ \t]+{_CAP}){{1,2}}")
_NO_PLACE_TEXT = "i i'm i’m please thanks thank my the can could we mobile phone desk fax email e-mail website"
_NO_PLACE = frozenset(_NO_PLACE_TEXT.split())
_ZH_NUMBER = re.compile(
    r"[0-9０-９]{1,5}(?:号|弄|栋|幢|座)(?:[0-9A-Za-z-]{1,6}(?:号|栋|幢|单元|座|层|楼|室|房))*(?:[0-9]{3,4})?"
)
_ZH_STREET = re.compile(r"[\u4e00-\u9fff]{2,36}(?:路|街|道|巷|弄|村|胡同|小区|花园|苑|里)[ ]?$")
_ZH_FARTHEST = 40
"""Characters before the house number in which province, city and street stand."""
_ZH_BEFORE = re.compile(r".*(?:[寄送发运]到|[寄送]去|地址|住在|改成|改为|换成|搬到|在|到|是|为|至|给|：|:)")


def find_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where addresses stand, without overlaps."""
    spans = sorted({*_by_cue(text), *_by_street(text), *(found.span("value") for found in _CODE.finditer(text))})
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and (start <= joined[-1][1] or not re.search(r"[^\W\d_]|[.?!<>]", text[joined[-1][1] : start])):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    yield from joined
    for number in _ZH_NUMBER.finditer(text):
        from_there = max(0, number.start() - _ZH_FARTHEST)
        street = _ZH_STREET.search(text[from_there : number.start()])
        if street is not None:
            lead = _ZH_BEFORE.match(street.group())
            yield from_there + street.start() + (lead.end() if lead else 0), number.end()


def _by_cue(text: str) -> Iterator[tuple[int, int]]:
    """What stands behind "my address is" up to the end of the sentence, if there is a number in it."""
    for cue in _CUE.finditer(text):
        begin = cue.end()
        until = _END.search(text, begin, min(len(text), begin + _LONGEST))
        end = until.start() if until else min(len(text), begin + _LONGEST)
        body = text[begin:end].rstrip(" \t\n.,")
        if (
            body
            and re.search(r"\d", body)
            and "@" not in body
            and (body[0].isupper() or body[0].isdigit() or "corner" in body)
            and not re.fullmatch(r"[\d.:/-]+", body)
        ):
            yield begin, begin + len(body)


def _by_street(text: str) -> Iterator[tuple[int, int]]:
    """Streets and units, with the places and codes behind them."""
    if not re.search(r"\d", text):
        return
    for pattern in _STREETS:
        for found in pattern.finditer(text):
            if _names_goods(text, found.start(), found.end()):
                continue
            number = re.search(r"(?<!\d)\d{2,6}[ \t]+$", text[max(0, found.start() - 9) : found.start()])
            yield found.start() - (len(number.group()) if number else 0), _to_the_end(text, found.end())


def _names_goods(text: str, start: int, end: int) -> bool:
    """Whether what looks like a street runs into the name of a thing: "2 Rock-Plate Trail" of "Trail Shoes"."""
    following = _WORDS_BEHIND.match(text, end)
    if following is None:
        return False
    kind = text[start:end].split()[-1].lower()
    first = following.group().split()[0].lower()
    return any(name.startswith((kind, first)) for name in other_names(f"{kind}{following.group()}"))


def _to_the_end(text: str, end: int) -> int:
    for _ in range(10):
        found = _NEXT.match(text, end)
        if found is None or found.group(1).lower() in _NO_PLACE:
            break
        if re.match(r"[^\n]{0,20}:", text[found.end() :]):  # a label begins
            break
        end = found.end()
        if text[end - 1] == ".":
            return end - 1
    return end
