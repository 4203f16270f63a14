"""The Markdown file of an article, written and read: front matter in the sample's form, body, closing link.

``frontmatter.loads(text, handler=QQNewsHandler())`` and ``frontmatter.dumps(post, handler=QQNewsHandler())``
give the same bytes back; the defaults of python-frontmatter do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler

from archive.article import BEIJING, Article, utf8_safe
from archive.errors import NotOurMarkdown

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
    return _file(emit(stated) + _CONSTANT_MIDDLE + cover + _CONSTANT_TAIL, body)


def from_markdown(text: str) -> MarkdownFile:
    """Read a file of the sample's form; line ends may be CRLF, a byte order mark may stand before it.

    Raises ``NotOurMarkdown``, which names what is missing or not ours.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not _HANDLER.detect(text):
        raise NotOurMarkdown("no front matter between two lines of ---")
    try:
        post = frontmatter.loads(text, handler=_HANDLER)
    except yaml.YAMLError as error:
        raise NotOurMarkdown(f"front matter is not YAML ({' '.join(str(error).split())})") from error
    return _understood(post.metadata, post.content)


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
    if not date:
        return None
    try:
        return datetime.strptime(date, DATE_FORMAT).replace(tzinfo=BEIJING)
    except ValueError as error:
        raise NotOurMarkdown(f"its date {date!r} is not of the form YYYY-MM-DD HH:MM:SS") from error


def emit(metadata: Mapping[str, object]) -> str:
    """Front matter that YAML 1.1 and 1.2 readers understand alike: a line per key, two spaces before items.

    Takes strings, booleans and lists of strings. Raises ``TypeError`` for anything else.
    """
    return "".join(line for key, value in metadata.items() for line in _lines(key, value))


def _lines(key: str, value: object) -> Iterable[str]:
    match value:
        case str():
            yield f"{key}: {quoted(value)}\n"
        case bool():
            yield f"{key}: {'true' if value else 'false'}\n"
        case []:
            yield f"{key}: []\n"
        case list():
            yield f"{key}:\n"
            for item in value:
                if not isinstance(item, str):
                    raise TypeError(f"{key} holds {type(item).__name__}, not only strings")
                yield f"  - {quoted(item)}\n"
        case _:
            raise TypeError(f"{key} is {type(value).__name__}, not a string, boolean or list of strings")


def quoted(text: str) -> str:
    """``text`` in double quotes; escaped is what a YAML reader would refuse, fold or take for a line end."""
    return f'"{_UNSAFE.sub(_escape, text)}"'


_UNSAFE: Final = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if short := _SHORT.get(character):
        return short
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"  # Half a character: there is no way to write it.
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"


def _file(front_matter: str, content: str) -> str:
    return f"---\n{front_matter}---\n\n{content}\n"


_CONSTANT_MIDDLE: Final = emit(_CONSTANTS_BEFORE)
_CONSTANT_TAIL: Final = emit(_CONSTANTS_AFTER)


class _Loader(yaml.CSafeLoader):
    """Reads a bare ``true`` or ``false`` as a boolean and every other scalar as the string that it is."""


_Loader.yaml_implicit_resolvers = {first: [("tag:yaml.org,2002:bool", re.compile("true|false"))] for first in "tf"}


class _Kept(str):
    """A body that python-frontmatter cannot strip: its indents and its last newline belong to it."""

    __slots__ = ()

    def strip(self, chars: str | None = None, /) -> Self:
        return self


class QQNewsHandler(BaseHandler):
    """For python-frontmatter: reads and writes files of the sample's form without changing a byte."""

    FM_BOUNDARY = re.compile(r"^---$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "---"

    def detect(self, text: str) -> bool:
        """Whether the text begins with front matter that also ends."""
        return text.startswith("---\n") and "\n---\n" in text[3:]

    def split(self, text: str) -> tuple[str, str]:
        """Front matter, and the body without the blank line before it."""
        front_matter, end, content = text[3:].partition("\n---\n")
        if not text.startswith("---\n") or not end:
            raise ValueError("no front matter")
        return front_matter + "\n", _Kept(content.removeprefix("\n"))

    def load(self, fm: str) -> dict[str, Any]:
        """Strings as strings, ``true`` and ``false`` as booleans; nothing becomes a number or a date."""
        loaded = yaml.load(fm, Loader=_Loader)  # noqa: S506  (a safe loader, made stricter)
        return loaded if isinstance(loaded, dict) else {}

    def export(self, metadata: dict[str, object], **_: object) -> str:
        """The lines of the front matter, in the order of ``metadata``."""
        return emit(metadata)

    def format(self, post: frontmatter.Post, **_: object) -> str:
        """The whole file."""
        return _file(self.export(post.metadata), post.content)


_HANDLER: Final = QQNewsHandler()
