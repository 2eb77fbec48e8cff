"""The address that a text gives: written out, by its parts, or by where it is known from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..facts import AccountFacts, OrderFacts
from .goods import named_orders

PARTS = ("address1", "address2", "city", "state", "country", "zip")
_OWN = re.compile(
    r"\b(?:default|profile|account|home|usual|registered|saved|main|current)(?:[ -]\w+){0,2} address\b"
    r"|\baddress (?:on file|in (?:my|your) (?:profile|account)|on (?:my|your) (?:profile|account))\b"
    r"|默认地址|账户(?:里的?|上的?|中的?)?地址|常用地址|注册地址|家里?的?地址",
    re.I,
)
_LIKE_ORDER = re.compile(r"\b(?:same|address|one|as|of|in|from|for)\b|地址|一样|相同|同|那个|用的", re.I)
_OTHER_ORDER = re.compile(
    r"\b(?:other|another|previous|last|earlier) order\b|另一个订单|另外那个订单|上一个订单|其他订单|别的订单", re.I
)
_LABELLED = re.compile(
    r"['\"]?\b(address1|address2|street|city|state|country|zip(?: ?code)?"
    r"|postal ?code)\b['\"]?\s*[:=]\s*['\"]?([^,'\"}\n;]+)",
    re.I,
)
_LABELS = {"street": "address1", "zipcode": "zip", "zip code": "zip", "postalcode": "zip", "postal code": "zip"}
_KINDS = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|terrace|circle|parkway|highway"
    "|square|strasse|straße|weg|gasse|allee|platz|rue|via|calle|kerkstraat|quay|row|close|crescent|gardens?"
)
_STREET = re.compile(
    rf"\d+[A-Za-z]?(?:[- ]\d+)?\s+(?:[A-Z0-9][\w'.-]*\s+){{0,4}}(?:{_KINDS})\b\.?"
    r"|\b[A-ZÄÖÜ][\wäöüß.-]*(?:\s[A-Z][\wäöüß.-]*){0,3}\s\d+[a-z]?(?=,|\s\d{4,5})",
    re.I,
)
_LED_UP_TO = re.compile(r"^.*\b(?:to|at|is|address)\s+", re.I)
"""What stands before a street in the same breath ("send my order to Rose Lane 5")."""
_SECOND = re.compile(r"^(?:suite|apt\.?|apartment|unit|floor|room|flat|building|bldg\.?|#)\s*\S+", re.I)
_ZIP = re.compile(r"\b(\d{5}(?:-\d{4})?|\d{4} ?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{4,6})\b")
_STATES = dict(
    pair.replace("_", " ").split("=")
    for pair in re.findall(
        r"\S+",
        """
        alabama=AL alaska=AK arizona=AZ arkansas=AR california=CA colorado=CO connecticut=CT delaware=DE florida=FL
        georgia=GA hawaii=HI idaho=ID illinois=IL indiana=IN iowa=IA kansas=KS kentucky=KY louisiana=LA maine=ME
        maryland=MD massachusetts=MA michigan=MI minnesota=MN mississippi=MS missouri=MO montana=MT nebraska=NE
        nevada=NV ohio=OH oklahoma=OK oregon=OR pennsylvania=PA tennessee=TN texas=TX utah=UT vermont=VT virginia=VA
        washington=WA wisconsin=WI wyoming=WY new_york=NY new_jersey=NJ north_carolina=NC south_carolina=SC
        new_mexico=NM new_hampshire=NH north_dakota=ND south_dakota=SD rhode_island=RI west_virginia=WV
        district_of_columbia=DC
        """,
    )
)
_COUNTRIES = {
    "usa": "USA", "us": "USA", "united states": "USA", "u.s.a.": "USA", "u.s.": "USA", "germany": "DE",
    "deutschland": "DE", "china": "CN", "中国": "CN", "france": "FR", "uk": "GB", "united kingdom": "GB",
}  # fmt: skip
_CHINESE = re.compile(
    r"(?P<city>[\u4e00-\u9fff]{2,8}?市)(?P<rest>[\u4e00-\u9fff]{1,20}?(?:路|街|道|巷|弄"
    r"|大道)[\u4e00-\u9fff\d]*\d+号?[^，。,;\s]*)"
)


def speaks_of_address(text: str) -> bool:
    """Whether it is about where something goes."""
    return (
        re.search(
            r"\baddress\b|\b(?:ship|deliver|send|redirect|reroute|forward|mail)\w*\b[^.;]*\bto\b"
            r"|\bshipping (?:info|details|destination)\b|\bmov(?:ed|ing) (?:to|house)\b|地址|寄到|送到|发到"
            r"|改寄|改送|收货|搬家|搬到",
            text,
            re.I,
        )
        is not None
    )


def about_account(text: str) -> bool:
    """Whether the account's own address is what is to change (and not merely where the new one is known from)."""
    return (
        re.search(
            r"\b(?:my|your|the|his|her) (?:user |account |profile |default |home "
            r"|own )+(?:shipping )?address\b(?! (?:for|of|on) (?:the |my |this )?order)|\baddress (?:in|on"
            r"|of) (?:my|your|the) (?:user )?(?:profile|account)\b|\b(?:profile|account"
            r"|default)(?:'s)? address\b|账户地址|默认地址|个人资料|账号地址|账户里的地址",
            text,
            re.I,
        )
        is not None
        and re.search(
            r"\b(?:to|with|use|using|as|into|match)\s+(?:(?:my|your|the|their)\s+)?(?:user |account |profile "
            r"|default |home )+(?:shipping )?address|(?:成|到|为|用)(?:我的?)?(?:默认|账户)",
            text,
            re.I,
        )
        is None
    )


