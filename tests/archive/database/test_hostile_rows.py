"""Rows that somebody else wrote, past all checks: every command names what it cannot read, and does the rest."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest

from archive.errors import ExitCode
from tests.archive.database.hostile import ARTICLES, OTHERS, hostile_id, write_hostile_rows
from tests.archive.samples import an_article
from tests.archive.specimen import make_archive
from tests.archive.web.client import get
from tests.archive.web.serving import serving
from tests.conftest import Called, call_here
from tests.crawler.archived import rows

SOUND = {an_article(number).id for number in range(6)}
BROKEN_KEYWORDS = hostile_id([column for column, values in ARTICLES.items() for _ in values].index("keywords"))

COMMANDS: dict[str, ExitCode] = {
    "list": ExitCode.PARTIAL,
    "list --json": ExitCode.PARTIAL,
    "list --gone": ExitCode.OK,
    "list --edited": ExitCode.PARTIAL,
    f"show {an_article(1).id}": ExitCode.OK,
    f"show {BROKEN_KEYWORDS}": ExitCode.DAMAGED,
    f"show {BROKEN_KEYWORDS} --json": ExitCode.DAMAGED,
    "show 20250302A0000500": ExitCode.PARTIAL,
    f"diff {an_article(0).id}": ExitCode.OK,
    "diff 20250302A0000500": ExitCode.PARTIAL,
    "stats": ExitCode.OK,
    "search 渔夫": ExitCode.PARTIAL,
    "search --rebuild 渔夫": ExitCode.PARTIAL,
    "search 渔夫 --json --collapse": ExitCode.PARTIAL,
    "duplicates rebuild": ExitCode.PARTIAL,
    "duplicates list": ExitCode.OK,
    f"duplicates show {an_article(1).id}": ExitCode.OK,
    "render": ExitCode.PARTIAL,
    "recheck --dry-run": ExitCode.PARTIAL,
    "verify": ExitCode.DAMAGED,
    "verify --deep": ExitCode.DAMAGED,
    "repair --dry-run": ExitCode.DAMAGED,
    "repair": ExitCode.DAMAGED,
    "media missing": ExitCode.PARTIAL,
    "backup ../copy.db": ExitCode.OK,
    "status": ExitCode.PARTIAL,
    "status --json": ExitCode.PARTIAL,
    "schedule list": ExitCode.OK,
    "schedule next": ExitCode.OK,
    "schedule history": ExitCode.PARTIAL,
    f"takedown {BROKEN_KEYWORDS} --reason 9 --yes": ExitCode.OK,
}
EXPORTS = ("jsonl", "jsonl-gz", "csv", "parquet", "huggingface", "sqlite", "markdown", "warc", "feed", "report")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("hostile") / "data"
    make_archive(data)
    write_hostile_rows(data)
    return data


@pytest.fixture
def data(hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data = tmp_path / "data"
    shutil.copytree(hostile, data)
    monkeypatch.chdir(data)
    return data


def named(told: Called, table: str) -> int:
    return sum(line.startswith(f"qqnews: {table}/") for line in told.err.splitlines())


def count(data: Path, table: str) -> int:
    ((number,),) = rows(data, f"SELECT count(*) FROM {table}")
    return int(number)


def test_there_are_rows_for_every_column(hostile: Path) -> None:
    assert sum(map(len, ARTICLES.values())) >= 40
    with closing(sqlite3.connect(hostile / "archive.db")) as connection:
        for table in ("articles", *OTHERS):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 5, table
        columns = {row[1] for row in connection.execute("PRAGMA table_info(articles)")}
    assert columns == ARTICLES.keys()


@pytest.mark.parametrize("words", COMMANDS)
def test_no_row_stops_a_command(data: Path, words: str) -> None:
    told = call_here(data, *words.split())
    assert told.code == COMMANDS[words], told.err[-800:]
    if told.code == ExitCode.PARTIAL:
        assert "cannot be read" in told.err + told.out


def test_every_article_is_listed_or_named(data: Path) -> None:
    told = call_here(data, "list", "--json", "--limit", "1000")
    shown = [json.loads(line)["id"] for line in told.out.splitlines()]
    assert set(shown) >= SOUND
    assert len(shown) + named(told, "articles") == count(data, "articles")


def test_every_article_is_found_or_named(data: Path) -> None:
    told = call_here(data, "search", "--json", "--rebuild", "--limit", "1000", "天气")
    shown = {json.loads(line)["id"] for line in told.out.splitlines()}
    assert shown >= SOUND - {an_article(0).id}  # Its text is another one now.
    assert len(shown) + named(told, "articles") >= count(data, "articles") - len(ARTICLES["body"]) - 1


@pytest.mark.parametrize("form", EXPORTS)
def test_an_export_says_how_many_rows_it_left_out(data: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "made"
    told = call_here(data, "export", form, str(target))
    assert told.code == ExitCode.PARTIAL
    said = json.loads((target / "export.json").read_bytes())
    left_out = said["unreadable"]["articles"]
    assert f"left out as unreadable: {left_out} articles" in told.out
    assert left_out == named(told, "articles") > 0
    if form not in ("feed", "warc"):
        assert left_out + said["articles"] == count(data, "articles")
    if form == "jsonl":
        lines = [json.loads(line) for path in target.rglob("articles*.jsonl") for line in path.read_text().splitlines()]
        assert {line["id"] for line in lines} >= SOUND
        assert len(lines) == said["articles"]


def test_an_export_of_all_tables_says_so_too(data: Path, tmp_path: Path) -> None:
    told = call_here(data, "export", "jsonl", str(tmp_path / "made"), "--revisions", "--pictures", "--filter", "mask")
    assert told.code == ExitCode.PARTIAL
    said = json.loads((tmp_path / "made" / "export.json").read_bytes())
    assert set(said["unreadable"]) >= {"articles", "revisions"}


def test_an_export_of_sound_rows_says_nothing(tmp_path: Path) -> None:
    make_archive(tmp_path / "data")
    told = call_here(tmp_path / "data", "export", "jsonl", str(tmp_path / "made"))
    assert (told.code, "unreadable" in told.out) == (0, False)


def test_what_nobody_has_a_copy_of_is_accepted_or_put_aside(data: Path, tmp_path: Path) -> None:
    assert call_here(data, "repair", "--accept").code == 0
    assert call_here(data, "repair", "--accept").out == "mended: 0, beyond repair: 0\n"
    assert call_here(data, "verify", "--deep").code == 0
    told = call_here(data, "list", "--json", "--limit", "1000")
    assert (told.code, told.err) == (0, "")
    assert {json.loads(line)["id"] for line in told.out.splitlines()} >= SOUND
    for words in ("search 渔夫", "render", "stats", "media missing"):
        assert call_here(data, *words.split()).code == 0, words
    assert call_here(data, "export", "jsonl", str(tmp_path / "made")).code == 0
    assert "cannot be read" not in call_here(data, "status").out


def test_a_page_of_a_row_that_cannot_be_read_says_so(data: Path) -> None:
    ids = [*SOUND, *(hostile_id(number) for number in range(sum(map(len, ARTICLES.values()))))]
    with serving(data) as served:
        for path in ("/", "/?channel=life", "/channels", "/hot", "/search?q=%E6%B8%94%E5%A4%AB", "/edits", "/status"):
            assert get(served.address, path).status == 200, path
        for path in ("/removals", "/feeds/newest.atom", "/feeds/edits.atom", "/metrics"):
            assert get(served.address, path).status == 200, path
        told = {key: get(served.address, f"/article/{key}", accept_language="en") for key in ids}
        assert {told[key].status for key in SOUND} == {200}
        assert {each.status for each in told.values()} == {200, 404, 503}
        assert all(
            "The archive's row of this article is damaged" in unescape(each.text)
            for each in told.values()
            if each.status == 503
        )
        assert get(served.address, f"/article/{BROKEN_KEYWORDS}.md").status == 503
        assert get(served.address, f"/article/{BROKEN_KEYWORDS}/changes").status in (404, 503)
