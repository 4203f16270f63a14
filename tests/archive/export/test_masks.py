"""Personal data that is put behind masks, and what only looks like it."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.export.errors import BadValue
from archive.export.pipeline import export
from archive.export.read.schema import ARTICLES, REVISIONS
from archive.export.request import ExportRequest
from archive.export.select.filters import Cleaner, Filters
from archive.export.select.personal_data import masked
from archive.store import Archive
from tests.archive.export.samples import SEEN, a_text
from tests.archive.samples import an_article

PHONE = "13812345678"
CARD = "11010519491231002X"
OLD_CARD = "110105491231002"

PHONES = f"""
{PHONE} １３８１２３４５６７８ +86{PHONE} ＋86{PHONE} 86{PHONE} 0086{PHONE} 0086-{PHONE} (+86){PHONE} （86）{PHONE}
138-12345678 138-1234-5678 138—1234—5678 138–1234–5678 138－1234－5678 138.1234.5678 138．1234．5678 86-138-1234-5678
(010)12345678 （010）12345678 (010)-12345678 01012345678 010-12345678 010－12345678 ０１０－１２３４５６７８
0755-1234567 07551234567 010-1234-5678 +86-10-12345678 +861012345678 0086-755-12345678 86-10-12345678 +86-010-12345678
+86(0)10-12345678 （0755）88881234 8610-12345678 8621-52134900 860755-1234567 86755-1234567
""".split()
SPACED = [
    "138 12345678",
    "138 1234 5678",
    "+86 138 1234 5678",
    "010 12345678",
    "(010) 1234 5678",
    "+86 (0)10 1234 5678",
]
CARDS = f"""
{CARD} {CARD.lower()} １１０１０５１９４９１２３１００２Ｘ 11010519491231002Ｘ 110105-19491231-002X 110105—19491231—002x
{OLD_CARD} １１０１０５４９１２３１００２ 110105-491231-002
""".split()
SPACED_CARDS = ["110105 19491231 002X", "110105 1949 1231 002X", "110105 491231 002"]
MAILS = rf"""
zhou.lao+fish@example.com.cn _zs@qq.com zs_@qq.com zs＠qq.com zs\_x@qq.com \_zs@qq.com ｚｓ＠ｑｑ．ｃｏｍ
{PHONE}@163.com {"z" * 65}@qq.com {"z" * 999}@qq.com
""".split()
SPACES = "\u00a0\u2009\u200b\u202f\u3000"
HIDDEN = [
    *((each, "phone") for each in (*PHONES, *SPACED)),
    *((each.replace(" ", space), "phone") for each in SPACED for space in SPACES),
    *((each, "id-card") for each in (*CARDS, *SPACED_CARDS)),
    *((each.replace(" ", space), "id-card") for each in SPACED_CARDS for space in SPACES),
    *((each, "mail") for each in MAILS),
]


@pytest.mark.parametrize(("shown", "name"), HIDDEN)
@pytest.mark.parametrize(
    "around", ["{}", "老周的：{}。", "见{}，是", "（{}）", "| {} |", "/{}/", "**{}**", "[{}](tel:{})"]
)
def test_personal_data_is_masked(around: str, shown: str, name: str) -> None:
    counts: Counter[str] = Counter()
    assert masked(around.replace("{}", shown), counts) == around.replace("{}", f"[{name}]")
    assert counts == {name: around.count("{}")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PHONE}/13912345678", "[phone]/[phone]"),
        (f"{PHONE}-13912345678、{PHONE}、13912345678", "[phone]-[phone]、[phone]、[phone]"),
        (f"Tel.{PHONE} TEL{PHONE} ＴＥＬ{PHONE} tel:{PHONE}", "Tel.[phone] TEL[phone] ＴＥＬ[phone] tel:[phone]"),
        (f"电话-{PHONE} 手机={PHONE} 微信vx{PHONE}", "电话-[phone] 手机=[phone] 微信vx[phone]"),
        (rf"_{PHONE}_ \_{PHONE}\_", r"_[phone]_ \_[phone]\_"),
        ("138 1234 5678.138 1234 5678", "[phone].[phone]"),
        ("010-12345678 转 1，010-12345678-801", "[phone] 转 1，[phone]-801"),
        (f"身份证{CARD}和{CARD}", "身份证[id-card]和[id-card]"),
        (f"ID{CARD} id={CARD} id{OLD_CARD}", "ID[id-card] id=[id-card] id[id-card]"),
        ("zs@qq.com_li@qq.com，zs@qq.com-li@qq.com", "[mail][mail]，[mail][mail]"),
        (
            f"电话{PHONE}Email：zs@qq.com，{PHONE}QQ同号，{PHONE}微信",
            "电话[phone]Email：[mail]，[phone]QQ同号，[phone]微信",
        ),
        ("zs@qq.com1 zs@qq.com_ zs@qq.com。", "[mail]1 [mail]_ [mail]。"),
        (f"zs@qq.com/{PHONE} {PHONE}.zs@qq.com", "[mail]/[phone] [mail]"),
        ("[zs@qq.com](mailto:zs@qq.com)", "[[mail]](mailto:[mail])"),
        (f"见https://example.com/a，电话{PHONE}", "见https://example.com/a，电话[phone]"),
        (f"https://example.com/a——{PHONE}", "https://example.com/a——[phone]"),
        (f"编辑//{PHONE}", "编辑//[phone]"),
    ],
)
def test_what_stands_around_stays(text: str, expected: str) -> None:
    counts: Counter[str] = Counter()
    assert masked(text, counts) == expected
    assert sum(counts.values()) == sum(expected.count(mask) for mask in ("[phone]", "[mail]", "[id-card]"))


@pytest.mark.parametrize(
    "text",
    [
        f"https://example.com/a/{PHONE}.htm",
        "见-https://u:p@example.com/x。[文](https://u:p@example.com/x)",
        f"https://u:p@example.com/x?tel={PHONE}&mail=zs@qq.com",
        f"//example.com/a/{PHONE}.htm www.example.com/2025/{PHONE} example.com:8080/{PHONE}",
        f"![图](https://example.com/图{PHONE}/641) [文](//example.com/{CARD}.htm)",
        "20250212A090WZ00 20250212A13812345678 https://new.qq.com/rain/a/20250212A090WZ00",
        f"订单 2023{PHONE}9012，A{PHONE}，{PHONE}A，2023-{PHONE}，{PHONE}1",
        f"价格{PHONE}.50元，{PHONE}．5，3.14159265358，0.{PHONE}",
        f"{PHONE}元，{PHONE}美元，{PHONE}股，{PHONE}%，￥{PHONE}，$ {PHONE}",
        "2025年，共138亿元，12345678901吨，13,812,345,678元，@所有人，2025-02-13 21:13:09，20250213211309",
        "腾讯控股（00700.HK）、贵州茅台（600519），1739452389，1739452389123，ISBN 0201633612，0123456789",
        "400-800-1234 4008001234 800-810-1234 95588 12345 110 +86 400-810-1234 +864008101234 010-95588",
        "12345678 1234-5678 12812345678 138123456789 1381234567",
        "110105194912310021 110105194902300021",
        "11010519490230002X 110105194902300023",
        "990105194912310029 110105490230002 990105491231002 110105491331002",
        "zs@ @qq.com zs@qq zs@qq.1 a@b.c zs＠ ＠",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    counts: Counter[str] = Counter()
    assert masked(text, counts) == text
    assert not counts


def test_no_card_has_the_thirtieth_of_february() -> None:
    """Whatever its last sign: one of them is the check digit of this birthday, too."""
    dates = {"19490228": 1, "19490229": 0, "19490230": 0, "20000229": 1, "19491301": 0, "17491231": 0, "21491231": 0}
    for day, right in dates.items():
        numbers = [f"110105{day}002{last}" for last in "0123456789X"]
        assert sum(masked(number, Counter()) == "[id-card]" for number in numbers) == right, day


signs = st.sampled_from("0123456789-–—. /@_\\()（）+:xXaA元%$[]１＠．\u3000")
words = st.sampled_from("138 1234 5678 010 86 0086 tel id qq.com :// //a. https:// ]( 电话".split())
pieces = signs | words | st.sampled_from([shown for shown, _ in HIDDEN if len(shown) < 40])


@given(st.lists(pieces, max_size=12).map("".join))
def test_what_is_masked_stays_as_it_is(text: str) -> None:
    once = masked(text, Counter())
    assert masked(once, Counter()) == once


@given(st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="@＠")))
def test_text_without_digits_and_mail_signs_stays(text: str) -> None:
    assert masked(text, Counter()) == text


@given(st.text(), st.sampled_from(HIDDEN), st.text())
def test_whatever_stands_around_it_in_other_lines(before: str, hidden: tuple[str, str], after: str) -> None:
    shown, name = hidden
    assert f"\n[{name}]\n" in masked(f"{before}\n{shown}\n{after}", Counter())


HOSTILE = r"""
1 - @ 1- - 1. a. a- 0 (0 // //a. ]( https:// \_ ._
 a@ zs@a. a.a.@ a.com: 86 +86 138- 138.1234. 110105 １ — tel tel1
""".split()


def seconds(text: str) -> float:
    """Of processor time, the least of two."""
    found = []
    for _ in range(2):
        started = time.process_time()
        masked(text, Counter())
        found.append(time.process_time() - started)
    return min(found)


@pytest.mark.parametrize("part", [*HOSTILE, "1 ", "$ ", "138 ", "138 1234 ", "110105 1949 ", *PHONES[:1], *CARDS[:1]])
def test_time_grows_with_the_length_and_no_faster(part: str) -> None:
    # The beginning has both rounds look at everything.
    short, long = (f"@ 2025 {part * (signs // len(part))}" for signs in (1 << 14, 1 << 18))
    # 16 times as long: 256 times as slow, if anything were read from each of its places.
    assert seconds(long) < 64 * seconds(short)


EVERYWHERE = f"老周{PHONE}"


def test_people_s_words_are_masked_and_what_the_site_says_is_not(changing: Archive, tmp_path: Path) -> None:
    words = dict.fromkeys(("title", "summary", "author", "media", "location", "published_raw"), EVERYWHERE)
    where = ("x", f"行\n{EVERYWHERE}\n{PHONE}\\")
    article = an_article(
        70,
        **words,
        body=f"{a_text(70)}\n\n{EVERYWHERE}",
        keywords=(EVERYWHERE, "河"),
        media_id=PHONE,
        comment_id=PHONE,
        thumbnail=f"https://example.com/{PHONE}",
        provenance={"title": where, "published_at": where, "comment_id": ("x", PHONE)},
    )
    changing.keep(article, seen_at=SEEN)
    summary = export(changing, "jsonl", tmp_path / "x", ExportRequest(filters=("mask",), revisions=True))
    rows = [json.loads(line) for line in (tmp_path / "x/data/articles.jsonl").read_text().split("\n")[:-1]]
    row = next(row for row in rows if row["id"] == article.id)
    assert {row[name] for name in words} == {"老周[phone]"}
    assert row["body"].endswith("\n\n老周[phone]")
    assert row["keywords"] == ["老周[phone]", "河"]
    assert row["media_id"] == row["comment_id"] == PHONE
    assert row["thumbnail"] == article.thumbnail
    raw = ["x", "行\n老周[phone]\n[phone]\\"]
    assert json.loads(row["provenance"]) == {"title": raw, "published_at": raw, "comment_id": ["x", PHONE]}
    assert summary.manifest.facts["texts"]["taken_out"] == {"phone": len(words) + 2}
    assert PHONE not in (tmp_path / "x/data/revisions.jsonl").read_text()


def test_the_documentation_names_the_columns_that_are_masked() -> None:
    text = (Path(__file__).parents[3] / "DATA_FORMAT.md").read_text(encoding="utf-8")
    stated = text.partition("### What `mask` hides")[2].partition(", of articles")[0]
    row = tuple([EVERYWHERE] if c.type == "list of strings" else EVERYWHERE for c in ARTICLES.columns)
    row = tuple("{}" if name == "provenance" else value for name, value in zip(ARTICLES.names, row, strict=True))
    (now,) = Cleaner(Filters(mask=True))(ARTICLES, iter([row]))
    hidden = {name for name, was, new in zip(ARTICLES.names, row, now, strict=True) if was != new}
    assert {name for name in ARTICLES.names if f"`{name}`" in stated} == hidden


def test_a_lost_text_stays_lost() -> None:
    row = tuple(None if column.nullable else "" for column in REVISIONS.columns)
    assert list(Cleaner(Filters(mask=True))(REVISIONS, iter([row]))) == [row]


@pytest.mark.parametrize("provenance", ["", "[]", "7", '{"title": "x"}', '{"title": null}'])
def test_a_provenance_that_is_none_is_named(provenance: str) -> None:
    row = tuple(provenance if name == "provenance" else "1" for name in ARTICLES.names)
    with pytest.raises(BadValue, match="provenance of 1 in articles"):
        list(Cleaner(Filters(mask=True))(ARTICLES, iter([row])))
