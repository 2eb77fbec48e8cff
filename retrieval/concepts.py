"""Words of shopping that mean the same: colours, materials and the like, in English and Chinese.

A closed table, so that "黑色" finds a product whose colour is "black" and "皮的" one of leather, whatever the encoder
knows. ``meaning(text)`` is the set of what a value says, each concept under its English name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .words import fold, is_chinese, pieces, singular

COLOURS: dict[str, tuple[str, ...]] = {
    "black": ("黑色", "黑"),
    "white": ("白色", "白"),
    "grey": ("gray", "灰色", "灰"),
    "red": ("红色", "红"),
    "pink": ("粉色", "粉红色", "粉红", "粉"),
    "orange": ("橙色", "橘色", "橙"),
    "yellow": ("黄色", "黄"),
    "green": ("绿色", "绿"),
    "blue": ("蓝色", "蓝"),
    "navy": ("navy blue", "海军蓝", "藏青色", "藏青", "藏蓝"),
    "purple": ("violet", "紫色", "紫"),
    "brown": ("棕色", "褐色", "咖啡色", "棕"),
    "beige": ("米色", "米白色", "米白"),
    "gold": ("golden", "金色"),
    "silver": ("银色",),
    "turquoise": ("teal", "青绿色", "青色"),
    "khaki": ("卡其色", "卡其"),
    "olive": ("橄榄绿", "橄榄色", "军绿色", "军绿"),
    "burgundy": ("wine red", "酒红色", "酒红"),
    "cream": ("奶油色", "奶白色"),
    "transparent": ("透明",),
    "multicolour": ("multicolor", "multicoloured", "multicolored", "彩色", "多色"),
}
MATERIALS: dict[str, tuple[str, ...]] = {
    "leather": ("皮革", "真皮", "牛皮", "皮质", "皮制", "皮料", "皮"),
    "faux leather": ("vegan leather", "pu leather", "imitation leather", "人造革", "人造皮", "仿皮", "pu皮", "pu革"),
    "suede": ("绒面革", "麂皮", "反绒皮"),
    "cotton": ("纯棉", "全棉", "棉质", "棉布", "棉"),
    "wool": ("merino", "羊毛", "毛呢", "美利奴"),
    "cashmere": ("羊绒",),
    "silk": ("真丝", "丝绸", "蚕丝"),
    "linen": ("亚麻", "麻布"),
    "polyester": ("涤纶", "聚酯纤维", "聚酯"),
    "nylon": ("尼龙", "锦纶"),
    "denim": ("牛仔布", "牛仔面料"),
    "fleece": ("抓绒", "摇粒绒"),
    "down": ("羽绒", "鸭绒", "鹅绒"),
    "canvas": ("帆布",),
    "mesh": ("网面", "网布"),
    "rubber": ("橡胶",),
    "plastic": ("塑料", "塑胶"),
    "silicone": ("硅胶",),
    "wood": ("wooden", "木质", "实木", "木头", "木制", "木"),
    "bamboo": ("竹子", "竹制", "竹纤维", "竹"),
    "oak": ("橡木",),
    "walnut": ("胡桃木",),
    "metal": ("金属",),
    "stainless steel": ("不锈钢",),
    "steel": ("钢制", "钢"),
    "aluminium": ("aluminum", "铝合金", "铝制", "铝"),
    "iron": ("cast iron", "铸铁", "铁制"),
    "titanium": ("钛合金", "钛"),
    "copper": ("铜制", "纯铜", "铜"),
    "brass": ("黄铜",),
    "glass": ("玻璃",),
    "ceramic": ("porcelain", "stoneware", "陶瓷", "瓷"),
    "marble": ("大理石",),
    "paper": ("纸质", "纸制"),
    "carbon": ("carbon fibre", "carbon fiber", "碳纤维"),
}
PEOPLE: dict[str, tuple[str, ...]] = {
    "men": ("man", "men's", "mens", "male", "男士", "男款", "男式", "男性", "男"),
    "women": ("woman", "women's", "womens", "ladies", "lady", "female", "女士", "女款", "女式", "女性", "女"),
    "kids": ("kid", "children", "child", "kid's", "儿童", "童款", "小孩", "孩子"),
    "unisex": ("男女通用", "中性"),
}
FEATURES: dict[str, tuple[str, ...]] = {
    "waterproof": ("防水",),
    "wireless": ("cordless", "无线"),
    "bluetooth": ("蓝牙",),
    "rechargeable": ("充电式", "可充电"),
    "foldable": ("folding", "collapsible", "折叠", "可折叠"),
    "organic": ("有机",),
    "vegan": ("纯素", "素食"),
    "decaf": ("decaffeinated", "低因", "无咖啡因"),
    "sugar-free": ("无糖",),
    "gluten-free": ("无麸质",),
    "noise cancelling": ("noise canceling", "noise-cancelling", "noise-canceling", "anc", "降噪"),
    "breathable": ("透气",),
    "lightweight": ("轻便", "轻量"),
    "small": ("小号",),
    "medium": ("中号",),
    "large": ("大号",),
}
NAMES: dict[str, tuple[str, ...]] = {
    "colour": ("color", "colours", "colors", "颜色", "色彩", "配色"),
    "material": ("materials", "fabric", "材质", "材料", "面料"),
    "size": ("sizes", "尺码", "尺寸", "大小", "鞋码"),
    "gender": ("sex", "department", "性别", "适用人群"),
    "brand": ("manufacturer", "品牌", "牌子"),
    "category": ("类别", "分类"),
}
"""Attributes that shops name in different ways."""

_TABLES = (COLOURS, MATERIALS, PEOPLE, FEATURES)


def _by_surface() -> dict[str, str]:
    found: dict[str, str] = {}
    for table in _TABLES:
        for concept, others in table.items():
            for other in (concept, *others):
                found[surface(other)] = concept
    return found


def surface(text: str) -> str:
    """``text`` in the form in which names are compared: folded, singular, hyphens as spaces ("sugar-free")."""
    return " ".join(piece if is_chinese(piece) else singular(piece) for piece in pieces(text.replace("-", " ")))


SURFACES = _by_surface()
"""Every way to say a concept (folded, singular) -> the concept."""
_LONGEST = max(one.count(" ") + 1 for one in SURFACES)


def _any_of(written: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, written), key=len, reverse=True)))


_HAN_SURFACES = _any_of([one for one in SURFACES if is_chinese(one)])
_HAN_LONG_SURFACES = _any_of([one for one in SURFACES if is_chinese(one) and len(one) > 1])


def attribute_name(name: str) -> str:
    """One name for an attribute, however the shop calls it: ``Color``, ``颜色`` -> ``colour``."""
    plain = " ".join(pieces(name.replace("_", " ")))
    return _NAME_OF.get(plain, plain)


_NAME_OF = {" ".join(pieces(other)): name for name, others in NAMES.items() for other in (name, *others)}


@lru_cache(maxsize=65_536)
def meaning(text: str) -> frozenset[str]:
    """What ``text`` says: its concepts, and its other words as they are, folded and singular.

    ``meaning("深红色") == {"深", "red"}``, ``meaning("Dark Red") == {"dark", "red"}``.
    """
    said: set[str] = set()
    words: list[str] = []
    for piece in pieces(text.replace("-", " ")):
        if is_chinese(piece):
            said.update(SURFACES[match.group()] for match in _HAN_SURFACES.finditer(piece))
            said.update(part for part in _HAN_SURFACES.split(piece) if part and part != "色")
        else:
            words.append(singular(piece))
    return frozenset(said.union(_concepts(words)))


def _concepts(words: list[str]) -> list[str]:
    """Latin words, with those that name a concept (the longest first) replaced by it."""
    said: list[str] = []
    position = 0
    while position < len(words):
        for length in range(min(_LONGEST, len(words) - position), 0, -1):
            concept = SURFACES.get(" ".join(words[position : position + length]))
            if concept or length == 1:
                said.append(concept or words[position])
                position += length
                break
    return said


def mentions(text: str, asked: str) -> bool:
    """Whether running text, such as a title, says what was asked.

    There a single Chinese character can be part of any word (皮卡丘 is not of leather), so only longer forms count.
    """
    wanted = meaning(asked)
    if not wanted:
        return False
    plain = fold(text).replace("-", " ")
    latin = [singular(piece) for piece in pieces(plain) if not is_chinese(piece)]
    said = {*_concepts(latin), *(SURFACES[match.group()] for match in _HAN_LONG_SURFACES.finditer(plain))}
    return all(one in said or (is_chinese(one) and len(one) > 1 and one in plain) for one in wanted)


def is_flag(value: str) -> bool:
    """Whether a value only says that the attribute is there ("yes")."""
    return fold(value) in {"yes", "true", "1", "是"}


def listed_values(value: str) -> list[str]:
    """The single values of a list: "black, navy" -> black, navy. A comma between digits is none."""
    return [one.strip() for one in _LIST.split(value) if one.strip()] or [value]


_LIST = re.compile(r",(?!\d)|[、;；|，]| / ")


def same_meaning(asked: str, value: str) -> bool:
    """Whether a value says at least what was asked: "dark red" says "red", "faux leather" does not say "leather"."""
    wanted = meaning(asked)
    return bool(wanted) and wanted <= meaning(value)


def ways_to_say(text: str) -> tuple[str, ...]:
    """``text`` and, if it is a concept, every other way to say it, in both languages."""
    said = meaning(text)
    if len(said) == 1:
        concept = next(iter(said))
        for table in _TABLES:
            if concept in table:
                return (concept, *table[concept])
    return (fold(text),)
