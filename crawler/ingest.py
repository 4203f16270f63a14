"""Markdown files of the archive's own form, such as an existing Hugo tree, into the archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from archive.article import FIRST_YEAR, LAST_YEAR, Article
from archive.decide import Verdict
from archive.errors import NotOurMarkdown, UnreadableRow
from archive.markdown import from_markdown
from archive.store import Archive
from crawler.sites.registry import NotAnAddress, read_address

BATCH = 100
"""Files in one transaction."""

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes. The largest articles are well under one megabyte."""

SOURCE = "ingest"


class Taken(NamedTuple):
    """What became of one file: a verdict, or the reason why it was not taken."""

    path: Path
    verdict: Verdict | None
    reason: str = ""
    remark: str = ""
    """What was not taken of a file that was."""
    counter: str = "bad_input"
    """Where it counts, if it was not taken in."""


def markdown_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and every ``*.md`` below the directories named, in order. Hidden directories are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(files) if name.endswith(".md"))


def ingest(archive: Archive, files: Iterable[Path], seen_at: datetime) -> Iterator[Taken]:
    """Take files in, a batch in each transaction; what became of each, after it is on disk."""
    waiting = iter(files)
    while batch := list(islice(waiting, BATCH)):
        with archive.transaction():
            taken = [_take(archive, path, seen_at) for path in batch]
        yield from taken


def _take(archive: Archive, path: Path, seen_at: datetime) -> Taken:
    article = read_markdown(path)
    if isinstance(article, str):
        return Taken(path, None, article)
    if archive.erased([article.id]):
        return Taken(path, None, "its article was taken down from this archive")
    try:
        verdict = archive.take_in(article, seen_at=seen_at, source=SOURCE).verdict
    except UnreadableRow as error:
        return Taken(path, None, str(error), counter="bad_rows")
    return Taken(path, verdict, remark=_remark(article))


def _remark(article: Article) -> str:
    if article.published_at is not None or not article.published_raw:
        return ""
    return f"taken as undated: its date {article.published_raw!r} is not between {FIRST_YEAR} and {LAST_YEAR}"


def read_markdown(path: Path) -> Article | str:
    """The article in a file, its id read off the closing link; or the reason why there is none."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return f"larger than {LARGEST_FILE // 2**20} MiB"
        file = from_markdown(path.read_bytes().decode())
        address = read_address(file.url)
    except OSError as error:
        return error.strerror or str(error)
    except UnicodeDecodeError as error:
        return f"not UTF-8 text (byte {error.start})"
    except NotOurMarkdown as error:
        return error.reason
    except NotAnAddress as error:
        return f"its closing link names no article: {error.reason}"
    kind = "text" if address.kind == "article" else address.kind
    article: Article = file.to_article(address.id, kind)
    return article
