"""Whether what was read is whole: a page that loads its text by script is not."""

from __future__ import annotations

import re
from typing import Final

from crawler.sites.markup.document import Document
from crawler.sites.page import EmptyShell, RawArticle
from crawler.sites.qq.walls import checks as walls
from crawler.sites.substance import says_something

_MOUNT: Final = "#root, #app, #app-wrap, #container, #__next"
_OWN_SCRIPTS: Final = "script[src*='gtimg.c'], script[src*='qq.com/']"
_GUARDED: Final = re.compile(r"captcha|验证|频繁", re.I)
_HEADS: Final = ("title", "h1", "h2", "meta og:title")
_NEXT_TO_NOTHING: Final = 30
"""Characters of visible text in a page that a script is to fill."""


def has_text(article: RawArticle) -> bool:
    """Whether the article has a body, or is of a kind that may do without."""
    return article.kind != "text" or "paid" in article.notes or any(map(says_something, article.bodies))


def is_named(article: RawArticle) -> bool:
    """Whether the page names its article more surely than in its head, where walls do so, too."""
    return any(found.where not in _HEADS for found in article.title)


def check_shell(page: Document) -> None:
    """Raise `EmptyShell` if this is the frame of a page that the site's own scripts fill, and no wall."""
    if (
        not page.answer
        and len(page.visible_text) < _NEXT_TO_NOTHING
        and page.selector.css(_MOUNT)
        and page.selector.css(_OWN_SCRIPTS)
        and not (walls.machinery(page.tree) or _GUARDED.search(page.visible_text))
    ):
        raise EmptyShell(page.url, "its text is loaded by script: an empty page with the site's own scripts")
