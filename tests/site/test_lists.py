"""The loopback site's lists, read to their ends as a crawler reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.site import Site
from tests.site.channels import CHANNELS, FEEDS
from tests.site.client import REFERER, ask, ask_json

FEED = "https://i.news.qq.com/web_feed/getPCList"
RANKING = "https://r.inews.qq.com/gw/event/hot_ranking_list"
ACCOUNT = "https://i.news.qq.com/getSubNewsMixedList"
SEARCH = "https://i.news.qq.com/gw/pc_search/result"


def question(channel: str, number: int = 1, count: int = 12) -> dict[str, object]:
    forward = "2" if number == 1 else "1"
    return {"channel_id": channel, "flush_num": number, "forward": forward, "item_count": count}


def articles(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The articles of one feed answer, cards unwrapped, entries of other kinds left out."""
    for item in answer["data"]:
        if item["articletype"] == "525":
            yield from item["sub_item"]
        elif item["articletype"] != "123":
            yield item


@pytest.mark.parametrize("channel", ["news_news_top", *FEEDS[:4]])
def test_a_channel_read_until_nothing_is_new(site: Site, channel: str) -> None:
    ids: list[str] = []
    for number in range(1, 100):
        page = [item["id"] for item in articles(ask_json(site, FEED, question(channel, number, 5)))]
        if set(page) <= set(ids):
            break
        ids += page
    assert ids == list(site.world.in_channel(channel))


def test_every_channel_answers_and_they_end_in_two_ways(site: Site) -> None:
    ends = set()
    for channel in CHANNELS:
        assert ask_json(site, FEED, question(channel))["code"] == 0
        ends.add(bool(ask_json(site, FEED, question(channel, 90))["data"]))
    assert ends == {True, False}


def test_the_first_page_hides_articles_in_a_card(site: Site) -> None:
    answer = ask_json(site, FEED, question("news_news_top"))
    card, *rest = answer["data"]
    assert card["articletype"] == "525"
    assert card["id"] == card["sub_item"][0]["id"]
    assert card["sub_item"][0]["link_info"]["url"].startswith("https://view.inews.qq.com/a/")
    assert rest[0]["link_info"]["url"].startswith("https://new.qq.com/rain/a/")
    assert rest[-1]["articletype"] == "123"


def test_an_item_says_what_its_page_says(site: Site) -> None:
    for item in articles(ask_json(site, FEED, question("news_news_top"))):
        truth = site.world.truth(item["id"])
        assert (item["title"], item["publish_time"], item["desc"]) == (truth.title, truth.date, truth.summary)
        assert item["media_info"]["chl_name"] == truth.media


def test_interfaces_refuse_what_they_do_not_know(site: Site) -> None:
    assert ask_json(site, FEED, question("news_news_moon"))["code"] == 99998
    assert ask(site, FEED, b"{}").json["code"] == 99998
    assert ask(site, FEED, b"no json", REFERER).json["code"] == 99998
    assert ask_json(site, f"{ACCOUNT}?guestSuid=nobody")["ret"] == 404
    assert ask_json(site, "https://i.news.qq.com/web_backend/v2/getTagInfo")["ret"] == 404
    assert ask_json(site, f"{RANKING}?page_size=x")["ret"] == 404


def test_hot_modules_are_a_feed(site: Site) -> None:
    answer = ask_json(site, "https://i.news.qq.com/web_feed/getHotModuleList", question("news_news_top"))
    assert [item["id"] for item in articles(answer)] == list(site.world.ranking()[:12])


@pytest.mark.parametrize("address", [RANKING, "https://i.news.qq.com/gw/event/pc_hot_ranking_list"], ids=["app", "pc"])
def test_the_ranking_is_paged_by_its_hash(site: Site, address: str) -> None:
    ranked: list[tuple[int, str]] = []
    part = ask_json(site, f"{address}?page_size=20")["idlist"][0]
    assert part["newslist"].pop(0)["articletype"] == "560"
    while True:
        ranked += [(item["hotEvent"]["ranking"], item["id"]) for item in part["newslist"]]
        if not part["has_more"]:
            break
        following = f"{address}?page_size=20&ids_hash={part['ids_hash']}&offset={len(ranked)}"
        part = ask_json(site, following)["idlist"][0]
    assert ranked == list(enumerate(site.world.ranking(), 1))
    assert ask_json(site, f"{address}?page_size=20&ids_hash=stale&offset=20")["ret"] == 404


def test_an_account_is_paged_by_its_offset(site: Site) -> None:
    account = site.world.accounts[2]
    address = f"{ACCOUNT}?guestSuid={quote(account.suid)}&tabId=om_index"
    answer = ask_json(site, address)
    ids = [item["id"] for item in answer["newslist"]]
    while answer["hasNext"]:
        assert len(answer["newslist"]) == 20
        answer = ask_json(site, f"{address}&offset_info={quote(answer['offsetInfo'])}")
        ids += [item["id"] for item in answer["newslist"]]
    assert ids == list(site.world.of_account(account))


def test_an_account_is_known_by_both_its_ids(site: Site) -> None:
    account = site.world.accounts[0]
    address = "https://i.news.qq.com/i/getUserHomepageInfo?"
    by_suid = ask_json(site, address + urlencode({"guestSuid": account.suid}))
    assert by_suid == ask_json(site, f"{address}chlid={account.chlid}")
    assert by_suid["userinfo"]["nick"] == account.name


def test_a_tag_lists_its_articles(site: Site) -> None:
    tag, word = next(iter(site.world.tags.items()))
    answer = ask_json(site, f"https://i.news.qq.com/web_backend/v2/getTagInfo?tagId={quote(tag)}")
    listed = [item["id"] for item in answer["data"]["tabs"][0]["articleList"]]
    assert answer["data"]["name"] == word
    assert listed
    assert listed == list(site.world.tagged(word)[:30])


def test_a_search_finds_what_holds_the_words(site: Site) -> None:
    word = "风力发电"
    found: list[str] = []
    for number in range(50):
        form = urlencode({"page": number, "query": word, "is_pc": 1, "search_type": "all"}).encode()
        answer = ask(site, SEARCH, form, REFERER).json
        found += [item["id"] for section in answer["secList"] for item in section["newsList"]]
        if not answer["hasMore"]:
            break
    assert found
    assert found == list(site.world.matching(word))


def test_the_sitemap_names_every_rain_address() -> None:
    with Site(articles=1300) as site:
        gone = site.world.of_layout("v2")[0]
        site.remove(gone)
        index = ask(site, "https://news.qq.com/sitemap/index.xml").body.decode()
        files = re.findall("<loc>(.*?)</loc>", index)
        assert len(files) == 2
        addresses = [loc for file in files for loc in re.findall("<loc>(.*?)</loc>", ask(site, file).body.decode())]
        assert addresses == [f"https://news.qq.com/rain/a/{key}" for key in site.world.in_sitemap()]
        assert f"https://news.qq.com/rain/a/{gone}" in addresses
        assert ask(site, "https://news.qq.com/sitemap/sitemap_1799999999.xml").status == 404


def test_lists_forget_what_is_removed_and_begin_with_what_is_new() -> None:
    with Site(articles=100) as site:
        first = site.world.in_channel("news_news_top")[0]
        site.remove(first)
        fresh = site.publish(6)
        listed = [item["id"] for item in articles(ask_json(site, FEED, question("news_news_top")))]
        assert first not in listed
        assert listed[0] in fresh
