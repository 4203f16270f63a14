"""An export's files without one article, written anew into another folder: one way for each kind of format."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.export.read.schema import BESIDE, Row, Table
from archive.export.write.dataset import Format
from archive.export.write.hashing_file import hashing_file
from archive.export.write.manifest import Manifest, Part
from archive.export.write.tabular import Tabular
from archive.files.regular_files import files_below, sha256_of
from archive.redaction.entries import without_entries, without_words
from archive.takedown.captures import Owned, capture_patches, survey
from archive.takedown.export_rows import ErasedRows
from archive.takedown.traces import Traces

if TYPE_CHECKING:
    from archive.export.formats.sqlite import Sqlite

Rewrite = Callable[[Format, Path, Path, Manifest, ErasedRows], list[Part]]
"""Format, folder, the other folder, manifest, what is to go → the files of tables, as they are there."""


def rewriter_of(form: Format) -> Rewrite | None:
    """How exports of a format are rewritten; None for feeds and reports, which are quickly made again."""
    return _REWRITERS.get("rows" if isinstance(form, Tabular) else form.name)


def _tabular(form: Tabular, folder: Path, aside: Path, manifest: Manifest, without: ErasedRows) -> list[Part]:
    tables = {table.name: table for table in (*manifest.tables, *BESIDE)}
    parts = list[Part]()
    for part in manifest.parts:
        rows = without.rows(tables[part.table], form.encoding.read(folder / part.path, tables[part.table]))
        with hashing_file(aside / part.path) as file:
            writer = form.encoding.writer(file, tables[part.table])
            count = 0
            for count, row in enumerate(rows, 1):  # noqa: B007
                writer.write(row)
            writer.close()
            parts.append(replace(part, rows=count, sha256=file.settle()))
        if part.month is not None and not count:
            (aside / part.path).unlink()
            (aside / part.path).parent.rmdir()
            parts.pop()
    return parts


def _sqlite(form: Sqlite, folder: Path, aside: Path, manifest: Manifest, without: ErasedRows) -> list[Part]:
    from archive.export.formats.sqlite import FILE, index_words

    shutil.copyfile(folder / FILE, aside / FILE)
    tables = {table.name: table for table in (*manifest.tables, *BESIDE)}
    with closing(sqlite3.connect(aside / FILE, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("BEGIN")
        counts = {
            part.table: _rewrite(database, form.numbered(folder, tables[part.table]), tables[part.table], without)
            for part in manifest.parts
        }
        index_words(database)
        database.execute("COMMIT")
        database.execute("VACUUM")
    digest = sha256_of(aside / FILE)
    return [replace(part, rows=counts[part.table], sha256=digest) for part in manifest.parts]


def _rewrite(database: sqlite3.Connection, rows: Iterable[tuple[int, Row]], table: Table, without: ErasedRows) -> int:
    """Change the rows of a table, each with its number in the file; how many stay."""
    from archive.export.formats.sqlite import flat

    places = ", ".join(f'"{name}" = ?' for name in table.names)
    stay = 0
    for number, before in rows:
        after = without.row(table, before)
        stay += after is not None
        if after is None:
            database.execute(f'DELETE FROM "{table.name}" WHERE rowid = ?', (number,))  # noqa: S608
        elif after != before:
            database.execute(f'UPDATE "{table.name}" SET {places} WHERE rowid = ?', (*flat(after), number))  # noqa: S608
    return stay


def _markdown(_: Format, folder: Path, aside: Path, manifest: Manifest, without: ErasedRows) -> list[Part]:
    parts = _lines_beside(folder, aside, manifest, without)
    for path in files_below(folder / "content"):
        if path.suffix != ".md":
            continue
        if path.stem == without.traces.article_id:
            without.dropped = {"id": path.stem}
        elif (content := path.read_bytes().decode()) != (left := _text_without(path.stem, content, without.traces)):
            with hashing_file(aside / path.relative_to(folder)) as file:
                file.write(left.encode())
                file.settle()
    return parts


_SUMMARY: Final = re.compile(r"^summary: .*$", re.MULTILINE)


def _text_without(article_id: str, content: str, traces: Traces) -> str:
    """A Markdown file of another article as it is without this one."""
    if article_id in traces.lists:
        content, words = without_entries(content, traces.is_wanted)
        content = _SUMMARY.sub(lambda found: without_words(found[0], words), content, count=1)
    return traces.without_names(content)


def _warc(_: Format, folder: Path, aside: Path, manifest: Manifest, without: ErasedRows) -> list[Part]:
    from archive.export.formats.warc import FILE

    # A record that is erased keeps its length: the rows of the table go on saying where each begins.
    parts, traces = _lines_beside(folder, aside, manifest, without), without.traces
    shutil.copyfile(folder / FILE, aside / FILE)
    owned = Owned({}, is_shared=lambda file, offset: False, is_kept=lambda article_id: True)
    found = survey([aside / FILE], traces, owned)
    patches = list(capture_patches(aside, aside / FILE, found, traces, owned))
    with (aside / FILE).open("r+b") as file:
        for patch in patches:
            file.seek(patch.offset)
            file.write(patch.content)
    if found.own:
        without.dropped = {"id": traces.article_id}
    return parts


def _lines_beside(folder: Path, aside: Path, manifest: Manifest, without: ErasedRows) -> list[Part]:
    """The tables of a format that has its articles elsewhere: they are JSON Lines."""
    from archive.export.formats.jsonl import PLAIN

    return _tabular(PLAIN, folder, aside, manifest, without)


_REWRITERS: Final[dict[str, Callable[..., list[Part]]]] = {
    "rows": _tabular,
    "sqlite": _sqlite,
    "markdown": _markdown,
    "warc": _warc,
}
