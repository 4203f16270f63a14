"""Charsets: every encoding under every claim is read right, mixed bytes with the fewest losses, mojibake is refused."""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.sites import registry
from crawler.sites.encoding.detect import decode
from crawler.sites.encoding.quality import SOUND, garbling, text_quality
from crawler.sites.normalise import normalise
from crawler.sites.page import Garbled
from crawler.sites.qq.read_page import read_page
from tests.crawler.sites.good_pages import wechat_page
from tests.site.pages import page as page_of_story
from tests.site.story import Layout
from tests.site.world import Plan, World

WORLD = World(Plan(articles=40, seed=3))
URL = "https://news.qq.com/a/20120506/000123.htm"
TITLE = "山城夜校重新亮灯：第一课讲“修收音机”"
WORDS = (
    "停办三年的山城夜校昨晚重新亮灯，来了三十七个人，最大的七十二岁。",
    "老师姓冉，退休前在无线电厂。他说：“会修一样东西，心里就踏实一点。”",
    "下一课讲水龙头——报名的人排到了楼梯口……",
)
TEXTS = {
    "gb2312": WORDS,
    "gbk": (*WORDS, "请来的客人叫朱镕、陶喆、堃叔，名字里都有老字库打不出的字。"),
    "gb18030": (*WORDS, "黑板上写着㐂、𠮷两个字，谁也不认得。"),
    "utf-8": (*WORDS, "黑板上写着㐂、𠮷两个字，旁边画了一个😀。"),
    "utf-8-sig": WORDS,
}
FAMILY = {"gb2312": "gb2312", "gbk": "GBK", "gb18030": "gb18030", "utf-8": "utf-8", "utf-8-sig": "UTF-8"}
WRONG = {"gb2312": "utf-8", "gbk": "utf-8", "gb18030": "utf-8", "utf-8": "gb2312", "utf-8-sig": "gbk"}
CODECS = {"gb2312": "gbk"}
"""Python's own gb2312 knows no dash (U+2014), which every browser reads."""
METAS = ("right", "wrong", "absent", "late", "both")
HEADERS = ("right", "wrong", None, "iso-8859-1")


def page_of(words: tuple[str, ...], head: str, title: str = TITLE) -> str:
    paragraphs = "\n".join(f'<p style="TEXT-INDENT: 2em">{line}</p>' for line in words)
    return (
        f"<html><head>{head}<title>{title}_新闻_腾讯网</title></head><body><h1>{title}</h1>"
        f'<div class="info">2012年05月06日18:40</div><div id="ArticleCnt">\n{paragraphs}\n</div></body></html>'
    )


def head_of(encoding: str, meta: str) -> str:
    right, wrong = (
        f'<meta http-equiv="Content-Type" content="text/html; charset={name}">'
        for name in (FAMILY[encoding], WRONG[encoding])
    )
    filling = '<meta name="filler" content="x">' * 100
    return {
        "right": right,
        "wrong": wrong,
        "absent": "",
        "late": f"{filling}<meta charset='{FAMILY[encoding]}'/>",
        "both": wrong + right,
    }[meta]


@pytest.mark.parametrize(
    ("encoding", "meta", "header"),
    list(product(TEXTS, METAS, HEADERS)),
    ids=lambda value: str(value),
)
def test_a_page_is_read_right_whatever_is_claimed(encoding: str, meta: str, header: str | None) -> None:
    claimed = {"right": FAMILY[encoding], "wrong": WRONG[encoding]}.get(header or "", header)
    page = page_of(TEXTS[encoding], head_of(encoding, meta))
    article = normalise(read_page(page.encode(CODECS.get(encoding, encoding)), URL, charset=claimed))
    assert article.title == TITLE
    assert article.body == "\n\n".join(TEXTS[encoding])


UTF8, GBK = (page_of(WORDS, "").encode(name) for name in ("utf-8", "gbk"))
INCLUDE = "<p>广告：茶馆</p><h1>"


def without(page: bytes, lost: bytes) -> bytes:
    """The page without the first byte of these."""
    return page.replace(lost, lost[1:], 1)


