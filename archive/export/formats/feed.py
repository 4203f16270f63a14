"""The newest articles as RSS 2.0, Atom and JSON Feed. What counts as now is the newest article."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import orjson

from archive.export.errors import BadOption, BadValue
from archive.export.write.dataset import Dataset
from archive.export.write.hashing_file import hashing_file
from archive.export.write.manifest import Part

TITLE: Final = "Tencent News articles"
_HOME: Final = "https://news.qq.com/"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_NEVER: Final = "1970-01-01T00:00:00+00:00"
_NEEDED: Final = ("id", "url", "title", "summary", "author", "published_at", "first_seen")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Entry = dict[str, str]
"""An article. ``feed_id``, ``link`` and ``updated`` say what its address and date would say otherwise."""


@dataclass(frozen=True, slots=True)
class Head:
    """What an Atom feed says of itself. ``link``: its own address, where it has one."""

    id: str
    title: str
    link: str = ""


class Feed:
    """Writes ``feed.rss``, ``feed.atom`` and ``feed.json``."""

    name = "feed"

    def versions(self) -> dict[str, str]:
        """The bytes depend on no library."""
        return {}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """The three files. Raises `BadOption`, `BadValue`."""
        table = dataset.tables[0]
        if missing := [name for name in _NEEDED if name not in table.names]:
            raise BadOption(f"feeds need the columns {', '.join(missing)}")
        entries = [
            {name: clean(str(value)) for name, value in zip(table.names, row, strict=True) if isinstance(value, str)}
            for row in dataset.rows(table)
        ][::-1]
        for entry in entries:
            _check_times(entry)
        for name, content in (("feed.rss", rss(entries)), ("feed.atom", atom(entries)), ("feed.json", feed(entries))):
            with hashing_file(folder / name) as file:
                file.write(content)
                file.settle()
        return []


def clean(text: str) -> str:
    """``text`` with U+FFFD for every character that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def _check_times(entry: Entry) -> None:
    for name in ("published_at", "first_seen"):
        try:
            datetime.fromisoformat(entry.get(name, _NEVER))
        except ValueError as error:
            raise BadValue("articles", entry["id"], name, "not a time") from error


def _moment(entry: Entry) -> str:
    return entry.get("published_at") or entry["first_seen"]


def rss(entries: list[Entry]) -> bytes:
    """RSS 2.0."""
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    _texts(channel, title=TITLE, link=_HOME, description=TITLE, language="zh-cn")
    for entry in entries:
        item = SubElement(channel, "item")
        moment = format_datetime(datetime.fromisoformat(_moment(entry)))
        _texts(item, title=entry["title"], link=entry["url"], description=entry["summary"], pubDate=moment)
        SubElement(item, "guid", isPermaLink="true").text = entry["url"]
    return _file(root)


def atom(entries: list[Entry], head: Head = Head(_HOME, TITLE)) -> bytes:
    """Atom 1.0."""
    root = Element("feed", xmlns=_ATOM)
    _texts(root, id=head.id, title=head.title, updated=max(map(_utc, entries), default=_NEVER))
    if head.link:
        SubElement(root, "link", rel="self", href=head.link)
    for entry in entries:
        item = SubElement(root, "entry")
        stated = {"id": entry.get("feed_id", entry["url"]), "title": entry["title"], "published": _moment(entry)}
        _texts(item, **stated, updated=entry.get("updated") or _moment(entry))
        SubElement(item, "link", rel="alternate", href=entry.get("link", entry["url"]))
        _texts(SubElement(item, "author"), name=entry["author"] or TITLE)
        _texts(item, summary=entry["summary"])
        if "body" in entry:
            _texts(item, content=entry["body"])
    return _file(root)


def _utc(entry: Entry) -> str:
    return datetime.fromisoformat(entry.get("updated") or _moment(entry)).astimezone(UTC).isoformat()


def feed(entries: list[Entry]) -> bytes:
    """JSON Feed 1.1."""
    items = [
        {
            "id": entry["url"],
            "url": entry["url"],
            "title": entry["title"],
            "summary": entry["summary"],
            "content_text": entry.get("body") or entry["summary"],
            "date_published": _moment(entry),
            "authors": [{"name": entry["author"] or TITLE}],
        }
        for entry in entries
    ]
    found = {"version": "https://jsonfeed.org/version/1.1", "title": TITLE, "home_page_url": _HOME, "items": items}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _file(root: Element) -> bytes:
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


FEED: Final = Feed()
