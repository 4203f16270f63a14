"""Killed, out of room, written to meanwhile, asked for nonsense: the old export stays, and nothing half-written."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from archive.errors import ExitCode
from archive.export.errors import EmptySelection, TargetRefused
from archive.export.pipeline import export
from archive.export.read.schema import ARTICLES
from archive.export.read.snapshot import snapshot_of
from archive.export.request import ExportRequest
from archive.export.write.atomic_directory import clear_abandoned
from archive.export.write.checksums import check
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.export.samples import SEEN, articles, filled
from tests.archive.export.trees import tree
from tests.archive.samples import an_article


def command(data: Path, *words: str) -> list[str]:
    return [sys.executable, "-c", "import qqnews; qqnews.main()", "--data", str(data), "export", *words]


def run(data: Path, *words: str, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(data, *words), capture_output=True, text=True, preexec_fn=before, timeout=60)


def test_a_killed_export_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    target, words = tmp_path / "x", ("jsonl-gz", str(tmp_path / "x"), "--revisions")
    with filled(tmp_path / "data", 150) as archive:
        export(archive, "jsonl-gz", target, ExportRequest(revisions=True))
        old = tree(target)
        archive.keep(an_article(9000), seen_at=SEEN)
        began = time.monotonic()
        export(archive, "jsonl-gz", tmp_path / "new", ExportRequest(revisions=True))
        seconds = time.monotonic() - began
    new = tree(tmp_path / "new")
    for seed in range(5):
        killed = subprocess.Popen(command(archive.data, *words), stderr=subprocess.PIPE)
        # Until the folder aside appears the program only starts: the interesting moments come then.
        while killed.poll() is None and not list(tmp_path.glob(".x.*")):
            time.sleep(0.001)
        time.sleep(random.Random(seed).random() * seconds)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert tree(target) in (old, new)
    assert run(archive.data, *words).returncode == 0
    assert tree(target) == new
    assert not list(tmp_path.glob(".x.*"))


def test_an_export_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    """It is told so while it writes; where it was faster than that, there is to be more to write."""
    code, number = 0, 150
    while code == 0:
        place = tmp_path / str(number)
        filled(place / "data", number).close()
        told = subprocess.Popen(command(place / "data", "sqlite", str(place / "x")), stderr=subprocess.PIPE)
        while told.poll() is None and not list(place.glob(".x.*/dataset.db")):
            time.sleep(0.001)
        told.terminate()
        told.communicate()
        code, number = told.returncode, number * 4
    assert code == 128 + signal.SIGTERM
    assert [path.name for path in place.iterdir()] == ["data"]


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "sqlite", "feed"])
def test_no_room_leaves_the_old_export(tmp_path: Path, name: str) -> None:
    with filled(tmp_path / "data", 60) as archive:
        target = tmp_path / "x"
        export(archive, name, target, ExportRequest(limit=1))
        old = tree(target)

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))

    done = run(archive.data, name, str(target), before=little_room)
    assert done.returncode == ExitCode.ARCHIVE, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "x" in done.stderr
    assert tree(target) == old
    assert not list(tmp_path.glob(".x.*"))


def test_the_file_for_which_there_was_no_room_is_named(tmp_path: Path) -> None:
    filled(tmp_path / "data", 150).close()

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # Enough for what SQLite keeps beside archive.db.

    done = run(tmp_path / "data", "sqlite", str(tmp_path / "x"), before=little_room)
    assert done.returncode == ExitCode.ARCHIVE
    assert "dataset.db" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_is_written_meanwhile_is_not_in_it(changing: Archive) -> None:
    with snapshot_of(changing) as snapshot, Archive.existing(changing.data) as other:
        assert snapshot.choose(ExportRequest()) == 40
        state, rows = snapshot.state(), snapshot.rows(ARTICLES)
        seen = [next(rows)]
        for article in articles(45)[30:]:
            other.keep(replace(article, body=article.body + "\n\n变了。"), seen_at=SEEN)
        seen += rows
        assert len(seen) == 40
        assert not any("变了" in str(row) for row in seen)
        assert snapshot.state() == state
    with snapshot_of(changing) as snapshot:
        assert snapshot.choose(ExportRequest()) == 45
        assert snapshot.state() != state


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "sqlite", "feed", "markdown"])
def test_nul_and_what_is_not_utf8_are_mended_and_counted(changing: Archive, tmp_path: Path, name: str) -> None:
    with closing(sqlite3.connect(changing.data / "archive.db")) as foreign, foreign:
        broken = "UPDATE articles SET title = CAST(x'E6B2B3EDA080' AS TEXT) WHERE id = ?"
        foreign.execute(broken, (articles()[38].id,))
        foreign.execute("UPDATE articles SET summary = ? WHERE id = ?", ("河\0岸", articles()[39].id))
        foreign.execute("UPDATE articles SET keywords = ? WHERE id = ?", ('["桥\\u0000"]', articles()[37].id))
    summary = export(changing, name, tmp_path / "x", ExportRequest(filters=("min-length=1",)))
    assert summary.manifest.facts["texts"]["mended"] == 3
    if name == "jsonl":
        content = (tmp_path / "x/data/articles.jsonl").read_text()
        assert "河\ufffd岸" in content
        assert '["桥\ufffd"]' in content


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["xml", "x"], ExitCode.USAGE, "there is no format 'xml'"),
        (["jsonl", "x", "--columns", "id,colour"], ExitCode.USAGE, "there is no column 'colour'"),
        (["jsonl", "x", "--channel", "none"], ExitCode.EMPTY, "no article"),
        (["jsonl", "x", "--since", "2025-13-01"], ExitCode.USAGE, "--since"),
        (["jsonl", "x", "--split", "half"], ExitCode.USAGE, "--split"),
        (["jsonl", "x", "--split", ""], ExitCode.USAGE, "--split"),
        (["jsonl", "x", "--limit", "9" * 23], ExitCode.USAGE, "--limit"),
        (["jsonl", "x", "--channel", "\udcff"], ExitCode.USAGE, "not UTF-8"),
        (["jsonl", "x", "--search", "字 " * 101], ExitCode.USAGE, "100 words"),
        (["jsonl", "x", "--search", "字" * 1001], ExitCode.USAGE, "1000 characters"),
        (["jsonl", "x", "--columns", "body", "--no-text"], ExitCode.USAGE, "--no-text"),
        (["jsonl", "x", "--deduplicate", "exact", "--representatives"], ExitCode.USAGE, "--representatives"),
        (["warc", "x", "--filter", "mask"], ExitCode.USAGE, "warc has no place for cleaned texts"),
        (["markdown", "x", "--revisions"], ExitCode.USAGE, "--revisions"),
        (["feed", "x", "--pictures"], ExitCode.USAGE, "--pictures"),
        (["jsonl", "x", "--filter", "min-length=long"], ExitCode.USAGE, "--filter"),
        (["feed", "x", "--columns", "title"], ExitCode.USAGE, "summary"),
        (["warc", "x"], ExitCode.USAGE, "raw capture"),
        (["merge", "nowhere", "--to", "x"], ExitCode.BAD_INPUT, "nowhere"),
    ],
)
def test_nonsense_is_one_line_and_a_code(
    read_only: Archive, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    done = run(read_only.data, *(str(tmp_path / word) if word in ("x", "nowhere") else word for word in words))
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_the_first_day_of_all_is_a_day(read_only: Archive, tmp_path: Path) -> None:
    every_day = ("--first-seen-since", "0001-01-01", "--changed-since", "0001-01-01", "--changed-until", "9999-12-31")
    done = run(read_only.data, "jsonl", str(tmp_path / "x"), *every_day)
    assert (done.returncode, done.stderr) == (0, "")
    assert "40 articles" in done.stdout
    assert run(read_only.data, "jsonl", str(tmp_path / "dated"), "--since", "0001-01-01").returncode == 0


def test_a_name_that_the_disk_cannot_hold_is_one_line(read_only: Archive, tmp_path: Path) -> None:
    done = run(read_only.data, "jsonl", str(tmp_path / ("x" * 250)))
    assert (done.returncode, len(done.stderr.splitlines())) == (ExitCode.BAD_INPUT, 1)
    assert list(tmp_path.iterdir()) == []


def test_several_exports_to_one_place_at_once_leave_a_whole_one(tmp_path: Path) -> None:
    filled(tmp_path / "data", 40).close()
    words = ("markdown", str(tmp_path / "x"))
    assert run(tmp_path / "data", *words).returncode == 0
    for _ in range(3):
        writers = [subprocess.Popen(command(tmp_path / "data", *words), stderr=subprocess.PIPE) for _ in range(4)]
        assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0)] * 4
        check(tmp_path / "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "x"]


def test_the_folder_one_stands_in_is_not_replaced(read_only: Archive, tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    for here, target in ((tmp_path / "x", "."), (tmp_path / "x", ""), (tmp_path / "x" / "y", "..")):
        done = subprocess.run(command(read_only.data, "jsonl", target), cwd=here, capture_output=True, text=True)
        assert (done.returncode, len(done.stderr.splitlines())) == (ExitCode.BAD_INPUT, 1)
    assert tree(tmp_path) == {}


def test_where_a_file_system_is_mounted_is_no_place(read_only: Archive) -> None:
    with pytest.raises(TargetRefused, match="mounted"):
        export(read_only, "jsonl", Path("/dev/shm"), ExportRequest())


def test_a_folder_whose_name_is_not_utf8(read_only: Archive, tmp_path: Path) -> None:
    done = run(read_only.data, "jsonl", str(tmp_path / "\udcff"), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert orjson.loads(done.stdout)["folder"].endswith("\ufffd")


def test_a_time_that_is_none_is_named(changing: Archive, tmp_path: Path) -> None:
    with closing(sqlite3.connect(changing.data / "archive.db")) as foreign, foreign:
        foreign.execute("UPDATE articles SET first_seen = 'once' WHERE id = ?", (articles()[38].id,))
    done = run(changing.data, "feed", str(tmp_path / "x"))
    assert done.returncode == ExitCode.PARTIAL
    assert f"articles/{articles()[38].id}: its first_seen cannot be read" in done.stderr
    assert "left out as unreadable: 1 articles" in done.stdout
    assert articles()[38].id not in (tmp_path / "x" / "feed.json").read_text("utf-8")


def test_inside_the_archive_and_inside_exports_is_no_place(changing: Archive, tmp_path: Path) -> None:
    export(changing, "jsonl", changing.data / "exports" / "x", ExportRequest())
    (changing.data / "link").symlink_to(changing.data / "exports/x/data")
    for place in (
        "articles/new",
        "media/new",
        "new",
        "exports",
        "exports/../raw/new",
        "exports/x/data/new",
        "link/new",
    ):
        with pytest.raises(TargetRefused):
            export(changing, "jsonl", changing.data / place, ExportRequest())
    assert list(verify(changing.data)) == []
    (tmp_path / "inside").symlink_to(changing.data / "articles")
    with pytest.raises(TargetRefused):
        export(changing, "jsonl", tmp_path / "inside" / "new", ExportRequest())


def test_an_export_does_not_replace_what_is_none(read_only: Archive, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/notes.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    (tmp_path / "empty").mkdir()
    before = tree(tmp_path)
    for name in ("file", "folder", "link"):
        with pytest.raises(TargetRefused):
            export(read_only, "jsonl", tmp_path / name, ExportRequest())
    with pytest.raises(TargetRefused):
        export(read_only, "jsonl", read_only.data, ExportRequest())
    assert tree(tmp_path) == before
    export(read_only, "jsonl", tmp_path / "empty", ExportRequest())
    (tmp_path / "empty/notes.txt").write_text("mine")
    with pytest.raises(TargetRefused, match=r"notes\.txt"):
        export(read_only, "csv", tmp_path / "empty", ExportRequest())
    (tmp_path / "empty/notes.txt").unlink()
    export(read_only, "csv", tmp_path / "empty", ExportRequest())
    assert (tmp_path / "empty/data/articles.csv").exists()


def test_an_empty_selection_leaves_the_old_export(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "jsonl", tmp_path / "x", ExportRequest())
    before = tree(tmp_path)
    with pytest.raises(EmptySelection):
        export(read_only, "jsonl", tmp_path / "x", ExportRequest(since="2030-01-01"))
    assert tree(tmp_path) == before


def test_what_others_are_writing_is_no_leftover(read_only: Archive, tmp_path: Path) -> None:
    dead = tmp_path / f".x.{'a' * 16}"
    foreign = [tmp_path / name for name in (".x.notes", ".x.important-folder", ".x.old", f".x.y.{'a' * 16}")]
    for each in (dead, *foreign):
        each.mkdir()
        (each / "kept").touch()
    export(read_only, "jsonl", tmp_path / "x", ExportRequest())
    assert not dead.exists()
    assert all((each / "kept").exists() for each in foreign)
    clear_abandoned(tmp_path)  # Whatever the target was: the last of them is what one named x.y left.
    assert [(each / "kept").exists() for each in foreign] == [True, True, True, False]


def test_a_folder_without_rights_is_one_line(read_only: Archive, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    done = run(read_only.data, "jsonl", str(tmp_path / "x"))
    assert done.returncode == ExitCode.ARCHIVE
    assert len(done.stderr.splitlines()) == 1
