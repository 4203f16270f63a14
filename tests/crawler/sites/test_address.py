"""Every form of address of every era names the article it should, and nothing else is taken for one."""

import json
import re
from pathlib import Path

import pytest

from crawler.sites.qq.addresses.forms import (
    Address,
    NotAnAddress,
    fetch_url,
    is_page_host,
    read_address,
    read_page_url,
)
from crawler.sites.qq.addresses.ids import mobile_letters

CAPTURED_LISTS = Path(__file__).parents[4] / "shared" / "captures" / "lists"
RAIN = "https://new.qq.com/rain/a/"

MODERN = "20250212A090WZ00"
MODERN_FORMS = [
    MODERN,
    "20250212A090WZ",
    f"  {MODERN}\n",
    f"\u3000{MODERN}\u3000",
    f"https://new.qq.com/rain/a/{MODERN}",
    f"http://new.qq.com/rain/a/{MODERN}",
    f"//new.qq.com/rain/a/{MODERN}",
    f"new.qq.com/rain/a/{MODERN}",
    f"HTTPS://New.QQ.com/rain/a/{MODERN}",
    f"https://new.qq.com./rain/a/{MODERN}",
    f"https://new.qq.com:443/rain/a/{MODERN}",
    f"http://new.qq.com:80/rain/a/{MODERN}",
    f"https://new.qq.com/rain/a/{MODERN}/",
    f"https://new.qq.com//rain//a//{MODERN}",
    f"https://new.qq.com/rain/a/{MODERN}#comment",
    f"https://new.qq.com/rain/a/{MODERN}?",
    f"https://new.qq.com/rain/%61/{MODERN}%0A",
    f"https://news.qq.com/rain/a/{MODERN}",
    f"https://news.qq.com/rain/a/{MODERN}?from=share",
    f"https://news.qq.com/rain/a/{MODERN}?adChannelId=tech&id=20240101A00AAA00",
    f"https://news.qq.com/rain/a/{MODERN}?ptag=4_2.0.1_wxf&app=news",
    f"https://m.news.qq.com/rain/a/{MODERN}",
    "https://new.qq.com/rain/a/20250212A090WZ",
    "https://new.qq.com/omn/20250212/20250212A090WZ.html",
    f"https://new.qq.com/omn/20250212/{MODERN}.html",
    f"https://new.qq.com/omn/20250212/{MODERN}",
    f"https://new.qq.com/omn/{MODERN}",
    f"https://new.qq.com/omn/{MODERN}.html",
    f"https://new.qq.com/cmsn/{MODERN}",
    f"https://view.inews.qq.com/a/{MODERN}",
    f"http://view.inews.qq.com/a/{MODERN}?refer=wx_hot",
    f"https://view.inews.qq.com/k/{MODERN}?web_channel=wap&openApp=false",
    f"https://view.inews.qq.com/k/{MODERN}?refer=cp_1009",
    f"https://view.inews.qq.com/q/{MODERN}",
    f"https://view.inews.qq.com/w/{MODERN}",
    f"https://inews.qq.com/a/{MODERN}",
    f"https://xw.qq.com/cmsid/20250212A090WZ/{MODERN}",
    f"https://xw.qq.com/cmsid/{MODERN}",
    "https://xw.qq.com/cmsid/20250212A090WZ",
    f"https://xw.qq.com/a/{MODERN}",
    f"http://kuaibao.qq.com/s/{MODERN}",
    f"https://kuaibao.qq.com/s/{MODERN}?refer=kb_news",
    f"http://kb.qq.com/article.htm?id={MODERN}&commentid=1417406250",
    f"qqnews://article_9527?nm={MODERN}",
    f"qqnews://article_9527?from=web&nm={MODERN}",
]


@pytest.mark.parametrize("form", MODERN_FORMS)
def test_every_form_names_the_same_article(form: str) -> None:
    address = read_address(form)
    assert address == Address(MODERN, RAIN + MODERN, "article")
    assert address.kind == "article"


