"""Copies of pictures that go with an export, each once and proven by its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from archive.export.columns import PICTURES, Row
from archive.export.errors import BadValue
from archive.export.sink import sink
from archive.media import LARGEST_PICTURE
from archive.regular_files import read_regular

Find = Callable[[str], Path]
"""Where the copy lies that an export has under a relative path."""

_PATH, _DIGEST = PICTURES.places(["path", "sha256"])


def archived(data: Path) -> Find:
    """Copies in the archive in ``data``."""
    return lambda path: data / path.replace("pictures/", "media/", 1)


def exported(folders: Iterable[Path]) -> Find:
    """Copies in exports; the last one that has it counts."""
    newest_first = list(folders)[::-1]
    return lambda path: next((each / path for each in newest_first if (each / path).exists()), Path(path))


def with_copies(rows: Iterable[Row], find: Find, folder: Path) -> Iterator[Row]:
    """The rows; each row's copy lies below ``folder`` when it comes out. Raises `BadValue`."""
    for row in rows:
        if (path := row[_PATH]) and not (folder / str(path)).exists():
            _copy(row, find(str(path)), folder / str(path))
        yield row


def _copy(row: Row, source: Path, target: Path) -> None:
    try:
        content = read_regular(source, LARGEST_PICTURE)
    except FileNotFoundError as error:
        raise BadValue("pictures", str(row[0]), "path", f"{source.name} is missing") from error
    except OSError as error:
        raise BadValue("pictures", str(row[0]), "path", f"{source.name}: {error.strerror}") from error
    if sha256(content).hexdigest() != row[_DIGEST]:
        raise BadValue("pictures", str(row[0]), "path", f"{source.name} is damaged")
    with sink(target) as file:
        file.write(content)
        file.settle()