def cut(page: bytes, before: str, encoding: str) -> bytes:
    """The page as far as the first byte of these words."""
    return page[: page.index(before.encode(encoding)) + 1]


BROKEN = {
    "GBK include in UTF-8": (UTF8.replace(b"<h1>", INCLUDE.encode("gbk")), 0),
    "UTF-8 include in GBK": (GBK.replace(b"<h1>", INCLUDE.encode()), 0),
    "UTF-8 attribute in GBK": (GBK.replace(b"<h1>", '<h1 title="夜校亮灯">'.encode()), 0),
    "UTF-8 cut within a character": (cut(UTF8, "楼梯口", "utf-8"), 5),
    "GBK cut within a character": (cut(GBK, "楼梯口", "gbk"), 5),
    "stray bytes in UTF-8": (UTF8.replace("里就".encode(), b"\xff\xfe" + "里就".encode()), 0),
    "stray byte in GBK": (GBK.replace("里就".encode("gbk"), b"\xff" + "里就".encode("gbk")), 0),
    "a byte of UTF-8 lost": (without(UTF8, "踏实".encode()), 1),
    "a byte of GBK lost": (without(GBK, "踏实".encode("gbk")), 2),
    "NUL in a UTF-8 page": (UTF8.replace(b"</h1>", b"\0</h1>"), 0),
}


@pytest.mark.parametrize("defect", BROKEN)
@pytest.mark.parametrize("header", ["utf-8", "gbk", None])
def test_mixed_and_broken_bytes_cost_few_characters(defect: str, header: str | None) -> None:
    body, losses = BROKEN[defect]
    text = decode(body, header)
    wanted = "".join((TITLE, *WORDS, "广告：茶馆" if "include" in defect else ""))
    assert sum(character not in text for character in wanted) <= losses
    assert text.count("\ufffd") <= 2


WRONG_READINGS: dict[str, Callable[[str], str]] = {
    "UTF-8 as GBK": lambda text: text.encode().decode("gb18030", "replace"),
    "UTF-8 as Latin-1": lambda text: text.encode().decode("latin-1"),
    "UTF-8 as Windows-1252": lambda text: text.encode().decode("cp1252", "replace"),
    "GBK as UTF-8": lambda text: text.encode("gbk").decode("utf-8", "replace"),
    "GBK as Latin-1": lambda text: text.encode("gbk").decode("latin-1"),
    "锟斤拷": lambda text: text.encode("gbk").decode("utf-8", "replace").encode().decode("gbk", "replace"),
    "question marks": lambda text: text.encode("ascii", "replace").decode(),
    "private use": lambda text: "".join(chr(0xE000 + ord(character) % 0x1000) for character in text),
}


@pytest.mark.parametrize("reading", WRONG_READINGS)
def test_mojibake_is_refused_by_name(reading: str) -> None:
    words = tuple(WRONG_READINGS[reading](line).replace("<", "").replace(">", "") for line in WORDS)
    page = page_of(words, '<meta charset="utf-8">', WRONG_READINGS[reading](TITLE).replace("<", ""))
    with pytest.raises(Garbled) as caught:
        read_page(page.encode("utf-8", "replace"), URL)
    assert "garbled" in caught.value.evidence


@pytest.mark.parametrize("layout", ["v1", "v2", "static", "classic"])
@pytest.mark.parametrize("reading", WRONG_READINGS)
def test_mojibake_of_a_whole_page_is_refused_in_any_layout(layout: Layout, reading: str) -> None:
    story = WORLD.story(WORLD.of_layout(layout)[0])
    assert_refused(decode(page_of_story(story, style_bytes=1000)), story.url, reading)


@pytest.mark.parametrize("reading", WRONG_READINGS)
def test_mojibake_of_an_account_s_article_is_refused(reading: str) -> None:
    page = wechat_page("", TITLE, "".join(WORDS))
    assert_refused(page.body.decode(), page.url, reading)


