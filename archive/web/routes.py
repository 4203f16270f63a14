"""Which page answers at which address, and how a page's answer or failure becomes what a browser gets."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from archive.errors import (
    ArchiveBusy,
    ArticleNotFound,
    Erased,
    NewerArchive,
    NoArchive,
    NotAnArchive,
    QQNewsError,
    UnreadableRow,
)
from archive.files.io_errors import named_failures
from archive.monitoring.health import NextDue
from archive.store import Archive
from archive.web.http import Answer, BadRequest, Page, PageFunction, PageRequest
from archive.web.pages import article, changes, files, hot, newest, search, status
from archive.web.pages import events as happened

PAGES: Final[Mapping[str, PageFunction]] = {
    r"/": newest.front,
    r"/channels": newest.channels,
    r"/hot": hot.hot,
    r"/search": search.search,
    r"/article": article.by_address,
    r"/article/(?P<id>[^/]+)/changes": changes.changes,
    r"/article/(?P<id>[^/]+)/alike": article.alike,
    r"/article/(?P<id>[^/]+)\.md": article.markdown,
    r"/article/(?P<id>[^/]+)": article.article,
    r"/removals": happened.removed,
    r"/edits": happened.edited,
    r"/feeds/newest\.atom": happened.newest_feed,
    r"/feeds/removals\.atom": happened.removals_feed,
    r"/feeds/edits\.atom": happened.edits_feed,
    r"/status": status.status,
    r"/metrics": files.prometheus,
    r"/media/(?P<name>[^/]+)": files.picture,
}
"""Path → page, in the order in which they are tried."""

ASSETS: Final[Mapping[str, Callable[[PageRequest], Answer]]] = {
    r"/static/(?P<name>[^/]+)": files.static,
    r"/robots\.txt": files.robots,
}
"""What needs no archive."""

SQL: Final = r"/archive(?:[/.?]|$)"
"""What Datasette answers itself: tables, rows and SQL."""

_STATUSES: Final[Mapping[type[QQNewsError], int]] = {
    ArticleNotFound: 404,
    Erased: 410,
    UnreadableRow: 503,
    NoArchive: 503,
    NotAnArchive: 503,
    NewerArchive: 503,
    ArchiveBusy: 503,
}


@dataclass(frozen=True, slots=True)
class Site:
    """What all requests share."""

    data: Path
    resolve: Callable[[str], str | None]
    next_due: NextDue


def answer(page: PageFunction, asked: PageRequest) -> Answer:
    """What the page says; a page that names the failure where there is one. To be called in a thread."""
    try:
        with named_failures(asked.data / "archive.db"), Archive.to_read(asked.data) as archive:
            archive.pass_over = _left_out
            return page(asked, archive)
    except files.NoSuchFile as error:
        return failed(asked, 404, asked.language.say(str(error)))
    except BadRequest as error:
        return failed(asked, 400, asked.language.say(str(error)))
    except QQNewsError as error:
        return failed(asked, _STATUSES.get(type(error), 500), _told(asked, error))
    except sqlite3.Error as error:
        return failed(asked, 503, f"{asked.language.say('database failed')} ({error})")


def _left_out(_: UnreadableRow) -> None:
    """What cannot be read is not shown; `qqnews verify` names it."""


def failed(asked: PageRequest, status: int, problem: str) -> Page:
    """A page that says what is wrong and where to go from here."""
    heading = asked.language.say(f"status {status}")
    return Page(template="problem.html", status=status, context={"heading": heading, "problem": problem})


def _told(asked: PageRequest, error: QQNewsError) -> str:
    key = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
    facts: dict[str, Any] = {"id": getattr(error, "article_id", ""), "revision": getattr(error, "revision", None)}
    try:
        return asked.language.say(f"{key} of revision" if facts["revision"] else key, **facts)
    except KeyError:
        return str(error)
