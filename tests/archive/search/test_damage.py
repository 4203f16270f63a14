"""An index that was damaged is noticed, by verify and by the search itself, and made anew; a sound one never is."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from archive.database.backup import back_up
from archive.repair.repair import repair
from archive.search import sync as keeping
from archive.search.faults import fault_of_file
from archive.search.index import NAME, Index, StaleIndex
from archive.search.sync import index_new
from archive.search.trusted_file import Checked
from archive.store import Archive
from archive.takedown.takedown import take_down
from archive.verify.verify import DamageKind, verify
from tests.archive.samples import EVENING, NOON, an_article
from tests.archive.search.test_commands import ROOT, qqnews
from tests.archive.search.test_keeping import dump, found, keep

QUERIES = ("渔夫", "河边 早晨", '"柳树发了新芽"', "title:第3个", "keywords:春天 OR 郎")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an index of forty articles."""
    data = tmp_path_factory.mktemp("sound") / "data"
    with Archive.open(data) as archive:
        keep(archive, range(40))
        index_new(archive)
    return data


@pytest.fixture
def data(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "data")
    with Archive.existing(tmp_path / "data") as archive:
        index_new(archive)  # A copy is another file: it is looked through once.
    return tmp_path / "data"


def results(data: Path) -> list[set[str]]:
    with Archive.existing(data) as archive:
        return [found(archive, query) for query in QUERIES]


def wrong(data: Path) -> list[tuple[str, str]]:
    return [(each.what, each.where) for each in verify(data)]


