"""The names by which the site's pages tell text from furniture, from 2003 to 2026."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element as Element

from crawler.body.style import Style

BLOCK_TAGS: Final = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup html li main nav ol p section summary tbody td tfoot "
    "th thead tr ul".split()
)
_DROPPED_TAGS: Final = frozenset(
    "audio button canvas head link math meta noscript script select style svg template textarea title".split()
)
_DROPPED_CLASSES: Final = frozenset(
    {
        "article-top-content",  # the question box
        "article-author",
        "article-status",
        "recommend-con",
        "rv-root-v2",  # related videos
        "mbArticleShareBtn",
        "videoPlayerWrap",  # a player's buttons; its video is named beside it
        "txp_player",
        "QQeditor",  # the line of the editor in charge
    }
)
_DROPPED_IDS: Final = frozenset(
    "ArticleBottom QQeditor Reading Status article-author article-comment article-status backqqcom recommend "
    "relate-question".split()
)
CAPTION_CLASSES: Final = frozenset({"image_desc", "image-desc"})
LEAD_CLASSES: Final = frozenset({"introduction", "Introduction"})
SITE_LINK_CLASSES: Final = frozenset({"qnt-link", "a-tips-Article-QQ"})
SITE_PICTURE_CLASSES: Final = frozenset({"qnt-img-img", "content-picture"})

KEYWORD_MARK: Final = re.compile(r"\s*(/?)keyword\s*|VERTICAL_CARD_(BEGIN|END)_\d+")
PLACEHOLDER: Final = re.compile(r"\s*((?:IMG|VIDEO)_\d+)\s*")
EDITOR_LINE: Final = re.compile(r"[\[【（(]?\s*责任编辑\s*[:：].{0,40}|正文已结束.{0,40}", re.S)

HTML_SPACE: Final = re.compile(r"[ \t\n\r\f\v\xa0\x85]+")
"""White space that collapses. The ideographic space (U+3000) is text, save at the edges of a block."""
INVISIBLE: Final = " \t\n\r\f\v\xa0\x85\u3000\u2002\u2003\u2009\u200b\u200c\u200d\u2060\ufeff"
"""What has no ink at the edges of a text block."""
CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
UNTIDY: Final = re.compile(r"[\x00-\x20\x7f\x85\xa0]")
"""What `HTML_SPACE` and `CONTROL` may change."""


def is_dropped(element: Element, tag: str, classes: list[str], style: Style) -> bool:
    """Whether a reader of the page's text does not see this element, or sees furniture."""
    return (
        tag in _DROPPED_TAGS
        or style.hidden
        or element.get("id") in _DROPPED_IDS
        or (classes and _is_furniture(classes))
        or element.get("hidden") is not None
    )


def _is_furniture(classes: list[str]) -> bool:
    # The picture viewer repeats every picture.
    return not _DROPPED_CLASSES.isdisjoint(classes) or "viewer" in " ".join(classes).lower()


def is_caption(tag: str, classes: list[str]) -> bool:
    """Whether the element holds the words under a picture."""
    return tag == "figcaption" or (tag == "i" and "desc" in classes) or not CAPTION_CLASSES.isdisjoint(classes)
