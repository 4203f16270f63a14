"""Commands that fetch, in an archive in which somebody else wrote rows past all checks: the others are done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive.article.markdown import to_markdown
from archive.article.model import Article
from archive.errors import ExitCode
from archive.store import Archive
from tests.archive.database.hostile import OTHERS, write_hostile_rows
from tests.archive.samples import NOON, an_article
from tests.conftest import Called
from tests.crawler.archived import hours_pass, rows
from tests.site.site import Site

Run = Callable[..., Called]


def break_row(data: Path, key: str, column: str, value: str) -> None:
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute(f"UPDATE articles SET {column} = {value} WHERE id = ?", (key,))


@pytest.mark.parametrize(
    ("column", "value"), [("keywords", "'{broken'"), ("status", "'frozen'"), ("title", "CAST(x'41ff' AS TEXT)")]
)
def test_an_article_whose_row_cannot_be_read_stops_no_crawl(
    qqnews: Run, fresh_site: Site, data: Path, column: str, value: str
) -> None:
    keys = fresh_site.world.of_layout("v2")[:6]
    assert qqnews("crawl", *keys, "--delay", "0").code == 0
    bad, edited = keys[2], keys[4]
    break_row(data, bad, column, value)
    for key in (bad, edited):
        fresh_site.edit(key, "body")
    told = qqnews("crawl", *keys, "--refetch", "--delay", "0")
    assert (told.code, f"articles/{bad}: its {column} cannot be read" in told.out + told.err) == (
        ExitCode.PARTIAL,
        True,
    )
    assert rows(data, f"SELECT revision FROM articles WHERE id = '{edited}'") == [(2,)]
    hours_pass(data, 24 * 400)
    looked = qqnews("recheck", "--delay", "0")
    assert looked.code in (ExitCode.OK, ExitCode.PARTIAL)
    assert rows(data, f"SELECT revision FROM articles WHERE id = '{bad}'") == [(1,)]
    assert qqnews("verify").code == ExitCode.DAMAGED


def test_an_ingested_file_of_such_an_article_stops_no_other(qqnews: Run, data: Path, tmp_path: Path) -> None:
    articles = [an_article(number) for number in range(5)]
    with Archive.open(data) as archive:
        for article in articles:
            archive.keep(article, seen_at=NOON)
    break_row(data, articles[1].id, "keywords", "'{broken'")
    files = [written(tmp_path, article) for article in [*articles, an_article(9)]]
    told = qqnews("ingest", *map(str, files))
    assert told.code == ExitCode.PARTIAL
    assert f"articles/{articles[1].id}: its keywords cannot be read" in told.out + told.err
    assert rows(data, f"SELECT count(*) FROM articles WHERE id = '{an_article(9).id}'") == [(1,)]


def written(folder: Path, article: Article) -> Path:
    path = folder / f"{article.id}.md"
    path.write_text(to_markdown(article), encoding="utf-8")
    return path


@pytest.mark.parametrize("tables", [("articles", "revisions"), tuple(OTHERS)], ids=["texts", "others"])
def test_a_crawl_of_a_channel_among_hostile_rows(
    qqnews: Run, fresh_site: Site, data: Path, tables: tuple[str, ...]
) -> None:
    with Archive.open(data) as archive:
        archive.keep(an_article(1), seen_at=NOON)
    write_hostile_rows(data, *tables)
    before = rows(data, "SELECT count(*) FROM articles")[0][0]
    told = qqnews("crawl", "--source", "channel:tech", "--limit", "5", "--delay", "0")
    assert told.code in (ExitCode.OK, ExitCode.PARTIAL)
    assert rows(data, "SELECT count(*) FROM articles")[0][0] >= before + 1
    fetched = qqnews("media", "fetch", "--limit", "5", "--delay", "0")
    assert fetched.code in (ExitCode.OK, ExitCode.PARTIAL)
    looked = qqnews("recheck", "--limit", "3", "--delay", "0")
    # The site has none of these articles: that all of them are gone is no word to be believed.
    assert looked.code in (ExitCode.OK, ExitCode.PARTIAL, ExitCode.CHANGED)
    assert qqnews("verify").code == ExitCode.DAMAGED
