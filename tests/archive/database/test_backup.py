"""Backups: whole, of one moment, while others write; and never over something that is none."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from archive.database.backup import back_up
from archive.errors import BackupRefused, NotAnArchive, QQNewsError
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.samples import NOON, an_article
from tests.conftest import QQNEWS


@pytest.fixture
def filled(archive: Archive) -> Archive:
    with archive.transaction():
        for number in range(20):
            archive.keep(an_article(number), seen_at=NOON, source="tech")
    return archive


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_backup_holds_everything_and_is_an_archive(filled: Archive, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "one.db"
    assert back_up(filled.database, target) == target.stat().st_size
    assert dump(target) == dump(filled.database.path)
    assert [path.name for path in target.parent.iterdir()] == ["one.db"]
    restored = tmp_path / "restored"
    shutil.copytree(filled.data, restored)
    for left in restored.glob("archive.db*"):
        left.unlink()
    shutil.copy(target, restored / "archive.db")
    assert list(verify(restored, deep=True)) == []


def test_a_backup_takes_the_place_of_an_earlier_one(filled: Archive, tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    back_up(filled.database, target)
    filled.keep(an_article(50), seen_at=NOON)
    back_up(filled.database, target)
    assert dump(target) == dump(filled.database.path)


@pytest.mark.parametrize("content", [b"", b"a letter", b"SQLite format 3\0" + b"\0" * 4080])
def test_a_file_that_is_no_backup_is_left_alone(filled: Archive, tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "letter.db"
    target.write_bytes(content)
    with pytest.raises(BackupRefused):
        back_up(filled.database, target)
    assert target.read_bytes() == content


def test_neither_the_archive_itself_nor_a_directory_is_a_place(filled: Archive, tmp_path: Path) -> None:
    before = dump(filled.database.path)
    for place in (filled.database.path, filled.data / "archive.db-wal", tmp_path):
        with pytest.raises(BackupRefused):
            back_up(filled.database, place)
    assert dump(filled.database.path) == before


def test_a_damaged_archive_does_not_replace_a_good_backup(filled: Archive, tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    back_up(filled.database, target)
    good = target.read_bytes()
    filled.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    filled.close()
    content = bytearray(filled.database.path.read_bytes())
    content[4096 * 6 : 4096 * 9] = bytes(4096 * 3)
    filled.database.path.write_bytes(content)
    with pytest.raises(QQNewsError) as caught, Archive.existing(filled.data) as damaged:
        back_up(damaged.database, target)
    assert isinstance(caught.value, NotAnArchive)
    assert target.read_bytes() == good
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "one.db"]


def test_every_backup_made_while_others_write_is_one_moment(filled: Archive, tmp_path: Path) -> None:
    stop, wrote = threading.Event(), threading.Event()

    def write() -> None:
        with Archive.open(filled.data) as writer:
            number = 100
            while not stop.is_set():
                with writer.transaction():
                    for each in range(number, number + 10):
                        writer.keep(an_article(each, body=f"第{each}条。"), seen_at=NOON)
                number += 10
                wrote.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(6):
            wrote.clear()
            assert wrote.wait(60)  # However fast backups are, something comes between two of them.
            back_up(filled.database, tmp_path / f"{number}.db")
    finally:
        stop.set()
        thread.join()
    counts = []
    for number in range(6):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as backup:
            assert backup.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            counts += backup.execute("SELECT count(*) FROM articles").fetchone()
    assert counts == sorted(counts)
    # Writers keep ten at a time: no backup has a part of them.
    assert {count % 10 for count in counts} == {0}
    assert counts[-1] > counts[0]


def test_the_command(filled: Archive, tmp_path: Path) -> None:
    command = [str(QQNEWS), "--data", str(filled.data), "backup", str(tmp_path / "one.db")]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True)
    assert (done.returncode, json.loads(done.stdout)["articles"]) == (0, 20)
    (tmp_path / "letter").write_text("a letter")
    refused = subprocess.run([*command[:4], str(tmp_path / "letter")], capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.count("\n")) == (20, 1)


def archive_of_somebody(place: Path, *, number: int) -> Path:
    """Another archive with one article; its database."""
    with Archive.open(place) as other:
        other.keep(an_article(number), seen_at=NOON)
    return place / "archive.db"


def everything_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_the_database_of_another_archive_is_no_place(filled: Archive, tmp_path: Path) -> None:
    other = archive_of_somebody(tmp_path / "other", number=70)
    before = everything_in(tmp_path / "other")
    link = tmp_path / "link.db"
    link.symlink_to(other)
    for place in (other, link):
        with pytest.raises(BackupRefused):
            back_up(filled.database, place)
    assert everything_in(tmp_path / "other") == before
    other.rename(tmp_path / "lost.db")
    with pytest.raises(BackupRefused, match="directory of an archive"):
        back_up(filled.database, other)
    assert not other.exists()


def test_an_archive_that_is_at_work_is_no_place_wherever_its_log_is(filled: Archive, tmp_path: Path) -> None:
    place = tmp_path / "other"
    with Archive.open(place) as other:
        other.keep(an_article(70), seen_at=NOON)
        assert (place / "archive.db-wal").exists()
        with pytest.raises(BackupRefused):
            back_up(filled.database, place / "archive.db")
        assert other.known([an_article(70).id])
    assert list(verify(place, deep=True)) == []


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_log_without_its_database_is_not_left_beside_a_backup(filled: Archive, tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"one.db{suffix}").write_bytes(b"pages of another database")
    with pytest.raises(BackupRefused, match="lies beside it"):
        back_up(filled.database, tmp_path / "one.db")
    assert not (tmp_path / "one.db").exists()


def test_a_backup_of_another_archive_is_not_replaced(filled: Archive, tmp_path: Path) -> None:
    archive_of_somebody(tmp_path / "other", number=70)
    target = tmp_path / "one.db"
    with Archive.existing(tmp_path / "other") as other:
        back_up(other.database, target)
    theirs = target.read_bytes()
    with pytest.raises(BackupRefused, match="another archive"):
        back_up(filled.database, target)
    assert target.read_bytes() == theirs


def test_a_restored_archive_replaces_the_backups_it_had(filled: Archive, tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    back_up(filled.database, target)
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(target, restored / "archive.db")
    with Archive.existing(restored) as archive:
        archive.keep(an_article(70), seen_at=NOON)
        back_up(archive.database, target)
        assert dump(target) == dump(archive.database.path)


def test_a_link_to_a_backup_stays_one(filled: Archive, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "newest.db"
    link.symlink_to(tmp_path / "disk" / "one.db")
    for _ in range(2):
        back_up(filled.database, link)
    assert link.is_symlink()
    assert dump(tmp_path / "disk" / "one.db") == dump(filled.database.path)


def test_a_pipe_a_device_and_a_socket_are_no_places(filled: Archive, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.db")
    (tmp_path / "zero.db").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.db"))
        command = [str(QQNEWS), "--data", str(filled.data), "backup"]
        for name in ("pipe.db", "zero.db", "socket.db"):
            refused = subprocess.run([*command, str(tmp_path / name)], capture_output=True, text=True, timeout=30)
            assert (refused.returncode, refused.stderr.count("\n")) == (20, 1), refused.stderr
