"""More and less of something: words that compare, and values as places on a scale."""

from __future__ import annotations

import re

from .tokens import tokenise

_LEVELS = {
    "xxs": 0, "xs": 1, "s": 2, "small": 2, "m": 3, "medium": 3, "l": 4, "large": 4, "xl": 5, "xxl": 6,
    "low": 2, "high": 4,
    "beginner": 1, "intermediate": 2, "expert": 3, "half": 1, "full": 2, "portable": 1, "basic": 1, "professional": 2,
    "standard": 1, "none": 0, "light": 1, "dark": 5, "i5": 5, "i7": 7, "i9": 9, "no": 0, "yes": 1,
}  # fmt: skip
_MORE = (
    (
        r"\b(?:big|larg)ger\b|\blarger\b|\bbigger\b|\broomier\b|更大|大一[点些号码]|大[点些]的",
        "size capacity screen storage length height frame diameter room",
        1,
    ),
    (
        r"\bsmaller\b|\bmore compact\b|更小|小一[点些号码]|小[点些]的",
        "size capacity screen storage length height frame diameter room",
        -1,
    ),
    (r"\btaller\b|\bhigher one\b|更高|高一[点些]", "height backrest", 1),
    (r"\bshorter\b|\blower one\b|更矮|矮一[点些]|短一[点些]|更短", "height length", -1),
    (r"\blonger\b|更长|长一[点些]|更久|更耐用", "length battery", 1),
    (r"\bthicker\b|更厚|厚一[点些]", "thickness", 1),
    (r"\bthinner\b|更薄|薄一[点些]", "thickness", -1),
    (r"\bbrighter\b|更亮|亮一[点些]", "brightness", 1),
    (r"\bless bright\b|\bdimmer\b|\bnot so bright\b|暗一[点些]|更暗|没那么亮", "brightness", -1),
    (r"\bheavier\b|更重|重一[点些]", "weight", 1),
    (r"\blighter\b(?! (?:color|colour|shade))|更轻|轻一[点些]", "weight", -1),
    (r"\b(?:easier|simpler|less difficult)\b|简单[一点些]+|容易[一点些]+|更简单|更容易", "difficulty", -1),
    (r"\b(?:harder|more difficult|more challenging|trickier)\b|更难|难一[点些]", "difficulty", 1),
    (r"\bmore pieces\b|片数更多|更多片|更多块|多[一点些]+片", "pieces piece", 1),
    (r"\bfewer pieces\b|\bless pieces\b|片数更少|更少片|少[一点些]+片", "pieces piece", -1),
    (r"\b(?:faster|more powerful|stronger)\b|更快|更强", "processor ram pressure speed", 1),
    (r"\bmore (?:storage|space|memory)\b|存储更大|更大的?(?:存储|内存|硬盘)", "storage", 1),
    (r"\bmore ram\b", "ram", 1),
    (
        r"\b(?:higher|better|sharper|more) (?:resolution|definition)\b|更清晰|分辨率更高|更高清|像素(?:更|再)?高",
        "resolution",
        1,
    ),
    (r"\b(?:more|better|higher) (?:zoom)\b|变焦更", "zoom", 1),
    (r"\b(?:more|better) (?:ventilat\w+|airflow)\b|更透气|通风更好", "ventilation", 1),
    (r"\b(?:wider) (?:field|view|angle)\b|视角更[大广]|更广", "field", 1),
)
COMPARED = tuple((re.compile(pattern, re.I), names.split(), way) for pattern, names, way in _MORE)
_MOST = (
    (r"\b(?:bigg|larg)est\b|\bmost spacious\b|最大", "size capacity screen storage length height frame diameter", 1),
    (r"\bsmallest\b|\bmost compact\b|最小", "size capacity screen storage length height frame diameter", -1),
    (r"\btallest\b"
        r"|最高的?(?!价)", "height", 1), (r"\blongest\b"
            r"|最长", "length battery", 1), (r"\bshortest\b|最短|最矮", "length height", -1),
    (r"\bbrightest\b|最亮", "brightness", 1), (r"\b(?:dimmest|least bright)\b|最暗", "brightness", -1),
    (r"\beasiest\b|\bleast difficult\b|最简单"
        r"|最容易", "difficulty", -1), (r"\b(?:hardest|most difficult|most challenging)\b|最难", "difficulty", 1),
    (r"\bfewest pieces\b|\bleast (?:number of )?pieces\b|片数最少"
        r"|最少片", "pieces piece", -1), (r"\bmost pieces\b|片数最多|最多片", "pieces piece", 1),
    (r"\bthickest\b"
        r"|最厚", "thickness", 1), (r"\bthinnest\b"
            r"|最薄", "thickness", -1), (r"\blightest\b|最轻", "weight", -1), (r"\bheaviest\b|最重", "weight", 1),
    (r"\b(?:fastest|most powerful|strongest)\b|最快|最强", "processor ram pressure", 1),
    (r"\b(?:max(?:imum)?|most|largest|highest) (?:storage)\b|存储最大", "storage", 1),
    (r"\b(?:max(?:imum)?|highest|best|most) resolution\b|最清晰|分辨率最高", "resolution", 1),
    (r"\b(?:max(?:imum)?|highest|most|best) zoom\b|变焦最", "zoom", 1),
)  # fmt: skip
EXTREME = tuple((re.compile(pattern, re.I), names.split(), way) for pattern, names, way in _MOST)
ONE_UP = re.compile(
    r"\b(?:one|a|1|next) size (?:up|bigger|larger)\b|\bsize up\b|\bnext (?:bigger|larger) size\b|大一[号码]", re.I
)
ONE_DOWN = re.compile(
    r"\b(?:one|a|1|next) size (?:down|smaller)\b|\bsize down\b|\bnext smaller size\b|小一[号码]", re.I
)
UNIT_WORDS = frozenset(re.findall(r"\w+", "ft inch l ml gb tb lb hour mp mm mah x k p w cup"))


def grade(value: str) -> float | None:
    """A value as a place on a scale: numbers by size, words like small and large in order; ``None``: it has none."""
    low = value.lower()
    if low in _LEVELS:
        return float(_LEVELS[low])
    tokens = tokenise(value)
    number = next((one.text for one in tokens if one.text.replace(".", "", 1).isdigit()), None)
    if number is None:
        return None
    unit = next((one.text for one in tokens if one.text in UNIT_WORDS), "")
    return float(number) * {"tb": 1024.0, "l": 1000.0, "k": 540.0}.get(unit, 1.0)
