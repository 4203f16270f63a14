"""Copies of pictures that go with an export, each once and proven by its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from archive.database.row_readers import Told
from archive.errors import UnreadableRow
from archive.export.read.schema import PICTURES, Row
from archive.export.write.hashing_file import hashing_file
from archive.files.regular_files import read_regular
from archive.media.picture_copies import LARGEST_PICTURE

_PATH, _DIGEST = PICTURES.places(["path", "sha256"])
_OF_COPY = PICTURES.places(["sha256", "path", "bytes", "mime"])


def _refuse(error: UnreadableRow) -> None:
    raise error


@dataclass(frozen=True, slots=True)
class Copies:
    """Where copies lie that an export has under relative paths; ``told`` of one that is missing or damaged."""

    find: Callable[[str], Path]
    told: Told = _refuse
    """As it is, it raises: what exports are merged of must be whole."""


def archived(data: Path, told: Told = _refuse) -> Copies:
    """Copies in the archive in ``data``."""
    return Copies(lambda path: data / path.replace("pictures/", "media/", 1), told)


def exported(folders: Iterable[Path]) -> Copies:
    """Copies in exports; the last one that has it counts."""
    newest_first = list(folders)[::-1]
    return Copies(lambda path: next((each / path for each in newest_first if (each / path).exists()), Path(path)))


def with_copies(rows: Iterable[Row], copies: Copies, folder: Path) -> Iterator[Row]:
    """The rows; each row's copy lies below ``folder`` when it comes out. A row whose copy is damaged has none."""
    for row in rows:
        if (path := row[_PATH]) and not (folder / str(path)).exists():
            try:
                _copy(row, copies.find(str(path)), folder / str(path))
            except UnreadableRow as error:
                copies.told(error)
                row = tuple(None if place in _OF_COPY else value for place, value in enumerate(row))
        yield row


def _copy(row: Row, source: Path, target: Path) -> None:
    try:
        content = read_regular(source, LARGEST_PICTURE)
    except FileNotFoundError as error:
        raise UnreadableRow("pictures", str(row[0]), "copy", f"{source.name} is missing") from error
    except OSError as error:
        raise UnreadableRow("pictures", str(row[0]), "copy", f"{source.name}: {error.strerror}") from error
    if sha256(content).hexdigest() != row[_DIGEST]:
        raise UnreadableRow("pictures", str(row[0]), "copy", f"{source.name} is damaged")
    with hashing_file(target) as file:
        file.write(content)
        file.settle()
