"""What a part of a message wants done: give back, call off, change; and how it is meant (denied, doubted, in reserve).

The words of doing are read from a small lexicon of both languages; a part without any is judged by the trained intent
heads. Which operation it becomes is decided by the records: what is given back before it was sent is cancelled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ..intents import IntentModel
from ..language import language_of, sentences

Act = Literal["cancel", "return", "change", "none"]

_VERBS: tuple[tuple[Act, str], ...] = (
    ("cancel", r"\bcancel\w*|\bcall(?:ing)? (?:[\w' -]{1,30}? )?off\b|取消|撤单|撤销|不要了|别发了|退订"),
    (
        "return",
        r"\breturn(?:s|ed|ing)?\b|\bsend(?:ing)? (?:[\w' -]{1,40}? )?back\b|\bgiv(?:e|ing) (?:[\w' -]{1,40}? )?back\b"
        r"|\bbring(?:ing)? (?:[\w' -]{1,40}? )?back\b|\brefund\w*|\bmoney back\b|\btak(?:e"
        r"|ing) (?:[\w' -]{1,40}? )?back\b|\bget(?:ting)? rid of\b|\breimburse\w*"
        r"|退货|退掉|退回|退了|退款|退还|退钱|寄回|(?<![撤清])退(?![休出订步])",
    ),
    (
        "change",
        r"\bexchang\w+|\bswap\w*|\breplac\w+|\btrad(?:e|ing)\b|\bswitch(?:ing)?\b(?! types?\b)|\bchang(?:e|es"
        r"|ing|ed)\b(?! (?:my|your|his|her|their) mind)"
        r"|\bmodif\w+|\bupgrad\w+|\bdowngrad\w+|\bconvert\w*|\bturn(?:ing)? [\w' -]{1,30}? into\b|\bmak(?:e|ing) (?:it"
        r"|that|them|(?:the|my) (?!payment|purchase|order|most)\w+(?: \w+)?(?= \w))\b"
        r"|\bshould be paid\b|\bpay(?: for)? (?:it|this|that|the (?:whole )?order"
        r"|everything) (?:by|with|via|using)\b|\b(?:should|has to|must) go to\b|\bupdat\w+|\balter\w*"
        r"|\bedit(?:ing)?\b|\bcorrect(?:ing)? "
        r"|\b(?:ship|deliver|send|redirect|reroute|forward)(?:ping|ing)? (?:it|this|that|them|these|everything"
        r"|the|my|all)\b[^.;!?]{0,60}?\bto\b"
        r"|换|改成|改为|改到|修改|更改|更换|改一下|改地址|改送|改寄|寄到|送到|发到|升级|(?<![更])改(?![变天日善主])",
    ),
)
_VERB = re.compile("|".join(f"(?P<v{at}>{pattern})" for at, (_, pattern) in enumerate(_VERBS)), re.I)
_DENIED = re.compile(
    r"(?:\bdo(?:es)?(?:n't| not)|\bdon'?t|\bwon't|\bwill not|\bnot(?! only)|\bnever|\bno need to|\bwithout"
    r"|\brather than|\binstead of"
    r"|\bno longer(?! need)|\bwouldn't|\bdo't)(?:\s+[\w']+){0,4}\s*$|(?:不要|不用|不想|别|不需要|先不|不必|无需"
    r"|没有要|不是要)[^，。；,;]{0,4}$|(?<![能要可是])不$",
    re.I,
)
_PAST = re.compile(r"\w+ed$", re.I)
_DESIRE = re.compile(
    r"\b(?:want|wants|like to|'d like|would like|need|wish|please|can|could|would|let's|hoping|help|get|have"
    r"|has to|must|prefer|rather|also|and|then|to|decide\w*|ask\w*|try\w*|either|plan\w*|intend\w*|going)\b"
    r"|想|要|请|帮|麻烦|能|可以|希望|给我|把|还是",
    re.I,
)
_CIRCUMSTANCE = re.compile(
    r"\b(?:when|while|after|before|until|once|since|because|how(?: do| can| long| much)?"
    r"|(?<!from )(?:what|which)|whether your|policy|polic\w+)\b[^,.;!?]*$|怎么|如何|多久|政策|规定",
    re.I,
)
_ASKING_HOW = re.compile(
    r"\b(?:how (?:do|can|would|long|much|many)|what(?:'s| is| are| would| happens| if)|policy|policies"
    r"|when will|is it possible to know|where is)\b"
    r"|怎么退|如何退|多久|政策|规定|怎样|几天",
    re.I,
)
_ASKING_WHERE = re.compile(
    r"\bwhere(?:'s|’s|'re|s)?\b|\bwhen(?:'s|’s)? (?:will|do|does|did|is|are|was|can|should|it|my|the)\b"
    r"|^\W*(?:(?:and|but|so|ok|okay|hi|hello|well|also|actually)\W+)*(?:when|who|how (?:much|many|long|old|far)|why"
    r"|did|does|was|were|has|have you|(?:is|are) (?:my|the))\b"
    r"|到哪|在哪|哪[儿里]|什么时候|何时|几时|到了(?:没|吗)|怎么还|为(?:什么|啥|何)",
    re.I,
)
_RESERVE = re.compile(
    r"\bif (?:that|this|it|they|these|those|there)(?:'s|’s| is| are|'re)?\s*(?:not|isn't|aren't|no\b|none|n't)"
    r"|\bif not\b|\botherwise\b|\bor else\b"
    r"|\bif (?:you|the agent|they|we|I|it|that|there|this|he|she)(?: \w+)? (?:can't|cannot|can not|couldn't"
    r"|won't|don't|doesn't|isn't|aren't)|\bfailing that\b"
    r"|\bif (?:it'?s|this is|that is|that'?s|it is) (?:im|un)\w+ble|\bif [^,.;]{0,60}\b(?:not (?:possible"
    r"|available|in stock|allowed)|unavailable|impossible|out of stock|refuse[sd]?|can'?t|cannot|isn't|aren't)\b"
    r"|\bas a (?:fallback|backup|last resort)\b|如果不行|不行的话|不能的话|要是不行|要是不能|如果不能|如果没有"
    r"|没有的话|否则|实在不行|没货的话|如果没货|缺货的话|要是没有|办不了的话",
    re.I,
)
_MIND = re.compile(
    r"\b(?:actually|on second thoughts?|scratch that|chang(?:e|ed|ing) (?:my|your) mind|wait|hold on|instead"
    r"|never ?mind)\b|算了|不对|等等|还是|改主意|改变主意|等一下",
    re.I,
)
_DROP = re.compile(
    r"\b(?:never ?mind|forget (?:it|about it|that|the whole thing)|leave it|don't bother|drop it"
    r"|nothing then)\b|算了|不用了|不必了|当我没说|不办了",
    re.I,
)
_CONNECTION = re.compile(
    r"[,;:，；、：]|\band\b|\bthen\b|\bbut\b|\bplus\b|\balso\b|\bas well as\b|并且?|然后|再|但是?|同时|另外"
    r"|还有|以及|顺便",
    re.I,
)
_NEW_WISH = re.compile(r"然后|同时|另外|还有|以及|顺便")
_SENTENCE_TAIL = re.compile(r"(?<=[.!?;])\s+(?=[a-z#])")
_INTENT_ACTS: dict[str, Act] = {
    "cancel": "cancel", "return": "return", "exchange": "change", "change_order": "change", "change_address": "change",
}  # fmt: skip
_SURE = 0.5
_MISFIT = re.compile(
    r"\b(?:ordered|bought|chose|picked|took|selected|got)\b[^.;!?]{0,30}"
    r"\bwrong (?:size|colou?r|version|model|length|width)\b"
    r"|(?:['’]s|['’]re|is|are|was|were) (?:in )?the wrong (?:size|colou?r|shade|version|model|length|width)\b"
    r"|\b(?:need|want|prefer|take|like|have|get)\b[^.,;!?]{0,60}\binstead\b(?! of)"
    r"|\b(?:need|want|prefer|take|have|get|like)\b[^.;!?]{0,30}"
    r"\b(?:sizes? (?:up|down|bigger|larger|smaller)|(?:bigger|larger|smaller) size)\b"
    r"|(?:尺码|尺寸|大小|颜色|款式|型号).{0,3}(?:买|选|拍|下|订)错|(?:买|选|拍|订)错.{0,3}(?:尺码|尺寸|大小|颜色|款式|型号|码|号)"
    r"|[要穿]?[大小][一两]?[号码]的?(?:吧|就行|才行|可以吗)?$",
    re.I,
)
"""What was bought is not the version that he wants, told without a word of changing it."""
_IN_VERSION = re.compile(
    r"\b(?:want|need|like|prefer|have|take|get)\b (?:it|them|this|that|these|those|this one|that one) in\b"
    r"|(?:想|要|换)(?:成)?[^，。？]{1,6}(?:色|码|号)的",
    re.I,
)
"""A version of what was spoken of; of something that was bought it is a change, of something else a question."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the message that says at most one thing to be done."""

    text: str
    act: Act
    verb: int = 0
    """Where in ``text`` the word of doing stands."""
    denied: bool = False
    reserve: bool = False
    """To be done only if what was said before cannot be."""
    mind: bool = False
    """A change of mind: it takes the place of what was said before."""
    dropped: bool = False
    """Everything that is still open is called off."""
    question: bool = False


