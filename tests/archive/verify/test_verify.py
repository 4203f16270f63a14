"""Verifying: whatever is flipped, cut, missing or foreign in an archive is found and named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.captures.gzip_members import members
from archive.errors import NewerArchive, NoArchive
from archive.store import Archive
from archive.verify.verify import DamageKind, Finding, verify
from tests.archive.samples import NOON, an_article
from tests.archive.specimen import make_archive
from tests.conftest import QQNEWS


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("specimen") / "data"
    make_archive(data)
    return data


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen, tmp_path / "data")
    return tmp_path / "data"


def found_in(data: Path, *, deep: bool = True) -> list[Finding]:
    return list(verify(data, deep=deep))


def named(findings: list[Finding]) -> set[tuple[DamageKind, str]]:
    return {(each.what, each.where) for each in findings}


def written_in(path: Path) -> list[str]:
    """Everything that a reader of the database could read, schema included; but for what is made from the rest."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        return [line for line in connection.iterdump() if not line.startswith(DERIVED)]


DERIVED = tuple(
    f'INSERT INTO "{table}"'
    for table in ("near_texts", "near_articles", "near_bands", "article_changes", "sqlite_sequence", "locks")
)


def every_file(data: Path) -> list[Path]:
    return sorted(path for path in data.rglob("*") if path.is_file())


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_a_sound_archive_has_nothing_wrong(data: Path) -> None:
    assert found_in(data) == []


def test_verifying_changes_nothing(data: Path) -> None:
    before = {path: path.read_bytes() for path in every_file(data)}
    found_in(data)
    assert {path: path.read_bytes() for path in every_file(data)} == before


@settings(max_examples=80, deadline=None, derandomize=True)
@given(chance=st.randoms(use_true_random=False))
def test_a_flipped_bit_anywhere_is_found(
    specimen: Path, tmp_path_factory: pytest.TempPathFactory, chance: Random
) -> None:
    data = tmp_path_factory.mktemp("flipped") / "data"
    shutil.copytree(specimen, data)
    path = chance.choice(every_file(data))
    flip(path, chance.randrange(path.stat().st_size * 8))
    changed = path.relative_to(data).as_posix()
    try:
        found = found_in(data)
    except NewerArchive:
        # A damaged note on a migration looks like one of a later version: refused, by name.
        found = [Finding("database", DamageKind.DAMAGED, "archive.db")]
    if not found:
        # Benign it may be only where nobody can read a difference: unused room in the database, a gzip header.
        assert unreadably_different(path, specimen / changed), changed
    shutil.rmtree(data.parent)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(chance=st.randoms(use_true_random=False))
def test_a_flipped_bit_in_the_database_is_found_or_changed_nothing(
    specimen: Path, tmp_path_factory: pytest.TempPathFactory, chance: Random
) -> None:
    data = tmp_path_factory.mktemp("flipped") / "data"
    shutil.copytree(specimen, data)
    path = data / "archive.db"
    flip(path, chance.randrange(path.stat().st_size * 8))
    assert found_in(data, deep=False) or written_in(path) == written_in(specimen / "archive.db")
    shutil.rmtree(data.parent)


def unreadably_different(changed: Path, original: Path) -> bool:
    if changed.suffix == ".db":
        return written_in(changed) == written_in(original)
    return changed.suffix == ".gz" and list(members(changed)) == list(members(original))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(chance=st.randoms(use_true_random=False))
def test_a_file_cut_short_is_found(specimen: Path, tmp_path_factory: pytest.TempPathFactory, chance: Random) -> None:
    data = tmp_path_factory.mktemp("cut") / "data"
    shutil.copytree(specimen, data)
    path = chance.choice(every_file(data))
    os.truncate(path, chance.randrange(path.stat().st_size))
    assert found_in(data) != [], path
    shutil.rmtree(data.parent)


def test_every_missing_file_is_found(data: Path) -> None:
    for path in every_file(data):
        if path.name == "SHA256SUMS":
            continue  # An export without a manifest is an export that is not judged.
        content = path.read_bytes()
        path.unlink()
        where = path.relative_to(data).as_posix()
        assert (DamageKind.MISSING, where) in named(found_in(data)), where
        path.write_bytes(content)
    assert found_in(data) == []


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("articles/2025/02/notes.md", DamageKind.FOREIGN),
        ("articles/2025/stray.txt", DamageKind.FOREIGN),
        ("articles/.aside/123-abc-0", DamageKind.LEFTOVER),
        ("raw/notes.txt", DamageKind.FOREIGN),
        ("media/ab/picture.png", DamageKind.FOREIGN),
        ("exports/jsonl/more.jsonl", DamageKind.FOREIGN),
    ],
)
def test_a_foreign_file_is_named(data: Path, where: str, what: DamageKind) -> None:
    (data / where).parent.mkdir(parents=True, exist_ok=True)
    (data / where).write_text("not ours")
    assert named(found_in(data)) == {(what, where)}


