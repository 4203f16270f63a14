"""Length and digest of each closed capture file: no part of one goes missing unnoticed."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.captures.file_checksums import CaptureFile, note_capture_file, note_closed_files, noted_capture_files
from archive.captures.gzip_members import members
from archive.captures.raw_files import RawWriter, raw_files
from archive.files.regular_files import sha256_of
from archive.repair.repair import repair
from archive.store import Archive
from archive.takedown.capture_patches import erased_patch
from archive.takedown.takedown import take_down
from archive.verify.verify import DamageKind, verify
from tests.archive.captures.test_raw_files import a_capture
from tests.archive.specimen import a_reading, make_archive

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("specimen") / "data"
    make_archive(data)
    return data


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen, tmp_path / "data")
    return tmp_path / "data"


def noted(data: Path) -> dict[str, CaptureFile]:
    with Archive.existing(data) as archive:
        return noted_capture_files(archive.database)


def as_it_is(path: Path) -> CaptureFile:
    return CaptureFile(path.name, path.stat().st_size, sha256_of(path))


@pytest.mark.parametrize("deep", [False, True])
def test_a_file_cut_at_any_border_of_its_records_is_found(data: Path, *, deep: bool) -> None:
    (path,) = raw_files(data)
    whole = path.read_bytes()
    borders = [each.offset for each in members(path)]
    assert len(borders) > 20
    for border in borders:
        os.truncate(path, border)
        found = [each for each in verify(data, deep=deep) if each.part == "captures"]
        assert found, border
        if border == borders[-1] or border == borders[-3]:  # No row points to what the list's answer was.
            assert [each.where for each in found] == [f"raw/{path.name}"]
        path.write_bytes(whole)
    assert list(verify(data, deep=deep)) == []


def test_a_file_without_any_reference_is_missed_when_it_is_emptied_or_removed(data: Path) -> None:
    writer = RawWriter(data, "recheck")
    writer.write(a_capture(1, status=404, body=b""))
    writer.close()
    with Archive.existing(data) as archive:
        note_closed_files(archive.database, writer.take_closed())
    path = next(path for path in raw_files(data) if "-recheck-" in path.name)
    os.truncate(path, 0)
    assert [(each.what, each.where) for each in verify(data)] == [(DamageKind.DAMAGED, f"raw/{path.name}")]
    path.unlink()
    assert [(each.what, each.where) for each in verify(data)] == [(DamageKind.MISSING, f"raw/{path.name}")]
    (step,) = repair(data, NOW)
    assert (step.where, step.act) == (f"raw/{path.name}", None)
    assert list(verify(data))
    assert [step.where for step in repair(data, NOW, accept=True)] == [f"raw/{path.name}"]
    assert list(verify(data, deep=True)) == []


def test_another_file_of_the_same_length_is_found(data: Path) -> None:
    (path,) = raw_files(data)
    first, *_, last = (each for each in members(path))
    content = bytearray(path.read_bytes())
    content[last.offset + 9] ^= 1  # The system that packed it: no reader cares.
    path.write_bytes(content)
    assert [(each.what, each.where) for each in verify(data, deep=True)] == [(DamageKind.DAMAGED, f"raw/{path.name}")]
    assert list(verify(data)) == []
    assert first.offset == 0


def test_what_a_writer_says_of_its_files_is_what_they_are(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        writer = RawWriter(tmp_path, "crawl", file_bytes=1500)
        for number in range(4):
            writer.write(a_capture(number))
        early = writer.take_closed()
        note_closed_files(archive.database, early)
        writer.close()
        note_closed_files(archive.database, writer.take_closed())
    assert 0 < len(early) < len(raw_files(tmp_path))
    assert noted(tmp_path) == {path.name: as_it_is(path) for path in raw_files(tmp_path)}
    before = (tmp_path / "archive.db").read_bytes()
    assert list(verify(tmp_path, deep=True)) == []
    assert (tmp_path / "archive.db").read_bytes() == before


def test_a_file_that_nobody_noted_is_measured_when_it_is_met_first_and_none_that_is_open(tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    dead, alive = RawWriter(tmp_path, "dead"), RawWriter(tmp_path, "alive")
    dead.write(a_capture(1))
    alive.write(a_capture(2))
    dead.close()
    (path,) = (path for path in raw_files(tmp_path) if "-dead-" in path.name)
    assert list(verify(tmp_path)) == []
    assert noted(tmp_path) == {path.name: CaptureFile(path.name, path.stat().st_size, None)}
    assert list(verify(tmp_path, deep=True)) == []
    assert noted(tmp_path) == {path.name: as_it_is(path)}
    alive.close()


def test_after_a_takedown_the_files_are_noted_as_they_are_now(data: Path) -> None:
    (path,) = raw_files(data)
    before = noted(data)
    with Archive.existing(data) as archive:
        take_down(archive, a_reading(3).id, "order 7", NOW)
    assert noted(data) == {path.name: as_it_is(path)} != before
    assert list(verify(data, deep=True)) == []


def test_a_file_that_is_rewritten_while_it_is_open_is_measured_when_it_is_closed(data: Path) -> None:
    writer = RawWriter(data, "crawl")
    article = a_reading(3)
    writer.write(a_capture(1, url=article.url, facts={"id": article.id}))
    with Archive.existing(data) as archive:
        take_down(archive, article.id, "order 7", NOW)
        writer.write(a_capture(2))
        writer.close()
        note_closed_files(
            archive.database, writer.take_closed()
        )  # Its own digest is of what it wrote, not of what is there.
        open_then = next(path for path in raw_files(data) if len(list(members(path))) < 10)
        assert noted_capture_files(archive.database)[open_then.name] == CaptureFile(open_then.name, None, None)
    assert list(verify(data, deep=True)) == []
    assert noted(data)[open_then.name] == as_it_is(open_then)


def test_a_database_older_than_a_takedown_does_not_call_the_files_damaged(data: Path) -> None:
    """A restored backup says what the files were before records were blotted out of them."""
    with Archive.existing(data) as archive:
        (path,) = raw_files(data)
        member = list(members(path))[-3]
        with path.open("r+b") as file:
            file.seek(member.offset)
            file.write(erased_patch("", 0, member.length).content)
        assert noted_capture_files(archive.database)[path.name] != as_it_is(path)
    assert list(verify(data, deep=True)) == []
    assert noted(data) == {path.name: as_it_is(path)}


def test_a_damaged_note_is_made_anew_from_its_file(data: Path) -> None:
    (path,) = raw_files(data)
    with Archive.existing(data) as archive:
        archive.database.connection.execute("DROP TRIGGER temp.seal_capture_files_UPDATE")
        archive.database.connection.execute("UPDATE capture_files SET bytes = bytes + 4096")
    assert f"capture_files/{path.name}" in {each.where for each in verify(data)}
    assert [step.act is None for step in repair(data, NOW)] == [False]
    assert list(verify(data, deep=True)) == []
    assert noted(data) == {path.name: as_it_is(path)}


def test_a_note_is_not_written_again_where_nothing_changed(data: Path) -> None:
    (path,) = raw_files(data)
    with Archive.existing(data) as archive:
        changes = archive.database.connection.total_changes
        note_capture_file(archive.database, path)
        assert archive.database.connection.total_changes == changes
