"""Find persons' names by the words around them, in English and Chinese. Knows the common Chinese family names."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST_WORDS = 4
_WORD = re.compile(r"[ \t]*([^\W\d_]\.(?=\s)|(?:[^\W\d_]|['’-](?=[^\W\d_]))+)")
_SURE = re.compile(
    # "my name is", "change the name on my account to", "surname:", "the name on the card? "
    r"\b(?:sur|nick|maiden |last |first |full |family )?name\b(?:[ \t]+(?:on|in|of|for)(?:[ \t]+\w+){1,3}?)?"
    r"[ \t]*(?:is|was|to|as|should be|:|\?|=|['’]s(?=[ \t]))[ \t]*(?:(?:now|User:|to|is)[ \t]+)?",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|herr|frau|señora?|signora?|monsieur|madame)\b\.?[ \t]*",
    re.IGNORECASE,
)
_LIKELY = re.compile(
    r"(?:\b(?:i am|i['’]m|i['’]m called|this is|it['’]s me,?|call me|called|named|dear|hi|hello|hey|attn:?|attention:|"
    r"c/o|speak (?:to|with)|talk (?:to|with)|ask(?:ed)? for|follow up with|['’]s name|"
    r"(?:account|card|order|parcel|recipient|addressee|customer|holder)(?: holder)?:|"
    r"(?:billing|shipping|delivery|home) address:)|(?:regards|sincerely|thanks|thank you|cheers|best|yours),?\s*\n)\s*",
    re.IGNORECASE,
)
_BENEFICIARY = re.compile(r"\b(?:add|remove|register|authori[sz]e)[ \t]+(?=[^\W\d_])", re.IGNORECASE)
_PARTICLES_TEXT = "de da di del della der den van von zu la le al el bin ibn dos du"
_PARTICLES = frozenset(_PARTICLES_TEXT.split())
_NO_NAMES_TEXT = (
    "i a an the my your his her our their this that it and or but if not no yes ok okay please thanks "
    "thank hi hello hey there sorry sure on in at to for of from with by about as is are was were be been "
    "do does did can could will would have has had get got just still very so too also now here what when "
    "where which who whom whose why how wrong right correct incorrect looking trying writing going "
    "wondering interested happy unhappy angry sad afraid glad english chinese german french spanish "
    "italian american british monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december team support customer service "
    "sir madam everyone all guys folks mr mrs ms miss dr back order account card name address phone email "
    "mail appears misspelled spelled visible shown again suite apt apartment unit flat box street road "
    "avenue"
)
_NO_NAMES = frozenset(_NO_NAMES_TEXT.split())
_FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴"
    "莫孔向汤"
)
_ZH_NAME = rf"(?:欧阳|司马|上官|诸葛|[{_FAMILY}])[\u4e00-\u9fff]{{1,2}}"
_ZH = (
    re.compile(
        r"(?:我叫|名叫|叫做|姓名|名字|收件人|收货人|联系人|署名)(?:应该)?(?:是|为|叫|改成|改为|换成|：|:|，)?\s*"
        rf"(?P<name>{_ZH_NAME})"
        r"(?=$|[^\u4e00-\u9fff]|[的是在，,。和吧呢啊了])"
    ),
    re.compile(rf"(?P<name>(?:欧阳|司马|上官|诸葛|[{_FAMILY}])[\u4e00-\u9fff]{{0,2}}?)(?:先生|女士|小姐|太太)"),
)


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Where names stand, the surest first; they may overlap."""
    for cue in _TITLE.finditer(text):
        yield from _name_at(text, cue.end())
    for cue in _SURE.finditer(text):
        yield from _name_at(text, cue.end(), small_too=True)
    for cue in _LIKELY.finditer(text):
        yield from _name_at(text, cue.end())
    for cue in _BENEFICIARY.finditer(text):
        yield from _name_at(text, cue.end(), least=2)
    yield from _heads_of_blocks(text)
    for pattern in _ZH:
        for found in pattern.finditer(text):
            yield found.span("name")


def _name_at(text: str, at: int, *, small_too: bool = False, least: int = 1) -> Iterator[tuple[int, int]]:
    """The capitalised words from ``at`` on; with ``small_too`` the first two may be written small."""
    end, begin, lead, words = at, -1, -1, 0
    ahead = at
    while words < _MOST_WORDS and (found := _WORD.match(text, ahead)) is not None:
        word = re.sub(r"['’]s$", "", found.group(1))
        plain = word.lower().rstrip(".")
        if plain in _PARTICLES:
            lead = found.start(1) if lead < 0 else lead
            ahead = found.end()
            continue
        small = not word[0].isupper()
        if plain in _NO_NAMES or not _is_latin(word) or (small and not (small_too and words < 2)):
            break
        if begin < 0:
            begin = lead if lead >= 0 else found.start(1)
        end = ahead = found.start(1) + len(word)
        words += 1
        if ahead < found.end():
            break
    if words >= least and begin >= 0 and end - begin > 1:
        yield begin, end


def _heads_of_blocks(text: str) -> Iterator[tuple[int, int]]:
    """A line of two to four capitalised words and nothing else, with a number or a mail address in the lines below."""
    lines = [(found.start(), found.group()) for found in re.finditer(r"[^\n]+", text)]
    for at, (start, line) in enumerate(lines[:-1]):
        words = re.findall(r"[^\s,>?*]+", line)
        if not 2 <= len(words) <= _MOST_WORDS or any(":" in one or one.lower() in _NO_NAMES for one in words):
            continue
        below = [one for _, one in lines[at + 1 : at + 4]]
        lettered = all(re.fullmatch(r"[^\W\d_](?:[^\W\d_]|['’.-])*", one) for one in words)
        capital = all(one[0].isupper() or one in _PARTICLES for one in words) and words[0][0].isupper()
        if lettered and capital and any(re.search(r"\d|@", one) for one in below):
            yield start + line.index(words[0]), start + line.rindex(words[-1]) + len(words[-1])
            break


def _is_latin(word: str) -> bool:
    return not any("\u3000" <= one <= "\u9fff" for one in word)
