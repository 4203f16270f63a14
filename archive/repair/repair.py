"""Restores what is damaged from whichever copy is good. What is damaged goes aside, nothing is thrown away."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from archive.database.row_readers import decoding
from archive.database.schema import open_database, schema_of_newest
from archive.errors import NoArchive, NotAnArchive
from archive.files.io_errors import named_sqlite_failures
from archive.redaction.erasure_log import read_erasure_log, take_up_erasures
from archive.redaction.erasures import id_hash
from archive.repair.files import mend_captures, mend_media, mend_tree, name_exports
from archive.repair.rebuild import is_sound, newest_backup, rebuild
from archive.repair.references import mend_locks, mend_references
from archive.repair.revisions import mend_revisions
from archive.repair.rows import Copies, Reader, mend_rows
from archive.repair.steps import Aside, Step
from archive.search.index import remove as remove_index
from archive.store import Archive
from archive.takedown.capture_patches import JOURNAL, replay
from archive.takedown.reappeared import reappeared
from archive.takedown.takedown import take_down
from archive.verify.database import USERS_NUMBERS
from archive.verify.search import check_search

__all__ = ["Step", "repair"]


def repair(
    data: Path,
    now: datetime,
    *,
    backup: Path | None = None,
    read: Reader | None = None,
    accept: bool = False,
    dry_run: bool = False,
) -> Iterator[Step]:
    """Mend what can be mended; each step after it was done (``dry_run``: instead of doing it).

    ``backup``: where rows that were lost may be found; default: the newest in ``backups`` below ``data``.
    ``read``: reads raw captures again, which may say what a damaged row said.
    ``accept``: rows of which no better copy exists are taken as they stand. Raises ``NoArchive``.
    """
    for step in _steps(data, now, backup, read, accept=accept, dry_run=dry_run):
        if step.act is not None and not dry_run:
            step.act()
        yield step


def _steps(
    data: Path, now: datetime, backup: Path | None, read: Reader | None, *, accept: bool, dry_run: bool
) -> Iterator[Step]:
    aside = Aside(data, f"{now:%Y%m%dT%H%M%SZ}")
    if (data / JOURNAL).exists():
        yield Step(JOURNAL, "an interrupted takedown's captures written", partial(replay, data))
    found = newest_backup(data, backup)
    rebuilt = False
    for step in _mend_database(data, found, aside):
        rebuilt = rebuilt or step.where == "archive.db"
        yield step
    if dry_run and not is_sound(data / "archive.db"):
        return  # The rest depends on the database that would be put there.
    with ExitStack() as stack:
        archive = stack.enter_context(Archive.existing(data))
        again = stack.enter_context(Archive.existing(data))
        other = stack.enter_context(_opened_copy(found)) if found else None
        unproven = set[str]()
        for step in mend_rows(archive, Copies(other, read), aside, accept=accept):
            if step.act is None and step.where.startswith("articles/"):
                unproven.add(step.where.partition("/")[2])
            yield step
        yield from mend_revisions(archive, aside, accept=accept)
        yield from mend_references(archive)
        yield from mend_locks(archive)
        yield from _keep_erased(archive, now, dry_run=dry_run)
        yield from mend_tree(archive, again, aside, now, unproven=unproven, rebuilt=rebuilt)
        yield from mend_captures(archive, again, aside, accept=accept)
        yield from mend_media(archive, again, aside)
        yield from name_exports(data)
        for fault in check_search(archive):
            yield Step(fault.where, "removed: the next search makes it anew", partial(remove_index, data))


def _mend_database(data: Path, backup: Path | None, aside: Aside) -> Iterator[Step]:
    path = data / "archive.db"
    for leftover in sorted([*data.glob(".archive.db.*"), *data.glob(".search.db.*")]):
        yield Step(leftover.name, "put aside", partial(aside.move, leftover))
    if path.exists() and is_sound(path) and (indexes := _lost_indexes(path)) is not None:
        for name, sql in indexes.items():
            yield Step(f"schema/{name}", "made again", partial(_execute, path, sql))
        for name in _changed_numbers(path):
            yield Step(f"archive.db: {name}", "set to 0 again", partial(_execute, path, f"PRAGMA {name} = 0"))
        return
    if not path.exists() and not any((data / name).exists() for name in ("articles", "raw", "media")):
        raise NoArchive(path)
    if path.exists() and _is_sound_after(path, "REINDEX"):
        yield Step("archive.db", "its indexes made again", partial(_execute, path, "REINDEX"))
        return
    origin = f"from {backup} and the rows that can still be read" if backup else "from the rows that can still be read"
    later = "; then 'qqnews reextract --apply' brings back what raw captures hold" if (data / "raw").exists() else ""
    yield Step("archive.db", f"made again {origin}{later}", partial(rebuild, data, backup, aside))


def _is_sound_after(path: Path, statement: str) -> bool:
    """Whether a copy of the database is sound after the statement, its schema too."""
    with tempfile.TemporaryDirectory(prefix="qqnews-", dir=path.parent) as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-wal"):
            if (source := path.with_name(path.name + suffix)).exists():
                shutil.copyfile(source, copy.with_name(copy.name + suffix))
        try:
            with named_sqlite_failures(copy), closing(open_database(copy)) as connection:
                connection.execute(statement)
        except (NotAnArchive, sqlite3.Error):
            return False
        return is_sound(copy) and _lost_indexes(copy) is not None


def _execute(path: Path, statement: str) -> None:
    with closing(open_database(path)) as connection:
        connection.execute(statement)


def _changed_numbers(path: Path) -> list[str]:
    """The numbers in the file's header that are the user's to set; ours are 0."""
    with closing(open_database(path)) as connection:
        return [name for name in USERS_NUMBERS if connection.execute(f"PRAGMA {name}").fetchone()[0]]


def _lost_indexes(path: Path) -> dict[str, str] | None:
    """Name → SQL of indexes that are not there; None where more than that is wrong with the schema."""
    with closing(open_database(path)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        found = dict(map(tuple, connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")))
    lost = {name: sql for name, sql in schema_of_newest().items() if found.get(name) != sql}
    return lost if all(name not in found and sql.startswith("CREATE INDEX") for name, sql in lost.items()) else None


@contextmanager
def _opened_copy(backup: Path) -> Iterator[sqlite3.Connection]:
    """A backup, opened without touching it: bringing it up to date happens to a copy."""
    with tempfile.TemporaryDirectory(prefix="qqnews-") as folder:
        copy = Path(folder) / "archive.db"
        shutil.copyfile(backup, copy)
        with closing(open_database(copy)) as connection:
            yield connection


def _keep_erased(archive: Archive, now: datetime, *, dry_run: bool) -> Iterator[Step]:
    """What was taken down and came back, with an old backup or an old file of captures, goes again."""
    if not dry_run:
        with archive.transaction() as connection:
            take_up_erasures(connection, read_erasure_log(archive.data))
    for article_id in reappeared(archive):
        where = f"erasures/{id_hash(article_id)[:16]}"
        yield Step(where, "taken down again", partial(_take_down, archive, article_id, now))


def _take_down(archive: Archive, article_id: str, now: datetime) -> None:
    with decoding(archive.database.connection, "surrogateescape"):
        take_down(archive, article_id, "", now)
