"""``qqnews ingest``: Markdown files of the sample's form into the archive."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.article.markdown import to_markdown
from archive.article.model import BEIJING, Article
from archive.errors import ExitCode
from archive.store import Archive
from crawler.cli.crawl import ingest
from qqnews import FrontDoor
from tests.conftest import Called

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=BEIJING)


def article(number: int, body: str = "") -> Article:
    key = f"20260304A{number:05d}00"
    return Article(
        id=key,
        url=f"https://new.qq.com/rain/a/{key}",
        title=f"第{number}篇：桥边的灯",
        summary="一行摘要",
        body=body or f"　桥边第{number}盏灯亮了。\n\n**明天**再看。",
        published_at=MOMENT,
        published_raw="2026-03-04 05:06:07",
    )


def write(folder: Path, number: int, text: str = "") -> Path:
    """One file, three folders deep as Hugo has them."""
    path = folder / f"{number % 7}" / "post" / f"{number}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or to_markdown(article(number)))
    return path


@pytest.fixture
def take_in(data: Path) -> Callable[..., Called]:
    def run(*paths: Path) -> Called:
        ended = CliRunner().invoke(ingest, list(map(str, paths)), obj=FrontDoor(data, json=True))
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Called(ended.exit_code, ended.stdout, ended.stderr)

    return run


def ids(data: Path) -> set[str]:
    with Archive.existing(data) as archive:
        return {it.article.id for it in archive.articles()}


def test_of_1000_files_with_3_broken_997_are_kept_and_3_named(
    take_in: Callable[..., Called], data: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "content"
    for number in range(1000):
        write(tree, number)
    broken = [
        write(tree, 100, "no front matter at all\n"),
        write(tree, 555, to_markdown(article(555)).replace("[qq](https://new.qq.com", "[qq](https://example.com")),
        write(tree, 900),
    ]
    broken[2].write_bytes(b"\x80\x81\xff binary" * 50)
    ended = take_in(tree)
    assert (ended.code, ended.report["verdict"]) == (ExitCode.PARTIAL, "partial")
    assert (ended.counts["kept"], ended.counts["bad_input"]) == (997, 3)
    named = [line.removeprefix("qqnews: ").partition(": ") for line in ended.err.splitlines()]
    assert {path for path, _, _ in named} == set(map(str, broken))
    assert all(reason for _, _, reason in named)
    assert len(ids(data)) == 997
    again = take_in(tree)
    assert (again.counts["same"], again.counts["bad_input"]) == (997, 3)
    with Archive.existing(data) as archive:
        assert archive.stats()["revisions"] == 997


def test_the_archive_writes_the_same_bytes(take_in: Callable[..., Called], data: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "content", 1)
    assert take_in(path).code == 0
    (kept,) = (data / "articles").rglob("*.md")
    assert kept.read_bytes() == path.read_bytes()


def test_an_old_file_does_not_undo_a_newer_revision(take_in: Callable[..., Called], data: Path, tmp_path: Path) -> None:
    old = write(tmp_path / "old", 1)
    new = write(tmp_path / "new", 1, to_markdown(article(1, "桥边的灯换了新的。")))
    assert [take_in(path).counts for path in (old, new, old, new)] == [
        {"kept": 1},
        {"changed": 1},
        {"same": 1},
        {"same": 1},
    ]
    with Archive.existing(data) as archive:
        assert archive.article(article(1).id).article.body == "桥边的灯换了新的。"


def test_any_form_of_the_address_names_the_article(take_in: Callable[..., Called], data: Path, tmp_path: Path) -> None:
    key = article(1).id
    text = to_markdown(article(1)).replace(f"https://new.qq.com/rain/a/{key}", f"https://view.inews.qq.com/k/{key}")
    assert take_in(write(tmp_path / "content", 1, text)).code == 0
    assert ids(data) == {key}


def test_nothing_usable_is_bad_input(take_in: Callable[..., Called], tmp_path: Path) -> None:
    missing, secret, empty = tmp_path / "missing.md", tmp_path / "secret.md", tmp_path / "empty.md"
    secret.mkdir()
    (secret / "note.md").symlink_to(tmp_path / "nowhere")
    empty.touch()
    ended = take_in(missing, secret, empty)
    assert (ended.code, ended.counts) == (ExitCode.BAD_INPUT, {"bad_input": 3})
    assert "No such file" in ended.err


def test_an_empty_directory_is_not_ok(take_in: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    assert take_in(tmp_path / "content").code == ExitCode.EMPTY


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(take_in: Callable[..., Called], tmp_path: Path) -> None:
    path = write(tmp_path / "content", 1)
    path.chmod(0)
    ended = take_in(path)
    assert (ended.code, "Permission denied" in ended.err) == (ExitCode.BAD_INPUT, True)


def test_the_archives_own_tree_can_be_taken_in(take_in: Callable[..., Called], data: Path, tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / "content", number)
    take_in(tmp_path / "content")
    assert take_in(data / "articles").counts == {"same": 5}


def test_the_sample_is_taken_in_byte_for_byte(take_in: Callable[..., Called], data: Path) -> None:
    sample = Path(__file__).parents[3].parent / "shared" / "sample.md"
    if not sample.exists():
        pytest.skip("../shared is not present")
    assert take_in(sample).code == 0
    (kept,) = (data / "articles").rglob("*.md")
    assert kept.read_bytes() == sample.read_bytes()