OTHER_FORMS = [
    # form, id, canonical address, kind
    ("20260117V05XV500", "20260117V05XV500", RAIN + "20260117V05XV500", "video"),
    ("https://new.qq.com/rain/a/20230102Q01ABC00", "20230102Q01ABC00", RAIN + "20230102Q01ABC00", "question"),
    ("20190101B0C68V", "20190101B0C68V00", RAIN + "20190101B0C68V00", "article"),
    ("http://kuaibao.qq.com/s/20171129V077OD00", "20171129V077OD00", RAIN + "20171129V077OD00", "video"),
    ("20190304010213", "2019030401021300", RAIN + "2019030401021300", "article"),
    (
        "https://new.qq.com/cmsn/20190304/20190304010213.html",
        "2019030401021300",
        RAIN + "2019030401021300",
        "article",
    ),
    ("TWF2020041300303000", "TWF2020041300303000", RAIN + "TWF2020041300303000", "article"),
    (
        "https://new.qq.com/omn/TWF20200/TWF2020041300303000.html",
        "TWF2020041300303000",
        RAIN + "TWF2020041300303000",
        "article",
    ),
    (
        "https://new.qq.com/cmsn/NEW20180/NEW20180708001061.html",
        "NEW2018070800106100",
        RAIN + "NEW2018070800106100",
        "article",
    ),
    (
        "http://view.inews.qq.com/a/SPO201901240076660I",
        "SPO2019012400766600",
        RAIN + "SPO2019012400766600",
        "article",
    ),
    ("NBA2019030600701405", "NBA2019030600701405", RAIN + "NBA2019030600701405", "article"),
    ("ZLV2017071502600403", "ZLV2017071502600403", RAIN + "ZLV2017071502600403", "live"),
    ("TIP2024010100100200", "TIP2024010100100200", RAIN + "TIP2024010100100200", "tip"),
    (
        "https://new.qq.com/zt/template/?id=STO2018110500759200",
        "STO2018110500759200",
        RAIN + "STO2018110500759200",
        "topic",
    ),
    (
        "https://new.qq.com/omn/rose.htm?id=SPO2019030300415100",
        "SPO2019030300415100",
        RAIN + "SPO2019030300415100",
        "live",
    ),
    (
        "https://xw.qq.com/m/rose?id=SPO2019012400766600",
        "SPO2019012400766600",
        RAIN + "SPO2019012400766600",
        "live",
    ),
    (
        "https://xw.qq.com/twentyf/20190127000599/TWF2019012700059900",
        "TWF2019012700059900",
        RAIN + "TWF2019012700059900",
        "article",
    ),
    (
        "http://new.qq.com/omv/video/c0837yy1f97",
        "c0837yy1f97",
        "https://new.qq.com/omv/video/c0837yy1f97",
        "video",
    ),
]


@pytest.mark.parametrize(("form", "id_", "url", "kind"), OTHER_FORMS)
def test_forms_of_other_ids(form: str, id_: str, url: str, kind: str) -> None:
    address = read_address(form)
    assert (address.id, address.url, address.kind) == (id_, url, kind)


TECH = "https://tech.qq.com/a/20161014/006270.htm"
TECH_FORMS = [
    "tech-20161014-006270",
    TECH,
    "http://tech.qq.com/a/20161014/006270.htm?pgv_ref=aio#p=1",
    "//tech.qq.com//a/20161014/006270.htm",
    "http://tech.qq.com/a/20161014/006270_2.htm",
    "http://tech.qq.com/a/20161014/006270_all.htm",
    "http://tech.qq.com/a/20161014/006270.hdBigPic.js",
    "http://tech.qq.com/a/20161014/006270.hdPic.js",
    "https://xw.qq.com/c/tech/20161014006270",
    "http://xw.qq.com/tech/20161014006270/TEC2016101400627000",
]


@pytest.mark.parametrize("form", TECH_FORMS)
def test_the_mobile_page_of_an_old_page_is_that_page(form: str) -> None:
    assert read_address(form) == Address("tech-20161014-006270", TECH, "article")


@pytest.mark.parametrize(
    ("form", "id_", "url"),
    [
        (
            "http://view.news.qq.com/a/20160101/000123.htm",
            "view_news-20160101-000123",
            "https://view.news.qq.com/a/20160101/000123.htm",
        ),
        (
            "http://xw.qq.com/view_news/20160101000123/VIE2016010100012300",
            "view_news-20160101-000123",
            "https://view.news.qq.com/a/20160101/000123.htm",
        ),
        (
            "https://news.qq.com/a/20030901/000001.htm",
            "news-20030901-000001",
            "https://news.qq.com/a/20030901/000001.htm",
        ),
        (
            "https://xw.qq.com/c/finance/20190923000843",
            "finance-20190923-000843",
            "https://finance.qq.com/a/20190923/000843.htm",
        ),
        (
            "https://xw.qq.com/a/house/20180928003713",
            "house-20180928-003713",
            "https://house.qq.com/a/20180928/003713.htm",
        ),
        (
            "https://2016.qq.com/a/20160805/012345.htm",
            "2016-20160805-012345",
            "https://2016.qq.com/a/20160805/012345.htm",
        ),
    ],
)
def test_old_pages_keep_their_own_address(form: str, id_: str, url: str) -> None:
    address = read_address(form)
    assert (address.id, address.url) == (id_, url)
    assert fetch_url(address) == url


