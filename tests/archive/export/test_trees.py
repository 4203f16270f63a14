"""Formats that are no rows: SQLite, Markdown for Hugo, feeds, WARC, pictures."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.captures.raw_files import RawWriter
from archive.captures.warc import Capture
from archive.errors import UnreadableRow
from archive.export.pipeline import export
from archive.export.report.statistics import Spans, _binned
from archive.export.request import ExportRequest
from archive.store import Archive
from tests.archive.export.samples import SEEN, articles
from tests.archive.export.trees import tree

MADE = articles()


@pytest.mark.parametrize("name", ["sqlite", "markdown", "feed", "report"])
def test_the_same_state_gives_the_same_bytes(read_only: Archive, tmp_path: Path, name: str) -> None:
    export(read_only, name, tmp_path / "one", ExportRequest())
    export(read_only, name, tmp_path / "two", ExportRequest())
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_sqlite_has_the_rows_and_finds_words(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "sqlite", tmp_path / "x", ExportRequest(revisions=True, pictures=True))
    with closing(sqlite3.connect(tmp_path / "x/dataset.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        counts = [database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("articles", "revisions")]
        assert counts == [40, 42]
        found = database.execute(
            "SELECT id FROM articles WHERE rowid IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?)",
            ('"第12个早晨"',),
        ).fetchall()
    assert found == [(MADE[12].id,)]
    described = json.loads((tmp_path / "x/metadata.json").read_text())
    assert "id" in described["databases"]["dataset"]["tables"]["articles"]["columns"]


@pytest.mark.parametrize(("word", "numbers"), [("第12个早晨", [12]), ("zzzzqqq", [])])
def test_datasette_searches(read_only: Archive, tmp_path: Path, word: str, numbers: list[int]) -> None:
    export(read_only, "sqlite", tmp_path / "x", ExportRequest())
    page = f"/dataset/articles.json?_shape=array&_search={quote(word)}"
    called = [sys.executable, "-m", "datasette", "dataset.db", "-m", "metadata.json", "--get", page]
    done = subprocess.run(called, cwd=tmp_path / "x", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in json.loads(done.stdout)] == [MADE[number].id for number in numbers]


def test_markdown_files_are_those_of_the_archive(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "markdown", tmp_path / "x", ExportRequest())
    written = {path.name: path.read_bytes() for path in (tmp_path / "x/content").rglob("*.md")}
    kept = {path.name: path.read_bytes() for path in (read_only.data / "articles").rglob("*.md")}
    assert written == kept


def test_hugo_builds_a_page_for_every_article(read_only: Archive, tmp_path: Path) -> None:
    if shutil.which("hugo") is None:
        pytest.skip("hugo is not installed")
    export(read_only, "markdown", tmp_path / "x", ExportRequest())
    shutil.copytree(tmp_path / "x", tmp_path / "site")
    done = subprocess.run(["hugo", "--quiet"], cwd=tmp_path / "site", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = [path for path in (tmp_path / "site/public").rglob("*.html") if "<p><time>" in path.read_text()]
    assert sorted(path.parent.name for path in pages) == sorted(article.id for article in MADE), "and no page more"
    page = (tmp_path / "site/public" / MADE[9].id / "index.html").read_text()
    assert MADE[9].title in page
    published = MADE[9].published_at
    assert published is not None
    assert f"{published:%Y-%m-%d %H:%M:%S}" in page


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_feedparser_reads_feeds(read_only: Archive, tmp_path: Path, kind: str) -> None:
    export(read_only, "feed", tmp_path / "x", ExportRequest(limit=30))
    content = (tmp_path / f"x/feed.{kind}").read_bytes()
    found = feedparser.parse(io.BytesIO(content))
    assert not found.bozo, found.get("bozo_exception")
    newest = [article for article in reversed(MADE) if article.published_at][:30]
    assert [entry.link for entry in found.entries] == [article.url for article in newest]
    assert [entry.title for entry in found.entries][:3] == [article.title for article in newest[:3]]
    published = newest[0].published_at
    assert published is not None
    assert tuple(found.entries[0].published_parsed)[:5] == published.utctimetuple()[:5]


def test_json_feed_is_one(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "feed", tmp_path / "x", ExportRequest(text=False))
    found = json.loads((tmp_path / "x/feed.json").read_text())
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert len(found["items"]) == 40
    assert all(datetime.fromisoformat(item["date_published"]).tzinfo for item in found["items"])
    assert all(item["content_text"] for item in found["items"])


def test_warcio_reads_the_captures_of_the_chosen(changing: Archive, tmp_path: Path) -> None:
    writer = RawWriter(changing.data, "crawl")
    for article in MADE[:6]:
        body = b"<p>the same page</p>" if article in MADE[:2] else article.title.encode()
        capture = Capture(
            url=article.url, status=200, headers=(("Content-Type", "text/html"),), body=body, fetched_at=SEEN
        )
        raw_ref = writer.write(capture)
        with changing.transaction() as connection:
            connection.execute("UPDATE articles SET raw_ref = ? WHERE id = ?", (raw_ref, article.id))
    writer.close()
    export(changing, "warc", tmp_path / "x", ExportRequest(channel=("tech",)))
    with (tmp_path / "x/captures.warc.gz").open("rb") as file:
        records = [
            (record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
            for record in ArchiveIterator(file, check_digests="raise")
            if record.rec_type == "response"
        ]
    assert records == [(MADE[0].url, b"<p>the same page</p>"), (MADE[3].url, MADE[3].title.encode())]
    assert (tmp_path / "x/missing.txt").read_text() == ""
    rows = export(changing, "jsonl", tmp_path / "rows", ExportRequest(channel=("tech",)))
    text = (tmp_path / "rows/data/articles.jsonl").read_text()
    assert rows.rows["articles"] == 14
    assert text.count('"raw_digest":null') == 12


def test_the_report_is_one_page_and_its_pictures(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "report", tmp_path / "x", ExportRequest())
    page = (tmp_path / "x/index.html").read_text()
    pictures = list((tmp_path / "x").glob("*.png"))
    assert len(pictures) == 5
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert page.count("data:image/png;base64,") == 5
    assert 'src="http' not in page
    assert "40 articles" in page
    named = json.loads((tmp_path / "x/export.json").read_text())["versions"]
    assert set(named) == {"qqnews", "archive", "near duplicates", "matplotlib", "font"}


@pytest.mark.parametrize(
    ("days", "bars", "width", "heights"),
    [
        ({"2025-01-01": 2, "2025-01-04": 1}, 4, 1, [2, 0, 0, 1]),
        ({"2024-01-01": 7, "2025-06-01": 14}, 74, 7, None),
        ({"2005-01-01": 30, "2025-06-01": 60}, 249, 30, None),
        ({"0001-01-01": 1, "2025-06-01": 1}, 2026, 365, None),
        ({}, 0, 1, []),
    ],
)
def test_time_is_drawn_as_it_passed(days: dict[str, int], bars: int, width: int, heights: list[float] | None) -> None:
    spans = Spans.over(days)
    drawn = spans.per_day([days])
    assert len(spans.starts) == bars
    assert spans.width == width
    assert heights is None or drawn == heights
    last = (date.fromisoformat(max(days)) - spans.starts[-1]).days + 1 if days else 0
    assert sum(drawn[:-1]) * width + sum(drawn[-1:]) * last == pytest.approx(sum(days.values()))


def test_numbers_lie_in_bins_of_which_the_last_has_no_end() -> None:
    assert _binned([(0, 1), (1, 1), (100, 2), (101, 4), (500, 8)], (0, 100, 200)) == {
        "1–100": 4,
        "101–200": 4,
        "over 200": 8,
    }
    assert _binned([(2, 3), (4, 1)], (1, 2, 3)) == {"2": 3, "3": 0, "over 3": 1}


def test_a_channel_with_a_chinese_name_and_a_foreign_date(changing: Archive, tmp_path: Path) -> None:
    with changing.transaction() as connection:
        connection.execute("UPDATE articles SET channel = '财经' WHERE id = ?", (MADE[1].id,))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # As a sign does that no font has.
        export(changing, "report", tmp_path / "x", ExportRequest())
    with closing(sqlite3.connect(changing.data / "archive.db")) as foreign, foreign:
        foreign.execute("UPDATE articles SET published_at = 'spring' WHERE id = ?", (MADE[1].id,))
    named = list[UnreadableRow]()
    changing.pass_over = named.append
    before = len(MADE)
    summary = export(changing, "report", tmp_path / "x", ExportRequest())
    assert [(error.key, error.column) for error in named] == [(MADE[1].id, "published_at")]
    assert summary.manifest.facts["unreadable"] == {"articles": 1}
    assert summary.manifest.facts["articles"] == before - 1
