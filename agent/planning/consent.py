"""Whether a message is the customer's yes or no to a proposal.

Decided by words alone, and strictly: a yes with a "but", with a question or with a new wish in it is none.
"""

from __future__ import annotations

import re
from typing import Literal

_YES = re.compile(
    r"^\W*(?:(?:oh|ok|okay|well|great|perfect|thanks?|thank you|um|so|hi|hello)\b\W*)*(?:yes|yeah|yep|yup|ya"
    r"|sure|ok(?:ay)?|please do|go ahead|do (?:it|that|so)|confirm(?:ed)?|i (?:do )?(?:confirm|agree|accept)"
    r"|agreed|absolutely|definitely|certainly|of course|correct|right|that'?s (?:right|correct|fine|good"
    r"|ok(?:ay)?)|sounds good|looks good|fine|perfect|great|proceed|please proceed|let'?s do (?:it|that)"
    r"|by all means)\b"
    r"|^[\s，。！,.!]*(?:是的?|对的?|好的?|好吧|行的?|可以的?|确认|同意|没问题|没错|嗯+|就这样|办吧|请办理"
    r"|麻烦办|当然|确定|ok|OK|要的)",
    re.I,
)
_NO = re.compile(
    r"^\W*(?:(?:oh|ok|okay|well|sorry|um|h+m+|wait)\b\W*)*(?:actually\W+)?(?:no(?! longer| problem| doubt)|nope|nah"
    r"|keep (?:it|them|that|the order)|don'?t|do not|stop|cancel that"
    r"|not (?:now|yet|that|like that)|never ?mind|wait|hold on|forget it|i (?:don'?t|do not) want"
    r"|i changed my mind|leave it)\b"
    r"|^[\s，。！,.!]*(?:不(?!客气|好意思)|别|先不|等等|等一下|算了|取消这|不用|不要|不是|不行|不对)",
    re.I,
)
_BUT = re.compile(
    r"\b(?:but|wait|instead|actually|rather|however|not|don'?t|no|only if|unless|except|change|also|and (?:also"
    r"|then|please)|if|before that|first|back to (?:the|my|that"
    r"|this) (?:return|exchange|cancel\w*|order|change|question))\b|\?|？|但|不|先|另外|还有|换|改|如果|除非|顺便|等",
    re.I,
)
_LONGEST = 160


def consent(text: str) -> Literal["yes", "no", "unclear"]:
    """``yes`` only for a plain yes; ``no`` for a message that begins with one."""
    plain = text.strip().replace("’", "'")
    if _NO.search(plain):
        return "no"
    found = _YES.search(plain)
    if found is None or len(plain) > _LONGEST:
        return "unclear"
    rest = plain[found.end() :]
    rest = re.sub(
        r"\b(?:no problem|without (?:a )?problem|not a problem)\b|没问题|不错|没错|不客气", "", rest, flags=re.I
    )
    return "unclear" if _BUT.search(rest) else "yes"


_ALL_DONE = re.compile(
    r"\b(?:everything|all (?:of )?(?:it|that|this)|the rest|anything (?:left|missing|else (?:open"
    r"|to do)))\b.*(?:\?|done|left)|\bis (?:it|that|this) (?:all )?(?:done|settled|finished)\b|\bdid (?:it"
    r"|that) (?:work|go through)\b|\bare we done\b"
    r"|都办(?:好|完|妥)|办好了[吗没]|完成了[吗没]|都好了[吗没]|弄好了[吗没]|都处理",
    re.I | re.S,
)


def asks_whether_done(text: str) -> bool:
    """Whether it asks how far things are."""
    return len(text) < _LONGEST and _ALL_DONE.search(text) is not None
