"""Answers of the site without one article: cut where they can be cut, blotted where not, else the same bytes."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from archive.captures.warc import Capture
from archive.redaction.answers import cut, lists_articles
from archive.redaction.entries import without_entries, without_words
from archive.redaction.withheld import withheld
from tests.archive.samples import NOON

GONE, ONE, TWO = "20250212A090WZ00", "20250212A090WY00", "20250212A090WX00"
RAIN = "https://new.qq.com/rain/a/"
LIST = "https://i.news.qq.com/web_feed/getPCList"


def is_gone(article_id: str) -> bool:
    return article_id == GONE


def left_of(body: str | bytes, *, url: str = LIST, is_list: bool = True) -> str:
    content = body if isinstance(body, bytes) else body.encode()
    return cut(content, is_gone, url, is_list=is_list, lines=True).body.decode()


def item(article_id: str, title: str, **more: object) -> dict[str, object]:
    return {"id": article_id, "title": title, "link_info": {"url": RAIN + article_id}, **more}


JSON = [
    ("first", [item(GONE, "甲"), item(ONE, "乙"), item(TWO, "丙")], [item(ONE, "乙"), item(TWO, "丙")]),
    ("last", [item(ONE, "乙"), item(GONE, "甲")], [item(ONE, "乙")]),
    ("alone", [item(GONE, "甲")], []),
    ("twice", [item(GONE, "甲"), item(ONE, "乙"), item(GONE, "甲")], [item(ONE, "乙")]),
    ("a bare id", [GONE, ONE, GONE[:14]], [ONE]),
    (
        "by its address alone",
        [{"url": f"https://view.inews.qq.com/a/{GONE}", "t": "甲"}, {"url": RAIN + ONE}],
        [{"url": RAIN + ONE}],
    ),
    (
        "in a card",
        [item(ONE, "卡", sub_item=[item(GONE, "甲"), item(TWO, "丙")])],
        [item(ONE, "卡", sub_item=[item(TWO, "丙")])],
    ),
    ("beside another", [item(ONE, "乙", hotEvent={"id": GONE, "t": "甲"})], [item(ONE, "乙", hotEvent=None)]),
]


@pytest.mark.parametrize(("what", "before", "after"), JSON, ids=[row[0] for row in JSON])
@pytest.mark.parametrize("form", ["{}", "callback({});", "\ufeff{}"])
def test_of_json_the_item_goes_and_every_other_byte_stays(what: str, before: object, after: object, form: str) -> None:
    for spaced in (None, (",", ":")):
        text = form.replace("{}", json.dumps({"code": 0, "data": before}, ensure_ascii=False, separators=spaced))
        expected = form.replace("{}", json.dumps({"code": 0, "data": after}, ensure_ascii=False, separators=spaced))
        assert left_of(text) == expected, what


def test_a_card_whose_own_id_is_that_of_its_first_article_keeps_the_others() -> None:
    card = {**item(GONE, "热点"), "sub_item": [item(GONE, "甲"), item(ONE, "乙")]}
    told = json.loads(left_of(json.dumps([card, item(TWO, "丙")], ensure_ascii=False)))
    assert told[0]["sub_item"] == [item(ONE, "乙")]
    assert (told[0]["title"], told[0]["id"], told[1]) == ("0" * 6, "0" * 16, item(TWO, "丙")), (
        "as long as its bytes were"
    )


def test_lists_in_javascript_are_cut_too() -> None:
    one, two = f"{{id:'{ONE}',title:'乙 \\'x\\''}}", f"{{id: \"{TWO}\", title: '丙'}}"
    text = f"var hot = [{one},{{id:'{GONE}',title:'甲',url:'{RAIN}{GONE}'}},{two}];"
    assert left_of(text) == f"var hot = [{one},{two}];"


def test_an_old_number_does_not_decide_against_the_address_beside_it() -> None:
    number, letters = "20190304010213", "TWF2019030401021300"
    items = [{"id": number, "vurl": f"{RAIN}{letters}", "title": "甲"}, {"id": number, "title": "乙"}]
    found = cut(json.dumps(items).encode(), lambda each: each == letters, LIST, is_list=True)
    assert json.loads(found.body) == items[1:]


@pytest.mark.parametrize("end", range(0, 130, 7))
def test_broken_json_is_blotted_in_place_with_the_same_length(end: int) -> None:
    whole = json.dumps(
        [item(ONE, "乙乙乙"), {"id": GONE, "title": "甲甲甲", "desc": "子丑寅卯"}, item(TWO, "丙")], ensure_ascii=False
    )
    start = whole.index(GONE) + len(GONE)
    broken = whole[: start + end].encode()
    left = cut(broken, is_gone, LIST, is_list=True).body
    assert (len(left), GONE.encode() in left, b"\xe7\x94\xb2" in left) == (len(broken), False, False)
    assert left.decode("utf-8", "replace").startswith(whole[: whole.index(GONE) - 8])


def test_lists_within_strings_are_cut_too() -> None:
    rows = f'<li><a href="{RAIN}{ONE}">乙</a></li><li><a href="{RAIN}{GONE}">甲</a><i>摘要</i></li>'
    answer = json.dumps({"data": {"article_info": rows, "count": 2}})
    assert json.loads(left_of(answer))["data"]["article_info"] == f'<li><a href="{RAIN}{ONE}">乙</a></li>'
    nested = json.dumps({"data": json.dumps([item(GONE, "甲"), item(ONE, "乙")], ensure_ascii=False)})
    assert json.loads(json.loads(left_of(nested))["data"]) == [item(ONE, "乙")]


PAGES = [
    (
        "a list",
        "<ul><li>{one}</li><li>{gone}<p>摘要</p></li><li>{two}</li></ul>",
        "<ul><li>{one}</li><li>{two}</li></ul>",
    ),
    ("without end tags", "<ul><li>{one}<li>{gone}<p>摘要<li>{two}</ul>", "<ul><li>{one}<li>{two}</ul>"),
    ("boxes", "<div><div><b>{gone}</b><p>摘要</p></div><div>{one}</div></div>", "<div><div>{one}</div></div>"),
    (
        "rows",
        "<table><tr><td>{gone}</td><td>10:00</td></tr><tr><td>{one}</td></tr></table>",
        "<table><tr><td>{one}</td></tr></table>",
    ),
    ("terms", "<dl><dt>{gone}</dt><dd>摘要</dd><dt>{one}</dt><dd>乙</dd></dl>", "<dl><dt>{one}</dt><dd>乙</dd></dl>"),
    (
        "flat",
        "<h3>{one}</h3><p>a</p><h3>{gone}</h3><p>摘要</p><h3>{two}</h3><p>c</p><b>end</b>",
        "<h3>{one}</h3><p>a</p><h3>{two}</h3><p>c</p><b>end</b>",
    ),
    (
        "the last of a flat one",
        "<h3>{one}</h3><p>a</p><h3>{two}</h3><p>c</p><h3>{gone}</h3><p>摘要</p><b>end</b>",
        "<h3>{one}</h3><p>a</p><h3>{two}</h3><p>c</p><b>end</b>",
    ),
    (
        "alone",
        "<html><body><h1>x</h1><p>看{gone}吧</p><p>end</p></body></html>",
        "<html><body><h1>x</h1><p>end</p></body></html>",
    ),
    (
        "not in a comment",
        "<ul><li>{one}</li><!-- <li>{two}</li> --><li>{gone}</li></ul>",
        "<ul><li>{one}</li><!-- <li>{two}</li> --></ul>",
    ),
]


@pytest.mark.parametrize(("what", "before", "after"), PAGES, ids=[row[0] for row in PAGES])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_of_a_page_of_links_the_item_goes(what: str, before: str, after: str, encoding: str) -> None:
    links = {"one": f'<a href="{RAIN}{ONE}">乙</a>', "two": f"<a class=x href=//new.qq.com/rain/a/{TWO}>丙</a>"}
    links["gone"] = f"<a title='甲' href='/rain/a/{GONE}?x=1&amp;y=2'>甲</a>"
    page = before.format(**links).encode(encoding)
    left = cut(page, is_gone, "https://news.qq.com/ch/tech", is_list=True).body
    assert left == after.format(**links).encode(encoding), what


def test_of_a_site_map_the_entry_goes_packed_or_not() -> None:
    entries = "".join(f"<url><loc>{RAIN}{each}</loc><lastmod>x</lastmod></url>\n" for each in (ONE, GONE, TWO))
    text = f'<?xml version="1.0"?>\n<urlset xmlns="x">\n{entries}</urlset>'.encode()
    expected = text.replace(f"<url><loc>{RAIN}{GONE}</loc><lastmod>x</lastmod></url>\n".encode(), b"")
    assert cut(text, is_gone, "", is_list=True).body == expected
    packed = cut(gzip.compress(text), is_gone, "", is_list=True)
    assert (gzip.decompress(packed.body), packed.items) == (expected, 1)
    assert cut(gzip.compress(expected), is_gone, "", is_list=True).body == gzip.compress(expected)


def test_a_feed_s_entry_is_about_what_it_links_to_not_what_it_mentions() -> None:
    items = [
        f"<item><title>t</title><link>{RAIN}{each}</link><description>{RAIN}{GONE}</description></item>"
        for each in (ONE, GONE)
    ]
    left = left_of(f"<rss>{''.join(items)}</rss>")
    assert left == f"<rss>{items[0].replace(GONE, '0' * 16)}</rss>"


def test_of_plain_lines_those_about_it_go() -> None:
    assert left_of(f"{ONE} 乙\n{GONE} 甲 摘要\n{TWO} 见{GONE}\n") == f"{ONE} 乙\n{TWO} 见{'0' * 16}\n"


def test_an_answer_that_does_not_name_it_is_the_same_bytes() -> None:
    for body in (
        b"",
        b"\x00\xff",
        b"{" * 9,
        json.dumps([item(ONE, "乙")]).encode(),
        "中文".encode("gb18030"),
        b"\x1f\x8b broken",
    ):
        assert cut(body, is_gone, LIST, is_list=True, lines=True).body is body


def test_another_article_s_page_keeps_its_words_and_loses_the_box_about_it() -> None:
    text = f'<p>参见<a href="{RAIN}{GONE}">甲的旧事</a>。</p>'
    data = {
        "url": RAIN + ONE,
        "article_id": ONE,
        "originContent": {"text": text},
        "relate": [item(GONE, "甲"), item(TWO, "丙")],
    }
    page = f"<html><script>window.DATA = {json.dumps(data, ensure_ascii=False)};</script>{text}</html>"
    left = left_of(page, url=RAIN + ONE, is_list=False)
    told = json.loads(left.partition("window.DATA = ")[2].partition(";</script>")[0])
    assert told["relate"] == [item(TWO, "丙")]
    assert told["originContent"]["text"] == text.replace(GONE, "0" * 16)
    assert left.endswith(f"{text.replace(GONE, '0' * 16)}</html>")


def capture(body: str, asked: str, url: str = "") -> Capture:
    facts = {"id": asked} if asked else {"kind": "list", "source": "x"}
    return Capture(url=url or RAIN + ONE, status=200, headers=(), body=body.encode(), fetched_at=NOON, facts=facts)


ABOUT_IT = [
    ("asked for", capture("", GONE, RAIN + GONE)),
    ("a list that is its page", capture("<a href=x>", "", RAIN + GONE)),
    (
        "another's address, its page by what it says of itself",
        capture(f'<link rel="canonical" href="{RAIN}{GONE}">', ONE),
    ),
    (
        "the same, in its data",
        capture(f'<script>window.DATA = {{"article_id": "{GONE}", "title": "甲"}};</script>', ONE),
    ),
    ("an interface's answer", capture(json.dumps(item(GONE, "甲")), ONE)),
]


@pytest.mark.parametrize(("what", "found"), ABOUT_IT, ids=[row[0] for row in ABOUT_IT])
def test_an_answer_about_it_is_not_captured_at_all(what: str, found: Capture) -> None:
    assert withheld(found, is_gone) is None, what


def test_what_was_left_out_is_said_and_nothing_is_said_where_nothing_was() -> None:
    moved = Capture(
        url=RAIN + ONE, status=302, headers=(("Location", RAIN + GONE),), body=b"", fetched_at=NOON, facts={"id": ONE}
    )
    left = withheld(moved, is_gone)
    assert left is not None
    assert (dict(left.headers)["Location"], bool(left.withheld)) == (f"{RAIN}{'0' * 16}", True)
    whole = capture("<p>x</p>", ONE)
    assert withheld(whole, is_gone) is whole


def test_which_pages_are_lists() -> None:
    assert lists_articles("", "https://i.news.qq.com/x")
    assert lists_articles("20250212Q09ASK00", RAIN)
    assert lists_articles(ONE, "https://new.qq.com/zt/template/?id=x")
    assert not lists_articles(ONE, RAIN)


def test_a_card_s_page_is_a_list_by_its_own_data_alone() -> None:
    text, near = f'<p>参见<a href="{RAIN}{GONE}">甲</a>。</p>', {"id": TWO, "title": "丙", "articletype": "100"}
    for kind, left in (("525", ""), ("0", text.replace(GONE, "0" * 16))):
        data = json.dumps({"article_id": ONE, "articletype": kind, "relate": [near]}, ensure_ascii=False)
        page = f"<html><script>window.DATA = {data};</script><div><a href='{RAIN}{TWO}'>丙</a></div>"
        assert left_of(f"{page}{text}</html>", url=RAIN + ONE, is_list=False) == f"{page}{left}</html>"


def test_what_another_s_text_is_made_of_is_left_alone() -> None:
    picture = {"origUrl": "https://inews.gtimg.com/om_bt/Oa/641", "link": RAIN + GONE, "title": "图"}
    data = {
        "article_id": ONE,
        "originAttribute": {"IMG_0": picture},
        "directory": [{"desc": "一", "link": RAIN + GONE}],
    }
    told = json.loads(left_of(json.dumps(data), url=RAIN + ONE, is_list=False))
    assert told == json.loads(json.dumps(data).replace(GONE, "0" * 16))


def test_a_list_loses_its_entries_and_the_sections_that_had_no_other() -> None:
    one, two = f"- [乙]({RAIN}{ONE})", f"- [丙]({RAIN}{TWO})"
    gone = f"- [甲]({RAIN}{GONE})\n"
    body = f"开头。\n\n## 一\n\n{gone}{one}\n\n## 二\n\n- [甲\\*]({RAIN}{GONE[:14]})\n\n## 三\n\n{two}"
    left, words = without_entries(body, is_gone)
    assert left == f"开头。\n\n## 一\n\n{one}\n\n## 三\n\n{two}"
    assert words == ["甲", "甲*"]
    asked = f"为什么？\n\n[甲]({RAIN}{GONE})\n\n摘要。\n\n[乙]({RAIN}{ONE})\n\n别的。"
    assert without_entries(asked, is_gone) == (f"为什么？\n\n[乙]({RAIN}{ONE})\n\n别的。", ["甲", "摘要。"])


def test_a_summary_made_of_a_list_s_first_words_loses_the_title_even_cut_off() -> None:
    assert without_words("春江水暖鸭先知 别的", ["春江水暖鸭先知"]) == f"{'0' * 7} 别的"
    assert without_words("别的 春江水暖鸭...", ["春江水暖鸭先知"]) == f"别的 {'0' * 5}..."
    assert without_words("别的 春江", ["春江水暖鸭先知"]) == "别的 春江"


def test_hostile_answers_take_time_in_proportion() -> None:
    def seconds(piece: str, count: int) -> float:
        text = f'{{"id": "{GONE}"}}' + piece * count
        began = time.process_time()
        for form in (text, f"<ul><a href={RAIN}{GONE}>{text}", f"<script>x = {text}"):
            left_of(form)
        return time.process_time() - began

    for piece in (
        "[",
        "{",
        "]}",
        '{"a":[',
        '"',
        "\\",
        '<a href="',
        "<div>",
        "<!--",
        "<script>",
        "<li>",
        "</li>",
        "<item>",
        "=",
    ):
        # Noise makes a time longer, never shorter.
        short, long = (min(seconds(piece, count) for _ in range(3)) for count in (1_000, 8_000))
        assert long < 40 * short + 0.1, piece
