"""Revisions that repair could not have back: their numbers stay, and nobody is shown an empty text as the site's."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow.parquet
import pytest

from archive.errors import ExitCode
from archive.repair.repair import repair
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.repair.test_repair import FIRST, NOW, SECOND, file_of, helpless, repaired, run_sql, specimen
from tests.archive.samples import EVENING, an_article
from tests.archive.web.client import get
from tests.archive.web.serving import serving
from tests.conftest import QQNEWS

__all__ = ["specimen"]


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def lost(data: Path) -> Path:
    """An article with three texts, the second of which is lost."""
    with Archive.existing(data) as archive:
        archive.keep(an_article(0, body="又改了一次，这是第三版的文字。"), seen_at=EVENING)
    run_sql(data, f"DELETE FROM revisions WHERE article_id = '{FIRST}' AND revision = 2")
    assert f"revisions/{FIRST}/2" in [step.where for step in repaired(data, accept=True)]
    assert list(verify(data, deep=True)) == []
    return data


def qqnews(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(QQNEWS), "--data", str(data), *arguments], capture_output=True, text=True)


def test_the_commands_say_that_it_is_lost(lost: Path) -> None:
    whole = qqnews(lost, "show", FIRST)
    assert "revision 2 lost: no copy of its text was found" in whole.stdout
    told = json.loads(qqnews(lost, "show", FIRST, "--json").stdout)["revisions"]
    assert [each["kind"] for each in told] == ["first", "lost", "edited"]
    for arguments in (["show", FIRST, "--revision", "2"], ["diff", FIRST], ["diff", FIRST, "1", "2"]):
        refused = qqnews(lost, *arguments)
        assert (refused.returncode, refused.stdout) == (ExitCode.NOT_FOUND, ""), arguments
        assert f"revision 2 of {FIRST} is lost" in refused.stderr
    assert qqnews(lost, "diff", FIRST, "1", "3").returncode == 0


def test_it_counts_as_no_edit(lost: Path) -> None:
    with Archive.existing(lost) as archive:
        query = "SELECT count(*) FROM revisions WHERE kind = 'edited'"
        assert archive.database.connection.execute(query).fetchone()[0] == 1
        assert archive.stats()["reparsed"] == 0


def test_reading_the_captures_again_leaves_it_alone(lost: Path) -> None:
    with Archive.existing(lost) as archive:
        before = archive.revisions(FIRST)
    assert "5 compared" in qqnews(lost, "reextract", "--apply").stdout
    with Archive.existing(lost) as archive:
        assert [each for each in archive.revisions(FIRST) if each.is_lost] == [before[1]]
    assert list(verify(lost)) == []


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet"])
def test_an_export_says_that_it_is_lost_and_gives_no_text(lost: Path, name: str) -> None:
    done = qqnews(lost, "export", name, str(lost / "exports" / "x"), "--revisions")
    assert done.returncode == 0, done.stderr
    (path,) = (lost / "exports/x/data").glob("revisions*")
    if name == "jsonl":
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    elif name == "csv":
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    else:
        rows = pyarrow.parquet.read_table(path).to_pylist()
    (row,) = [row for row in rows if row["article_id"] == FIRST and int(row["revision"]) == 2]
    assert row["kind"] == "lost"
    nothing = "" if name == "csv" else None  # CSV has no null.
    assert {row[column] for column in ("title", "summary", "body", "content_hash")} == {nothing}
    assert [row["kind"] for row in rows].count("lost") == 1


def test_the_web_page_says_that_it_is_lost_and_shows_no_text(lost: Path) -> None:
    with serving(lost) as served:
        page = get(served.address, f"/article/{FIRST}?revision=2", accept_language="en")
        assert page.status == 200
        assert "Damage took the text of revision 2" in page.text
        assert '<div class="text"' not in page.text
        assert f"<bdi>{an_article(0).title}</bdi></h1>" in page.text
        listed = get(served.address, f"/article/{FIRST}", accept_language="en").text
        assert re.search(r"</a> lost</li>", listed)
        compared = get(served.address, f"/article/{FIRST}/changes?old=2&new=3", accept_language="en").text
        assert "Damage took the text of revision 2" in compared
        assert "<ins>" not in compared
        assert get(served.address, "/feeds/edits.atom").text.count("<entry>") == 1


Damage = Callable[[Path], None]


def sealed_again(data: Path, *statements: str) -> None:
    """Change rows as this program would: the seals agree, the rows do not agree with each other."""
    with Archive.existing(data) as archive, archive.transaction() as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("change", [run_sql, sealed_again])
@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE revisions SET content_hash = 'v1:00' WHERE article_id = '{FIRST}' AND revision = 2",
        f"UPDATE revisions SET content_hash = 'v1:00', body = 'x' WHERE article_id = '{FIRST}' AND revision = 2",
        f"UPDATE revisions SET content_hash = 'v1:00' WHERE article_id = '{SECOND}'",
        f"UPDATE articles SET revision = 1 WHERE id = '{FIRST}'",
        f"INSERT INTO revisions SELECT article_id, 9, seen_at, 'v1:00', 'x', '', NULL, 'x', kind, changes, author"
        f" FROM revisions WHERE article_id = '{SECOND}'",
    ],
)
def test_revisions_that_contradict_their_article_are_found_and_mended(
    data: Path, change: Callable[..., None], statement: str
) -> None:
    with Archive.existing(data) as archive:
        before = {key: (archive.article(key), archive.revisions(key)) for key in (FIRST, SECOND)}
    change(data, statement)
    assert [each for each in verify(data) if each.part == "database"] != []
    assert helpless(repaired(data, accept=True)) == []
    assert list(verify(data, deep=True)) == []
    with Archive.existing(data) as archive:
        for key, (article, revisions) in before.items():
            assert archive.article(key) == article
            told = [(each.revision, each.title, each.body, each.content_hash) for each in archive.revisions(key)]
            assert told == [(each.revision, each.title, each.body, each.content_hash) for each in revisions]


def test_a_revision_that_is_nobodys_is_named_and_goes_aside(data: Path) -> None:
    stray = (
        "INSERT INTO revisions VALUES ('nobody', 1, '2025', 'v1:00', 'a title', '', NULL, 'a text', 'first', '[]', '')"
    )
    run_sql(data, stray)
    assert {each.where for each in verify(data)} >= {"revisions/nobody"}
    named = [step for step in repair(data, NOW, dry_run=True) if step.where == "revisions/nobody/1"]
    assert [step.act for step in named] == [None]
    assert "--accept" in named[0].how
    assert helpless(repaired(data, accept=True)) == []
    assert list(verify(data, deep=True)) == []
    (kept,) = (data / "damaged").rglob("revisions.jsonl")
    assert json.loads(kept.read_text("utf-8"))["body"] == "a text"


def test_revisions_outlive_their_articles_row(data: Path) -> None:
    with Archive.existing(data) as archive:
        before = archive.revisions(FIRST)
    run_sql(data, f"DELETE FROM articles WHERE id = '{FIRST}'")
    assert helpless(repaired(data, accept=True)) == []
    assert list(verify(data, deep=True)) == []
    with Archive.existing(data) as archive:
        told = [(each.revision, each.seen_at, each.body, each.kind) for each in archive.revisions(FIRST)]
        assert told == [(each.revision, each.seen_at, each.body, each.kind) for each in before]
        assert archive.article(FIRST).revision == 2
    assert file_of(data, 0).exists()


def test_references_to_lost_runs_are_dropped(data: Path) -> None:
    sealed_again(
        data, "INSERT INTO polls (run_id, source, polled_at, pages, listed, fresh) VALUES (1, 'x', 'y', 1, 1, 1)"
    )
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        other.execute("DELETE FROM runs")
    assert helpless(repaired(data, accept=True)) == []
    assert list(verify(data, deep=True)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE _sqlite_migrations SET name = '1012_notices' WHERE name = '0012_notices'",
        "UPDATE _sqlite_migrations SET name = CAST(x'303031fe' AS TEXT) WHERE name = '0013_browsing'",
        "UPDATE _sqlite_migrations SET migration_set = 'qqnewr' WHERE name = '0003_runs'",
        "UPDATE _sqlite_migrations SET migration_set = 'qqnewr' WHERE name = '0013_browsing'",
        "UPDATE _sqlite_migrations SET migration_set = 'qqnewr'",
    ],
)
def test_a_damaged_list_of_migrations_is_no_newer_version(data: Path, statement: str) -> None:
    run_sql(data, statement)
    found = qqnews(data, "verify")
    assert (found.returncode in (16, 21), "Traceback" in found.stderr) == (True, False), found.stderr
    assert helpless(repaired(data)) == []
    assert list(verify(data, deep=True)) == []