def test_a_row_changed_behind_our_back_is_named(data: Path) -> None:
    article = an_article(2)
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        other.execute("UPDATE articles SET channel = 'sports' WHERE id = ?", (article.id,))
        other.execute("UPDATE articles SET body = 'x' WHERE id = ?", (an_article(3).id,))
        other.execute("DELETE FROM sightings WHERE article_id = ?", (an_article(4).id,))
    found = named(found_in(data, deep=False))
    assert (DamageKind.DAMAGED, f"articles/{article.id}") in found
    assert (DamageKind.DAMAGED, f"articles/{an_article(3).id}") in found
    assert (DamageKind.DAMAGED, f"articles/2025/02/{an_article(3).id}.md") in found
    assert (DamageKind.DAMAGED, f"sightings/{an_article(4).id}") in found


def test_a_revision_that_is_gone_is_named(data: Path) -> None:
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        other.execute("DELETE FROM revisions WHERE revision = 1 AND article_id = ?", (an_article(0).id,))
    assert (DamageKind.MISSING, f"revisions/{an_article(0).id}") in named(found_in(data, deep=False))


def test_a_torn_last_capture_is_told_from_a_damaged_one(data: Path) -> None:
    (path,) = (data / "raw").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    (torn,) = found_in(data)
    assert (torn.what, torn.where.partition(":")[0]) == (DamageKind.TORN, f"raw/{path.name}")
    offset = [each.offset for each in members(path)][1]
    path.write_bytes(whole[: offset + 40] + b"\0\0\0\0" + whole[offset + 44 :])
    damaged = found_in(data)
    assert {each.what for each in damaged} == {DamageKind.DAMAGED, DamageKind.DANGLING}
    assert all(f"{path.name}:{offset}" in f"{each.where} {each.detail}" for each in damaged)


def test_a_reference_to_another_record_is_named(data: Path) -> None:
    with Archive.existing(data) as archive, archive.transaction() as connection:
        (reference,) = connection.execute("SELECT raw_ref FROM articles WHERE id = ?", (an_article(1).id,)).fetchone()
        connection.execute("UPDATE articles SET raw_ref = ? WHERE id = ?", (reference, an_article(5).id))
        wrong = reference.rpartition(":")[0] + ":" + "a" * 64
        connection.execute("UPDATE articles SET raw_ref = ? WHERE id = ?", (wrong, an_article(1).id))
        connection.execute("UPDATE articles SET raw_ref = ? WHERE id = ?", ("none.warc.gz:0:x", an_article(2).id))
    found = named(found_in(data))
    assert (DamageKind.DANGLING, f"articles/{an_article(1).id}") in found
    assert (DamageKind.MISSING, "raw/none.warc.gz") in found


def test_a_database_that_is_none_is_a_finding(data: Path) -> None:
    (data / "archive.db").write_bytes(b"nothing of the kind" * 500)
    assert named(found_in(data)) == {(DamageKind.DAMAGED, "archive.db")}


def test_a_directory_without_an_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoArchive):
        found_in(tmp_path)


def test_verifying_while_another_writes_finds_nothing(data: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with Archive.open(data) as archive:
            number = 1000
            while not stop.is_set():
                with archive.transaction():
                    for each in range(number, number + 5):
                        archive.keep(an_article(each, body=f"第{each}条。"), seen_at=NOON, source="tech")
                    archive.keep(an_article(1000, body=f"改到第{number}次。"), seen_at=NOON)
                number += 5

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert [found_in(data) for _ in range(4)] == [[]] * 4
    finally:
        stop.set()
        writer.join()


@pytest.fixture
def called(data: Path) -> list[str]:
    return [str(QQNEWS), "--data", str(data)]


def test_the_command_names_what_it_finds_and_exits_with_16(data: Path, called: list[str]) -> None:
    sound = subprocess.run([*called, "verify", "--deep"], capture_output=True, text=True)
    assert (sound.returncode, sound.stdout) == (0, "ok: nothing is wrong\n")
    (data / "articles/2025/02" / f"{an_article(1).id}.md").write_text("?")
    broken = subprocess.run([*called, "verify", "--json"], capture_output=True, text=True)
    assert broken.returncode == 16
    (line,) = map(json.loads, broken.stdout.splitlines())
    assert (line["what"], line["where"]) == ("damaged", f"articles/2025/02/{an_article(1).id}.md")
