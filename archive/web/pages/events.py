"""What the site has removed and what publishers have changed, as pages; and these and the newest as Atom feeds."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from archive.article.edits import PARTS
from archive.export.formats.feed import Entry as FeedEntry
from archive.export.formats.feed import Head, atom, clean
from archive.store import Archive
from archive.web.http import Answer, File, Page, PageRequest
from archive.web.queries import Edit, Entry, ListFilter, edits, newest, removals

IN_FEED: Final = 50
"""Entries of a feed."""


def removed(asked: PageRequest, archive: Archive) -> Answer:
    """The articles that the site has removed; the last copies are here."""
    sheet = removals(archive.database.connection, asked.arg("before"))
    older = sheet.after and f"/removals?before={sheet.after.replace('+', '%2B')}"
    return Page(template="removals.html", context={"here": "removals", "entries": sheet.shown, "older": older})


def edited(asked: PageRequest, archive: Archive) -> Answer:
    """What publishers have changed after it was first kept."""
    sheet = edits(archive.database.connection, asked.arg("before"))
    older = sheet.after and f"/edits?before={sheet.after.replace('+', '%2B')}"
    return Page(template="edits.html", context={"here": "edits", "edits": sheet.shown, "older": older})


def newest_feed(asked: PageRequest, archive: Archive) -> Answer:
    """The newest articles, all or those of a channel."""
    channel = asked.arg("channel")
    sheet = newest(archive.database.connection, ListFilter(channel=channel), size=IN_FEED)
    title = asked.language.say("newest") + (f" · {asked.language.channel(channel)}" if channel else "")
    path = "/feeds/newest.atom" + (f"?channel={channel}" if channel else "")
    return _feed(asked, path, title, [_entry(asked, entry, entry.url) for entry in sheet.shown])


def removals_feed(asked: PageRequest, archive: Archive) -> Answer:
    """What the site has removed."""
    sheet = removals(archive.database.connection, size=IN_FEED)
    found = [
        _entry(asked, entry, f"{entry.url}#gone-{entry.gone_at}") | {"updated": entry.gone_at or ""}
        for entry in sheet.shown
    ]
    return _feed(asked, "/feeds/removals.atom", asked.language.say("removals"), found)


def edits_feed(asked: PageRequest, archive: Archive) -> Answer:
    """What publishers have changed."""
    sheet = edits(archive.database.connection, size=IN_FEED)
    title = asked.language.say("edits")
    return _feed(asked, "/feeds/edits.atom", title, [_edit(asked, edit) for edit in sheet.shown])


def _entry(asked: PageRequest, entry: Entry, feed_id: str) -> FeedEntry:
    facts = {name: getattr(entry, name) for name in ("url", "title", "summary", "author", "first_seen")}
    dated = {"published_at": entry.published_at} if entry.published_at else {}
    return facts | dated | {"feed_id": feed_id, "link": f"{asked.origin}/article/{entry.id}"}


def _edit(asked: PageRequest, edit: Edit) -> FeedEntry:
    """The entry links to what changed, and names it."""
    touched = ", ".join(asked.language.say(f"part {part}") for part in PARTS if part in edit.changes)
    told = asked.language.say("edit told", number=edit.revision, touched=touched)
    entry = _entry(asked, edit.entry, f"{edit.entry.url}#revision-{edit.revision}")
    link = f"{asked.origin}/article/{edit.entry.id}/changes?new={edit.revision}"
    return entry | {"updated": edit.seen_at, "summary": told, "link": link}


def _feed(asked: PageRequest, path: str, title: str, entries: list[FeedEntry]) -> Answer:
    address = asked.origin + path
    head = Head(id=address, title=f"{title} · {asked.language.say('name')}", link=address)
    content = atom([{name: clean(text) for name, text in entry.items()} for entry in entries], head)
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    if tag in asked.unchanged_since:
        return File(content=b"", content_type="application/atom+xml; charset=utf-8", status=304, headers={"etag": tag})
    return File(content=content, content_type="application/atom+xml; charset=utf-8", headers={"etag": tag})
