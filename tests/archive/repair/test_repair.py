"""Repairing: what is damaged comes back from whichever copy is good, and nothing is thrown away."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.captures.gzip_members import members
from archive.captures.raw_files import captures, raw_files
from archive.database.backup import back_up
from archive.duplicates.rebuild import complete
from archive.repair.repair import Step, repair
from archive.runs.due_times import RAN, WAITING, DueTime, DueTimes
from archive.store import Archive
from archive.takedown.takedown import take_down
from archive.verify.verify import verify
from tests.archive.samples import EVENING, an_article
from tests.archive.specimen import make_archive
from tests.archive.verify.test_verify import every_file, flip
from tests.conftest import QQNEWS

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("specimen") / "data"
    make_archive(data)
    return data


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen, tmp_path / "data")
    return tmp_path / "data"


def repaired(data: Path, *, backup: Path | None = None, accept: bool = False) -> list[Step]:
    return list(repair(data, NOW, backup=backup, accept=accept))


def helpless(steps: list[Step]) -> list[str]:
    return [step.where for step in steps if step.act is None]


def texts_in(data: Path) -> dict[str, tuple[str, ...]]:
    """What readers would miss: the texts by id, from rows and from files."""
    with Archive.existing(data) as archive:
        return {
            it.article.id: (it.article.title, it.article.body, (data / it.markdown_path).read_text("utf-8"))
            for it in archive.articles()
        }


def file_of(data: Path, number: int) -> Path:
    return data / "articles/2025/02" / f"{an_article(number).id}.md"


def run_sql(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        for statement in statements:
            other.execute(statement)


def put_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def lose(data: Path, article_id: str, path: Path) -> None:
    """The row and its file."""
    run_sql(data, f"DELETE FROM articles WHERE id = '{article_id}'")
    path.unlink()


def overwrite_pages(data: Path, first: int, last: int) -> None:
    content = bytearray((data / "archive.db").read_bytes())
    content[4096 * first : 4096 * last] = os.urandom(4096 * (last - first))
    (data / "archive.db").write_bytes(content)


FIRST = an_article(0).id
SECOND = an_article(1).id


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: file_of(data, 2).unlink(),
        lambda data: file_of(data, 2).write_text("damaged"),
        lambda data: put_directory(file_of(data, 2)),
        lambda data: (data / "articles/2025/02/stray.md").write_text("not ours"),
        lambda data: (data / "raw/notes.txt").write_text("not ours"),
        lambda data: (data / "media/stray.png").write_text("not ours"),
        lambda data: run_sql(data, f"UPDATE articles SET body = 'x' WHERE id = '{FIRST}'"),
        lambda data: run_sql(data, f"UPDATE articles SET title = 'x' WHERE id = '{SECOND}'"),
        lambda data: run_sql(data, f"UPDATE articles SET published_at = NULL WHERE id = '{SECOND}'"),
        lambda data: run_sql(data, f"UPDATE revisions SET body = 'x' WHERE article_id = '{FIRST}' AND revision = 2"),
        lambda data: run_sql(data, "DROP INDEX articles_by_date", "DELETE FROM hosts"),
    ],
)
def test_without_any_backup_this_comes_back_as_it_was(data: Path, damage: Damage) -> None:
    before = texts_in(data)
    damage(data)
    assert list(verify(data, deep=True)) != []
    steps = repaired(data)
    assert helpless(steps) == []
    assert texts_in(data) == before
    assert list(verify(data, deep=True)) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: run_sql(data, f"UPDATE articles SET channel = 'x', media_id = 'y' WHERE id = '{FIRST}'"),
        lambda data: run_sql(data, f"DELETE FROM revisions WHERE article_id = '{FIRST}' AND revision = 1"),
        lambda data: run_sql(data, "DELETE FROM sightings", "UPDATE runs SET verdict = 'x'"),
        lambda data: run_sql(data, f"DELETE FROM revisions WHERE article_id = '{SECOND}'"),
        lambda data: overwrite_pages(data, 0, 1),
        lambda data: overwrite_pages(data, 3, 12),
        lambda data: (data / "archive.db").unlink(),
        lambda data: (data / "archive.db").write_bytes(b""),
        lambda data: os.truncate(data / "archive.db", 40_000),
        lambda data: lose(data, SECOND, file_of(data, 1)),
    ],
)
def test_with_a_backup_this_comes_back_as_it_was(data: Path, damage: Damage, tmp_path: Path) -> None:
    with Archive.existing(data) as archive:
        back_up(archive.database, tmp_path / "backup.db")
    before = texts_in(data)
    damage(data)
    assert list(verify(data, deep=True)) != []
    steps = repaired(data, backup=tmp_path / "backup.db")
    assert helpless(steps) == []
    assert texts_in(data) == before
    assert list(verify(data, deep=True)) == []


@pytest.mark.parametrize(
    "damage", [lambda data: (data / "archive.db").unlink(), lambda data: overwrite_pages(data, 0, 9)]
)
def test_a_lost_database_comes_back_from_the_files_alone(data: Path, damage: Damage) -> None:
    before = texts_in(data)
    damage(data)
    repaired(data)
    assert texts_in(data) == before
    assert list(verify(data, deep=True)) == []


def flip_in(data: Path, column: str, table: str = "articles", key: str = "id") -> None:
    """One bit of one value, as the disk might flip it; SQLite itself does not notice."""
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        (value,) = other.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", (FIRST,)).fetchone()
        content = bytearray(str(value).encode())
        content[len(content) // 2] ^= 2
        text = content.decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape")
        other.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE {key} = ?", (text, FIRST))


@pytest.mark.parametrize("column", ["author", "media_id", "channel", "provenance", "content_hash"])
def test_a_flipped_bit_of_any_fact_is_put_back(data: Path, column: str) -> None:
    with Archive.existing(data) as archive:
        before = archive.article(FIRST)
    flip_in(data, column)
    assert [each.where for each in verify(data) if each.where == f"articles/{FIRST}"]
    assert helpless(repaired(data)) == []
    assert list(verify(data, deep=True)) == []
    with Archive.existing(data) as archive:
        assert archive.article(FIRST) == before


def test_a_fact_that_is_lost_is_read_again_from_the_raw_capture(data: Path) -> None:
    run_sql(data, f"UPDATE articles SET author = 'nobody' WHERE id = '{SECOND}'")
    assert helpless(list(repair(data, NOW, dry_run=True))) == [f"articles/{SECOND}"]
    steps = list(repair(data, NOW, read=lambda capture: an_article(1) if capture.url.endswith(SECOND) else None))
    assert [step.how for step in steps] == ["restored from its raw capture"]
    with Archive.existing(data) as archive:
        assert archive.article(SECOND).article.author == an_article(1).author
    assert list(verify(data, deep=True)) == []


def test_a_fact_that_nothing_gives_back_is_named_and_stays_or_is_accepted_with_its_hash(data: Path) -> None:
    run_sql(data, f"UPDATE articles SET author = 'nobody' WHERE id = '{SECOND}'")
    assert helpless(repaired(data)) == [f"articles/{SECOND}"]
    with Archive.existing(data) as archive:
        assert archive.article(SECOND).article.author == "nobody"
    assert helpless(repaired(data, accept=True)) == []
    assert list(verify(data, deep=True)) == []


def test_what_came_after_the_backup_is_not_lost(data: Path) -> None:
    (data / "backups").mkdir()
    with Archive.existing(data) as archive:
        back_up(archive.database, data / "backups" / "old.db")
        archive.keep(an_article(70, body="备份以后才来的文章。"), seen_at=EVENING)
        archive.keep(an_article(2, body="备份以后改过的文章。"), seen_at=EVENING)
    before = texts_in(data)
    overwrite_pages(data, 0, 2)
    repaired(data)
    assert texts_in(data) == before
    assert list(verify(data, deep=True)) == []


def test_what_was_taken_down_does_not_come_back_with_an_old_backup(data: Path) -> None:
    with Archive.existing(data) as archive:
        back_up(archive.database, data.parent / "old.db")
        take_down(archive, SECOND, "order 7", NOW)
    (data / "archive.db").unlink()
    repaired(data, backup=data.parent / "old.db")
    with Archive.existing(data) as archive:
        assert archive.known([SECOND]) == set()
        assert archive.erased([SECOND]) == {SECOND}
    assert not file_of(data, 1).exists()
    assert list(verify(data, deep=True)) == []


def test_what_became_of_due_times_is_not_forgotten(data: Path) -> None:
    with Archive.existing(data) as archive:
        ledger = DueTimes(archive)
        ledger.watch("hot", "every 5m UTC", NOW)
        run = ledger.start_run("hot", NOW, NOW)
        rows = [DueTime("hot", NOW, RAN, run_id=run), DueTime("hot", NOW + timedelta(minutes=5), WAITING)]
        ledger.write(rows, NOW)
        root = archive.database.connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'hosts'")
        page = root.fetchone()[0]
    overwrite_pages(data, page - 1, page)
    assert helpless(repaired(data)) == []
    with Archive.existing(data) as archive:
        found = DueTimes(archive).rows("hot", NOW - timedelta(days=1), NOW + timedelta(days=1))
        assert [(row.state, row.run_id) for row in found.values()] == [(RAN, run), (WAITING, None)]
        assert DueTimes(archive).watched("hot") is not None


def test_a_lost_revision_is_named_and_accepted_keeps_its_number(data: Path) -> None:
    run_sql(data, f"DELETE FROM revisions WHERE article_id = '{FIRST}' AND revision = 1")
    assert f"revisions/{FIRST}/1" in helpless(repaired(data))
    steps = repaired(data, accept=True)
    assert helpless(steps) == []
    assert f"revisions/{FIRST}/1" in [step.where for step in steps]
    assert list(verify(data, deep=True)) == []
    with Archive.existing(data) as archive:
        assert [(it.revision, it.body != "", it.is_lost) for it in archive.revisions(FIRST)] == [
            (1, False, True),
            (2, True, False),
        ]


@pytest.mark.parametrize("change", ["article_id = 'x' || article_id", "doc = doc + 1000"])
def test_an_article_whose_near_duplicates_are_lost_is_compared_again(data: Path, change: str) -> None:
    one = "(SELECT min(article_id) FROM near_articles WHERE doc IS NOT NULL)"
    with closing(sqlite3.connect(data / "archive.db")) as connection, connection:
        connection.execute(f"UPDATE near_articles SET {change} WHERE article_id = {one}")
    assert [each.where.partition("/")[0] for each in verify(data)] == ["near_articles"]
    assert helpless(repaired(data)) == []
    assert list(verify(data)) == []
    with Archive.existing(data) as archive:
        assert list(complete(archive.database, archive.pass_over)) == [1]


def test_a_revision_under_a_wrong_id_goes_back_to_its_article(data: Path) -> None:
    with Archive.existing(data) as archive:
        before = archive.revisions(FIRST)
    run_sql(data, f"UPDATE revisions SET article_id = 'x' WHERE article_id = '{FIRST}' AND revision = 1")
    assert helpless(repaired(data, accept=True)) == []
    assert list(verify(data, deep=True)) == []
    with Archive.existing(data) as archive:
        assert archive.revisions(FIRST) == before


def flip_at(data: Path, after: bytes, mask: int) -> None:
    """One bit of the byte that follows these."""
    content = bytearray((data / "archive.db").read_bytes())
    content[content.index(after) + len(after)] ^= mask
    (data / "archive.db").write_bytes(content)


@pytest.mark.parametrize(
    ("after", "mask"),
    [
        (b"CREATE TABLE l", 128),
        (b"CREATE TABLE due_times (", 1),
        (b"CREATE TRIGGER articles_changed A", 128),
        (b"CREATE INDEX articles_by_", 128),
    ],
)
def test_a_flipped_bit_in_the_schema_costs_no_row(data: Path, after: bytes, mask: int) -> None:
    with Archive.existing(data) as archive:
        before = (archive.stats(), archive.revisions(FIRST))
        archive.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    flip_at(data, after, mask)
    assert list(verify(data)) != []
    assert helpless(repaired(data)) == []
    assert list(verify(data, deep=True)) == []
    with Archive.existing(data) as archive:
        assert (archive.stats(), archive.revisions(FIRST)) == before


def test_the_damaged_file_is_kept_aside(data: Path) -> None:
    file_of(data, 2).write_text("damaged, and perhaps dear to somebody")
    (data / "articles/2025/02/letter.md").write_text("a letter")
    repaired(data)
    (aside,) = (data / "damaged").iterdir()
    kept = {path.relative_to(aside).as_posix(): path.read_text() for path in aside.rglob("*") if path.is_file()}
    assert kept == {
        file_of(data, 2).relative_to(data).as_posix(): "damaged, and perhaps dear to somebody",
        "articles/2025/02/letter.md": "a letter",
    }


def test_a_torn_capture_is_cut_and_a_damaged_one_filled(data: Path) -> None:
    (path,) = raw_files(data)
    found = list(members(path))
    content = bytearray(path.read_bytes())
    content[found[1].offset + 50] ^= 255
    path.write_bytes(bytes(content[:-7]))
    pages = {it.url for it in captures(data)}
    steps = repaired(data)
    assert helpless(steps) == []
    assert list(verify(data, deep=True)) == []
    assert {it.url for it in captures(data)} == pages
    saved = sorted(each.name for each in (data / "damaged").rglob("*.warc.gz.*"))
    assert saved == sorted(f"{path.name}.{offset}" for offset in (found[1].offset, found[-1].offset))
    with Archive.existing(data) as archive:
        assert archive.article(FIRST).raw_ref is None


def test_a_lost_picture_is_wanted_again(data: Path) -> None:
    (picture,) = (data / "media").rglob("*.png")
    picture.write_bytes(b"?")
    assert helpless(repaired(data)) == []
    with Archive.existing(data) as archive:
        assert archive.stats()["media"] == 0
    assert list(verify(data, deep=True)) == []


def test_where_no_copy_is_good_it_says_so_and_touches_nothing(data: Path) -> None:
    run_sql(data, f"UPDATE articles SET channel = 'x' WHERE id = '{FIRST}'", "DELETE FROM sightings")
    with closing(sqlite3.connect(data / "archive.db")) as connection:
        before = list(connection.iterdump())
    steps = repaired(data)
    assert any(step.where.startswith("sightings/") for step in steps if step.act is None)
    run_sql(data, "UPDATE revisions SET body = 'x'", "UPDATE articles SET body = 'x', title = 'y'")
    file_of(data, 2).unlink()
    assert f"articles/{an_article(2).id}" in helpless(repaired(data))
    assert not file_of(data, 2).exists()
    assert len(before) > 10


def test_accepting_takes_rows_as_they_stand(data: Path) -> None:
    run_sql(data, "DELETE FROM sightings", f"UPDATE articles SET channel = 'x' WHERE id = '{FIRST}'")
    assert helpless(repaired(data, accept=True)) == []
    assert list(verify(data, deep=True)) == []


def test_a_sound_archive_needs_nothing(data: Path) -> None:
    before = {path: path.read_bytes() for path in every_file(data)}
    assert repaired(data) == []
    assert {path: path.read_bytes() for path in every_file(data)} == before


def test_a_dry_run_changes_nothing(data: Path) -> None:
    file_of(data, 2).write_text("damaged")
    (data / "raw/notes.txt").write_text("not ours")
    run_sql(data, f"UPDATE articles SET body = 'x' WHERE id = '{FIRST}'")
    before = {path: path.read_bytes() for path in every_file(data)}
    assert len(list(repair(data, NOW, dry_run=True))) >= 3
    assert {path: path.read_bytes() for path in every_file(data)} == before


@settings(max_examples=60, deadline=None, derandomize=True)
@given(chance=st.randoms(use_true_random=False))
def test_after_any_flipped_bit_all_texts_are_there_again(
    specimen: Path, tmp_path_factory: pytest.TempPathFactory, chance: Random
) -> None:
    data = tmp_path_factory.mktemp("flipped") / "data"
    shutil.copytree(specimen, data)
    path = chance.choice([data / "archive.db", *(data / "articles").rglob("*.md"), *raw_files(data)])
    flip(path, chance.randrange(path.stat().st_size * 8))
    steps = repaired(data, accept=True)
    assert helpless(steps) == []
    assert texts_in(data) == texts_in(specimen)
    assert list(verify(data, deep=True)) == []
    shutil.rmtree(data.parent)


@pytest.mark.parametrize("table", ["sightings", "links"])
def test_a_key_that_is_no_text_any_more_is_mended_or_named(data: Path, table: str) -> None:
    key = "article_id" if table == "sightings" else "id"
    run_sql(data, f"UPDATE {table} SET {key} = CAST(x'e46162' AS TEXT) WHERE {key} = '{FIRST}'")
    command = [str(QQNEWS), "--data", str(data)]
    found = subprocess.run([*command, "verify"], capture_output=True, text=True)
    assert (found.returncode, "Traceback" in found.stderr) == (16, False), found.stderr
    done = subprocess.run([*command, "repair", "--accept"], capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    assert subprocess.run([*command, "verify"], capture_output=True).returncode == 0, done.stdout


def test_the_command_says_what_it_did(data: Path) -> None:
    file_of(data, 2).write_text("damaged")
    run_sql(data, "DELETE FROM sightings")
    command = [str(QQNEWS), "--data", str(data), "repair"]
    dry = subprocess.run([*command, "--dry-run"], capture_output=True, text=True)
    assert dry.returncode == 16
    assert "not mended: sightings/" in dry.stdout
    done = subprocess.run([*command, "--accept", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {line["mended"] for line in map(json.loads, done.stdout.splitlines())} == {True}
    assert subprocess.run([*command[:-1], "verify"], capture_output=True).returncode == 0
