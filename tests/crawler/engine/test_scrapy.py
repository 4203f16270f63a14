"""``scrapy crawl`` goes on working for Scrapy's users, with and without an archive."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.store import Archive
from tests.conftest import QQNEWS, clean_environment
from tests.site.site import ROOT, Site

Scrapy = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def scrapy(fresh_site: Site, tmp_path: Path) -> Scrapy:
    """Call ``scrapy crawl …`` and read what it wrote with ``-O``."""

    def run(*arguments: str) -> list[dict[str, Any]]:
        out = tmp_path / "out.jsonl"
        command = [str(QQNEWS.with_name("scrapy")), "crawl", *arguments, "-O", str(out), "-s", "QQNEWS_DELAY=0"]
        environment = clean_environment(**fresh_site.environment())
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        assert "Traceback" not in ended.stderr, ended.stderr
        assert "experimental" not in ended.stderr
        return [json.loads(line) for line in out.read_text().splitlines()]

    return run


def test_a_channel(scrapy: Scrapy, site: Site) -> None:
    links = scrapy("channel", "-a", "name=tech")
    assert {link["id"] for link in links} == set(site.world.in_channel("news_news_tech"))
    assert all(link["source"] == "channel:tech" and link["title"] for link in links)
    assert site.requests(path="/rain/a/") == []


def test_an_article_without_an_archive(scrapy: Scrapy, site: Site) -> None:
    truth = site.world.truth(site.world.of_layout("v2")[0])
    (article,) = scrapy("article", "-a", f"address={truth.url}")
    assert (article["id"], article["title"], article["body"]) == (truth.id, truth.title, truth.body)
    assert article["published_at"] == truth.date.replace(" ", "T") + "+08:00"


def test_lists_and_articles_into_an_archive(scrapy: Scrapy, site: Site, data: Path) -> None:
    archive = ("-s", f"QQNEWS_DATA={data}")
    assert all(link["new"] for link in scrapy("hot", *archive))
    articles = scrapy("article", "-a", "limit=5", *archive)
    assert len(articles) == 5
    with Archive.existing(data) as kept:
        assert {it.article.id for it in kept.articles()} == {article["id"] for article in articles}
    assert sum(link["new"] for link in scrapy("hot", *archive)) == 0


def test_addresses_from_a_file(scrapy: Scrapy, site: Site, tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("\n".join((*site.world.ids[:3], "not an address")))
    links = scrapy("addresses", "-a", f"file={tmp_path / 'wanted.txt'}")
    assert [link["id"] for link in links] == list(site.world.ids[:3])


def test_every_spider_has_a_name_and_a_description() -> None:
    from scrapy.spiderloader import SpiderLoader

    from crawler.engine.run import project_settings

    loader = SpiderLoader.from_settings(project_settings())
    names = set(loader.list())
    assert names >= {"article", "channel", "hot", "hot_modules", "account", "tag", "sitemap", "search", "addresses"}
    assert all(loader.load(name).__doc__ for name in names)


@pytest.mark.parametrize(
    ("spider", "argument"),
    [("account", "id"), ("tag", "id"), ("search", "words"), ("sitemap", ""), ("hot_modules", "")],
)
def test_the_other_lists(scrapy: Scrapy, site: Site, spider: str, argument: str) -> None:
    world = site.world
    account = max(world.accounts, key=lambda each: len(world.of_account(each)))
    tag, word = max(world.tags.items(), key=lambda pair: len(world.tagged(pair[1])))
    asked = {"account": account.suid, "tag": tag, "search": word}.get(spider, "")
    expected = {
        "account": world.of_account(account),
        "tag": world.tagged(word),
        "search": world.matching(word),
        "sitemap": world.in_sitemap(),
        "hot_modules": (),
    }[spider]
    links = scrapy(spider, *(("-a", f"{argument}={asked}") if argument else ()))
    assert {link["id"] for link in links} >= set(expected)
    assert links
