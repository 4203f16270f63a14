"""Markdown files of the archive's own form, such as an existing Hugo tree, into the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from archive.article.decide import Judgement
from archive.article.markdown import from_markdown
from archive.article.model import FIRST_YEAR, LAST_YEAR, Article
from archive.errors import NotOurMarkdown, UnreadableRow
from archive.files.regular_files import files_below, read_regular
from archive.store import Archive
from crawler.sites.registry import NotAnAddress, read_address

BATCH: Final = 100
"""Files in one transaction."""
BATCH_CHARACTERS: Final = 4 * 2**20
"""Of their texts: a batch of large files holds fewer."""
LARGEST_FILE: Final = 4 * 2**20
"""Bytes: more than a million characters. The largest articles are well under one megabyte, and an article takes many
times its size in memory."""

SOURCE = "ingest"


@dataclass(frozen=True, slots=True)
class MarkdownPath:
    """A file to take in. ``root``: the directory below which it was found, which links must not leave."""

    path: Path
    root: Path | None = None
    problem: str = ""
    """Why it is not to be read at all."""


class IngestResult(NamedTuple):
    """What became of one file: a verdict, or the reason why it was not taken."""

    path: Path
    verdict: Judgement | None
    reason: str = ""
    remark: str = ""
    """What was not taken of a file that was."""
    counter: str = "bad_input"
    """Where it counts, if it was not taken in."""


def markdown_files(
    paths: Iterable[Path], on_linked_directory: Callable[[Path], object] = lambda path: None
) -> Iterator[MarkdownPath]:
    """The files named, and every ``*.md`` below the directories named, in order. Hidden directories are left out.

    ``on_linked_directory`` is told of links to directories below them, which are not followed.
    """
    for path in paths:
        if not path.is_dir():
            yield MarkdownPath(path)
            continue
        unlisted: list[MarkdownPath] = []

        def note(error: OSError, unlisted: list[MarkdownPath] = unlisted) -> None:
            unlisted.append(MarkdownPath(Path(error.filename), problem=_reason(error)))

        for found in files_below(path, enter=lambda folder: not folder.name.startswith("."), on_error=note):
            if found.name.endswith(".md"):
                yield MarkdownPath(found, path)
            elif found.is_symlink() and found.is_dir():
                on_linked_directory(found)
        yield from unlisted


def ingest(archive: Archive, files: Iterable[MarkdownPath], seen_at: datetime) -> Iterator[IngestResult]:
    """Take files in, a batch in each transaction; what became of each, after it is on disk.

    They are read before the transaction begins: whatever a file does to its reader, nobody waits for the archive.
    """
    for batch in _batches((each.path, read_markdown(each)) for each in files):
        with archive.transaction():
            taken = [_take(archive, path, read, seen_at) for path, read in batch]
        yield from taken


def _batches(files: Iterable[tuple[Path, Article | str]]) -> Iterator[list[tuple[Path, Article | str]]]:
    batch: list[tuple[Path, Article | str]] = []
    size = 0
    for path, read in files:
        batch.append((path, read))
        size += 0 if isinstance(read, str) else len(read.body) + len(read.title) + len(read.summary)
        if len(batch) >= BATCH or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _take(archive: Archive, path: Path, read: Article | str, seen_at: datetime) -> IngestResult:
    if isinstance(read, str):
        return IngestResult(path, None, read)
    if archive.erased([read.id]):
        return IngestResult(path, None, "its article was taken down from this archive")
    try:
        verdict = archive.take_in(read, seen_at=seen_at, source=SOURCE).verdict
    except UnreadableRow as error:
        return IngestResult(path, None, str(error), counter="bad_rows")
    return IngestResult(path, verdict, remark=_remark(read))


def _remark(article: Article) -> str:
    if article.published_at is not None or not article.published_raw:
        return ""
    return f"taken as undated: its date {article.published_raw!r} is not between {FIRST_YEAR} and {LAST_YEAR}"


def read_markdown(file: MarkdownPath) -> Article | str:
    """The article in a file, its id read off the closing link; or the reason why there is none."""
    if file.problem:
        return file.problem
    try:
        found = from_markdown(read_regular(file.path, LARGEST_FILE, within=file.root).decode())
        address = read_address(found.url)
    except OSError as error:
        return _reason(error)
    except UnicodeDecodeError as error:
        return f"not UTF-8 text (byte {error.start})"
    except NotOurMarkdown as error:
        return error.reason
    except NotAnAddress as error:
        return f"its closing link names no article: {error.reason}"
    kind = "text" if address.kind == "article" else address.kind
    article: Article = found.to_article(address.id, kind)
    return article


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
