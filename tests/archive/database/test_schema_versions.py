"""An archive of each earlier version opens, with everything in it; a newer one is refused politely."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.database.migrations import migrations
from archive.database.schema import applied_migrations
from archive.repair.repair import repair
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.samples import NOON, an_article
from tests.conftest import QQNEWS

DUMPS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data directory with the database of an earlier version."""
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as connection:
        connection.executescript(request.param.read_text("utf-8"))
    assert applied_migrations(tmp_path / "archive.db")[-1] == request.param.stem
    return tmp_path


def test_every_version_has_its_dump() -> None:
    assert [path.stem for path in DUMPS] == [step.name for step in migrations().pending(Database(memory=True))]


def test_an_old_archive_opens_with_everything_in_it(old: Path) -> None:
    with Archive.existing(old) as archive:
        assert {it.article.id: it.article for it in archive.articles()} == {
            an_article(number).id: an_article(number) for number in (1, 2)
        }
        assert [it.revision for it in archive.revisions(an_article(1).id)] == [1]
        assert archive.stats()["sightings"] == 2


def test_an_old_archive_goes_on(old: Path) -> None:
    with Archive.open(old) as archive:
        assert archive.keep(an_article(1), seen_at=NOON).verdict == "same"
        assert archive.keep(an_article(2, body="改过了。"), seen_at=NOON).verdict == "changed"
        assert archive.keep(an_article(3), seen_at=NOON).verdict == "new"
    assert list(verify(old, deep=True)) == []


def test_an_old_archive_is_repaired_like_any_other(old: Path) -> None:
    assert [step.act is None for step in repair(old, datetime.now(UTC))] == [False, False]
    assert list(verify(old, deep=True)) == []


@pytest.mark.parametrize("command", [["list"], ["verify"], ["repair"], ["backup", "B"], ["ingest", "."], ["takedown"]])
def test_a_newer_archive_is_refused_in_one_line_and_not_touched(tmp_path: Path, command: list[str]) -> None:
    data = tmp_path / "data"
    Archive.open(data).close()
    with closing(sqlite3.connect(data / "archive.db")) as later, later:
        later.execute("INSERT INTO _sqlite_migrations VALUES (99, 'qqnews', '0099_of_tomorrow', '2030-01-01')")
    before = (data / "archive.db").read_bytes()
    more = [an_article(1).id, "--reason", "x", "--yes"] if command == ["takedown"] else []
    ended = subprocess.run(
        [str(QQNEWS), "--data", str(data), *command, *more], capture_output=True, text=True, cwd=tmp_path
    )
    assert ended.returncode == 21
    assert ended.stderr.count("\n") == 1
    assert "update qqnews" in ended.stderr
    assert (data / "archive.db").read_bytes() == before


def test_the_version_before_this_one_can_be_read_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as connection:
        connection.executescript(DUMPS[-2].read_text("utf-8"))
    with closing(Archive.to_read(tmp_path)) as archive:
        assert archive.article(an_article(1).id).article == an_article(1)
    assert applied_migrations(tmp_path / "archive.db")[-1] == DUMPS[-2].stem
