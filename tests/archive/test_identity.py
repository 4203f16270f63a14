"""Which archive it is: kept by whatever is done to it, its own among all others, and known of old ones, too."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from archive.database.backup import back_up
from archive.errors import ArchiveMissing, BadSetting, ExitCode, OtherArchive
from archive.repair.repair import repair
from archive.store import Archive
from archive.verify.verify import verify
from qqnews import cli
from tests.archive.samples import NOON, an_article
from tests.conftest import clean_environment

OLD = Path(__file__).parent / "database/schemas/0015_ledger.sql"


def identity(data: Path) -> str:
    with Archive.existing(data) as archive:
        return archive.identity


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An archive with something in it."""
    with Archive.open(tmp_path / "data") as archive:
        archive.keep(an_article(1), seen_at=NOON)
    return tmp_path / "data"


def test_each_archive_has_its_own_and_keeps_it(tmp_path: Path) -> None:
    made = [tmp_path / name for name in "abc"]
    for place in made:
        Archive.open(place).close()
    found = [identity(place) for place in made]
    assert len({UUID(each) for each in found}) == 3
    assert [identity(place) for place in made] == found


def test_a_backup_and_a_moved_archive_are_the_same(data: Path, tmp_path: Path) -> None:
    was = identity(data)
    with Archive.existing(data) as archive:
        (tmp_path / "restored").mkdir()
        back_up(archive.database, tmp_path / "restored/archive.db")
    assert identity(tmp_path / "restored") == was
    data.rename(tmp_path / "moved")
    assert identity(tmp_path / "moved") == was


def test_a_repair_that_builds_the_database_anew_keeps_it(data: Path) -> None:
    was = identity(data)
    content = bytearray((data / "archive.db").read_bytes())
    page = int.from_bytes(content[16:18])
    with closing(sqlite3.connect(data / "archive.db")) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sightings'").fetchone()[0]
    content[(root - 1) * page : root * page] = b"\xff" * page
    (data / "archive.db").write_bytes(content)
    assert list(repair(data, datetime.now(UTC)))
    assert identity(data) == was


def test_a_flipped_bit_in_it_is_found_and_mended(data: Path) -> None:
    was = identity(data)
    with closing(sqlite3.connect(data / "archive.db", isolation_level=None)) as connection:
        flipped = was[:-1] + chr(ord(was[-1]) ^ 1)
        connection.execute("UPDATE identity SET archive = ?", (flipped,))
    assert [finding.where for finding in verify(data)] == ["identity/1"]
    list(repair(data, datetime.now(UTC)))
    assert (identity(data), list(verify(data))) == (was, [])


def test_an_old_archive_and_a_backup_from_before_it_had_one_are_the_same(tmp_path: Path) -> None:
    for name in ("archive", "backup"):
        (tmp_path / name).mkdir()
        with closing(sqlite3.connect(tmp_path / name / "archive.db", isolation_level=None)) as connection:
            connection.executescript(OLD.read_text("utf-8"))
    with Archive.existing(tmp_path / "archive") as archive:
        archive.keep(an_article(3), seen_at=NOON)
    assert identity(tmp_path / "archive") == identity(tmp_path / "backup")


def test_only_the_archive_that_is_meant_is_opened(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meant = identity(data)
    Archive.open(tmp_path / "other").close()
    monkeypatch.setenv("QQNEWS_ARCHIVE", meant)
    for opened in (Archive.open(data), Archive.existing(data), Archive.to_read(data)):
        opened.close()
    before = (tmp_path / "other/archive.db").read_bytes()
    for opens in (Archive.open, Archive.existing, Archive.to_read, Archive.to_fill):
        with pytest.raises(OtherArchive, match=f"{meant} is expected: mount its disk or move it back") as caught:
            opens(tmp_path / "other")
        assert caught.value.exit_code is ExitCode.ARCHIVE
        with pytest.raises(ArchiveMissing, match=f"the archive {meant} is not at .*no such directory"):
            opens(tmp_path / "none")
    assert (tmp_path / "other/archive.db").read_bytes() == before
    assert not (tmp_path / "none").exists()


def test_another_archive_of_an_earlier_version_is_not_brought_up_to_date(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    with closing(sqlite3.connect(tmp_path / "old/archive.db", isolation_level=None)) as connection:
        connection.executescript(OLD.read_text("utf-8"))
    before = (tmp_path / "old/archive.db").read_bytes()
    monkeypatch.setenv("QQNEWS_ARCHIVE", identity(data))
    with pytest.raises(OtherArchive):
        Archive.existing(tmp_path / "old")
    assert (tmp_path / "old/archive.db").read_bytes() == before


def test_what_is_no_identity_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QQNEWS_ARCHIVE", "the one on the big disk")
    with pytest.raises(BadSetting, match="QQNEWS_ARCHIVE"):
        Archive.open(data)


COMMANDS = [
    ["crawl", "--source", "hot"],
    ["recheck"],
    ["media", "fetch"],
    ["ingest", "."],
    ["list"],
    ["show", "20250212A090WZ00"],
    ["diff", "20250212A090WZ00"],
    ["search", "x"],
    ["duplicates", "list"],
    ["stats"],
    ["export", "jsonl", "out"],
    ["render"],
    ["reextract"],
    ["schedule", "tick"],
    ["schedule", "run"],
    ["schedule", "once", "hot"],
    ["schedule", "history"],
    ["status"],
    ["verify"],
    ["repair"],
    ["takedown", "20250212A090WZ00", "--reason", "x", "--yes"],
    ["backup", "b.db"],
    ["serve"],
]


PLACES = ["nothing", "an empty directory", "files of an archive", "another archive"]
CASES = [(words, what) for words in COMMANDS for what in PLACES]
# To find that the database is missing beside its files is what this command is for.
CASES.remove((["verify"], "files of an archive"))


@pytest.mark.parametrize(("words", "what"), CASES, ids=lambda each: each if isinstance(each, str) else " ".join(each))
def test_no_command_that_is_told_which_archive_it_is_makes_or_takes_another(
    words: list[str], what: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meant, here = identity(data), tmp_path / "here"
    here.mkdir()
    place = here / "data"
    if what == "another archive":
        Archive.open(place).close()
    elif what != "nothing":
        place.mkdir()
    if what == "files of an archive":
        shutil.copytree(data / "articles", place / "articles")
    before = {path: path.is_file() and path.read_bytes() for path in here.rglob("*")}
    for name, value in clean_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("QQNEWS_ARCHIVE", meant)
    monkeypatch.chdir(here)
    ended = CliRunner().invoke(cli, ["--data", str(place), *words])
    expected = OtherArchive if what == "another archive" else ArchiveMissing
    assert isinstance(ended.exception, expected), ended.output
    assert meant in str(ended.exception)
    assert {path: path.is_file() and path.read_bytes() for path in here.rglob("*")} == before
