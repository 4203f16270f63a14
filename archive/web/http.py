"""What a page is asked, and what it answers. A page is a function of both and an archive that is only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.monitoring.health import NextDue
from archive.store import Archive
from archive.web.i18n.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A request, understood."""

    data: Path
    language: Language
    args: Mapping[str, str]
    """What stands after the ``?``; of a name given twice the first."""
    places: Mapping[str, str]
    """The named parts of the path, still encoded."""
    origin: str
    """Scheme and host by which the browser knows us, for addresses in feeds."""
    unchanged_since: str
    """The ``If-None-Match`` header: what the browser has already."""
    resolve: Callable[[str], str | None]
    """The article id in an address or a bare id, or None."""
    next_due: NextDue
    """Computes due times of jobs."""
    index: Callable[[], IndexState]
    """How far the search index is, after a short wait for it."""

    def arg(self, name: str) -> str | None:
        """The value of a parameter, or None where it is missing or empty."""
        return self.args.get(name, "").strip() or None


@dataclass(frozen=True, slots=True)
class IndexState:
    """How the search index stands."""

    left: int = 0
    """Articles that are not in it yet."""
    problem: str = ""
    """Why it cannot be brought up to date; '' where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of HTML: a template and what it is filled with."""

    template: str
    context: Mapping[str, Any]
    status: int = 200
    pictures: bool = False
    """Whether pictures of other sites may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Bytes that are no page of ours."""

    content: bytes
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """The answer stands at another of our addresses."""

    path: str


Answer = Page | File | Redirect
PageFunction = Callable[[PageRequest, Archive], Answer]


class BadRequest(Exception):
    """A request that cannot be understood. Its text is a key of ``words``."""
