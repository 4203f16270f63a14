"""Whatever lies below the data directory, or where something is to be written: no command hangs or dies of it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest

from archive.export.pipeline import export
from archive.export.request import ExportRequest
from archive.files.regular_files import is_regular
from archive.media.picture_copies import keep_picture
from archive.store import Archive
from tests.archive.captures.test_hostile_captures import zeros
from tests.archive.measured import measured
from tests.archive.samples import NOON, an_article
from tests.archive.specimen import PICTURE, a_reading, make_archive, own_sentence
from tests.archive.strange import put_strange_things

ROOMS = (
    ".",
    "articles",
    "articles/2025/02",
    "raw",
    "media/ab",
    "exports",
    "exports/jsonl",
    "runs",
    "backups",
    "damaged/1",
)


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("specimen") / "data"
    make_archive(data)
    with Archive.existing(data) as archive:
        export(archive, "jsonl", data / "exports" / "ours", ExportRequest())
    return data


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def strange(data: Path) -> list[Path]:
    """Strange things in every room, where they are judged."""
    made = [path for room in ROOMS for path in put_strange_things(data / room)]
    return [path for path in made if path.relative_to(data).parts[0] in ("articles", "raw", "media")]


def shown(path: Path, data: Path) -> str:
    return path.relative_to(data).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@pytest.mark.parametrize("options", [(), ("--deep",), ("--json",)])
def test_verify_names_everything_strange(data: Path, strange: list[Path], options: tuple[str, ...]) -> None:
    ended = measured(data, "verify", *options)
    assert (ended.code, "Traceback" in ended.err) == (16, False), ended.err
    if options == ("--json",):
        found = {json.loads(line)["where"] for line in ended.out.splitlines()}
        assert {shown(path, data) for path in strange} <= found
    else:
        assert all(f"foreign: {shown(path, data)}" in ended.out for path in strange), ended.out


def test_repair_puts_everything_strange_aside(data: Path, strange: list[Path]) -> None:
    ended = measured(data, "repair")
    assert "Traceback" not in ended.err, ended.err
    assert not any(os.path.lexists(path) for path in strange)
    left = measured(data, "verify").out
    assert all("exports/jsonl/" in line for line in left.splitlines()[:-1]), left


def test_a_takedown_goes_through_all_of_it(data: Path, strange: list[Path]) -> None:
    bomb = data / "exports" / "bomb.gz"
    bomb.write_bytes(zeros(1 << 30) + gzip.compress(own_sentence(3).encode() * 50))
    usual = measured(data, "list").peak
    ended = measured(data, "takedown", a_reading(3).id, "--reason", "order 7", "--yes", "--json")
    assert "Traceback" not in ended.err, ended.err
    said = json.loads(ended.out)
    assert (ended.code, said["left"]) == (16, {})
    assert said["opaque"] == {"exports/bomb.gz": "it unpacks to more than 200 times its size"}
    assert ended.peak - usual < 200 * 2**20
    assert all(os.path.lexists(path) for path in strange)


def test_names_that_hold_the_id_of_an_article_go_with_it_whatever_they_name(data: Path) -> None:
    gone = a_reading(3).id
    os.mkfifo(data / "exports" / f"{gone}.pipe")
    (data / "exports" / f"{gone}.link").symlink_to("/dev/zero")
    ended = measured(data, "takedown", gone, "--reason", "order 7", "--yes")
    assert ended.code == 0, ended.out + ended.err
    assert not [path for path in (data / "exports").iterdir() if gone in path.name]


REPLACED = ("pipe", "zero", "nowhere", "loop")


@pytest.mark.parametrize("thing", REPLACED)
def test_files_of_ours_that_became_something_else_are_named_and_mended(data: Path, tmp_path: Path, thing: str) -> None:
    put_strange_things(tmp_path / "strange")
    (markdown,) = (data / "articles").rglob(f"{an_article(2).id}.md")
    (picture,) = (data / "media").rglob("*.png")
    names = [markdown, picture, data / "exports" / "ours" / "README.md", data / "exports" / "ours" / "SHA256SUMS"]
    for path in names:
        path.unlink()
        (tmp_path / "strange" / thing).rename(path)
        found = measured(data, "verify", "--deep")
        assert (found.code, "Traceback" in found.err) == (16, False), found.err
        assert path.relative_to(data).as_posix() in found.out, found.out
        put_strange_things(tmp_path / "more" / path.name)
        (tmp_path / "more" / path.name / thing).rename(tmp_path / "strange" / thing)
    mended = measured(data, "repair")
    assert "Traceback" not in mended.err, mended.err
    assert markdown.is_file()
    assert not markdown.is_symlink()
    rendered = measured(data, "render")
    assert rendered.code == 0, rendered.err


def test_render_writes_beside_strange_things_and_through_none(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "tree" / "articles" / "2025" / "02"
    outside = tmp_path / "outside.md"
    outside.write_text("mine")
    put_strange_things(target)
    for name in (f"{an_article(0).id}.md", f".{an_article(0).id}.md"):
        os.mkfifo(target / name)
    for name in (f"{an_article(1).id}.md", f".{an_article(1).id}.md"):
        (target / name).symlink_to(outside)
    ended = measured(data, "render", "--to", tmp_path / "tree")
    assert (ended.code, ended.out) == (0, "ok: 7 files, 7 written\n"), ended.err
    assert outside.read_text() == "mine"
    for path in (data / "articles").rglob("*.md"):
        written = target / path.name
        assert written.is_file()
        assert not written.is_symlink()
        assert written.read_bytes() == path.read_bytes()


def test_an_export_refuses_a_folder_with_strange_things_and_touches_none(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    assert measured(data, "export", "jsonl", folder).code == 0
    made = put_strange_things(folder)
    ended = measured(data, "export", "jsonl", folder)
    assert (ended.code, ended.err.count("\n")) == (20, 1), ended.err
    assert all(os.path.lexists(path) for path in made)
    for path in made:
        path.unlink()
    sums = folder / "SHA256SUMS"
    sums.unlink()
    os.mkfifo(sums)
    ended = measured(data, "export", "jsonl", folder)
    assert (ended.code, ended.err.count("\n")) == (20, 1), ended.err
    inner = measured(data, "export", "jsonl", folder / "inner")
    assert "Traceback" not in inner.err, inner.err


def test_an_export_with_a_picture_that_became_a_pipe_is_named_and_left_out(data: Path, tmp_path: Path) -> None:
    (picture,) = (data / "media").rglob("*.png")
    assert picture.read_bytes() == PICTURE
    with Archive.existing(data) as archive, archive.transaction() as connection:
        shown_in = an_article(2).id
        values = (f"https://inews.gtimg.com/one/{1000}", picture.stem, shown_in, "2025-02-13T04:00:00+00:00")
        connection.execute("INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, 1, ?, NULL)", values)
        connection.execute("UPDATE articles SET thumbnail = ? WHERE id = ?", (values[0], shown_in))
    picture.unlink()
    os.mkfifo(picture)
    ended = measured(data, "export", "jsonl", tmp_path / "exported", "--pictures")
    assert (ended.code, ended.err.count("\n")) == (14, 2), ended.err
    assert "a named pipe" in ended.err


def test_the_first_writer_after_a_strange_thing_lies_aside_says_what_it_is(data: Path) -> None:
    """What lies in the place of the directory for files that are written aside is nobody's to be cleared away."""
    aside, mine = data / "articles" / ".aside", data.parent / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    if aside.exists():
        aside.rmdir()
    aside.symlink_to(mine)
    ended = measured(data, "render")
    assert (ended.code, ended.err.count("\n")) == (21, 1), ended.err
    assert (mine / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize(
    "command",
    [
        *(("status",), ("stats",), ("list",), ("search", "渔夫"), ("duplicates", "list"), ("reextract",), ("render",)),
        *(("backup", "DATA/backups/today.db"), ("export", "jsonl", "DATA/exports/new"), ("media", "missing")),
        *(("export", "warc", "DATA/exports/new"), ("ingest", "DATA/articles"), ("schedule", "next")),
    ],
    ids=" ".join,
)
def test_other_commands_go_on_beside_all_of_it(data: Path, strange: list[Path], command: tuple[str, ...]) -> None:
    ended = measured(data, *(word.replace("DATA", str(data)) for word in command))
    assert "Traceback" not in ended.err, ended.err
    # The specimen's pages are too short for today's parsers, and nobody runs its jobs.
    assert ended.code in (0, 13, 14, 15), ended.err
    assert all(os.path.lexists(path) for path in strange)


@pytest.mark.parametrize("thing", REPLACED)
def test_a_picture_takes_the_place_of_what_is_no_file(data: Path, tmp_path: Path, thing: str) -> None:
    put_strange_things(tmp_path / "strange")
    (picture,) = (data / "media").rglob("*.png")
    picture.unlink()
    (tmp_path / "strange" / thing).rename(picture)
    with Archive.existing(data) as archive:
        kept = keep_picture(archive, "https://inews.gtimg.com/one/1000", an_article(2).id, PICTURE, NOON)
    assert data / kept == picture
    assert is_regular(picture)
    assert picture.read_bytes() == PICTURE
