"""What a page says of itself must be the article that was asked for: layout by layout, id by id. No sockets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from crawler.sites.page import AnotherArticle, EmptyShell, Removed
from crawler.sites.qq.addresses.forms import read_address
from crawler.sites.qq.fallback_source import read_fetched
from crawler.sites.qq.identity import same_article
from crawler.sites.qq.read_page import read_page
from crawler.sites.registry import read_page as read_any
from tests.crawler.sites.test_layouts import ARTICLES, meta_of
from tests.site.pages import notices, wechat

SILENT = {
    *("ancient-2005-textflag", "ancient-2008", "ancient-2012", "ancient-artcnt", "ancient-article-content"),
    *("ancient-indented", "gallery-file", "live", "mobile-parts", "topic-page", "topic-sections"),
}
"""Cases whose pages say nothing of themselves: they may be any article's."""


def elsewhere(url: str) -> str:
    """The address of another article, in the same form."""
    if old := re.search(r"/a/\d{8}/\d{6}", url):
        return url.replace(old[0], "/a/20110101/999999")
    if old := re.search(r"(?<=xw\.qq\.com/)\w+/\d{14}/\w+", url):
        return url.replace(old[0], "cmsid/20190101A0THER00")
    found = re.findall(r"(?:[A-Z]{3})?20\d{6}[0-9A-Z]{6,8}", url)[-1]
    other = "20190101A0THER00" if found.startswith("20") and len(found) == 16 else "NEW2019010199999900"
    moved = url.replace(found, other)
    return re.sub(r"/(?:omn|cmsn)/\w+/", "/omn/", moved)


def page_of(case: Path) -> bytes:
    return next(path for path in case.iterdir() if path.stem == "page").read_bytes()


def read(case: Path, url: str) -> Any:
    meta = meta_of(case)
    return read_page(page_of(case), url, status=meta["status"], charset=meta["charset"])


@pytest.mark.parametrize("case", ARTICLES, ids=lambda case: case.name)
def test_a_page_under_another_article_s_address_is_not_that_article(case: Path) -> None:
    url = elsewhere(meta_of(case)["url"])
    assert read_any(page_of(case), meta_of(case)["url"]).address != read_fetched(url)
    if case.name in SILENT:
        assert read(case, url).address == read_fetched(url), "it says nothing, and is believed"
        return
    with pytest.raises(AnotherArticle, match="the page says that it is "):
        read(case, url)


@pytest.mark.parametrize(
    ("asked", "stated"),
    [
        ("20190123A17T7F00", "20190123A17T7F"),
        ("20180708001061", "NEW2018070800106100"),
        ("NEW2018070800106100", "20180708001061"),
        ("TWF2020041300303000", "20200413003030"),
        ("tech-20161014-006270", "TEC2016101400627000"),
        ("finance-20141009-035607", "FIN2014100903560719"),
        ("NBA2019030600701405", "NBA2019030600701400"),
        ("SPO201901240076660I", "SPO2019012400766600"),
        ("https://kuaibao.qq.com/s/20181120A0CLOU00", "https://new.qq.com/omn/20181120/20181120A0CLOU.html"),
    ],
)
def test_ids_of_one_article(asked: str, stated: str) -> None:
    assert same_article(read_address(asked), read_address(stated))


@pytest.mark.parametrize(
    ("asked", "stated"),
    [
        ("20190123A17T7F00", "20190123A17T7G00"),
        ("20190123A17T7F00", "20190124A17T7F00"),
        ("NEW2018070800106100", "SPO2018070800106100"),
        ("NEW2018070800106100", "NEW2018070800106200"),
        ("tech-20161014-006270", "finance-20161014-006270"),
        ("tech-20161014-006270", "tech-20161014-006271"),
        ("20180708001061", "20180708001062"),
    ],
)
def test_ids_of_different_articles(asked: str, stated: str) -> None:
    assert not same_article(read_address(asked), read_address(stated))


RAIN = "https://new.qq.com/rain/a/20250318A01ABC00"
OTHER = "20250318A09ZZZ00"


def rain(data: str = "", head: str = "", text: str = "渡口的船夫解开缆绳，汽笛响过，河面又宽了起来。" * 4) -> bytes:
    """A page of today that says of itself what it is told to."""
    return (
        f'<html><head><meta charset="utf-8"><title>渡口_腾讯新闻</title>{head}</head><body>'
        f'<script>window.DATA = {{"title":"渡口","pubtime":"2025-03-18 10:00:00"{data}}};</script>'
        f'<div id="article-content"><div class="rich_media_content"><p>{text}</p></div></div></body></html>'
    ).encode()


