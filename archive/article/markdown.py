"""The Markdown file of an article, written and read: front matter in the sample's form, body, closing link.

Read by python-frontmatter with a handler of our own, see `front_matter`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.article.model import BEIJING, FIRST_YEAR, LAST_YEAR, Article, utf8_safe
from archive.article.yaml_writer import emit, whole_file
from archive.errors import NotOurMarkdown

LARGEST_MARKDOWN: Final = 64 * 2**20
"""Bytes of a file of ours: more than any page that is fetched can come to."""
DATE_FORMAT: Final = "%Y-%m-%d %H:%M:%S"

_CONSTANTS_BEFORE: Final[Mapping[str, object]] = {
    "categories": ["qq"],
    "lang": ["zh-CN"],
    "translations": ["zh-CN"],
    "tags": ["qq"],
    "menu": "",
}
_CONSTANTS_AFTER: Final[Mapping[str, object]] = {
    "lead": "",
    "comments": False,
    "authorbox": False,
    "pager": True,
    "toc": False,
    "mathjax": False,
    "sidebar": "right",
    "widgets": ["search", "recent", "taglist"],
}
_STATED: Final = ("title", "date", "summary", "thumbnail")
KEYS: Final = ("title", "date", "summary", *_CONSTANTS_BEFORE, "thumbnail", *_CONSTANTS_AFTER)
"""Every key of the front matter, in the order of the sample."""

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_LAST_LINE: Final = re.compile(r"(?:\A|\n\n)\[qq\]\((https?://[^\s]+)\)\Z")


@dataclass(frozen=True, slots=True)
class MarkdownFile:
    """What a Markdown file says of an article. Its id is read off ``url`` by those who know addresses."""

    url: str
    title: str
    summary: str
    body: str
    thumbnail: str
    published_at: datetime | None
    published_raw: str
    """The date as it stands there, also where it can be none, so that ``published_at`` is None."""

    def to_article(self, article_id: str, kind: str = "text") -> Article:
        """The article, with no more facts than the file states."""
        return Article(
            id=article_id,
            url=self.url,
            title=self.title,
            summary=self.summary,
            body=self.body,
            thumbnail=self.thumbnail,
            published_at=self.published_at,
            published_raw=self.published_raw,
            kind=kind,
        )


def to_markdown(article: Article) -> str:
    """The whole file: front matter, blank line, body, ``[qq](URL)`` and one newline."""
    published = article.published_at
    stated = {
        "title": article.title,
        "date": published.astimezone(BEIJING).strftime(DATE_FORMAT) if published else "",
        "summary": article.summary,
    }
    link = f"[qq]({article.url})"
    body = utf8_safe(f"{article.body}\n\n{link}" if article.body else link)
    cover = emit({"thumbnail": article.thumbnail})
    return whole_file(emit(stated) + _CONSTANT_MIDDLE + cover + _CONSTANT_TAIL, body)


def from_markdown(text: str) -> MarkdownFile:
    """Read a file of the sample's form; line ends may be CRLF, a byte order mark may stand before it.

    Raises ``NotOurMarkdown``, which names what is missing or not ours.
    """
    # A YAML reader takes long to import; most commands only write.
    from archive.article.front_matter import read_front_matter

    return _understood(*read_front_matter(text.removeprefix("\ufeff").replace("\r\n", "\n")))


def _understood(metadata: Mapping[str, object], content: str) -> MarkdownFile:
    if missing := [key for key in KEYS if key not in metadata]:
        raise NotOurMarkdown(f"its front matter lacks {', '.join(missing)}")
    if foreign := [str(key) for key in metadata if key not in KEYS]:
        raise NotOurMarkdown(f"its front matter has keys that are not ours: {', '.join(foreign)}")
    title, date, summary, thumbnail = (_text(metadata, key) for key in _STATED)
    if not title:
        raise NotOurMarkdown("its title is empty")
    last_line = _LAST_LINE.search(content)
    if last_line is None:
        raise NotOurMarkdown("its last line is not [qq](address)")
    body = content[: last_line.start()]
    return MarkdownFile(last_line[1], title, summary, body, thumbnail, _moment(date), date)


def _text(metadata: Mapping[str, object], key: str) -> str:
    value = metadata[key]
    if not isinstance(value, str):
        raise NotOurMarkdown(f"its {key} is not a string")
    return value


def _moment(date: str) -> datetime | None:
    if not date or (_DATE.fullmatch(date) and not FIRST_YEAR <= int(date[:4]) <= LAST_YEAR):
        return None
    try:
        return datetime.strptime(date, DATE_FORMAT).replace(tzinfo=BEIJING)
    except ValueError as error:
        raise NotOurMarkdown(f"its date {date!r} is not of the form YYYY-MM-DD HH:MM:SS") from error


_CONSTANT_MIDDLE: Final = emit(_CONSTANTS_BEFORE)
_CONSTANT_TAIL: Final = emit(_CONSTANTS_AFTER)
