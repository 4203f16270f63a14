"""Takes an article out of files that lie in the archive: our exports, and whatever else lies below ``exports``.

Of a file of lines or of rows, those about the article go; of another text, what it says of the article becomes zeros.
A file that is about it, and one that cannot be understood (packed, not a text), goes wholly: it can be made again.
"""

from __future__ import annotations

import csv
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from archive.article.ids import ids_of_address, names_in
from archive.files.io_errors import named_disk_failures
from archive.files.readable_names import readable
from archive.files.regular_files import files_below, is_regular, open_regular
from archive.redaction.answers import cut, lists_others
from archive.takedown.leftovers import look_into
from archive.takedown.traces import Traces

_ASIDE: Final = ".takedown"
_DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
_CLOSING: Final = re.compile(rb"^\[qq\]\((\S+)\)\s*\Z", re.MULTILINE)
"""The last line of an article's Markdown file."""
_MANY: Final = 2
"""Sentences of an article that make a text a copy of it, if they are half of those that are looked for."""


def erase_exports(data: Path, traces: Traces) -> dict[str, str]:
    """What was changed or removed, by its path below ``data``, and which of the two."""
    # Imported here: most commands need no exports.
    from archive.export.write.atomic_directory import clear_abandoned
    from archive.export.write.checksums import SUMS
    from archive.takedown.export_folders import erase_from_exports

    for left in files_below(data / "exports"):
        if left.name.startswith(".") and left.name.endswith(_ASIDE):
            left.unlink(missing_ok=True)  # By a takedown that died; whoever calls this is alone.
    clear_abandoned(data / "exports")
    done, clean = erase_from_exports(data / "exports", traces)
    for path in files_below(data / "exports"):
        if path.name == SUMS or not clean.isdisjoint(path.parents):
            continue
        if how := _erase_from_export(data, path, traces):
            done[path] = how
    return {readable(path.relative_to(data)): how for path, how in done.items()}


def _erase_from_export(data: Path, path: Path, traces: Traces) -> str:
    if not _has_it(path, traces, data):
        return ""
    content = content_without(path, traces, data)
    # The digests first: if a crash comes between, the file still has its traces and is found again.
    _mend_sums(data / "exports", path, content)
    if content is None:
        _remove(path, data)
        return "removed: make it again"
    _replace(path, content)
    return "taken out of it"


def erase_from_file(path: Path, traces: Traces, data: Path) -> bool:
    """Take the article out of a file below ``data`` that nobody vouches for; whether there was anything of it."""
    if not _has_it(path, traces, data):
        return False
    content = content_without(path, traces, data)
    if content is None:
        _remove(path, data)
    else:
        _replace(path, content)
    return True


def _has_it(path: Path, traces: Traces, data: Path) -> bool:
    return _is_named(path, traces, data) or (is_regular(path) and look_into(path, traces).hits > 0)


def _is_named(path: Path, traces: Traces, data: Path) -> bool:
    """Whether the file, or a folder that it lies in, has the article's name."""
    return traces.named_in(path.relative_to(data).as_posix())


def _remove(path: Path, data: Path) -> None:
    """Remove a file, and the folders that are empty without it."""
    path.unlink()
    for folder in path.relative_to(data).parents[:-2]:
        with suppress(OSError):
            (data / folder).rmdir()


def content_without(path: Path, traces: Traces, data: Path) -> bytes | None:
    """What a file holds without the article; None where nothing of it can stay."""
    if _is_named(path, traces, data):
        return None
    content = path.read_bytes()
    if b"\0" in content or not _is_text(content):
        return None
    if path.suffix in (".jsonl", ".ndjson", ".txt"):
        return b"".join(_lines_left(content, traces))
    if path.suffix in _DELIMITERS:
        return b"".join(_rows_left(content, _DELIMITERS[path.suffix], traces))
    return _text_left(content, traces)


def _is_text(content: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _lines_left(content: bytes, traces: Traces) -> Iterator[bytes]:
    """Each line that is not about the article: by what it names first, or, if it names nothing, by its words."""
    for line in content.splitlines(keepends=True):
        first = next((name.ids for name in names_in(line.decode("latin-1"))), ())
        found = cut(line, traces.is_wanted, "", is_list=True)
        about = found.is_about or (traces.article_id in first and not lists_others(line))
        if not about and (first or not traces.words_in(line)):
            yield traces.blotted(found.body)


def _rows_left(content: bytes, delimiter: str, traces: Traces) -> Iterator[bytes]:
    """The rows in which another article is named first, or none; a row may have several lines."""
    lines = content.splitlines(keepends=True)
    reader = csv.reader((line.decode("latin-1") for line in lines), delimiter=delimiter)
    done = 0
    try:
        for row in reader:
            first = next((ids for cell in row if (ids := ids_of_address(cell))), ())
            if traces.article_id not in first:
                yield traces.blotted(b"".join(lines[done : reader.line_num]))
            done = reader.line_num
    except csv.Error:
        yield from (line for line in lines[done:] if not traces.count(line))


def _text_left(content: bytes, traces: Traces) -> bytes | None:
    found = cut(content, traces.is_wanted, "", is_list=True)
    closing = _CLOSING.search(content)
    if found.is_about or (closing and traces.article_id in ids_of_address(closing[1].decode("latin-1"))):
        return None
    words = traces.words_in(found.body)
    if len(words) >= max(_MANY, len(traces.sentences) / 2):
        return None
    return traces.blotted(found.body)


def _mend_sums(exports: Path, path: Path, content: bytes | None) -> None:
    """Let the lists of digests that name ``path``, if there are any, say what it is going to be."""
    from archive.export.write.checksums import SUMS, sums_with

    digest = None if content is None else sha256(content).hexdigest()
    for directory in path.relative_to(exports).parents:
        sums = exports / directory / SUMS
        if is_regular(sums):
            with open_regular(sums) as lines:
                mended = sums_with(lines, path.relative_to(sums.parent).as_posix(), digest)
            _replace(sums, mended)


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_ASIDE}")
    with named_disk_failures(path):
        try:
            with aside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
