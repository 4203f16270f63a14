"""The front page: the newest articles, by day, and the channels."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final
from urllib.parse import urlencode

from archive.media.picture_copies import copies, https
from archive.store import Archive
from archive.web.http import Answer, Page, PageRequest
from archive.web.queries import Entry, ListFilter, newest

STATUSES: Final = ("live", "gone")


def front(asked: PageRequest, archive: Archive) -> Answer:
    """The newest articles, those of a channel, kind or status."""
    connection = archive.database.connection
    filters = {name: asked.arg(name) for name in ("channel", "kind", "status")}
    sheet = newest(connection, ListFilter(**filters), asked.arg("before"))
    given = {name: value for name, value in filters.items() if value is not None}
    return Page(
        template="newest.html",
        context={
            "here": "newest",
            "entries": sheet.shown,
            "pictures": thumbnails(archive, sheet.shown),
            "filters": given,
            "channels": distinct(connection, "channel"),
            "kinds": distinct(connection, "kind"),
            "statuses": STATUSES,
            "is_first": asked.arg("before") is None,
            "older": sheet.after and f"/?{urlencode({**given, 'before': sheet.after})}",
            "newest": f"/?{urlencode(given)}" if given else "/",
        },
    )


def channels(asked: PageRequest, archive: Archive) -> Answer:
    """How many articles each channel has, and when the last was published."""
    rows = archive.database.connection.execute(_CHANNELS).fetchall()
    return Page(template="channels.html", context={"here": "channels", "channels": rows})


def thumbnails(archive: Archive, entries: tuple[Entry, ...]) -> dict[str, str]:
    """Article id → path of the copy of its cover picture, for those that have one."""
    found = copies(archive, [entry.thumbnail for entry in entries if entry.thumbnail])
    return {entry.id: found[https(entry.thumbnail)] for entry in entries if https(entry.thumbnail) in found}


def distinct(connection: Connection, column: str) -> list[str]:
    """The values that a column of ``articles`` has, '' left out; found from one to the next in its index."""
    query = _DISTINCT.format(column={"channel": "channel", "kind": "kind"}[column])
    return [value for (value,) in connection.execute(query) if value]


_DISTINCT: Final = """
    WITH RECURSIVE found (value) AS (
        SELECT min({column}) FROM articles
        UNION ALL SELECT (SELECT min({column}) FROM articles WHERE {column} > value) FROM found WHERE value IS NOT NULL
    )
    SELECT value FROM found WHERE value IS NOT NULL LIMIT 500
"""
_CHANNELS: Final = """
    SELECT channel AS name, count(*) AS articles, sum(status = 'gone') AS gone, max(published_at) AS newest
    FROM articles WHERE status <> 'taken_down' GROUP BY channel ORDER BY articles DESC, channel
"""
