"""The loopback site and the project's own readers, one against the other: what it serves is read as it was meant."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from crawler.sites.normalise import normalise
from crawler.sites.page import Blocked, Changed, Removed, Thin
from crawler.sites.qq.addresses.forms import read_address
from crawler.sites.qq.lists.sources import ListRequest, Source, read_source
from crawler.sites.qq.read_page import read_page
from tests.site import Plan, Site, Truth, World
from tests.site.channels import CHANNELS
from tests.site.client import Answer, ask
from tests.site.pages import notices, page
from tests.site.story import MODERN, OLD, Layout, addresses_of

FIELDS = ("id", "url", "title", "summary", "thumbnail", "author", "media", "media_id", "channel", "location", "kind")
PAGES_AT_MOST = 60


@pytest.mark.parametrize("layout", sorted(set(MODERN + OLD)))
def test_every_layout_is_read_as_it_was_meant(layout: Layout) -> None:
    world = World(Plan(seed=11, articles=400))
    for key in world.of_layout(layout):
        truth = world.truth(key)
        raw = read_page(page(world.story(key), 400), truth.url)
        article = normalise(raw)
        assert article.published_at is not None
        assert {field: getattr(article, field) for field in FIELDS} == {
            field: getattr(truth, field) for field in FIELDS
        }
        assert article.body == truth.body
        assert f"{article.published_at:%Y-%m-%d %H:%M:%S}" == truth.date
        assert raw.notes == ()
        assert layout == "classic" or article.keywords == truth.keywords


def test_every_address_is_read_as_the_same_article() -> None:
    world = World(Plan(articles=200))
    for key in world.ids:
        for address in addresses_of(world.story(key)):
            found = read_address(address)
            assert (found.id, found.url) == (key, world.truth(key).url)


def test_a_page_that_is_no_article_is_told_from_one() -> None:
    address = "https://news.qq.com/rain/a/20260810A0000000"
    world = World(Plan(articles=20))
    deleted = notices.marked_deleted(page(world.story(world.of_layout("v2")[0]), 400))
    for body, outcome in (
        (notices.babygohome(), Removed),
        (notices.not_found(), Removed),
        (deleted, Removed),
        (notices.captcha(), Blocked),
        (notices.thin(), Thin),
        (notices.unknown_layout(), Changed),
    ):
        with pytest.raises(outcome):
            read_page(body, address)


def fetch(site: Site, request: ListRequest) -> Answer:
    return ask(site, request.url, request.body or None, dict(request.headers), request.method)


def read_all(site: Site, source: Source) -> list[str]:
    """Ids that a source lists, read until a page brings nothing new."""
    ids: list[str] = []
    waiting = [source.first()]
    for number in range(1, PAGES_AT_MOST):
        request = waiting.pop(0)
        listing = source.read(fetch(site, request).body, request.url)
        fresh = [item.id for item in listing.items if item.id not in ids]
        ids += fresh
        waiting += source.more(listing)
        following = source.next(listing, number)
        if following is not None and (fresh or listing.is_signpost):
            waiting.append(following)
        if not waiting:
            return ids
    raise AssertionError(f"{source.name} did not end within {PAGES_AT_MOST} pages")


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_is_read_to_its_end(site: Site, channel: str) -> None:
    listed = read_all(site, read_source(f"channel:{channel.removeprefix('news_news_')}"))
    assert listed == list(site.world.in_channel(channel))


def test_all_other_sources_are_read_to_their_ends(site: Site) -> None:
    world, account = site.world, site.world.accounts[1]
    tag, word = next(iter(world.tags.items()))
    expected: dict[str, tuple[str, ...]] = {
        "hot": world.ranking(),
        "hot-modules": world.ranking()[:40],
        f"account:{account.suid}": world.of_account(account),
        f"account:{account.chlid}": world.of_account(account),
        f"tag:{quote(tag)}": world.tagged(word)[:30],
        f"search:{word}": world.matching(word),
        "sitemap": world.in_sitemap(),
        "page:https://news.qq.com/ch/tech": world.in_channel("news_news_tech"),
    }
    for name, ids in expected.items():
        assert read_all(site, read_source(name)) == list(ids), name


def test_ranks_and_times_are_read_from_the_lists(site: Site) -> None:
    source = read_source("hot")
    listing = source.read(fetch(site, source.first()).body)
    truths: list[Truth] = [site.world.truth(item.id) for item in listing.items]
    assert [item.rank for item in listing.items] == list(range(1, len(truths) + 1))
    assert [(item.title, item.published_raw) for item in listing.items] == [(told.title, told.date) for told in truths]
