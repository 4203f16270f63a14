"""``export.json``: what an export is and holds. Every other paper is made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from archive.export.columns import SCHEMA_VERSION, Row, Table
from archive.export.dataset import DATABASE, Incremental, Part, tables_of
from archive.export.errors import NotAnExport
from archive.export.formats import FORMATS, load
from archive.export.increment import Base, Merged
from archive.export.sums import check, export_id, listed
from archive.export.wish import Wish
from archive.regular_files import read_regular

NAME: Final = "export.json"
_LARGEST: Final = 64 * 2**20
"""Bytes of the manifest: it names the files of tables, a few for each month."""
REWRITTEN: Final = "rewritten_from"
"""Under it an export that takedowns rewrote has the ids it had before, and where it counts one article less since."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts (see ``facts``), the files of tables, and for an increment the ids of the exports it goes on from."""

    facts: dict[str, Any]
    parts: tuple[Part, ...]
    after: tuple[str, ...] = ()

    @property
    def wish(self) -> Wish:
        """What was asked for."""
        return Wish.from_stated(self.facts["wish"])

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of the dataset, articles first; without the deletions of an increment."""
        return tables_of(self.wish)

    @property
    def row_files(self) -> tuple[Part, ...]:
        """The files that hold rows of one table and nothing else: those that other programs are told about."""
        return tuple(part for part in self.parts if part.media_type != DATABASE)

    def content(self) -> bytes:
        """The file ``export.json``."""
        after = {"after": list(self.after)} if self.after else {}
        found = {**self.facts, **after, "files": [asdict(part) for part in self.parts]}
        return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export. Raises `NotAnExport`."""
    try:
        facts = orjson.loads(read_regular(folder / NAME, _LARGEST))
        if facts["kind"] != "qqnews export" or facts["format"] not in FORMATS:
            raise NotAnExport(folder, f"its {NAME} is not of this program")
        parts = tuple(Part(**part) for part in facts.pop("files"))
        found = Manifest(facts, parts, tuple(facts.pop("after", ())))
        Wish.from_stated(facts["wish"])
    except OSError as error:
        raise NotAnExport(folder, f"it has no {NAME} that can be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAnExport(folder, f"its {NAME} is not of this version ({error})") from error
    if facts["schema_version"] != SCHEMA_VERSION:
        raise NotAnExport(folder, f"its schema is {facts['schema_version']}, this program writes {SCHEMA_VERSION}")
    return found


class Exported:
    """One export on the disk, read row by row. Raises `NotAnExport` if it is none, or is damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = export_id(folder)
        self.manifest = read_manifest(folder)
        check(folder)
        there = listed(folder)
        if any(there.get(part.path) != part.sha256 for part in self.manifest.parts):
            raise NotAnExport(folder, "its files are not those that its papers describe: export again")
        found = load(self.manifest.facts["format"])
        if not isinstance(found, Incremental):
            raise NotAnExport(folder, f"a {found.name} shows the archive as it is now: it has no increments")
        self.format = found

    def rows(self, table: Table) -> Iterator[Row]:
        """All rows of a table in their order."""
        return self.format.read(self.folder, self.manifest.parts, table)


@dataclass(frozen=True, slots=True)
class Chain:
    """A full export and the increments after it, in order: together they are the newest state."""

    exports: tuple[Exported, ...]

    @classmethod
    def read(cls, folders: tuple[Path, ...]) -> Chain:
        """Raises `NotAnExport` where one is none, or does not go on from those before it."""
        exports = tuple(map(Exported, folders))
        for place, each in enumerate(exports):
            before = tuple(earlier.id for earlier in exports[:place])
            if each.manifest.after != before:
                fits = "a full export" if not before else "an increment after those before it"
                raise NotAnExport(each.folder, f"{fits} is wanted at this place")
            if each.manifest.wish != exports[0].manifest.wish or each.format.name != exports[0].format.name:
                raise NotAnExport(each.folder, "its format or its options are not those of the base")
        return cls(exports)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all its exports, in order."""
        return tuple(each.id for each in self.exports)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where they lie, in order."""
        return tuple(each.folder for each in self.exports)

    @property
    def newest(self) -> Exported:
        """The last one."""
        return self.exports[-1]

    def rows(self, table: Table) -> Iterator[Row]:
        """All rows of a table as they are after all increments."""
        whole: Base = self.exports[0]
        for increment in self.exports[1:]:
            whole = Merged(whole, increment)
        return whole.rows(table)
