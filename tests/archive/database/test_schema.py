"""Opening: an archive is made, found, brought up to date, or refused untouched."""

import hashlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.database.migrations import migrations
from archive.errors import ArchiveNotWritable, ExitCode, NewerArchive, NoArchive, NotAnArchive
from archive.store import Archive
from tests.archive.samples import NOON, an_article

CONTRACT = {
    "articles": "id url title summary body published_at published_raw author media media_id channel keywords "
    "thumbnail kind location comment_id content_hash revision copy_of status first_seen last_seen next_check "
    "layout raw_ref markdown_path provenance missing_since gone_at doubt source_account source_url "
    "published_precision animations",
    "revisions": "article_id revision seen_at content_hash title summary body raw_ref kind changes author",
    "sightings": "article_id source rank seen_at",
    "links": "id url source listed_at state attempts lease_until not_before last_error rank given_up media media_id",
    "hosts": "host next_at backoff_until strikes",
    "media": "sha256 url path bytes mime",
    "pictures": "url sha256 article_id tries tried_at last_error",
    "payloads": "sha256 raw_ref url fetched_at",
    "runs": "id job due_at started_at ended_at verdict exit_code counts host pid because times first_at",
    "polls": "id run_id source polled_at pages listed fresh overlapped newest_at oldest_at times first_at",
    "gaps": "id source after_at before_at most found_at closed_at known_until tries",
    "coverage": "id run_id layout read_at pages fields times first_at",
    "notices": "id job kind verdict because at since log",
    "recipients": "id label told_until told_at tries not_before last_error named_by",
    "identity": "id archive",
    "timetables": "job timetable since settled_until named_by jitter command",
    "due_times": "job due_at state reason run_id attempts settled_at times first_at",
    "locks": "name token host boot space pid pid_started purpose run_id taken_at beat_at beat child_pid child_started",
}


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("table", CONTRACT)
def test_tables_and_columns_are_those_of_the_contract(archive: Archive, table: str) -> None:
    rows = archive.database.connection.execute(f"PRAGMA table_info({table})").fetchall()
    assert {row["name"] for row in rows} == set(CONTRACT[table].split())
    strict = archive.database.connection.execute("SELECT strict FROM pragma_table_list WHERE name = ?", (table,))
    assert strict.fetchone()[0] == 1


def test_settings_that_durability_rests_on(archive: Archive) -> None:
    pragma = {
        name: archive.database.connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
    }
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 60_000}


def test_an_archive_is_made_once_and_then_found(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "new" / "data") as made:
        made.keep(an_article(), seen_at=NOON)
    with Archive.open(tmp_path / "new" / "data") as found:
        assert found.article(an_article().id).article == an_article()
    names = {path.name for path in (tmp_path / "new" / "data").iterdir()}
    assert names == {"archive.db", "articles"}


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoArchive, match="--data"):
        Archive.existing(tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_an_archive_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as old:
        migrations().apply(Database(old), stop_before="0002_frontier")
    with Archive.existing(tmp_path) as archive:
        assert archive.stats()["links"] == {}
        assert archive.stats()["runs"] == 0


def test_an_archive_of_a_later_version_is_refused_untouched(tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "archive.db")) as later, later:
        later.execute("INSERT INTO _sqlite_migrations VALUES (99, 'qqnews', '0099_of_tomorrow', '2030-01-01')")
    before = fingerprint(tmp_path / "archive.db")
    with pytest.raises(NewerArchive, match="0099_of_tomorrow"):
        Archive.open(tmp_path)
    assert fingerprint(tmp_path / "archive.db") == before


@pytest.mark.parametrize("content", [b"", b"hello\n", b"SQLite format 3\x00" + b"\xff" * 4080, b"\x00" * 8192])
def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "archive.db").write_bytes(content)
    with pytest.raises(NotAnArchive, match="cannot be used as an archive"):
        Archive.open(tmp_path)
    assert (tmp_path / "archive.db").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["archive.db"]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_something_else_is_refused_untouched(tmp_path: Path, mode: str) -> None:
    with closing(sqlite3.connect(tmp_path / "archive.db")) as other, other:
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("CREATE TABLE articles (id TEXT PRIMARY KEY, mine TEXT)")
    before = fingerprint(tmp_path / "archive.db")
    with pytest.raises(NotAnArchive, match="something else") as caught:
        Archive.open(tmp_path)
    assert caught.value.exit_code == ExitCode.ARCHIVE
    assert fingerprint(tmp_path / "archive.db") == before


def test_a_directory_in_the_place_of_the_data_directory_s_parent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(ArchiveNotWritable, match="mend its rights"):
        Archive.open(tmp_path / "file" / "data")


def test_an_archive_that_another_keeps_to_itself_for_seconds_is_waited_for(tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    other = sqlite3.connect(tmp_path / "archive.db", isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    longer_than_sqlite_waits_by_itself = 6.0
    release = threading.Timer(longer_than_sqlite_waits_by_itself, other.close)
    release.start()
    Archive.existing(tmp_path).close()
    assert release.finished.is_set()


def test_a_copy_made_by_vacuum_into_is_an_archive(archive: Archive, tmp_path: Path) -> None:
    archive.keep(an_article(), seen_at=NOON)
    archive.database.connection.execute("VACUUM INTO ?", (str(tmp_path / "archive.db"),))
    with Archive.existing(tmp_path) as copy:
        assert copy.known([an_article().id]) == {an_article().id}
        assert copy.database.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_migrations_are_numbered_in_their_order() -> None:
    names = [migration.name for migration in migrations().pending(Database(memory=True))]
    numbers = [int(name[:4]) for name in names]
    assert numbers == sorted(set(numbers))


RELEASED = {
    "0001_articles": "40a9b8d2af525d50",
    "0002_frontier": "60f74fcce5982a58",
    "0003_runs": "2989605d6471b4f1",
    "0004_evidence": "cb4733ee1b2b6e7a",
    "0005_erasures": "4cd2adaff13ee0f7",
    "0006_seals": "e8cecba4bb82cd71",
    "0007_schedules": "dc4f3c6298085a8e",
    "0008_duplicates": "32d5264b81c7b205",
    "0009_changes": "2ac0f73978080cad",
    "0010_strikes": "d61f96219a95d0d5",
    "0011_polls": "57bdc6c46700ff55",
    "0012_notices": "97642b3efb71768f",
    "0013_browsing": "6fe17641f54b7da0",
    "0014_thinned": "b78aabb72454d566",
    "0015_ledger": "82781552697e4695",
    "0016_identity": "02aeb3ea7c56a5b0",
    "0017_links": "cd64cf7269c41e96",
    "0018_capture_files": "0911697b7c538e18",
    "0020_authors_and_dates": "9f4ee3ee2941dfba",
    "0021_known_clock": "6314029414df6ebb",
    "0023_source_account": "b50bc06968530163",
    "0024_published_precision": "5626d8a02dfaae89",
}


@pytest.mark.parametrize("name", RELEASED)
def test_released_migrations_are_never_edited(name: str) -> None:
    names = [migration.name for migration in migrations().pending(Database(memory=True))]
    database = Database(memory=True)
    migrations().apply(database, stop_before=names[names.index(name) + 1 :][:1])
    rows = database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
    tables = "\n".join(" ".join(sql.split()) for (sql,) in rows)
    assert hashlib.sha256(tables.encode()).hexdigest()[:16] == RELEASED[name]
