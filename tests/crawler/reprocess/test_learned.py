"""What is learned of an article for the first time is no edit, on whatever way it comes; and an edit can be shown."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.article.markdown import DATE_FORMAT, to_markdown
from archive.article.model import BEIJING, Article
from archive.repair.repair import repair
from archive.verify.verify import verify
from tests.conftest import Called
from tests.crawler.archived import rows
from tests.site.site import Site

Run = Callable[..., Called]

ARTICLES = 500


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site(seed=11, articles=ARTICLES) as running:
        yield running


def write_files(site: Site, folder: Path, keys: list[str]) -> None:
    """A Hugo tree of what the site shows; like every such file, it names no author."""
    folder.mkdir()
    for key in keys:
        truth = site.world.truth(key)
        moment = datetime.strptime(truth.date, DATE_FORMAT).replace(tzinfo=BEIJING)
        texts = {name: getattr(truth, name) for name in ("id", "url", "title", "summary", "body", "thumbnail")}
        (folder / f"{key}.md").write_text(to_markdown(Article(published_at=moment, **texts)), "utf-8")


def crawl(qqnews: Run, keys: list[str], *options: str) -> dict[str, int]:
    ended = qqnews("crawl", "--json", "--delay", "0", "--concurrency", "8", *options, *keys)
    assert ended.code == 0, ended.err
    return ended.counts


def groups_of_copies(data: Path) -> set[frozenset[str]]:
    """The sets of articles that point at one first, it included."""
    found = defaultdict(set)
    for article_id, first in rows(data, "SELECT id, copy_of FROM articles"):
        found[first or article_id].add(article_id)
    return {frozenset(group) for group in found.values()}


def contents(data: Path) -> dict[str, tuple[object, ...]]:
    """All that an export states of each article but when it was seen; and its newest revision's hash and author."""
    query = """
        SELECT a.id, a.title, a.summary, a.body, a.author, a.media, a.media_id, a.channel, a.keywords, a.thumbnail,
            a.published_at, a.published_raw, a.kind, a.location, a.comment_id, a.layout, a.content_hash,
            a.revision, r.content_hash, r.author
        FROM articles a JOIN revisions r ON r.article_id = a.id AND r.revision = a.revision
    """
    return {row[0]: row[1:] for row in rows(data, query)}


def test_500_files_and_the_same_articles_from_the_site_in_either_order(
    qqnews: Run, fresh_site: Site, data: Path, tmp_path: Path
) -> None:
    assert publish_copies(fresh_site) == 3
    keys = list(fresh_site.world.ids)
    write_files(fresh_site, tmp_path / "files", keys)
    ended = qqnews("ingest", str(tmp_path / "files"), "--json")
    assert (ended.code, ended.counts["kept"] + ended.counts["copy"]) == (0, len(keys))
    assert rows(data, "SELECT DISTINCT author FROM articles") == [("",)]

    assert crawl(qqnews, keys, "--refetch")["same"] == len(keys)
    learned, copies = contents(data), groups_of_copies(data)
    assert_no_edits(qqnews, data)
    assert rows(data, "SELECT count(*) FROM articles WHERE author = ''") == [(0,)]
    assert max(map(len, copies)) == 4
    assert qqnews("reextract", "--apply", "--json").report["changed"] == 0

    shutil.rmtree(data)
    crawl(qqnews, keys)
    assert (contents(data), groups_of_copies(data)) == (learned, copies)
    files = {path: path.read_bytes() for path in (data / "articles").rglob("*.md")}
    assert qqnews("ingest", str(tmp_path / "files"), "--json").counts == {"same": len(keys)}
    assert_no_edits(qqnews, data)
    assert (contents(data), groups_of_copies(data)) == (learned, copies)
    assert {path: path.read_bytes() for path in (data / "articles").rglob("*.md")} == files


def publish_copies(site: Site) -> int:
    """Publish one text three times more; how many of these read like it to the sign (some link to other articles)."""
    world = site.world
    for key in world.of_layout("v2")[1:]:
        made = site.publish(3, copy_of=key)
        if all(world.truth(each).body == world.truth(key).body for each in made):
            return len(made)
    return 0


def assert_no_edits(qqnews: Run, data: Path) -> None:
    assert rows(data, "SELECT revision, kind, count(*) FROM revisions GROUP BY 1, 2") == [
        (1, "first", rows(data, "SELECT count(*) FROM articles")[0][0])
    ]
    assert qqnews("list", "--edited").out == ""
    assert list(verify(data, deep=True)) == []


def test_rows_made_again_from_their_files_are_not_edited_by_the_next_look(
    qqnews: Run, fresh_site: Site, data: Path
) -> None:
    keys = [*fresh_site.world.of_layout("v2", "static", "video")[:6], *fresh_site.world.of_layout("classic")[:3]]
    crawl(qqnews, keys, "--no-raw")
    before = contents(data)
    for file in data.glob("archive.db*"):
        file.unlink()
    list(repair(data, datetime.now(UTC)))
    assert rows(data, "SELECT DISTINCT author FROM articles") == [("",)]
    assert crawl(qqnews, keys, "--refetch")["same"] == len(keys)
    assert contents(data) == before
    assert_no_edits(qqnews, data)
