"""Short news in our own words, told again with changes; the same seed tells the same."""

from __future__ import annotations

from random import Random

WHO = "渔夫 船长 校长 馆长 园丁 邮差 木匠 医生 厨师 画家 教师 司机 农妇 猎人 书商 乐师".split()
WHERE = "河边 山脚 码头 集市 学校 图书馆 果园 车站 桥头 茶馆 湖心 钟楼 渡口 磨坊 操场 花市".split()
WHAT = "种下果树 修好木桥 清点存货 画完壁画 搬运石料 晾晒草药 试航新船 整理旧书 喂养白鹅 修剪枝条 教孩子写字".split()
WHY = "因为雨季将至 为了迎接节日 按照去年的约定 趁着天气晴好 应邻居的请求 在众人的注视下 带着自己的徒弟".split()
HOW = "大家都说这件事做得漂亮 围观的人越来越多 直到傍晚才停下来 晚上还要继续 没有人觉得辛苦 孩子们高兴得跳起来".split()


def story(chance: Random, sentences: int = 12) -> str:
    """A story of so many sentences, in paragraphs of three."""
    told = [
        f"{chance.choice(WHY)}，{chance.choice(WHERE)}的{chance.choice(WHO)}{chance.choice(WHAT)}，"
        f"一共花了{chance.randint(2, 900)}个时辰，{chance.choice(HOW)}。"
        for _ in range(sentences)
    ]
    return "\n\n".join("".join(told[start : start + 3]) for start in range(0, sentences, 3))


def edited(text: str, share: float, chance: Random) -> str:
    """The text with that share of its characters replaced, doubled or dropped."""
    letters = [each for each in text if each.isalnum()]
    return "".join(_edited(each, letters, chance) if chance.random() < share else each for each in text)


def _edited(character: str, letters: list[str], chance: Random) -> str:
    return chance.choice(("", chance.choice(letters), character + chance.choice(letters)))
