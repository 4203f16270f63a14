"""What captures of an article's page showed: read again with today's parsers, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from w3lib.encoding import http_content_type_encoding

from archive.article.model import Article
from archive.captures.capture_index import Indexed
from archive.captures.raw_files import read_capture
from archive.captures.warc import Capture
from archive.errors import CaptureLost
from archive.revisions.history import Shown
from crawler.net.backoff import REFUSALS
from crawler.net.redirects import STATUSES, followed
from crawler.sites.normalise import normalise
from crawler.sites.page import EmptyShell, NotAnArticle, RawArticle, Removed
from crawler.sites.qq.fallback_source import joined
from crawler.sites.registry import NotAnAddress, read_page

_KNOWN: Final = ("status", "missing_since", "gone_at", "doubt")
"""Facts of a capture that tell what the archive knew of the article when it was asked for."""


def shown_by(data: Path, article_id: str, captures: Iterable[Indexed]) -> Iterator[Shown | NotAnArticle]:
    """What each of the article's captures showed, or why that is nothing. Lost ones are passed over."""
    shells = dict[str, RawArticle | None]()
    for indexed in captures:
        try:
            capture = read_capture(data, indexed.raw_ref)
            raw = _read(article_id, capture)
        except CaptureLost:
            continue  # `verify` names it.
        except EmptyShell as shell:
            shells[indexed.raw_ref] = shell.article
            yield shell
        except Removed:
            known = {name: capture.facts[name] for name in _KNOWN if capture.facts.get(name)}
            yield _shown(indexed.at, indexed.raw_ref, None, capture, known)
        except NotAnArticle as error:
            yield error
        else:
            page = shells.pop(indexed.page_ref, None)
            article = normalise(raw if page is None else joined(page, raw), indexed.at)
            if article.id == article_id:
                yield _shown(indexed.at, indexed.page_ref, article, capture, {})


def _shown(at: datetime, raw_ref: str, article: Article | None, capture: Capture, known: dict[str, str]) -> Shown:
    return Shown(at, raw_ref, article, capture.facts.get("source", ""), known, capture.facts.get("run", ""))


def _read(article_id: str, capture: Capture) -> RawArticle:
    """What the page says, as a crawl reads it. Raises `NotAnArticle`."""
    headers = {name.lower(): value for name, value in capture.headers}
    if capture.status in STATUSES:
        # Raises Removed for the address by which the site says farewell; what is led elsewhere shows nothing.
        followed(article_id, capture.url, headers.get("location", ""), hops=0)
        raise NotAnArticle(capture.url, f"status {capture.status}")
    if capture.status in REFUSALS or capture.status >= 500:
        raise NotAnArticle(capture.url, f"status {capture.status}")
    charset = http_content_type_encoding(headers.get("content-type"))
    try:
        return read_page(capture.body, capture.url, status=capture.status, charset=charset)
    except NotAnAddress as error:
        raise NotAnArticle(capture.url, error.reason) from error
