"""Markdown files as the content of a Hugo site, with a configuration and plain layouts that build as they are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from archive.article import Article
from archive.export.columns import Row, Table
from archive.export.dataset import Dataset, Part
from archive.export.errors import BadOption, BadValue
from archive.export.sink import sink
from archive.markdown import to_markdown

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
_SITE: Final = {
    "hugo.toml": CONFIGURATION,
    "layouts/_default/single.html": _SINGLE,
    "layouts/_default/list.html": _LIST,
}
_NEEDED: Final = ("id", "url", "title", "summary", "body", "published_at", "thumbnail")


class Hugo:
    """Writes ``content/articles/<yyyy>/<mm>/<id>.md`` and what Hugo needs beside it."""

    name = "markdown"
    incremental = False

    def versions(self) -> dict[str, str]:
        """The bytes depend on no library."""
        return {}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """Every article into a file of its own, with the bytes that the archive's file has."""
        table = dataset.tables[0]
        if missing := [name for name in _NEEDED if name not in table.names]:
            raise BadOption(f"Markdown files need the columns {', '.join(missing)}")
        for row in dataset.rows(table):
            article = _article(table, row)
            month = f"{article.published_at:%Y/%m}" if article.published_at else "undated"
            _write(folder / f"content/articles/{month}/{article.id}.md", to_markdown(article))
        for name, text in _SITE.items():
            _write(folder / name, text)
        return []


def _article(table: Table, row: Row) -> Article:
    facts = dict(zip(table.names, row, strict=True))
    stated: dict[str, Any] = {name: str(facts[name]) for name in _NEEDED if name != "published_at"}
    try:
        published = datetime.fromisoformat(str(facts["published_at"])) if facts["published_at"] else None
    except ValueError as error:
        raise BadValue(table.name, stated["id"], "published_at", "not a time") from error
    return Article(published_at=published, **stated)


def _write(path: Path, text: str) -> None:
    with sink(path) as file:
        file.write(text.encode())
        file.settle()


HUGO: Final = Hugo()