def read_parts(text: str, model: IntentModel, language: str, *, of_order: bool = False) -> list[Part]:
    """The parts of ``text`` in order; joined they are the text. ``of_order``: a purchase is spoken of."""
    parts: list[Part] = []
    for sentence in _sentences(text):
        parts.extend(_parts_of(sentence))
    changes = (_MISFIT, _IN_VERSION) if of_order else (_MISFIT,)
    parts = [
        _meant(one, "change") if one.act == "none" and any(told.search(one.text) for told in changes) else one
        for one in parts
    ]
    silent = [at for at, one in enumerate(parts) if one.act == "none" and len(one.text.strip()) > 8]
    rows = model.predict([parts[at].text for at in silent], language_of(text, language)) if silent else []
    for at, row in zip(silent, rows, strict=True):
        act = _INTENT_ACTS.get(row[0].name)
        if act is not None and row[0].probability >= _SURE:
            parts[at] = _meant(parts[at], act)
    return parts


def _meant(part: Part, act: Act) -> Part:
    return Part(
        part.text,
        "none" if _ASKING_HOW.search(part.text) else act,
        0,
        False,
        part.reserve,
        part.mind,
        part.dropped,
        part.question,
    )


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for one in sentences(text):
        cut = [0, *(match.start() for match in _SENTENCE_TAIL.finditer(one)), len(one)]
        pieces = [one[start:end] for start, end in pairwise(cut)]
        # "approx. 5" is no end of a sentence, and a list goes on after ";".
        for piece in pieces:
            if found and (len(piece.strip()) < 3 or found[-1].rstrip().endswith(";")):
                found[-1] += piece
            else:
                found.append(piece)
    return [one for one in found if one.strip()]


