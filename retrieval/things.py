"""Goods that go by several names: British and American, everyday and trade, English and Chinese.

A closed table that widens a query: a product called by another name of the same thing is found by its words, whatever
the encoder knows, and a Chinese query finds goods that are described in English only, and the reverse.
"""

from __future__ import annotations

from itertools import pairwise

from .concepts import surface
from .words import is_chinese

_GROUPS = """
nappies, diapers, 纸尿裤, 尿不湿, 尿布
pushchair, stroller, pram, buggy, 婴儿推车, 婴儿车, 童车
baby bottle, feeding bottle, 奶瓶
dummy, pacifier, 安抚奶嘴
cot, crib, 婴儿床
baby monitor, 婴儿监护器, 宝宝监控器, 婴儿监控
sleep sack, baby sleeping bag, 婴儿睡袋, 宝宝睡袋
earbuds, earphones, in-ear headphones, 入耳式耳机, 真无线耳机
headphones, headset, 头戴式耳机, 头戴耳机
speaker, loudspeaker, 音箱, 音响
power bank, portable charger, 充电宝, 移动电源
smartwatch, smart watch, 智能手表
smartphone, mobile phone, cell phone, cellphone, 手机
laptop, notebook computer, 笔记本电脑
television, tv, telly, 电视, 电视机
keyboard, 键盘
charger, 充电器
backpack, rucksack, knapsack, 背包, 双肩包, 书包
handbag, purse, 手提包, 手袋
suitcase, luggage, trolley case, 行李箱, 拉杆箱
wallet, billfold, 钱包
trainers, sneakers, 运动鞋, 休闲运动鞋, 板鞋, 球鞋
running shoes, 跑步鞋, 跑鞋
trail running shoes, trail shoes, 越野跑鞋, 越野鞋
hiking boots, walking boots, 登山靴, 徒步靴, 登山鞋
sandals, 凉鞋
slippers, 拖鞋
jumper, sweater, pullover, 毛衣, 针织衫
trousers, pants, 裤子, 长裤
jeans, denim trousers, 牛仔裤
jacket, coat, 外套, 夹克
raincoat, waterproof jacket, 雨衣
dress, frock, 连衣裙, 裙子
t-shirt, tee, t恤
shirt, blouse, 衬衫
socks, 袜子
hat, cap, 帽子
gloves, mittens, 手套
sunglasses, shades, 太阳镜, 墨镜
sofa, couch, settee, 沙发
rug, carpet, 地毯
cushion, throw pillow, 抱枕, 靠垫
bedding, bed linen, duvet cover set, 床上用品, 被套, 四件套
duvet, comforter, quilt, 被子
mattress, 床垫
curtains, drapes, 窗帘
wardrobe, closet, 衣柜
chest of drawers, dresser, 抽屉柜
office chair, desk chair, 办公椅, 电脑椅
desk lamp, reading lamp, 台灯
light bulb, 灯泡
torch, flashlight, 手电筒
kettle, 电热水壶, 烧水壶, 热水壶
frying pan, skillet, 平底锅, 煎锅
saucepan, pot, 锅, 汤锅
kitchen knife, chef's knife, 厨刀, 菜刀, 主厨刀
coffee machine, coffee maker, espresso maker, 咖啡机
coffee beans, whole bean coffee, 咖啡豆
food container, lunch box, food storage, 保鲜盒, 收纳盒, 饭盒, 便当盒
water bottle, drinking bottle, drinking flask, 水杯, 水壶, 水瓶
mug, cup, 杯子, 马克杯
fridge, refrigerator, 冰箱
hoover, vacuum cleaner, 吸尘器
washing machine, washer, 洗衣机
tap, faucet, 水龙头
bin, trash can, garbage can, 垃圾桶
crisps, potato chips, 薯片
sweets, candy, 糖果
biscuits, cookies, 饼干
chocolate, 巧克力
tea, 茶叶, 茶
olive oil, 橄榄油
nuts, nut mix, 坚果
moisturiser, moisturizer, face cream, 面霜, 保湿霜
serum, 精华液, 精华
sunscreen, sun cream, sunblock, 防晒霜, 防晒乳
lipstick, lip colour, lip color, 口红, 唇膏
shampoo, hair wash, 洗发水, 洗头水
nail varnish, nail polish, 指甲油
plaster, band-aid, 创可贴
pet bed, dog bed, cat bed, 宠物窝, 狗窝, 猫窝
dog food, 狗粮
cat food, 猫粮
cat litter, 猫砂
cat toy, 猫玩具, 逗猫棒
lead, leash, 牵引绳
dog collar, 狗项圈, 项圈
tent, 帐篷
yoga mat, exercise mat, 瑜伽垫, 健身垫
dumbbells, 哑铃
bicycle, bike, 自行车
board game, 桌游, 桌面游戏
building blocks, toy bricks, 积木
jigsaw, puzzle, 拼图
plush toy, stuffed animal, cuddly toy, 毛绒玩具, 毛绒公仔
toy car, toy vehicle, 玩具车
remote control car, rc car, 遥控车
garden hose, hosepipe, 花园水管, 浇花水管
plant pot, flower pot, planter, 花盆
secateurs, pruning shears, pruners, 园艺剪, 修枝剪
spanner, wrench, 扳手
cordless drill, drill driver, 充电电钻, 电钻
solar light, 太阳能灯, 庭院灯
lawnmower, lawn mower, 割草机
"""

GROUPS: tuple[tuple[str, ...], ...] = tuple(
    tuple(surface(name) for name in line.split(",")) for line in _GROUPS.strip().splitlines()
)
_GROUP_OF = {name: place for place, names in reversed(list(enumerate(GROUPS))) for name in names}
PHRASES = frozenset(
    f"{first} {second}"
    for names in GROUPS
    for name in names
    for first, second in pairwise(name.split())
    if not is_chinese(name)
)
"""Two words that stand together in the name of a thing."""
_LONGEST = 4


def other_names(text: str) -> dict[str, tuple[str, ...]]:
    """Each thing that ``text`` names (the longest names first, none inside another), and what else it is called."""
    found: dict[str, tuple[str, ...]] = {}
    plain = surface(text)
    for name in _CHINESE:
        if name in plain:
            found[name] = _others(name)
            plain = plain.replace(name, " ")
    words = plain.split()
    position = 0
    while position < len(words):
        for count in range(min(_LONGEST, len(words) - position), 0, -1):
            name = " ".join(words[position : position + count])
            if name in _GROUP_OF:
                found[name] = _others(name)
                position += count
                break
        else:
            position += 1
    return found


_CHINESE = sorted((name for name in _GROUP_OF if is_chinese(name)), key=len, reverse=True)


def _others(name: str) -> tuple[str, ...]:
    return tuple(other for other in GROUPS[_GROUP_OF[name]] if other != name)
