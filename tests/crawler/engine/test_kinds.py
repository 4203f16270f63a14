"""Beyond plain articles: topics whose lists are crawled, too, and articles of WeChat accounts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import crawler.pipelines.parse_pages
from archive.errors import ExitCode
from archive.frontier.links import Frontier
from archive.store import Archive
from crawler.items import Link
from crawler.sites import registry
from crawler.sites.page import RawArticle
from tests.conftest import Called
from tests.site.pages import topic, wechat
from tests.site.site import Site

Crawl = Callable[..., Called]

TOPIC = f"https://new.qq.com/zt/template/?id={topic.FIRST}"
GOOD = f"https://mp.weixin.qq.com/s/{wechat.GOOD}"


def kinds(data: Path) -> dict[str, str]:
    with Archive.existing(data) as archive:
        return {it.article.id: it.article.kind for it in archive.articles()}


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "archive.db")) as database:
        return database.execute(query).fetchall()


def test_a_topic_is_kept_and_its_articles_are_fetched_in_the_same_run(
    crawl: Crawl, fresh_site: Site, data: Path
) -> None:
    ended = crawl(TOPIC)
    assert (ended.code, ended.counts["gathered"]) == (0, 4)
    members = topic.members(fresh_site.world, topic.FIRST)
    assert kinds(data) == {topic.FIRST: "topic", topic.SECOND: "topic", **dict.fromkeys(members, "text")}
    sources = rows(data, "SELECT DISTINCT source FROM sightings")
    assert sources == [(topic.FIRST,)], "the other topic was found in this one, and starts no chain"
    assert rows(data, f"SELECT url FROM links WHERE id = '{topic.SECOND}'") == [
        (f"https://new.qq.com/zt/template/?id={topic.SECOND}",)
    ]
    with Archive.existing(data) as archive:
        body = archive.article(topic.FIRST).article.body
    assert all(fresh_site.world.story(key).title in body for key in members)


def test_what_a_topic_names_counts_for_the_limit(crawl: Crawl, data: Path) -> None:
    assert crawl(TOPIC, "--limit", "3").counts["leased"] == 3
    assert len(kinds(data)) == 3
    assert rows(data, "SELECT count(*) FROM links WHERE state = 'waiting'") == [(2,)]


def test_a_known_topic_gathers_only_what_is_new(crawl: Crawl, data: Path) -> None:
    crawl(TOPIC)
    again = crawl(TOPIC, "--refetch").counts
    assert (again["same"], again.get("gathered", 0), again["leased"]) == (1, 0, 1)


def pages_of(ended: Called) -> dict[str, int]:
    """Layout → pages, as the report counts them."""
    return {layout: counts["pages"] for layout, counts in ended.report["layouts"].items()}


def test_a_wechat_article_is_archived(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    ended = crawl(GOOD)
    assert (ended.code, ended.counts["kept"], pages_of(ended)) == (0, 1, {"wechat": 1})
    assert [seen.path for seen in fresh_site.requests(wechat.HOST)] == ["/robots.txt", f"/s/{wechat.GOOD}"]
    with Archive.existing(data) as archive:
        article = archive.article(f"wx-{wechat.GOOD}").article
    assert (article.title, article.media, article.layout) == (wechat.TITLE, wechat.ACCOUNT, "wechat")
    text = next((data / "articles").rglob("*.md")).read_text()
    assert wechat.SENTENCE in text
    assert text.endswith(f"\n\n[qq]({GOOD})\n")
    assert crawl(f"wx-{wechat.GOOD}").counts == {"known": 1, "listed": 1}


@pytest.mark.parametrize(
    ("key", "outcome", "code"),
    [(wechat.DELETED, "gone", ExitCode.EMPTY), (wechat.GUARDED, "postponed", ExitCode.BLOCKED)],
)
def test_a_wechat_page_that_is_no_article(crawl: Crawl, data: Path, key: str, outcome: str, code: ExitCode) -> None:
    ended = crawl(f"https://mp.weixin.qq.com/s/{key}")
    assert (ended.code, ended.counts[outcome], kinds(data)) == (code, 1, {})


def test_what_wechat_s_robots_txt_forbids_is_not_asked(crawl: Crawl, fresh_site: Site) -> None:
    fresh_site.robots(wechat.HOST, "User-agent: *\nDisallow: /s/\n")
    assert crawl(GOOD).report["reasons"]["dropped"] == {"robots": 1}
    fresh_site.robots(wechat.HOST, "")
    assert [seen.path for seen in fresh_site.requests(wechat.HOST)] == ["/robots.txt"]


def test_a_file_of_addresses_holds_all_kinds(crawl: Crawl, fresh_site: Site, data: Path, tmp_path: Path) -> None:
    key = fresh_site.world.of_layout("v2")[9]
    (tmp_path / "wanted.txt").write_text(f"{GOOD}\n{TOPIC}  # a topic\n{key}\nhttps://mp.weixin.qq.com/cgi-bin/home\n")
    ended = crawl(str(tmp_path / "wanted.txt"))
    assert (ended.code, ended.counts["bad_input"]) == (ExitCode.PARTIAL, 1)
    assert kinds(data).items() >= {f"wx-{wechat.GOOD}": "text", topic.FIRST: "topic", key: "text"}.items()


def test_what_a_list_says_of_the_account_is_compared_with_the_page(crawl: Crawl, fresh_site: Site, data: Path) -> None:
    wrong = fresh_site.world.of_layout("v2")[5]
    link = Link(
        id=wrong, url=f"https://new.qq.com/rain/a/{wrong}", kind="article", title="", published_raw="", rank=None,
        source="hot", listed_at=datetime.now(UTC), media="别家日报",
    )  # fmt: skip
    with Archive.open(data) as archive:
        Frontier(archive).remember([link], "hot", link.listed_at)
    ended = crawl("--source", "hot")
    assert ended.report["reasons"]["noted"] == {"media-differs": 1}
    assert ended.report["layouts"]["rain"]["media-differs"] == 1
    with Archive.existing(data) as archive:
        assert archive.article(wrong).article.media != "别家日报"
    listed = rows(data, f"SELECT count(*) FROM links WHERE media IS NOT NULL AND id <> '{wrong}'")
    assert listed != [(0,)]


def test_notes_are_counted_by_layout_and_guesses_are_named(
    crawl: Crawl, fresh_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *others = fresh_site.world.of_layout("v2")[:3]
    read = registry.read_page

    def guess(body: bytes, url: str, **options: Any) -> RawArticle:
        raw = read(body, url, **options)
        return replace(raw, layout="generic", notes=("generic",)) if one in url else raw

    monkeypatch.setattr(crawler.pipelines.parse_pages, "read_page", guess)
    ended = crawl(one, *others)
    assert pages_of(ended) == {"generic": 1, "rain": 2}
    assert ended.report["layouts"]["generic"]["generic"] == 1
    assert (ended.code, ended.counts["guessed"]) == (0, 1)
    assert "the text of 1 pages was guessed" in ended.report["because"]
    assert crawl(one, "--refetch").code == ExitCode.CHANGED


@pytest.mark.parametrize(
    "silent", [None, 0, 1], ids=["one interface", "its twin from the start", "its twin in the midst"]
)
def test_every_rank_is_listed_however_few_the_site_gives_at_once(
    crawl: Crawl, fresh_site: Site, data: Path, silent: int | None
) -> None:
    ranking = fresh_site.world.ranking()
    assert len(ranking) > 2 * 20, "three answers at least"
    if silent is not None:
        fresh_site.fault("r.inews.qq.com/gw/event/hot_ranking_list", "empty", skip=silent)
    assert crawl("--source", "hot", "--limit", "1").code == 0
    assert rows(data, "SELECT rank, article_id FROM sightings ORDER BY rank") == list(enumerate(ranking, 1))
    assert len(fresh_site.requests(path="hot_ranking_list")) <= -(-len(ranking) // 20) + (silent is not None)
