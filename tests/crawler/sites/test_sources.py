"""A source's name gives its requests, page after page; a wrong name is answered with the nearest ones."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.sites.qq.addresses.forms import is_page_host
from crawler.sites.qq.lists import Listing
from crawler.sites.qq.lists.sources import (
    CHANNELS,
    ListRequest,
    UnknownSource,
    read_source,
    source_forms,
    source_names,
)

LISTS = Path(__file__).parents[2] / "lists"


def query(request: ListRequest | None) -> dict[str, str]:
    assert request is not None
    return {key: values[0] for key, values in parse_qs(urlsplit(request.url).query, True).items()}


def asked(request: ListRequest | None) -> dict[str, object]:
    assert request is not None
    told = json.loads(request.body)
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("name", source_names())
def test_every_named_source_asks_the_site(name: str) -> None:
    source = read_source(name)
    request = source.first()
    assert source.name == name
    assert request.method in {"GET", "POST"}
    assert is_page_host(urlsplit(request.url).hostname or "")
    assert (request.method == "POST") == bool(request.body)


def test_all_channels_of_2026_are_there() -> None:
    assert len(CHANNELS) == 28
    ids = {asked(read_source(f"channel:{name}").first())["channel_id"] for name in CHANNELS}
    assert {"news_news_top", "news_news_fx", "news_news_nchupin", "news_news_lic"} <= ids
    assert len(ids) == 28


def test_a_channel_pages_by_flush_num() -> None:
    source = read_source("channel:tech")
    first, second = source.first(), source.next(Listing(), 1)
    assert first.method == "POST"
    assert first.url == "https://i.news.qq.com/web_feed/getPCList"
    assert dict(first.headers)["Referer"] == "https://news.qq.com/"
    assert dict(first.headers)["Content-Type"].startswith("application/json")
    told = asked(first)
    assert (told["channel_id"], told["forward"], told["flush_num"]) == ("news_news_tech", "2", 1)
    assert told["base_req"] == {"from": "pc"}
    assert told["qimei36"] == told["device_id"]
    assert (asked(second)["forward"], asked(second)["flush_num"]) == ("1", 2)
    assert asked(source.next(Listing(), 5))["flush_num"] == 6


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("channel:milite", "channel:mil"),
        ("channel:finance_stock", "channel:istock"),
        ("channel:news", "channel:top"),
        ("channel:news_news_tech", "channel:tech"),
        (" channel:AI ", "channel:fx"),
        ("account:https://news.qq.com/omn/author/8QMc339d5IMbvDfY5gVx?tab=om_video", "account:8QMc339d5IMbvDfY5gVx"),
        ("account:8QIf3n5c7IYcuDvY4ws%3D", "account:8QIf3n5c7IYcuDvY4ws="),
        ("tag:aEWqxLtdgmQ%3D", "tag:aEWqxLtdgmQ="),
        ("page:news.qq.com", "page:https://news.qq.com/"),
    ],
)
def test_names_that_mean_the_same(name: str, same: str) -> None:
    assert read_source(name).name == same
    assert read_source(name).first() == read_source(same).first()


def test_hot_modules_always_ask_for_the_newest() -> None:
    source = read_source("hot-modules")
    assert source.first().url == "https://i.news.qq.com/web_feed/getHotModuleList"
    second = asked(source.next(Listing(), 1))
    assert (second["forward"], second["flush_num"], second["channel_id"]) == ("2", 2, "news_news_top")


def test_the_ranking_pages_by_hash_and_offset() -> None:
    source = read_source("hot")
    assert query(source.first()) == {"page_size": "50"}
    listing = source.read((LISTS / "hot_ranking.json").read_bytes())
    following = source.next(listing, 1)
    assert query(following) == {"page_size": "50", "ids_hash": "abc123hash", "offset": "3"}, "so many were given"
    assert following is not None
    again = source.read((LISTS / "hot_ranking.json").read_bytes(), following.url)
    assert again.items[1].rank == 5
    assert query(source.next(again, 2))["offset"] == "6"
    assert source.next(Listing(), 2) is None


def test_an_account_by_number_first_asks_for_its_suid() -> None:
    source = read_source("account:3001")
    assert urlsplit(source.first().url).path == "/i/getUserHomepageInfo"
    assert query(source.first()) == {"chlid": "3001"}
    info = source.read((LISTS / "account_info.json").read_bytes())
    first_page = source.next(info, 1)
    assert first_page is not None
    assert first_page == read_source("account:8QWoodWoodWood==").first()
    page = source.read((LISTS / "account.json").read_bytes(), first_page.url)
    second_page = query(source.next(page, 2))
    assert second_page["guestSuid"] == "8QWoodWoodWood=="
    assert second_page["offset_info"] == "eyJvIjoyMH0="
    assert second_page["tabId"] == "om_index"


def test_search_posts_its_words_page_by_page() -> None:
    source = read_source("search:柳河 涨水")
    for page, request in enumerate((source.first(), source.next(Listing(), 1))):
        assert request is not None
        form = parse_qs(request.body.decode())
        assert (form["query"], form["page"]) == (["柳河 涨水"], [str(page)])


def test_a_site_map_names_further_requests() -> None:
    source = read_source("sitemap")
    index = source.read((LISTS / "sitemap_index.xml").read_bytes())
    assert [request.url for request in source.more(index)] == list(index.more)
    assert len(source.read((LISTS / "sitemap.xml").read_bytes(), index.more[0]).items) == 2
    assert source.next(index, 1) is None


def test_a_page_is_read_as_links_relative_to_it() -> None:
    source = read_source("page:http://tech.qq.com/index.htm#top")
    assert source.first() == ListRequest("GET", "https://tech.qq.com/index.htm")
    listing = source.read(b'<a href="/a/20161014/006270.htm">x</a>')
    assert [item.id for item in listing.items] == ["tech-20161014-006270"]


def test_twins_ask_the_same_elsewhere() -> None:
    channel = read_source("channel:tech")
    twin = channel.twin(channel.first())
    assert twin is not None
    assert twin.url == "https://r.inews.qq.com/web_feed/getPCList"
    assert twin.body == channel.first().body
    hot = read_source("hot")
    other = hot.twin(hot.first())
    assert other is not None
    assert urlsplit(other.url).path == "/gw/event/pc_hot_ranking_list"
    assert query(other)["rank_id"] == "hot"
    assert read_source("sitemap").twin(read_source("sitemap").first()) is None


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("channel:tehc", "channel:tech"),
        ("channel:finance_lica", "channel:finance_licai"),
        ("hot-module", "hot-modules"),
        ("hto", "hot"),
        ("chanel:tech", "channel:tech"),
        ("sitemaps", "sitemap"),
    ],
)
def test_an_unknown_name_is_answered_with_near_ones(name: str, near: str) -> None:
    with pytest.raises(UnknownSource) as caught:
        read_source(name)
    assert near in caught.value.near
    assert near in str(caught.value)
    read_source(near)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ":",
        "channel:",
        "account:",
        "account:a b",
        "search: ",
        "tag:",
        "page:",
        "hot:x",
        "x" * 5000,
        "page:https://example.com/",
        "page:https://news.qq.com@evil.example/",
        "page:https://[news.qq.com/",
        "page:ftp://news.qq.com/",
        "page:https://mp.weixin.qq.com/s/x",
        "account:../../etc",
    ],
)
def test_what_is_no_source_is_refused(name: str) -> None:
    with pytest.raises(UnknownSource) as caught:
        read_source(name)
    assert len(str(caught.value)) < 600


def test_every_form_is_named_for_help_texts() -> None:
    assert source_forms() == (
        "hot",
        "hot-modules",
        "sitemap",
        "channel:NAME",
        "account:ID",
        "tag:ID",
        "search:WORDS",
        "page:URL",
    )