def assert_refused(text: str, url: str, reading: str) -> None:
    """Garble all of a page but its markup; it must be told as such."""
    wrong = re.sub(r"[^\x00-\x7f]+", lambda run: re.sub(r"[<>\"\\]", "", WRONG_READINGS[reading](run[0])), text)
    with pytest.raises(Garbled):
        registry.read_page(wrong.encode("utf-8", "replace"), url)


GOOD = {
    "about mojibake": "为什么会出现“锟斤拷”？工程师解释：替换符被当成汉字又读了一遍，“烫烫烫”则来自没有清零的内存。",
    "rare characters": "成语里的生僻字：魑魅魍魉、饕餮、踽踽独行、龃龉、耄耋、囹圄、觊觎、蹀躞、髑髅、薜荔、菡萏。",
    "traditional": "圖書館週末開放到夜間十點，義工說：來的人比預料的還要多，讓我們歡喜。",
    "English": "The night school re-opened on Monday – “finally”, says its teacher – with 37 pupils, café and all.",
    "French": "À Orléans, l’été dernier, les élèves ont préféré l’école du soir : « c’était mieux », répétaient-ils.",
    "Japanese": "夜間学校が再開した。「ラジオの修理」が最初の授業だという。",
    "Russian": "Вечерняя школа снова открыта, сообщает наш корреспондент из Хэйхэ.",
    "questions": "真的吗？？？？他问了四遍？？？？没有人回答？？？？",
    "formulas": "∑、∫、≈、≠、α、β、①、②、㎡、℃：这些符号在试卷上常见。",
    "emoji": "😀😀😀 今天夜校亮灯 🎉🎉",
    "names": "㐂㐂、𠮷𠮷、堃堃、喆喆、燚燚、犇犇、骉骉来报名。",
    "short": "亮了。",
    "digits": "3.14159",
    "one lost character": "会修一样东西，心里就踏\ufffd一点，老师这样说，大家都点头，然后打开了收音机的后盖。",
}


@pytest.mark.parametrize("kind", GOOD)
def test_odd_but_sound_texts_are_kept(kind: str) -> None:
    page = page_of((GOOD[kind],), '<meta charset="utf-8">')
    assert GOOD[kind] in normalise(read_page(page.encode(), URL)).body
    assert garbling(GOOD[kind]) == ""


COMMON = st.text(
    st.sampled_from(sorted(character for character in SOUND if "\u4e00" <= character <= "\u9fff")), min_size=1
)


@given(text=COMMON, encoding=st.sampled_from(["utf-8", "gb18030"]))
def test_common_characters_survive_either_encoding(text: str, encoding: str) -> None:
    meta = f'<meta charset="{encoding}">'
    body = f"{meta}<p>{text}</p><p>{WORDS[0]}</p>".encode(encoding)
    assert decode(body) == f"{meta}<p>{text}</p><p>{WORDS[0]}</p>"
    assert decode(body, "utf-8") == decode(body, "gb2312")


@given(st.binary(max_size=400))
def test_any_bytes_become_text_that_can_be_stored(body: bytes) -> None:
    text = decode(body)
    text.encode()
    assert decode(body) == text


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_byte_order_marks_decide(mark: bytes) -> None:
    encoding = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le"}.get(mark, "utf-16-be")
    assert decode(mark + TITLE.encode(encoding), "gbk") == TITLE


def work_of(body: bytes) -> float:
    """Processor time of this process alone, the least of some tries: what else the machine does, does not count."""
    tries = []
    for _ in range(3):
        began = time.process_time()
        decode(body)
        tries.append(time.process_time() - began)
    return min(tries)


@pytest.mark.parametrize("noise", [bytes(range(0x80, 0x100)) * 100, b"\x81\xff0 " * 2000])
def test_noise_is_read_with_work_that_grows_as_it_does(noise: bytes) -> None:
    """Eight times as long: were every byte held against every other, that would be sixty-four times the work."""
    assert work_of(noise * 8) < 24 * work_of(noise)


def test_soundness_tells_writing_from_wrong_readings() -> None:
    text = "".join(WORDS)
    assert text_quality(text) == 1
    assert text_quality(text.encode().decode("gb18030", "replace")) < 0.5
    assert text_quality("plain ASCII") == 1