def flip(path: Path, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(bit // 8)
        (byte,) = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def test_a_sound_index_is_trusted_until_somebody_else_touches_it(data: Path) -> None:
    assert Checked.of(data / NAME).is_trusted
    assert wrong(data) == []
    with Archive.existing(data) as archive:
        keep(archive, [50])
        index_new(archive)
    assert Checked.of(data / NAME).is_trusted
    times = (data / NAME).stat()
    flip(data / NAME, 8 * 5000)
    os.utime(data / NAME, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not Checked.of(data / NAME).is_trusted


def test_flipped_bits_are_noticed_and_searches_find_what_they_found(data: Path) -> None:
    chance, before = Random(16), results(data)
    whole, size = dump(data), (data / NAME).stat().st_size
    noticed = 0
    for _ in range(40):
        flip(data / NAME, chance.randrange(8 * size))
        with Archive.existing(data) as archive:
            fault = fault_of_file(archive)
            told: list[str] = []
            assert index_new(archive, on_damage=told.append) == 0
        assert (told != []) == (fault != "")
        noticed += told != []
        assert dump(data) == whole
        assert results(data) == before
        size = (data / NAME).stat().st_size
    assert noticed > 15


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def put_another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE letters (words TEXT)")


def put_a_database_with_our_names(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE state (one, made_by, archive, seen, total, seal)")
        other.execute("CREATE TABLE entries (number)")


def put_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def put_a_link_to_a_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def delete_an_entry(path: Path) -> None:
    with closing(sqlite3.connect(path)) as index, index:
        index.execute("DELETE FROM entries WHERE number = (SELECT max(number) FROM entries)")


def change_an_entry(path: Path) -> None:
    with closing(sqlite3.connect(path)) as index, index:
        index.execute(
            "UPDATE entries SET article_id = 'x' || article_id WHERE number = (SELECT max(number) FROM entries)"
        )


def delete_words(path: Path) -> None:
    with closing(sqlite3.connect(path)) as index, index:
        index.execute("DELETE FROM words_data WHERE id = (SELECT max(id) FROM words_data)")


def forget_changes(path: Path) -> None:
    with closing(sqlite3.connect(path)) as index, index:
        index.execute("UPDATE state SET seen = seen - 1")


DAMAGES = (
    *(empty, truncate, put_another_database, put_a_database_with_our_names, put_a_pipe, put_a_link_to_a_device),
    *(delete_an_entry, change_an_entry, delete_words, forget_changes),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda it: it.__name__)
def test_a_damaged_index_is_named_by_verify_and_made_anew_by_the_search(
    data: Path, damage: Callable[[Path], None]
) -> None:
    before = qqnews(data, "search", "渔夫", "--json")
    damage(data / NAME)
    assert wrong(data) == [(DamageKind.DAMAGED, NAME)]
    again = qqnews(data, "search", "渔夫", "--json")
    assert (again.returncode, again.stdout) == (0, before.stdout), again.stderr
    assert again.stderr.startswith(f"qqnews: {NAME} was damaged (")
    assert again.stderr.count("\n") == 1
    assert wrong(data) == []
    assert qqnews(data, "search", "渔夫", "--json").stderr == ""


def test_a_repair_removes_it(data: Path) -> None:
    change_an_entry(data / NAME)
    assert [step.where for step in repair(data, NOON)] == [NAME]
    assert wrong(data) == []
    assert not (data / NAME).exists()


def test_an_index_of_another_archive_is_not_believed(data: Path, tmp_path: Path) -> None:
    """It has as many articles and as many changes."""
    other = tmp_path / "other"
    with Archive.open(other) as archive:
        keep(archive, range(100, 140))
        index_new(archive)
    shutil.copyfile(other / NAME, data / NAME)
    assert wrong(data) == [(DamageKind.DAMAGED, NAME)]
    before = results(data)
    with Archive.existing(data) as archive:
        index_new(archive)
    assert results(data) != before
    assert found_ids(data) == {an_article(number).id for number in range(40)}


def test_an_index_of_another_time_is_not_believed(data: Path, tmp_path: Path) -> None:
    """A restored database had other articles after the same number of changes."""
    with Archive.existing(data) as archive:
        back_up(archive.database, tmp_path / "old.db")
        keep(archive, range(50, 55))
        index_new(archive)
    for path in data.glob("archive.db*"):
        path.unlink()
    shutil.copyfile(tmp_path / "old.db", data / "archive.db")
    with Archive.existing(data) as archive:
        keep(archive, range(60, 65))
    assert wrong(data)[-1] == (DamageKind.DAMAGED, NAME)
    (data / "search.checked").unlink()
    with Archive.existing(data) as archive:
        index_new(archive)
    assert found_ids(data) == {an_article(number).id for number in (*range(40), *range(60, 65))}


def found_ids(data: Path) -> set[str]:
    with Index.open(data) as index:
        return {row[0] for row in index.connection.execute("SELECT article_id FROM entries")}


def test_what_rots_unseen_is_found_by_verify_and_by_the_search_that_stumbles(data: Path) -> None:
    """As a disk might change it: the file says that nobody touched it."""
    before = qqnews(data, "search", "渔夫", "--json").stdout
    with closing(sqlite3.connect(data / NAME)) as index:
        (page,) = index.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'words_idx'").fetchone()
    with (data / NAME).open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"\xff" * 4096)
    rotten = Checked.of(data / NAME)
    rotten.trust()
    rotten.note()
    assert wrong(data) == [(DamageKind.DAMAGED, NAME)]
    stumbled = qqnews(data, "search", "渔夫", "--json")
    assert (stumbled.returncode, stumbled.stdout) == (0, before), stumbled.stderr
    assert wrong(data) == []


def test_whatever_becomes_of_articles_the_index_stays_sound(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small batches: parts are merged many times, articles edited, taken out, put in again."""
    monkeypatch.setattr(keeping, "BATCH", 3)
    chance = Random(5)
    for turn in range(25):
        keep(archive, range(turn * 7, turn * 7 + 7))
        edited = an_article(chance.randrange(turn * 7, turn * 7 + 7))
        archive.keep(replace(edited, body=f"改到第{turn}次。", title=f"新题{turn}"), seen_at=EVENING)
        assert index_new(archive) == 0
        if turn % 6 == 5:
            take_down(archive, an_article(turn).id, "order 7", EVENING)
        assert fault_of_file(archive) == "", turn


KILLED = """
import os, sys
from pathlib import Path
from archive.search import sync
from archive.search.index import Index
from archive.store import Archive

put, left = Index.put, int(sys.argv[2])
def dies(index, row):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), 9)
    put(index, row)
Index.put = dies
sync.BATCH = 4
with Archive.existing(Path(sys.argv[1])) as archive:
    sync.rebuild(archive)
"""


@pytest.mark.parametrize("at", [1, 6, 30])
def test_a_killed_indexer_leaves_a_sound_index_that_is_only_behind(data: Path, at: int) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(data), str(at)], cwd=ROOT, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert wrong(data) == []
    told: list[str] = []
    with Archive.existing(data) as archive:
        assert index_new(archive, on_damage=told.append) == 0
    assert told == []
    assert found_ids(data) == {an_article(number).id for number in range(40)}


def test_an_index_of_an_earlier_version_is_no_damage_and_made_anew(data: Path) -> None:
    (data / NAME).unlink()
    with closing(sqlite3.connect(data / NAME)) as index, index:
        index.execute("CREATE TABLE state (one INTEGER PRIMARY KEY, made_by TEXT NOT NULL, seen INTEGER)")
        index.execute("INSERT INTO state VALUES (1, '2, unicode 15.0.0, opencc 0', 40)")
    assert wrong(data) == []
    searched = qqnews(data, "search", "渔夫")
    assert (searched.returncode, searched.stderr) == (0, "")


def test_what_the_log_holds_is_not_read_into_a_new_index(data: Path) -> None:
    """The file was removed by hand, or by a process that died, and its log is still there."""
    with Index.open(data) as index:
        index.connection.execute("UPDATE state SET seen = seen")
        shutil.copyfile(data / f"{NAME}-wal", data / "log")
    (data / NAME).unlink()
    (data / "log").rename(data / f"{NAME}-wal")
    with Archive.existing(data) as archive:
        assert index_new(archive) == 0
    assert wrong(data) == []
    assert found_ids(data) == {an_article(number).id for number in range(40)}


def test_an_index_that_is_none_is_refused_by_name_to_who_opens_it(data: Path) -> None:
    put_another_database(data / NAME)
    with pytest.raises(StaleIndex, match="no index"):
        Index.open(data)
