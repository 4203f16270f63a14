"""The database is gone and nobody has a backup: captures, Markdown files and copies bring back what they hold."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

import pytest

from archive.article.model import BEIJING
from archive.errors import ExitCode
from tests.conftest import QQNEWS, call_here
from tests.crawler.archived import hours_pass, rows
from tests.site.site import Site

FOLDERS = ("articles", "raw", "media", "runs")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site whose newest articles are minutes old."""
    with Site(seed=5, articles=40, now=datetime.now(BEIJING).isoformat(timespec="seconds")) as running:
        yield running


@dataclass(frozen=True)
class Held:
    """What an archive holds, without the moments at which it was seen."""

    articles: dict[str, tuple[object, ...]]
    texts: list[tuple[object, ...]]
    removed: set[str]
    missing: set[str]
    pictures: dict[str, str]

    @classmethod
    def by(cls, data: Path) -> Held:
        facts = """
            SELECT id, title, summary, body, author, media, media_id, channel, keywords, thumbnail, published_at,
                published_raw, kind, location, comment_id, layout, content_hash, revision, copy_of, markdown_path
            FROM articles
        """
        texts = """
            SELECT article_id, revision, kind, changes, content_hash, title, body, author
            FROM revisions ORDER BY article_id, revision
        """
        removed = "SELECT id FROM articles WHERE status = 'gone' AND gone_at IS NOT NULL"
        pictures = "SELECT p.url, m.path FROM pictures p JOIN media m USING (sha256)"
        return cls(
            articles={row[0]: row[1:] for row in rows(data, facts)},
            texts=rows(data, texts),
            removed={row[0] for row in rows(data, removed)},
            missing={row[0] for row in rows(data, "SELECT id FROM articles WHERE missing_since IS NOT NULL")},
            pictures=dict(rows(data, pictures)),
        )


