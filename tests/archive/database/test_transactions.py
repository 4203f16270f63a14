"""All or nothing: whatever fails in a transaction, rows and Markdown files stay as they were, or agree."""

import errno
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from archive.article.markdown import to_markdown
from archive.article.model import Article
from archive.errors import ArchiveNotWritable, NotAnArchive
from archive.files import markdown_tree as tree
from archive.store import Archive
from tests.archive.samples import EVENING, NOON, an_article

ARTICLE = an_article()
EDITED = replace(ARTICLE, body="改过。")


def files(archive: Archive) -> dict[str, str]:
    found = (path for path in (archive.data / "articles").rglob("*") if path.is_file())
    return {path.relative_to(archive.data / "articles").as_posix(): path.read_text("utf-8") for path in found}


def ids(archive: Archive) -> list[str]:
    return sorted(archived.article.id for archived in archive.articles())


def keep_together(archive: Archive, *articles: Article) -> None:
    with archive.transaction():
        for article in articles:
            archive.keep(article, seen_at=EVENING)


def keep_and_fail(archive: Archive, *articles: Article) -> None:
    with archive.transaction():
        keep_together(archive, *articles)
        raise KeyError


def keep_and_fail_to_commit(archive: Archive, *articles: Article) -> None:
    with archive.transaction() as connection:
        keep_together(archive, *articles)
        # Found out by COMMIT only, when the files are in their places already.
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("UPDATE articles SET copy_of = 'nobody'")


def in_order(archive: Archive) -> bool:
    """Rows and files agree, and nothing lies aside."""
    expected = {
        archived.markdown_path.removeprefix("articles/"): to_markdown(archived.article)
        for archived in archive.articles()
    }
    return files(archive) == expected


def test_a_batch_is_kept_together(archive: Archive) -> None:
    with archive.transaction():
        for number in range(50):
            archive.keep(an_article(number), seen_at=NOON)
        assert not list((archive.data / "articles").rglob("*.md"))
    assert len(ids(archive)) == 50
    assert in_order(archive)


def test_a_failed_batch_leaves_nothing(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    before = files(archive)
    with pytest.raises(KeyError):
        keep_and_fail(archive, an_article(2), EDITED)
    assert ids(archive) == [ARTICLE.id]
    assert archive.article(ARTICLE.id).article == ARTICLE
    assert files(archive) == before


def test_a_failed_part_of_a_batch_leaves_the_rest(archive: Archive) -> None:
    with archive.transaction():
        archive.keep(an_article(1), seen_at=NOON)
        with pytest.raises(KeyError):
            keep_and_fail(archive, an_article(2))
        archive.keep(an_article(3), seen_at=NOON)
    assert ids(archive) == [an_article(1).id, an_article(3).id]
    assert in_order(archive)


def test_an_article_read_twice_in_one_batch(archive: Archive) -> None:
    with archive.transaction():
        archive.keep(ARTICLE, seen_at=NOON)
        archive.keep(ARTICLE, seen_at=NOON)
        archive.keep(EDITED, seen_at=NOON)
    assert archive.article(ARTICLE.id).revision == 2
    assert in_order(archive)


def test_a_commit_that_fails_takes_back_the_files_too(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    before = files(archive)
    with pytest.raises(sqlite3.IntegrityError):
        keep_and_fail_to_commit(archive, EDITED, replace(EDITED, body="又改过。"), an_article(2))
    assert files(archive) == before
    assert archive.article(ARTICLE.id).article == ARTICLE
    archive.keep(EDITED, seen_at=EVENING)
    assert in_order(archive)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("step", ["write_durably", "sync_directory"])
def test_a_full_or_closed_disk_is_named_and_harms_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    before = files(archive)

    def refuse(path: Path, *_: object) -> None:
        raise OSError(number, "the disk says no", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(tree, step, refuse)
        with pytest.raises(ArchiveNotWritable, match=r"the disk says no.*free some space"):
            keep_together(archive, EDITED, an_article(2))
    assert ids(archive) == [ARTICLE.id]
    assert files(archive) == before
    archive.keep(EDITED, seen_at=EVENING)
    assert in_order(archive)


def test_a_database_that_cannot_grow_is_named_and_harms_nothing(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    before = files(archive)
    pages = archive.database.connection.execute("PRAGMA page_count").fetchone()[0]
    archive.database.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ArchiveNotWritable, match="full"):
        keep_together(archive, *map(an_article, range(2, 30)))
    assert ids(archive) == [ARTICLE.id]
    assert files(archive) == before


def test_something_else_in_the_file_s_place_is_named(archive: Archive) -> None:
    (archive.data / "articles").mkdir()
    (archive.data / "articles/2025").write_text("a file where a directory should be")
    with pytest.raises(ArchiveNotWritable, match="articles/2025"):
        archive.keep(ARTICLE, seen_at=NOON)
    assert ids(archive) == []


def test_a_caller_s_own_failure_passes_as_it_is(archive: Archive) -> None:
    with pytest.raises(PermissionError, match="mine"), archive.transaction():
        raise PermissionError(errno.EACCES, "mine")


def test_a_damaged_database_is_named(archive: Archive) -> None:
    with archive.transaction():
        for number in range(200):
            archive.keep(an_article(number), seen_at=NOON)
    archive.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    archive.close()
    with (archive.data / "archive.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (archive.data / "archive.db").stat().st_size)
    with pytest.raises(NotAnArchive, match="malformed"), Archive.existing(archive.data) as harmed:
        list(harmed.articles())


def test_what_a_crash_left_aside_is_cleared_by_the_next_writer(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    (archive.data / "articles/.aside/4711-dead-0").write_text("half a fi")
    archive.keep(an_article(2), seen_at=NOON)
    assert in_order(archive)


class FailingCommit:
    """A connection that says that COMMIT failed, when the rows are in the log already: the sync after it did."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, statement: str, values: tuple[str, ...] = ()) -> object:
        done = self._connection.execute(statement, values)
        if statement == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return done


def test_a_commit_that_may_have_happened_takes_no_file_away(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    monkeypatch.setattr(archive.database, "connection", FailingCommit(archive.database.connection))
    with pytest.raises(ArchiveNotWritable, match="I/O error"):
        keep_together(archive, EDITED, an_article(2))
    monkeypatch.undo()
    assert ids(archive) == [ARTICLE.id, an_article(2).id]
    assert in_order(archive)
