"""What an edit touched: title, lead, body, numbers, names, pictures; or nothing that a reader would notice. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

from archive.article.markdown_links import links, pictures, replaced
from archive.article.model import Article, pictures_in, sizeless

PARTS: Final = ("title", "lead", "body", "numbers", "names", "pictures")
"""Everything that `classify` can name, in the order in which it is shown."""

_UNSEEN: Final = re.compile(r"[\s\u200b-\u200f\u2060-\u2064\ufeff\u00ad]+")
_NUMERALS: Final = "零〇一二两三四五六七八九十百千万亿"
# A single numeral alone is mostly none (一起, 十分): it counts where a unit follows.
_NUMBER: Final = re.compile(
    rf"\d+(?:[.,:]\d+)*%?|[{_NUMERALS}]{{2,}}|[{_NUMERALS}](?=[人名例起死伤元岁年月日吨里米倍成次只件])"
)
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_ROLES: Final = "记者|编辑|作者|主席|总理|部长|省长|市长|局长|院长|校长|教授|主任|书记|总裁|经理|发言人|律师|医生"
_SPEAKING: Final = "表示|说|称|指出|介绍|认为|告诉|强调|透露|先生|女士|教授|主任"
_NAME: Final = re.compile(
    "《[^》]{1,100}》|[A-Z][A-Za-z]+|[\u4e00-\u9fff]{1,6}(?:·[\u4e00-\u9fff]{1,6})+"
    f"|(?:{_ROLES})[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?(?={_SPEAKING})"
)


def classify(old: Article, new: Article) -> frozenset[str]:
    """Which of `PARTS` differ between two readings of one article. Empty: noise, and no revision.

    Blind to white space (so to where a paragraph ends), invisible characters, full and half width, the size and scheme
    of pictures, and an author whom only one of the two names. Whatever differs, `compare.differences` of title, author
    or body shows. ``numbers`` and ``names`` are hints for a reader in a hurry: names are found by rule, in no
    dictionary.
    """
    before, after = _blocks(old), _blocks(new)
    texts = ("".join(before), "".join(after))
    whole = (_seen(old.title) + texts[0], _seen(new.title) + texts[1])
    differs = {
        "title": _seen(old.title) != _seen(new.title),
        "lead": texts[0] != texts[1] and before[:1] != after[:1],
        "body": texts[0] != texts[1] and before[1:] != after[1:],
        "numbers": Counter(_NUMBER.findall(whole[0])) != Counter(_NUMBER.findall(whole[1])),
        "names": _another_author(old, new) or Counter(_NAME.findall(whole[0])) != Counter(_NAME.findall(whole[1])),
        "pictures": _pictures(old) != _pictures(new),
    }
    return frozenset(part for part in PARTS if differs[part])


def _another_author(old: Article, new: Article) -> bool:
    """Whether both name an author, and not the same. A file names none: who is named first is learned, not changed."""
    return bool(old.author and new.author) and _seen(old.author) != _seen(new.author)


def _blocks(article: Article) -> list[str]:
    """The body's blocks as a reader compares them, pictures left out."""
    blocks = (_seen(_without_pictures(block)) for block in article.body.split("\n\n"))
    return [block for block in blocks if block]


def _without_pictures(block: str) -> str:
    """The block without its pictures, and without links around nothing else."""
    rest = replaced(block, pictures(block), lambda _: "")
    return replaced(rest, links(rest), lambda link: rest[link.start : link.end] if link.text else "")


def _seen(text: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def _pictures(article: Article) -> list[str]:
    return [sizeless(address) for address in pictures_in(article.body)]