@pytest.fixture(scope="module")
def lived(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive to which all happened that can: edits, a removal, one that was taken back, copies, pictures."""
    data = tmp_path_factory.mktemp("lived") / "data"
    with pytest.MonkeyPatch.context() as patched:
        for name, value in site.environment().items():
            patched.setenv(name, value)
        modern = list(site.world.of_layout("v2"))
        copies = list(site.publish(1, copy_of=modern[5]))
        others = [*site.world.of_layout("static")[:1], *site.world.of_layout("classic")[:1]]
        keys = [*modern[:6], *copies, *others]
        titled, written, removed, returned, unsure = modern[:5]
        assert call_here(data, "crawl", *keys, "--media", "--delay", "0").code == 0
        site.edit(titled, "title")
        site.edit(written, "body")
        for key in (removed, returned):
            site.remove(key)
        for _ in range(2):
            hours_pass(data, 2, but="published_at")
            assert call_here(data, "recheck", "--delay", "0", "--concurrency", "8").code == 0
        assert call_here(data, "backup", str(data.parent / "early.db")).code == 0
        site.restore(returned)
        site.edit(written, "body")
        site.remove(unsure)
        hours_pass(data, 24, but="published_at")
        assert call_here(data, "recheck", "--delay", "0").code == 0
        assert call_here(data, "media", "fetch", "--delay", "0").code == 0
        for key in (removed, unsure):
            site.restore(key)
    held = Held.by(data)
    assert (held.removed, held.missing) == ({removed}, {removed, unsure})
    assert [text[2] for text in held.texts].count("edited") == 3
    assert len(held.pictures) > 3
    assert call_here(data, "verify", "--deep").code == 0
    return data


def without_database(lived: Path, data: Path, kept: tuple[str, ...]) -> None:
    for name in kept:
        shutil.copytree(lived / name, data / name)


@pytest.mark.parametrize("kept", [kept for n in range(1, 5) for kept in combinations(FOLDERS, n)], ids="+".join)
def test_whatever_is_left_brings_back_what_it_holds(lived: Path, tmp_path: Path, kept: tuple[str, ...]) -> None:
    before, data = Held.by(lived), tmp_path / "data"
    without_database(lived, data, kept)
    if kept == ("runs",):
        assert call_here(data, "repair").code == ExitCode.ARCHIVE  # Reports are no archive.
        return
    mended = call_here(data, "repair")
    assert (mended.code, "put aside" in mended.out) == (0, False), mended.out
    if "raw" in kept:
        told = call_here(data, "verify", "--deep")
        assert told.code == ExitCode.DAMAGED
        assert "'qqnews reextract --apply' takes in what is unread" in told.out
        assert call_here(data, "reextract", "--apply").code == 0
    assert (call_here(data, "verify", "--deep").code, call_here(data, "reextract").code) == (
        0,
        0 if "raw" in kept else ExitCode.EMPTY,
    )
    now = Held.by(data)
    if "raw" in kept:
        assert now.articles == before.articles
        assert now.texts == before.texts
        assert now.removed == before.removed
        assert now.pictures == (before.pictures if "media" in kept else {})
    elif "articles" in kept:
        assert now.articles.keys() == before.articles.keys()
        assert {key: facts[2] for key, facts in now.articles.items()} == {
            key: facts[2] for key, facts in before.articles.items()
        }
    if "media" in kept:
        assert {row[0] for row in rows(data, "SELECT path FROM media")} == set(before.pictures.values())
    if "articles" in kept:
        assert tree(data) == tree(lived)


def tree(data: Path) -> dict[str, bytes]:
    return {path.relative_to(data).as_posix(): path.read_bytes() for path in (data / "articles").rglob("*.md")}


def regained(data: Path, *repair: str, whole: bool = True) -> Held:
    """What is in the archive after it was mended and its captures were read again. ``whole``: no file of them is
    missing; else those are named that refer to one in it.
    """
    assert call_here(data, "repair", *repair).code == 0
    read = call_here(data, "reextract", "--apply")
    assert read.code == 0 or (not whole and "what it refers to cannot be read" in read.err)
    assert call_here(data, "verify", "--deep").code == 0
    return Held.by(data)


@pytest.mark.parametrize("kept", [FOLDERS, ("raw", "media")], ids="+".join)
def test_what_came_after_an_old_backup_is_in_the_captures(lived: Path, tmp_path: Path, kept: tuple[str, ...]) -> None:
    before, data = Held.by(lived), tmp_path / "data"
    without_database(lived, data, kept)
    assert call_here(data, "repair", "--backup", str(lived.parent / "early.db")).code == 0
    told = call_here(data, "verify", "--deep")
    assert (told.code, "unread" in told.out, "missing" in told.out) == (ExitCode.DAMAGED, True, False), told.out
    assert regained(data) == before


def test_reading_captures_once_more_finds_nothing(lived: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    without_database(lived, data, ("raw",))
    first = regained(data)
    again = call_here(data, "reextract", "--apply", "--json").report
    assert {again[name] for name in ("changed", "regained", "regained_texts", "removals", "revisions")} == {0}
    assert Held.by(data) == first


@pytest.mark.parametrize("lost", range(5))
def test_one_file_of_captures_less_is_one_file_less(lived: Path, tmp_path: Path, lost: int) -> None:
    before, data = Held.by(lived), tmp_path / "data"
    without_database(lived, data, FOLDERS)
    files = sorted((data / "raw").iterdir())
    assert len(files) == 5
    files[lost].unlink()
    now = regained(data, whole=False)
    assert now.articles.keys() == before.articles.keys()
    assert {key: facts[2] for key, facts in now.articles.items()} == {
        key: facts[2] for key, facts in before.articles.items()
    }
    assert {text[-3:-1] for text in now.texts} <= {text[-3:-1] for text in before.texts}
    assert tree(data) == tree(lived)


def test_captures_that_come_back_later_add_what_they_hold(lived: Path, tmp_path: Path) -> None:
    before, data = Held.by(lived), tmp_path / "data"
    without_database(lived, data, ("articles", "media"))
    assert call_here(data, "repair").code == 0
    files = sorted((lived / "raw").iterdir())
    (data / "raw").mkdir()
    for file in reversed(files):
        shutil.copy2(file, data / "raw")
        regained(data, whole=file == files[0])
    assert Held.by(data) == before


def test_what_was_taken_down_stays_away(lived: Path, tmp_path: Path) -> None:
    data, early = tmp_path / "data", tmp_path / "early"
    shutil.copytree(lived, data)
    shutil.copytree(lived / "raw", early)
    (key,) = Held.by(data).removed
    assert call_here(data, "takedown", key, "--reason", "order 7", "--yes").code == 0
    rest = Held.by(data)
    for file in data.glob("archive.db*"):
        file.unlink()
    shutil.rmtree(data / "raw")
    shutil.copytree(early, data / "raw")  # As a backup of the files puts them back.
    assert call_here(data, "repair").code == 0
    assert call_here(data, "reextract", "--apply").code == 0
    assert Held.by(data) == rest


def test_who_is_killed_while_it_reads_captures_begins_again(lived: Path, tmp_path: Path) -> None:
    before, data = Held.by(lived), tmp_path / "data"
    without_database(lived, data, FOLDERS)
    assert call_here(data, "repair").code == 0
    command = [str(QQNEWS), "--data", str(data), "reextract", "--apply"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not rows(data, "SELECT 1 FROM articles WHERE raw_ref IS NOT NULL"):
            pass
        process.kill()
    assert regained(data) == before


def test_a_lost_database_is_told_of(lived: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    without_database(lived, data, FOLDERS)
    lost = call_here(data, "list")
    assert (lost.code, "'qqnews repair' makes it again" in lost.err) == (ExitCode.ARCHIVE, True)
    assert "then 'qqnews reextract --apply' brings back what raw captures hold" in call_here(data, "repair").out
    told = call_here(data, "verify")
    assert (told.code, "no row refers to a raw capture: 'qqnews verify --deep'" in told.out) == (0, True)
