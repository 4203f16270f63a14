"""What is wrong with an archive and its disk is found, and each finding has its cure."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.monitoring import health_checks as diagnosis
from archive.monitoring.health_checks import CheckResult, Level, examine_archive, file_system_of
from archive.store import Archive
from tests.archive.samples import NOON, an_article


def found(data: Path) -> dict[str, list[CheckResult]]:
    """Area → findings that are not fine; each of them names its cure."""
    findings = list(examine_archive(data))
    assert all(finding.cure for finding in findings if finding.level is not Level.FINE)
    areas = {finding.area for finding in findings}
    return {area: [it for it in findings if it.area == area and it.level is not Level.FINE] for area in areas}


def test_nothing_is_wrong(archive: Archive) -> None:
    archive.keep(an_article(1), seen_at=NOON)
    before = sorted(path.name for path in archive.data.rglob("*"))
    assert found(archive.data) == {area: [] for area in ("versions", "time zones", "rights", "disk", "database")}
    assert sorted(path.name for path in archive.data.rglob("*")) == before


def test_no_directory_yet_is_no_fault(tmp_path: Path) -> None:
    (finding,) = found(tmp_path / "none")["directory"]
    assert finding.level is Level.NOTE
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("place", ["file/x", "file/x/y", "file", "nowhere"])
def test_a_directory_that_cannot_be_made(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (finding,) = found(tmp_path / place)["directory"]
    assert (finding.level, "is no directory" in finding.what, "--data" in finding.cure) == (Level.ERROR, True, True)


def test_a_directory_whose_name_is_too_long(tmp_path: Path) -> None:
    (finding,) = found(tmp_path / ("x" * 300))["directory"]
    assert (finding.level, "too long" in finding.what) == (Level.ERROR, True)


def test_the_disk_is_looked_at_where_the_directory_is_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QQNEWS_DISK_FLOOR", "9999T")
    (finding,) = found(tmp_path / "a" / "b")["disk"]
    assert finding.level is Level.ERROR


def test_a_directory_that_is_not_ours_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    (finding,) = found(tmp_path / "a/b")["directory"]
    assert (finding.level, f"{tmp_path} is not ours to write" in finding.what) == (Level.ERROR, True)


def test_a_damaged_database(archive: Archive) -> None:
    for number in range(30):
        archive.keep(an_article(number), seen_at=NOON)
    archive.close()
    path = archive.data / "archive.db"
    content = bytearray(path.read_bytes())
    content[4096 * 4 : 4096 * 30] = b"\xff" * 4096 * 26
    path.write_bytes(content)
    (finding,) = found(archive.data)["database"]
    assert (finding.level, "repair" in finding.cure) == (Level.ERROR, True)


def test_an_older_and_a_newer_archive(tmp_path: Path) -> None:
    dump = Path(__file__).parent.parent / "database/schemas/0006_seals.sql"
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as connection:
        connection.executescript(dump.read_text("utf-8"))
    (older,) = found(tmp_path)["database"]
    assert (older.level, "0006_seals" in older.what) == (Level.NOTE, True)
    Archive.existing(tmp_path).close()  # A newer version has all that this one has.
    with closing(sqlite3.connect(tmp_path / "archive.db")) as later, later:
        later.execute("INSERT INTO _sqlite_migrations VALUES (99, 'qqnews', '0099_of_tomorrow', '2030-01-01')")
    (newer,) = found(tmp_path)["database"]
    assert (newer.level, "update qqnews" in newer.what) == (Level.ERROR, True)


def test_a_check_that_would_take_too_long_is_left_to_verify(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        archive.keep(an_article(number, body="长" * 20_000), seen_at=NOON)
    monkeypatch.setattr(diagnosis, "QUICK_CHECK", -1.0)
    monkeypatch.setattr(diagnosis, "STEPS", 100)
    (finding,) = found(archive.data)["database"]
    assert (finding.level, finding.cure) == (Level.NOTE, "'qqnews verify'")


def test_a_disk_that_is_too_full(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QQNEWS_DISK_FLOOR", "9000T")
    assert [it.level for it in found(archive.data)["disk"]] == [Level.ERROR]


def test_a_log_that_grows_because_somebody_reads_for_ever(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.keep(an_article(1), seen_at=NOON)
    monkeypatch.setattr(diagnosis, "LARGE_WAL", 1)
    (finding,) = found(archive.data)["database"]
    assert "not yet merged" in finding.what


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_somebody_else(archive: Archive) -> None:
    os.chown(archive.data / "archive.db", 12345, -1)
    (finding,) = found(archive.data)["rights"]
    assert (finding.level, "archive.db" in finding.what, "chown" in finding.cure) == (Level.WARNING, True, True)


def test_a_network_disk(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nhost:/x {archive.data.resolve()} nfs4 rw 0 0\ntmpfs /none tmpfs rw 0 0\n")
    assert file_system_of(archive.data, mounts) == "nfs4"
    assert file_system_of(tmp_path, mounts) == "ext4"
    assert file_system_of(tmp_path, tmp_path / "nothing") == ""
    monkeypatch.setattr(diagnosis, "file_system_of", lambda path: "nfs4")
    assert [it.level for it in found(archive.data)["disk"]] == [Level.ERROR]
