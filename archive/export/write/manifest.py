"""``export.json``: what an export is and holds. Every other paper is made from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from archive.export.errors import NotAnExport
from archive.export.format_registry import FORMATS
from archive.export.read.schema import SCHEMA_VERSION, Table, tables_of
from archive.export.request import ExportRequest
from archive.files.regular_files import read_regular

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
    def wish(self) -> ExportRequest:
        """What was asked for."""
        return ExportRequest.from_stated(self.facts["wish"])

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
        ExportRequest.from_stated(facts["wish"])
    except OSError as error:
        raise NotAnExport(folder, f"it has no {NAME} that can be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAnExport(folder, f"its {NAME} is not of this version ({error})") from error
    if facts["schema_version"] != SCHEMA_VERSION:
        raise NotAnExport(folder, f"its schema is {facts['schema_version']}, this program writes {SCHEMA_VERSION}")
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a table: ``path`` relative to the export, ``rows`` in it."""

    path: str
    table: str
    rows: int
    sha256: str
    media_type: str
    split: str | None = None
    month: str | None = None
    """Of publishing, ``YYYY-MM``; empty for articles without a date."""


DATABASE: Final = "application/vnd.sqlite3"
"""Media type of a file that all tables share."""