@pytest.mark.parametrize(
    ("data", "head"),
    [
        ("", ""),
        (',"article_id":"20250318A01ABC"', ""),
        (',"cms_id":"","article_id":0,"url":""', '<meta property="og:url" content="">'),
        (f',"cms_id":"20250318A01ABC00","article_id":"{OTHER}"', ""),
        (',"cms_id":"20250318A01ABC00"', f'<meta property="og:url" content="https://news.qq.com/rain/a/{OTHER}">'),
        ("", '<meta property="og:url" content="https://news.qq.com/rain/a/20250318A01ABC00?from=x">'),
        ("", '<link rel="canonical" href="https://view.inews.qq.com/wxn/20250318A01ABC00">'),
        ("", '<meta property="og:url" content="https://news.qq.com/some/new/form/20250318A01ABC">'),
        ("", '<meta property="og:url" content="https://news.qq.com/some/new/form/that/tells/nothing">'),
        (',"article_id":"88231"', ""),
    ],
)
def test_what_fits_or_says_nothing_is_kept(data: str, head: str) -> None:
    assert read_page(rain(data, head), RAIN).address.id == "20250318A01ABC00"


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (f',"cms_id":"{OTHER}"', ""),
        (f',"cmsId":"{OTHER}"', ""),
        (f',"article_id":"{OTHER[:14]}"', ""),
        (f',"url":"https://view.inews.qq.com/a/{OTHER}"', ""),
        ("", f'<meta property="og:url" content="https://news.qq.com/rain/a/{OTHER}">'),
        ("", f'<meta name="og:url" content="https://xw.qq.com/cmsid/{OTHER}">'),
        ("", f"<link rel='canonical' href='https://new.qq.com/omn/{OTHER[:8]}/{OTHER}.html'>"),
        ("", '<link rel="canonical" href="https://news.qq.com/">'),
        ("", '<meta property="og:url" content="https://news.qq.com/ch/tech/">'),
        ("", '<meta property="og:url" content="https://new.qq.com/omn/author/8QMc339d5IMbvDfY5gVx">'),
        ("", '<meta property="og:url" content="https://mp.weixin.qq.com/s/k3lWQ8Zr0xYb5TnVu1JhAg">'),
        (f',"cms_id":"{OTHER}"', f'<meta property="og:url" content="{RAIN}">'),
    ],
)
def test_what_is_of_something_else_is_refused(data: str, head: str) -> None:
    with pytest.raises(AnotherArticle):
        read_page(rain(data, head), RAIN)


def test_an_empty_page_of_another_article_is_not_completed() -> None:
    shell = rain(f',"cms_id":"{OTHER}"', text="").replace(b'id="article-content"', b'id="root"')
    with pytest.raises(AnotherArticle):
        read_page(shell, RAIN)
    with pytest.raises(EmptyShell):
        read_page(shell.replace(OTHER.encode(), b"20250318A01ABC00"), RAIN)


def test_a_front_page_without_a_known_layout_is_no_page_of_a_new_layout() -> None:
    head = b'<link rel="canonical" href="https://news.qq.com/">'
    page = notices.unknown_layout().replace(b"<head>", b"<head>" + head)
    assert head in page
    with pytest.raises(AnotherArticle, match="is https://news"):
        read_page(page, RAIN)


def test_what_is_gone_is_gone_whatever_it_calls_itself() -> None:
    with pytest.raises(Removed):
        read_page(rain(f',"cms_id":"{OTHER}","is_deleted":1'), RAIN)


WECHAT = f"https://{wechat.HOST}"
NAMED = wechat.NAMED_ARTICLE.encode()


@pytest.mark.parametrize("address", [f"{WECHAT}/s/{wechat.NAMED}", f"{WECHAT}/s?{wechat.LONG}&sn=0123456789ab"])
def test_a_wechat_page_under_either_of_its_addresses(address: str) -> None:
    assert read_any(NAMED, address).layout == "wechat"


@pytest.mark.parametrize(
    "address",
    [
        f"{WECHAT}/s/{wechat.GOOD}",
        f"{WECHAT}/s?{wechat.LONG.replace('idx=2', 'idx=1')}",
        f"{WECHAT}/s?{wechat.LONG.replace('2247500123', '2247500124')}",
        f"{WECHAT}/s?{wechat.LONG.replace('MzAyNDY4MTM1Nw', 'MzAyNDY4MTM1OA')}",
    ],
)
def test_a_wechat_page_under_another_address(address: str) -> None:
    with pytest.raises(AnotherArticle):
        read_any(NAMED, address)


def test_a_wechat_page_names_itself_in_its_link_or_in_its_variables() -> None:
    link = f'var msg_link = "http://{wechat.HOST}/s?{wechat.LONG}&amp;sn=0123456789ab#rd";'.replace(
        "&mid", "\\x26amp;mid"
    )
    silent = wechat.ARTICLE.replace("<script>", f"<script>{link}").replace("MzAxMjM0NTY3OA==", "").encode()
    other = f"{WECHAT}/s?{wechat.LONG.replace('2247500123', '2247500999')}"
    assert read_any(silent, f"{WECHAT}/s?{wechat.LONG}").layout == "wechat"
    with pytest.raises(AnotherArticle, match="msg_link"):
        read_any(silent, other)
    windowed = (
        NAMED.replace(b"var biz", b"window.biz").replace(b"var mid", b"window.mid").replace(b"var idx", b"window.idx")
    )
    with pytest.raises(AnotherArticle, match="biz, mid, idx"):
        read_any(windowed, other)


def test_a_wechat_page_that_says_nothing_is_believed() -> None:
    for address in (f"{WECHAT}/s/{wechat.NAMED}", f"{WECHAT}/s?{wechat.LONG}"):
        assert read_any(wechat.ARTICLE.encode(), address).layout == "wechat"