@pytest.mark.parametrize(
    ("site", "letters"),
    [
        ("tech", "TEC"),
        ("view_news", "VIE"),
        ("cd", "CDC"),
        ("henan", "HNC"),
        ("hn", "HNN"),
        ("2016", "BCP"),
        ("sh_house", "HOU"),
        ("bj_auto", "AUT"),
        ("xian", "XAC"),
        ("sh_fang", "SHF"),
    ],
)
def test_mobile_letters_follow_the_site_script(site: str, letters: str) -> None:
    assert mobile_letters(site) == letters


REFUSED = [
    # text, reason, a word of the hint
    ("", "empty text", "expected"),
    (" \n\t", "empty text", "expected"),
    ("hello", "neither an http address nor an id", "expected an address such as"),
    ("20250212a090wz00", "neither an http address nor an id", "capitals: 20250212A090WZ00"),
    ("20251312A090WZ00", "neither an http address nor an id", "expected"),
    ("20250230A090WZ00", "neither an http address nor an id", "expected"),
    ("20250212A090WZ01", "neither an http address nor an id", "expected"),
    ("19990212A090WZ00", "neither an http address nor an id", "expected"),
    ("２０２５0212A090WZ00", "neither an http address nor an id", "expected"),
    ("https://new.qq.com/rain/a/20251312A090WZ00", "no known id in the address", "expected"),
    ("https://new.qq.com/rain/a/", "no known form of an article's address", "expected"),
    ("https://tech.qq.com/a/20161314/006270.htm", "no known id in the address", "expected"),
    ("https://new.qq.com/a/20161014/006270.htm", "no known id in the address", "expected"),
    (
        "https://new.qq.com/notfound.htm?uri=https://new.qq.com/rain/a/20250212A090WZ00",
        "the site's page for missing articles",
        "expected",
    ),
    ("https://xw.qq.com/404.html", "the site's page for missing articles", "expected"),
    ("https://www.qq.com/babygohome/?pgv_ref=apub", "the site's page for missing articles", "expected"),
    ("https://new.qq.com/upgrade.htm", "no known form of an article's address", "expected"),
    (
        "https://news.qq.com/omn/author/8QMc339d5IMbvDfY5gVx?tab=om_video",
        "an account's page",
        "--source account:8QMc339d5IMbvDfY5gVx",
    ),
    ("https://new.qq.com/omn/author/5107513", "an account's page", "--source account:5107513"),
    ("https://new.qq.com/ch/tech", "a channel's page", "--source channel:tech"),
    ("https://new.qq.com/ch2/fangchan/", "a channel's page", "--source page:"),
    ("https://new.qq.com/d/bj", "a channel's page", "--source page:https://new.qq.com/d/bj"),
    ("https://xw.qq.com/m/news", "a channel's page", "--source page:"),
    ("https://news.qq.com/", "a front page", "--source page:https://news.qq.com/"),
    ("https://news.qq.com/zt2019/2019lianghui/index.htm", "a special topic without an id", "--source page:"),
    ("https://news.qq.com/sitemap/index.xml", "a site map", "--source sitemap"),
    ("http://coral.qq.com/3751597622", "a page of comments", "expected"),
    ("https://v.qq.com/channel/news", "a page of Tencent Video", "expected"),
    ("https://gu.qq.com/sh600519", "a page of stock prices", "expected"),
    ("http://stockhtm.finance.qq.com/astock/ggcx/GOOG.OQ.htm", "a page of stock prices", "expected"),
    ("https://r.inews.qq.com/getSimpleNews?id=20250212A090WZ00", "an interface of the site", "expected"),
    ("https://tianqi.qq.com/weather", "no known form of an article's address", "expected"),
    ("https://mp.weixin.qq.com/s/abcdefghijklmnopqrstuv", "a WeChat page", "not read yet"),
    ("qqnews://article_9528?act=ai_chat", "an address of the app that names no article", "expected"),
    ("ftp://new.qq.com/rain/a/20250212A090WZ00", "neither an http address nor an id", "expected"),
    ("javascript:alert(1)", "neither an http address nor an id", "expected"),
    ("https://finance.qq.com.evil.example/rain/a/20250212A090WZ00", "not a qq.com host", "expected"),
    ("https://evilqq.com/rain/a/20250212A090WZ00", "not a qq.com host", "expected"),
    ("https://new.qq.com@evil.example/rain/a/20250212A090WZ00", "a user name in the address", "expected"),
    ("https://evil@new.qq.com/rain/a/20250212A090WZ00", "a user name in the address", "expected"),
    ("https://新闻.qq.com/rain/a/20250212A090WZ00", "not a qq.com host", "expected"),
    ("https://\u212auaibao.qq.com/s/20250212A090WZ00", "not a qq.com host", "expected"),
    ("https://new.qq.com%2eevil.example/rain/a/20250212A090WZ00", "not a qq.com host", "expected"),
    ("https://127.0.0.1/rain/a/20250212A090WZ00", "not a qq.com host", "expected"),
    ("https:///rain/a/20250212A090WZ00", "not a qq.com host", "expected"),
    ("https://new.qq.com:8443/rain/a/20250212A090WZ00", "an unusual port", "expected"),
    ("https://new.qq.com:99999/rain/a/20250212A090WZ00", "broken address", "expected"),
    ("https://[new.qq.com/rain/a/20250212A090WZ00", "broken address", "expected"),
    ("https://new.qq.com/rain/a/2025 0212A090WZ00", "white space or control characters inside", "expected"),
    ("https://new.qq.com\\@evil.example/", "white space or control characters inside", "expected"),
    ("https://new.qq.com/rain/a/\x0020250212A090WZ00", "white space or control characters inside", "expected"),
    ("https://new.qq.com/rain/a/" + "x" * 5000, "too long for an address", "expected"),
]


