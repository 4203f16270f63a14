"""Markdown files as the content of a Hugo site, with a configuration and plain layouts that build as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archive.article.markdown import to_markdown
from archive.article.model import Article
from archive.export.errors import BadOption, BadValue
from archive.export.formats.jsonl import PLAIN
from archive.export.read.schema import DELETED, Row, Table
from archive.export.write.checksums import listed
from archive.export.write.dataset import Dataset
from archive.export.write.hashing_file import hashing_file
from archive.export.write.increment import in_order, removals
from archive.export.write.manifest import Part
from archive.export.write.picture_files import archived
from archive.redaction.erasures import id_hash

if TYPE_CHECKING:
    from archive.export.write.dataset import Chain, Exported

# The dates of the files have no offset; they are Beijing's. Ids differ by case alone: addresses keep it.
CONFIGURATION: Final = """\
baseURL = "/"
title = "Tencent News articles"
languageCode = "zh-CN"
timeZone = "Asia/Shanghai"
buildFuture = true
disablePathToLower = true
hasCJKLanguage = true
disableKinds = ["taxonomy", "term", "RSS"]

[permalinks]
  articles = "/:filename/"
"""
_SINGLE: Final = """\
<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>{{ .Title }}</title>
<h1>{{ .Title }}</h1>
<p><time>{{ .Date.Format "2006-01-02 15:04:05" }}</time> {{ .Summary }}</p>
{{ .Content }}
</html>
"""
_LIST: Final = """\
<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>{{ .Title }}</title>
<h1>{{ .Title }}</h1>
<ul>{{ range .Paginator.Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>
{{ template "_internal/pagination.html" . }}
</html>
"""
_CONTENT: Final = "content/articles"
_FILES: Final = {
    "hugo.toml": CONFIGURATION,
    "layouts/_default/single.html": _SINGLE,
    "layouts/_default/list.html": _LIST,
}
_NEEDED: Final = ("id", "url", "title", "summary", "body", "published_at", "thumbnail")


class Hugo:
    """Writes ``content/articles/<yyyy>/<mm>/<id>.md`` and what Hugo needs beside it.

    An increment has the files that are new or changed, and the table of deletions.
    """

    name = "markdown"

    def versions(self) -> dict[str, str]:
        """The bytes depend on no library."""
        return {}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Every article into a file of its own, with the bytes that the archive's file has."""
        table = dataset.tables[0]
        if missing := [name for name in _NEEDED if name not in table.names]:
            raise BadOption(f"Markdown files need the columns {', '.join(missing)}")
        before = _files(dataset.base) if dataset.base else {}
        now = set[str]()
        for name, content in _site(table, dataset.now(table)):
            now.add(_id_of(name))
            if name not in before or before[name][1] != sha256(content).hexdigest():
                _write(folder / name, content)
        if dataset.base is None:
            return []
        gone = {each for name in before if (each := _id_of(name)) not in now}
        erased = frozenset(dataset.snapshot.takedowns())
        rows = in_order(removals("articles", ((each,) for each in gone), erased))
        return PLAIN.write_rows(folder, DELETED, rows, archived(dataset.data))

    def read(self, folder: Path, parts: Iterable[Part], table: Table) -> Iterator[Row]:
        """The rows of ``deleted``: articles are no rows here."""
        return PLAIN.read(folder, parts, table)

    def merge(self, chain: Chain, folder: Path) -> list[Part]:
        """Every file whole again."""
        for name, (export, _) in _files(chain).items():
            _write(folder / name, (export / name).read_bytes())
        return []


def _files(chain: Chain) -> dict[str, tuple[Path, str]]:
    """Path of a file → the export that has it as it is after all increments, and its digest."""
    found: dict[str, tuple[Path, str]] = {}
    for export in chain.exports:
        new = {
            name: (export.folder, digest)
            for name, digest in listed(export.folder).items()
            if name in _FILES or name.startswith(f"{_CONTENT}/")
        }
        # An article with another date has another path.
        left, erased = _deleted(export)
        left |= set(map(_id_of, new))
        found = {name: each for name, each in found.items() if not (_id_of(name) in left or _hash_of(name) in erased)}
        found |= new
    return found


def _deleted(export: Exported) -> tuple[set[str], set[str]]:
    rows = list(export.rows(DELETED)) if export.manifest.after else []
    return {str(row[1]) for row in rows if row[1]}, {str(row[4]) for row in rows if row[4]}


def _id_of(name: str) -> str:
    """The id of the article in a file; the whole path of any other file."""
    return name.rpartition("/")[2].removesuffix(".md") if name.startswith(f"{_CONTENT}/") else name


def _hash_of(name: str) -> str:
    return id_hash(_id_of(name))


def _site(table: Table, rows: Iterable[Row]) -> Iterator[tuple[str, bytes]]:
    for row in rows:
        article = _article(table, row)
        month = f"{article.published_at:%Y/%m}" if article.published_at else "undated"
        yield f"{_CONTENT}/{month}/{article.id}.md", to_markdown(article).encode()
    for name, text in _FILES.items():
        yield name, text.encode()


def _article(table: Table, row: Row) -> Article:
    facts = dict(zip(table.names, row, strict=True))
    stated: dict[str, Any] = {name: str(facts[name]) for name in _NEEDED if name != "published_at"}
    try:
        published = datetime.fromisoformat(str(facts["published_at"])) if facts["published_at"] else None
    except ValueError as error:
        raise BadValue(table.name, stated["id"], "published_at", "not a time") from error
    return Article(published_at=published, **stated)


def _write(path: Path, content: bytes) -> None:
    with hashing_file(path) as file:
        file.write(content)
        file.settle()


HUGO: Final = Hugo()