def _parts_of(sentence: str) -> list[Part]:
    verbs = [(_act_of(one), one) for one in _VERB.finditer(sentence)]
    verbs = [(act, one) for act, one in verbs if _is_asked(sentence, act, one)]
    cuts = [0]
    for (_, before), (_, after) in pairwise(verbs):
        joints = list(_CONNECTION.finditer(sentence, before.end(), after.start()))
        # In Chinese what is done stands behind what it is done to: a new wish begins where a word says so.
        fresh = [one for one in joints if _NEW_WISH.match(one.group())]
        cuts.append((fresh or joints)[-1].start() if joints else after.start())
    cuts.append(len(sentence))
    if not verbs:
        return [_part(sentence, "none", 0, sentence, None)]
    return [
        _part(sentence[start:end], act, one.start() - start, sentence, one)
        for (start, end), (act, one) in zip(pairwise(cuts), verbs, strict=True)
    ]


def _part(text: str, act: Act, verb: int, sentence: str, found: re.Match[str] | None) -> Part:
    denied = found is not None and _DENIED.search(sentence[: found.start()]) is not None
    reserve = _RESERVE.search(text) is not None
    if not reserve and found is not None:
        opening = _RESERVE.search(sentence)
        reserve = (
            opening is not None and opening.start() <= found.start() and sentence[: opening.start()].strip(" ,，") == ""
        )
    return Part(
        text,
        act,
        verb,
        denied,
        reserve,
        _MIND.search(text) is not None,
        _DROP.search(text) is not None,
        text.rstrip().endswith(("?", "？"))
        or _ASKING_HOW.search(text) is not None
        or _ASKING_WHERE.search(text) is not None,
    )


def _act_of(found: re.Match[str]) -> Act:
    return next(act for at, (act, _) in enumerate(_VERBS) if found.group(f"v{at}") is not None)


def _is_asked(sentence: str, act: Act, verb: re.Match[str]) -> bool:
    """Whether the word of doing asks for it, rather than tells of it, or asks how it goes."""
    before, word = sentence[: verb.start()], verb.group()
    if re.search(r"[\u4e00-\u9fff]", word):
        return _ASKING_HOW.search(sentence) is None and not sentence.startswith("了", verb.end() + 1)
    clause = re.split(r"[,.;!?]", before)[-1]
    if re.search(r"\b(?:if|whether|wonder\w*)\b", clause) and not _DESIRE.search(clause):
        return False
    if _CIRCUMSTANCE.search(clause) and not re.search(
        r"\b(?:want|like|need|please|can you|could you)\b[^,]*$", clause, re.I
    ):
        return False
    if _PAST.match(word.split()[0]):
        return re.search(
            r"\b(?:want|need|like|get|have|be|prefer)\b[^,]*$", clause, re.I
        ) is not None and not re.search(r"\b(?:has|had|have|was|were|already|been)\s+(?:\w+\s+)?$", clause, re.I)
    if re.search(r"\b(?:for|on|about|of|with|until|after)\s+(?:the|my|a|any|that)?\s*$", before, re.I):
        return False
    if re.search(r"\b(?:the|a|an|my|your|this|that|full|return|exchange|any|no)\s+$", before, re.I):
        # A noun: "a refund" is asked for, "the return policy" is not.
        rest = sentence[verb.end() :]
        return not re.match(r"\s+(?:polic|window|label|period|fee|process|address|request|status)", rest, re.I) and (
            _DESIRE.search(clause) is not None
        )
    return True


def wants_doing(parts: Sequence[Part]) -> bool:
    """Whether any of them asks for something to be done, and not for it to be left."""
    return any(one.act != "none" and not one.denied for one in parts)


def drops(text: str) -> bool:
    """Whether a message alone calls off what is open."""
    return _DROP.search(text) is not None


WORDS_OF_DOING = frozenset(
    re.findall(
        r"\S+",
        """
        cancel cancelled exchange exchanged return refund replace replacement modify modified upgrade switch address
        payment paypal delivered pending original account credit
        """,
    )
)
"""For mending typing mistakes."""
