"""What makes an article out of a page: ours and its peers, each a function of (bytes, address)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.article.markdown import to_markdown
from archive.article.model import pictures_in
from crawler.sites.encoding.detect import decode
from crawler.sites.normalise import normalise
from crawler.sites.registry import read_page

TO_THE_SECOND = "%Y-%m-%d %H:%M:%S"
PACKAGES = ("trafilatura", "newspaper4k", "news-please", "gne", "readability-lxml", "markdownify", "lxml", "orjson")


@dataclass(frozen=True, slots=True)
class Extract:
    """What one of them says of a page; ``""`` and ``()`` where it says nothing."""

    title: str
    time: str
    """As exactly as it is told."""
    author: str
    text: str
    """Markdown, or plain text where it has nothing better."""
    pictures: tuple[str, ...]


Extractor = Callable[[bytes, str], Extract]


def ours(body: bytes, url: str) -> Extract:
    article = normalise(read_page(body, url))
    to_markdown(article)
    return Extract(article.title, _time(article.published_at), article.author, article.body, pictures_in(article.body))


def peers() -> dict[str, Extractor]:
    """The peers by name, with what they need to tell a page's pictures, links and date switched on."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    return {
        "trafilatura": _trafilatura(),
        "newspaper4k": _newspaper(),
        "news-please": _news_please(),
        "GNE": _gne(),
        "readability-lxml + markdownify": _readability(),
    }


def _trafilatura() -> Extractor:
    from trafilatura import bare_extraction

    def extract(body: bytes, url: str) -> Extract:
        options: Any = {
            "include_images": True,
            "include_links": True,
            "include_formatting": True,
            "with_metadata": True,
        }
        found: Any = bare_extraction(body, url, **options)
        if found is None:
            return _NOTHING
        return Extract(found.title or "", found.date or "", found.author or "", found.text, pictures_in(found.text))

    return extract


def _newspaper() -> Extractor:
    from newspaper import Article

    def extract(body: bytes, url: str) -> Extract:
        found = Article(url, fetch_images=False)
        found.download(input_html=decode(body))
        found.parse()
        return Extract(
            found.title, _time(found.publish_date), ", ".join(found.authors), found.text, tuple(found.images)
        )

    return extract


def _news_please() -> Extractor:
    from newsplease import NewsPlease

    def extract(body: bytes, url: str) -> Extract:
        found = NewsPlease.from_html(decode(body), url=url, fetch_images=False)
        return Extract(
            found.title or "", _time(found.date_publish), ", ".join(found.authors or ()), found.maintext or "", ()
        )

    return extract


def _gne() -> Extractor:
    from gne import GeneralNewsExtractor

    def extract(body: bytes, url: str) -> Extract:
        found = GeneralNewsExtractor().extract(decode(body))
        return Extract(found["title"], found["publish_time"], found["author"], found["content"], tuple(found["images"]))

    return extract


def _readability() -> Extractor:
    from markdownify import markdownify
    from readability import Document

    def extract(body: bytes, url: str) -> Extract:
        found = Document(decode(body), url=url)
        text = markdownify(found.summary(html_partial=True), heading_style="ATX")
        return Extract(found.short_title(), "", "", text, pictures_in(text))

    return extract


def _time(found: object) -> str:
    return found.strftime(TO_THE_SECOND) if isinstance(found, datetime) else str(found or "")


_NOTHING = Extract("", "", "", "", ())
