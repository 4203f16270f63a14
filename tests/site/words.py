"""The words of the loopback site: lists and sentence patterns of our own, from which every text is drawn.

Nothing in them is markup to Markdown, so that a text's plain form is also its Markdown form.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

CITIES = (
    "青石市 临江城 云溪镇 望海港 松岭县 白沙湾 长桥镇 北原市 南浦区 晴川城 柳塘村 枫林谷 金沙滩 远山州 三河口"
).split()
GROUPS = (
    "城市规划院 青年合唱团 天文爱好者协会 社区图书馆 海洋观测站 老街商会 桥梁检测队 气象志愿队 "
    "职业技术学院 蔬菜合作社 铁路文化馆 儿童剧团 环卫车队 社区医院 水文监测站 手工艺工坊 研发&制造中心"
).split()
PEOPLE = ("陆明远 沈知秋 何雨桐 邓长风 顾念慈 宋晚晴 方致远 许星河 罗静姝 韩立夏 叶怀瑾 唐小满 孟青禾 江若水").split()
ROLES = "负责人 工程师 讲解员 志愿者 队长 研究员 店主 教练 统计员 值班员".split()
THINGS = (
    "旧厂房改造 河道清淤 夜间公交 智能路灯 雨水花园 屋顶菜园 旧书交换 盲道修缮 冬季供暖 校园午餐 "
    "共享工具箱 观鸟步道 电子站牌 口袋公园 急救培训 方言录音 社区食堂 风力发电 储能电站 无人摆渡车"
).split()
QUALITIES = "稳妥 细致 安静 清楚 踏实 新鲜 可靠 顺畅 开放 节俭 从容 有序 灵活 周到".split()
VERBS = "整理 检查 记录 讨论 试用 评估 展示 改进 推广 公开 比较 核对 规划 修补".split()
TIMES = "清晨 上午十点 午后 傍晚 入夜以后 周末 本月初 上周三 去年冬天 雨季到来之前 开学前后 元旦假期".split()
PLACES = "河堤边 老车站 图书馆二楼 小学操场 菜市场门口 社区礼堂 码头仓库 山脚观测点 体育馆 文化长廊".split()
NUMBERS = "三百二十 一千五百 四十八 七百六十 两万三千 九十六 五百零四 一百一十 六千七百 八十二".split()
UNITS = "户家庭 名学生 盏路灯 米管道 册图书 张座椅 棵行道树 份问卷 台设备 次巡查".split()

SENTENCES: tuple[tuple[str, Sequence[Sequence[str]]], ...] = (
    ("{}，{}的{}项目在{}继续推进。", (TIMES, CITIES, THINGS, PLACES)),
    ("{}{}表示，{}需要更{}的安排。", (GROUPS, PEOPLE, THINGS, QUALITIES)),
    ("据{}统计，今年已有{}{}参与{}。", (GROUPS, NUMBERS, UNITS, THINGS)),
    ("{}的居民说，{}以后，日子比从前更{}了。", (CITIES, THINGS, QUALITIES)),
    ("为了{}这项工作，{}在{}设了一个临时办公点。", (VERBS, GROUPS, PLACES)),
    ("“先把{}做得{}，再谈别的。”{}在{}对记者说。", (THINGS, QUALITIES, PEOPLE, PLACES)),
    ("{}，{}{}把{}的材料一份份{}。", (TIMES, ROLES, PEOPLE, THINGS, VERBS)),
    ("与{}相比，{}的做法显得更加{}。", (CITIES, CITIES, QUALITIES)),
    ("这份名单上共有{}{}，都由{}逐一{}。", (NUMBERS, UNITS, GROUPS, VERBS)),
    ("不少人担心{}会影响{}，{}回应说一切照常。", (THINGS, PLACES, ROLES)),
    ("{}计划在{}之前{}全部{}。", (GROUPS, TIMES, VERBS, UNITS)),
    ("走到{}，能看见{}留下的{}{}。", (PLACES, GROUPS, NUMBERS, UNITS)),
    ("{}记得，{}的时候，{}还只是一个想法。", (PEOPLE, TIMES, THINGS)),
    ("下一步，{}将与{}一起{}{}的经验。", (GROUPS, GROUPS, VERBS, THINGS)),
    ("也有{}认为，{}不必求快，{}更要紧。", (ROLES, THINGS, QUALITIES)),
    ("截至{}，{}收到了{}条关于{}的建议。", (TIMES, GROUPS, NUMBERS, THINGS)),
)
TITLES: tuple[tuple[str, Sequence[Sequence[str]]], ...] = (
    ("{}的{}，为什么让人觉得{}？", (CITIES, THINGS, QUALITIES)),
    ("{}：{}{}的{}", (CITIES, NUMBERS, UNITS, TIMES)),
    ("{}{}谈{}：要{}，也要{}", (GROUPS, PEOPLE, THINGS, QUALITIES, QUALITIES)),
    ("{}，{}在{}{}了什么", (TIMES, GROUPS, PLACES, VERBS)),
    ("从{}到{}：一次关于{}的记录｜{}观察", (CITIES, PLACES, THINGS, CITIES)),
    ("“{}”背后，{}与{}的{}", (THINGS, CITIES, GROUPS, TIMES)),
    ("{}公布{}进展 已有{}{}参与", (GROUPS, THINGS, NUMBERS, UNITS)),
)
HEADINGS: tuple[tuple[str, Sequence[Sequence[str]]], ...] = (
    ("{}之后的{}", (THINGS, CITIES)),
    ("谁来{}{}", (VERBS, THINGS)),
    ("{}的一天", (GROUPS,)),
    ("怎样才算{}", (QUALITIES,)),
)
CAPTIONS: tuple[tuple[str, Sequence[Sequence[str]]], ...] = (
    ("{}，{}的{}。", (TIMES, CITIES, PLACES)),
    ("{}正在{}{}。图源：{}", (PEOPLE, VERBS, THINGS, GROUPS)),
)
MEDIA = ("日报 晚报 观察 周刊 记事 现场 笔记 新知").split()


def pick(rng: Random, choices: Sequence[T]) -> T:
    """One of ``choices``. Thrice as fast as ``Random.choice``, which matters when every page is new."""
    return choices[int(rng.random() * len(choices))]


def say(rng: Random, patterns: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> str:
    """One pattern, its gaps filled."""
    # The innermost loop of every page: one draw, cut up for the pattern and all its gaps.
    drawn, number = divmod(int(rng.random() * 2**53), len(patterns))
    pattern, gaps = patterns[number]
    chosen = []
    for words in gaps:
        drawn, number = divmod(drawn, len(words))
        chosen.append(words[number])
    return pattern.format(*chosen)


def sentence(rng: Random) -> str:
    return say(rng, SENTENCES)


def sentences(rng: Random, characters: int) -> str:
    """Whole sentences, ``characters`` long or a little more."""
    said: list[str] = []
    length = 0
    while length < characters:
        said.append(sentence(rng))
        length += len(said[-1])
    return "".join(said)