@pytest.mark.parametrize(("text", "reason", "hint"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_is_no_article_is_refused_with_its_reason(text: str, reason: str, hint: str) -> None:
    with pytest.raises(NotAnAddress) as caught:
        read_address(text)
    assert caught.value.reason == reason
    assert hint in caught.value.hint
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


def test_kind_is_a_hint_and_takes_no_part_in_identity() -> None:
    topic = read_address("https://new.qq.com/zt/template/?id=STO2018110500759200")
    plain = read_address("STO2018110500759200")
    assert topic == plain
    assert hash(topic) == hash(plain)
    assert (topic.kind, plain.kind) == ("topic", "article")


def test_fetch_url_is_what_the_site_is_known_to_serve() -> None:
    asked = {
        MODERN: RAIN + MODERN,
        "TWF2020041300303000": RAIN + "TWF2020041300303000",
        "20190304010213": "https://new.qq.com/cmsn/20190304/20190304010213.html",
        "https://new.qq.com/zt/template?id=STO2018110500759200": (
            "https://new.qq.com/zt/template/?id=STO2018110500759200"
        ),
        "https://xw.qq.com/m/rose?id=SPO2019012400766600": ("https://new.qq.com/omn/rose.htm?id=SPO2019012400766600"),
        "c0837yy1f97": "https://new.qq.com/omv/video/c0837yy1f97",
    }
    for text, url in asked.items():
        address = read_address(text)
        assert fetch_url(address) == url
        assert read_address(url) == address


@pytest.mark.parametrize("host", ["qq.com", "new.qq.com", "News.QQ.com", "view.inews.qq.com", "a.b.c.qq.com."])
def test_page_hosts(host: str) -> None:
    assert is_page_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "evilqq.com",
        "qq.com.evil.example",
        "new.qq.com:80",
        "mp.weixin.qq.com",
        "weixin.qq.com",
        "a b.qq.com",
        "..qq.com",
        "-a.qq.com",
        "127.0.0.1",
        "qq.com\n",
        "x" * 70 + ".qq.com",
    ],
)
def test_no_page_hosts(host: str) -> None:
    assert not is_page_host(host)


def test_page_url_is_any_page_of_the_site() -> None:
    assert read_page_url("http://news.qq.com/ch/tech?a=1#top") == "https://news.qq.com/ch/tech?a=1"
    assert read_page_url("news.qq.com") == "https://news.qq.com/"
    with pytest.raises(NotAnAddress, match=r"not a qq\.com host"):
        read_page_url("https://example.com/")
    with pytest.raises(NotAnAddress, match="not an http address"):
        read_page_url("qqnews://article_9527?nm=20250212A090WZ00")


@pytest.mark.skipif(not CAPTURED_LISTS.is_dir(), reason="../shared is not present")
def test_every_address_in_the_captured_lists_is_read_or_refused_for_a_known_reason() -> None:
    link = re.compile(r"""(?:https?:)?//[\w.-]*\bqq\.com/[^\s"'<>)\\]*""")
    names = sorted(each for each in CAPTURED_LISTS.iterdir() if each.suffix in {".txt", ".html", ".json"})
    found = {url for name in names for url in link.findall(name.read_text("utf-8"))}
    refused = {}
    for url in found:
        try:
            address = read_address(url)
        except NotAnAddress as refusal:
            refused[url] = refusal.reason
        else:
            assert read_address(address.url) == address
    with_id = {url for url in found if re.search(r"20\d{6}[A-Z0-9]{6}|omv/video", url)}
    assert len(with_id) == 75  # counted with grep
    assert with_id.isdisjoint(refused)
    assert "no known id in the address" not in refused.values()


@pytest.mark.skipif(not CAPTURED_LISTS.is_dir(), reason="../shared is not present")
def test_the_addresses_of_one_captured_item_name_one_article() -> None:
    items = json.loads((CAPTURED_LISTS / "hodgepodge_pacaio_hot_20190127_5items.json").read_text("utf-8"))
    for item in items:
        named = {read_address(item[key]) for key in ("app_id", "url", "surl")}
        assert len(named) == 1
