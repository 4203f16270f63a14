"""Every list of every era is read into the articles it names, and what it leaves out is counted."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.sites.qq.lists import (
    BadLine,
    ListBlocked,
    ListBroken,
    Listed,
    Listing,
    SiteError,
    read_account,
    read_feed,
    read_kv,
    read_lines,
    read_links,
    read_ninja,
    read_pacaio,
    read_ranking,
    read_roll,
    read_search,
    read_sitemap,
    read_tag,
)

HERE = Path(__file__).parents[2] / "lists"
CAPTURES = Path(__file__).parents[4] / "shared" / "captures" / "lists"
RAIN = "https://new.qq.com/rain/a/"
SUID = "8QAaBbCcDdEeFfGg"

Reader = Callable[[bytes, str], Listing]


def own(name: str) -> bytes:
    return (HERE / name).read_bytes()


def captured(name: str) -> bytes:
    if not CAPTURES.is_dir():
        pytest.skip("../shared is not present")
    return (CAPTURES / name).read_bytes()


def ids(listing: Listing) -> list[str]:
    assert listing.entries == len(listing.items) + listing.merged + sum(listing.skipped.values())
    return [item.id for item in listing.items]


def test_feed_unwraps_cards_merges_doubles_and_counts_the_rest() -> None:
    listing = read_feed(own("pc_list.json"), "")
    assert ids(listing) == [
        "20260301A01AAA00",
        "20260301A02BBB00",
        "20260301V03CCC00",
        "SPO2026030100012300",
    ]
    assert listing.items[0] == Listed(
        id="20260301A01AAA00",
        url=f"{RAIN}20260301A01AAA00",
        kind="article",
        title="河边的柳树 提前发芽",
        published_raw="2026-03-01 08:00:05",
        updated_raw="2026-03-01 09:10:00",
        media="柳河晚报",
        media_id=SUID,
    )
    assert listing.items[1].title == "灯会今晚开幕"
    assert listing.items[1].updated_raw == "2026-03-01 10:00:00"
    assert listing.items[1].media_id == "1002"
    assert [item.kind for item in listing.items] == ["article", "article", "video", "topic"]
    assert listing.merged == 1
    assert listing.skipped == {
        "card (525), unwrapped": 2,
        "empty card (525)": 1,
        "tag entry (123)": 1,
        "no id": 1,
        "not a qq.com host": 1,
        "not an object": 1,
    }


def test_ranking_has_ranks_and_the_way_to_the_next_page() -> None:
    listing = read_ranking(own("hot_ranking.json"), "")
    assert [(item.id, item.rank) for item in listing.items] == [
        ("20260301A04DDD00", 1),
        ("20260301A05EEE00", 2),
        ("20260301A06FFF00", 7),
    ]
    assert listing.items[1].title == "桥头面馆重新开张"
    assert listing.items[1].published_raw == "1772326800"
    assert listing.skipped == {"explanation (560)": 1}
    assert listing.next == {"ids_hash": "abc123hash", "offset": "3"}, "the explanation is no place of the ranking"


def test_ranking_goes_on_counting_on_the_next_page() -> None:
    listing = read_ranking(own("hot_ranking.json"), "https://r.inews.qq.com/x?ids_hash=abc&offset=50")
    assert [item.rank for item in listing.items] == [1, 52, 7]
    assert listing.next == {"ids_hash": "abc123hash", "offset": "53"}


def test_ranking_ends() -> None:
    last = own("hot_ranking.json").replace(b'"has_more": 1', b'"has_more": 0')
    assert read_ranking(last, "").next is None
    with_nothing = b'{"ret":0,"idlist":[{"ids_hash":"abc","has_more":1,"newslist":[]}]}'
    assert read_ranking(with_nothing, "").next is None, "an answer that gives nothing leads nowhere"


def test_account_tells_its_next_page() -> None:
    url = "https://i.news.qq.com/getSubNewsMixedList?guestSuid=8QWoodWoodWood%3D%3D&tabId=om_index"
    listing = read_account(own("account.json"), url)
    assert ids(listing) == ["20260228A07GGG00", "20260227V08HHH00"]
    assert {item.media_id for item in listing.items} == {"8QWoodWoodWood=="}
    assert listing.items[0].published_raw == "2026-02-28 20:15:00"
    assert listing.next == {"guestSuid": "8QWoodWoodWood==", "offset_info": "eyJvIjoyMH0="}
    assert read_account(own("account.json").replace(b'"hasNext": 1', b'"hasNext": 0'), url).next is None


def test_account_info_is_only_a_signpost() -> None:
    listing = read_account(own("account_info.json"), "")
    assert (listing.items, listing.is_signpost) == ((), True)
    assert listing.next == {"guestSuid": "8QWoodWoodWood=="}
    with pytest.raises(ListBroken, match="without suid"):
        read_account(b'{"ret":0,"userinfo":{"nick":"x"}}', "")


def test_tag_reads_every_tab() -> None:
    listing = read_tag(own("tag.json"), "")
    assert ids(listing) == ["20260226A09III00", "20260225A0AJJJ00"]
    assert listing.merged == 1


def test_search_reads_every_section() -> None:
    listing = read_search(own("search.json"), "")
    assert ids(listing) == ["20260224A0BKKK00", "20260223V0CLLL00"]
    assert [(item.kind, item.media) for item in listing.items] == [
        ("article", "柳河晚报"),
        ("video", "柳河晚报"),
    ]


def test_search_that_wants_a_captcha_is_a_block() -> None:
    with pytest.raises(ListBlocked):
        read_search(b'{"ret":400,"msg":""}', "https://i.news.qq.com/gw/pc_search/result")
    with pytest.raises(SiteError) as caught:
        read_search(b'{"ret":404,"msg":"\\u53c2\\u6570\\u9519\\u8bef"}', "")
    assert caught.value.code == "404"


def test_sitemap_index_names_its_parts_once_and_only_on_the_site() -> None:
    listing = read_sitemap(own("sitemap_index.xml"), "")
    assert listing.more == (
        "https://news.qq.com/sitemap/sitemap_1700000001.xml",
        "https://news.qq.com/sitemap/sitemap_1700000002.xml",
    )
    assert listing.is_signpost
    assert listing.skipped == {"map on a foreign host": 1}
    assert ids(listing) == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_sitemap_plain_or_packed(pack: Callable[[bytes], bytes]) -> None:
    listing = read_sitemap(pack(own("sitemap.xml")), "")
    assert ids(listing) == ["20260222A0DMMM00", "20260221A0ENNN00"]
    first, second = listing.items
    assert (first.published_raw, first.updated_raw) == ("", "2026-02-22T10:00:00+08:00")
    assert (second.published_raw, second.title) == ("2026-02-21", "夜市收摊 & 回家")
    assert listing.merged == 1
    assert listing.skipped == {"a channel's page": 1, "no id": 1}


def test_sitemap_with_entities_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("20250212A090WZ00")
    hostile = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{secret.as_uri()}">]><urlset><url><loc>&x;</loc></url></urlset>'
    with pytest.raises(ListBroken, match="document type"):
        read_sitemap(hostile.encode(), "")


def test_sitemap_that_unfolds_without_end_is_refused() -> None:
    with pytest.raises(ListBroken, match="bytes when unpacked"):
        read_sitemap(gzip.compress(b" " * (65 * 1024 * 1024)), "")
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    with pytest.raises(ListBroken):
        read_sitemap(f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><urlset>&l9;</urlset>'.encode(), "")


@pytest.mark.parametrize(
    "body", [b"<html></html>", b"<urlset><url>", b"{}", gzip.compress(b"<urlset/>", mtime=0)[:-9], b"\x1f\x8bxx"]
)
def test_sitemap_broken(body: bytes) -> None:
    with pytest.raises(ListBroken):
        read_sitemap(body, "")


def test_pacaio_in_its_jsonp_wrapper() -> None:
    listing = read_pacaio(own("pacaio.jsonp"), "")
    assert [(item.id, item.kind) for item in listing.items] == [
        ("TWF2019030100059900", "article"),
        ("SPO2019030100766600", "live"),
        ("20190301A0AAAA00", "gallery"),
        ("a0837bb1c97", "video"),
    ]
    assert listing.items[0].media == "早点铺"
    assert listing.next == {"expIds": "20190301000599|20190301007666|20190301A0AAAA|a0837bb1c97"}


def test_pacaio_without_wrapper_or_with_an_account() -> None:
    item = '{"id":"20190123A17T7F00","title":"一","articletype":"0","timestamp":1548245695}'
    bare = read_pacaio(f"[{item}]".encode(), "")
    assert ids(bare) == ["20190123A17T7F00"]
    wrapped = read_pacaio(f'{{"ret":0,"mediainfo":{{"mid":"1368","name":"报"}},"newslist":[{item}]}}'.encode(), "")
    assert (wrapped.items[0].media, wrapped.items[0].media_id) == ("报", "1368")
    assert wrapped.items[0].published_raw == "1548245695"


def test_kv_list() -> None:
    listing = read_kv(own("kv_list.json"), "")
    assert ids(listing) == ["20210106A07AAA00", "TWF2021010600113300"]
    assert (listing.items[0].media, listing.items[0].media_id) == ("冰河早报", "6001")


def test_ninja_prefers_the_address_to_the_short_id() -> None:
    listing = read_ninja(own("ninja.json"), "")
    assert ids(listing) == ["TWF2021110100303000", "TWF2021110100531500", "20211101A0BBBB00"]
    assert listing.items[1].kind == "topic"
    jsonp = b"__jp1(" + own("ninja.json").strip() + b")"
    assert read_ninja(jsonp, "") == listing


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_roll_in_any_encoding(encoding: str) -> None:
    listing = read_roll(own("roll.json").decode().encode(encoding), "")
    assert ids(listing) == ["news-20161102-012345", "view_news-20161102-000077"]
    assert [item.title for item in listing.items] == ["山村小学换了新窗", "鸽子与邮差"]
    assert listing.merged == 1
    assert listing.next == {"pages": "3"}


def test_roll_as_a_list_and_an_empty_day() -> None:
    listing = read_roll(own("cpcroll.json"), "")
    assert ids(listing) == ["20180305A0CCCC00", "news-20180305-000123"]
    assert listing.items[0].published_raw == "03-05 08:00"
    assert read_roll(b'{"response":{"code":"0"},"data":{"count":0,"article_info":" "}}', "").entries == 0
    with pytest.raises(SiteError):
        read_roll(b'{"response":{"code":"2"},"data":{"article_info":""}}', "")


def test_links_of_a_page() -> None:
    listing = read_links(own("front.html"), "https://news.qq.com/")
    assert [(item.id, item.kind, item.title) for item in listing.items] == [
        ("20190304A0AAAA00", "article", "旧书摊 的下午"),
        ("20190304V0BBBB00", "video", "视频：渡船"),
        ("news-20190304-000321", "article", "站内的一条"),
        ("MIL2019030400898700", "topic", "专题"),
    ]
    assert listing.merged == 1
    assert listing.skipped == {
        "a channel's page": 1,
        "an account's page": 1,
        "not a qq.com host": 1,
        "neither an http address nor an id": 1,
        "broken address": 1,
    }
    assert ids(listing)


def test_a_page_without_articles_is_judged_by_the_caller_or_is_a_block() -> None:
    page = b'<a href="/ch/tech">x</a><a href="https://v.qq.com/">y</a>'
    listing = read_links(page, "https://news.qq.com/")
    assert (listing.items, listing.entries) == ((), 2)
    with pytest.raises(ListBlocked, match="安全验证"):
        read_links("<html><title>安全验证</title></html>".encode(), "https://news.qq.com/")
    with pytest.raises(ListBroken, match="without links"):
        read_links(b"<html><body>ok</body></html>", "https://news.qq.com/")


def test_a_file_of_addresses_names_its_bad_lines() -> None:
    listing = read_lines(own("addresses.txt"), "")
    assert ids(listing) == [
        "20260301A01AAA00",
        "20190304A0AAAA00",
        "MIL2019030400898700",
        "20260301A02BBB00",
        "tech-20161014-006270",
    ]
    assert listing.merged == 1
    assert listing.bad_lines == (
        BadLine(7, "https://news.qq.com/zt2019/spring/index.htm", "a special topic without an id"),
        BadLine(9, "not an address", "white space or control characters inside"),
    )


def test_a_file_of_comments_lists_nothing() -> None:
    assert read_lines(b"# nothing yet\n\n", "").entries == 0


# ------------------------------------------------------------ captures, counted by hand


def test_captured_channel() -> None:
    listing = read_feed(captured("getPCList_news_news_fx_20260810.json"), "")
    assert ids(listing) == ["20260810A0BO7100", "20260810A04WOW00"]
    assert [item.media_id for item in listing.items] == ["8QIf3n5c7IYcuDvY4ws=", "8QMc339d5IMbvDfY5gVx"]
    assert listing.skipped == {"card (525), unwrapped": 1}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "hot_20190127_5items",
            [
                ("SPO2019012400766600", "live"),
                ("20190126A12SQW00", "article"),
                ("20190127A003QT00", "article"),
                ("20190127A059UR00", "article"),
                ("TWF2019012700059900", "article"),
            ],
        ),
        ("mediaArticles_20190123_item", [("20190123A17T7F00", "article")]),
        ("milite_20190227_item", [("20190227A119TH00", "article")]),
        ("video_20190211_item", [("c0837yy1f97", "video")]),
    ],
)
def test_captured_pacaio(name: str, expected: list[tuple[str, str]]) -> None:
    listing = read_pacaio(captured(f"hodgepodge_pacaio_{name}.json"), "")
    assert [(item.id, item.kind) for item in listing.items] == expected
    assert all(item.title and item.published_raw and item.media for item in listing.items)
    assert listing.skipped == {}


@pytest.mark.parametrize(
    ("name", "articles", "links_to_them"),
    [("news_home_20190304.html", 22, 37), ("news_list_202007_rendered.html", 26, 43)],
)
def test_captured_front_pages(name: str, articles: int, links_to_them: int) -> None:
    listing = read_links(captured(name), "https://news.qq.com/")
    assert len(ids(listing)) == articles
    assert articles + listing.merged == links_to_them
    assert all(item.title for item in listing.items)
    assert "no known id in the address" not in listing.skipped


def test_captured_addresses() -> None:
    listing = read_lines(captured("urls_20190304.txt"), "")
    assert (len(ids(listing)), listing.merged) == (22, 0)
    assert [line.number for line in listing.bad_lines] == [5]