def address_given(
    text: str, account: AccountFacts | None, orders: Sequence[OrderFacts], about: str | None
) -> dict[str, str] | None:
    """The address that ``text`` gives; ``None``: none. ``about``: the order that it is for.

    Parts may be missing in what was written out: ``missing_part`` tells which.
    """
    written = _labelled(text) or _written(text, account, orders)
    if written is not None:
        return written
    others = [one for one in named_orders(text, orders) if one.order_id != about and one.address_parts]
    if others and _LIKE_ORDER.search(text):
        return _six(others[-1].address_parts)
    if _OTHER_ORDER.search(text):
        rest = [one for one in orders if one.order_id != about and one.address_parts]
        if len({tuple(sorted(one.address_parts.items())) for one in rest}) == 1:
            return _six(rest[0].address_parts)
    if _OWN.search(text) and account is not None:
        return _six(account.address_parts)
    return _by_city(text, account, orders, about)


def missing_part(address: Mapping[str, str]) -> str | None:
    """The first part without which an address is none."""
    return next((part for part in ("address1", "city", "zip", "country") if not address.get(part)), None)


def _six(parts: Mapping[str, str]) -> dict[str, str]:
    return {part: parts.get(part, "") for part in PARTS}


def _labelled(text: str) -> dict[str, str] | None:
    found = {
        _LABELS.get(label.lower(), label.lower()): value.strip()
        for label, value in _LABELLED.findall(text)
        if value.strip()
    }
    return _six(found) if {"address1", "city"} <= set(found) else None


def _written(text: str, account: AccountFacts | None, orders: Sequence[OrderFacts]) -> dict[str, str] | None:
    chinese = _CHINESE.search(text)
    if chinese is not None:
        code = re.search(r"(?<!\d)\d{6}(?!\d)", text)
        return _six(
            {"address1": chinese["rest"], "city": chinese["city"], "zip": code.group() if code else "", "country": "CN"}
        )
    street = _STREET.search(text)
    if street is None:
        return None
    rest = re.split(r"[.;!?](?=\s+[A-Z]|\s*$)|\n", text[street.end() :])[0]
    found = {"address1": _LED_UP_TO.sub("", street.group()).strip(" .")}
    pieces = [piece.strip(" .") for piece in rest.replace(" in ", ", ").split(",")]
    left: list[str] = []
    for piece in pieces:
        piece = re.sub(r"\b(?:zip(?: ?code)?|postal ?code|postcode)\b:?", "", piece, flags=re.I).strip()
        second = _SECOND.match(piece)
        if second is not None and "address2" not in found:
            found["address2"] = second.group().strip()
            piece = piece[second.end() :].strip()
        code = _ZIP.search(piece)
        if code is not None and "zip" not in found:
            found["zip"] = code.group(1)
            piece = (piece[: code.start()] + piece[code.end() :]).strip(" ,")
        if piece:
            left.append(piece)
    for piece in left:
        _place(piece, found)
    if "city" not in found and "zip" not in found:
        return None
    known = [account.address_parts if account else {}, *(one.address_parts for one in orders)]
    for part in ("state", "country", "zip"):
        if part not in found:
            # The same town is in the same state; a country that is not told is the customer's own.
            like = [
                one
                for one in known
                if one and (part == "country" or one.get("city", "").lower() == found.get("city", "").lower())
            ]
            if like and like[0].get(part) and part != "zip":
                found[part] = like[0][part]
    return _six(found)


def _place(piece: str, found: dict[str, str]) -> None:
    low = piece.lower().strip()
    words = low.split()
    if low in _COUNTRIES:
        found.setdefault("country", _COUNTRIES[low])
    elif re.fullmatch(r"[A-Z]{2}", piece.strip()) and "city" in found:
        found.setdefault("state", piece.strip())
    elif low in _STATES and "city" in found:
        found.setdefault("state", _STATES[low])
    elif len(words) > 1 and re.fullmatch(r"[A-Z]{2}", piece.split()[-1]) and "city" not in found:
        found["city"] = " ".join(piece.split()[:-1])
        found["state"] = piece.split()[-1]
    elif len(words) > 1 and words[-1] in _COUNTRIES and "state" not in found:
        _place(" ".join(piece.split()[:-1]), found)
        found.setdefault("country", _COUNTRIES[words[-1]])
    elif "city" not in found and re.match(r"[A-ZÄÖÜ]", piece.strip()) and len(words) <= 4:
        found["city"] = piece.strip()


def _by_city(
    text: str, account: AccountFacts | None, orders: Sequence[OrderFacts], about: str | None
) -> dict[str, str] | None:
    """ "My Denver address": a town in which one of his known addresses lies."""
    known = [account.address_parts] if account is not None else []
    known += [one.address_parts for one in orders if one.address_parts]
    now = next((one.address_parts for one in orders if one.order_id == about), None)
    for parts in known:
        city = parts.get("city", "")
        if city and parts != now and re.search(rf"(?<!\w){re.escape(city)}(?!\w)", text, re.I):
            return _six(parts)
    return None
