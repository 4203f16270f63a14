"""One page of WeChat: an article, a set of pictures, a short text, a shared article, a video, a sound, or a wall."""

from __future__ import annotations

from typing import Final

from crawler.sites.encoding.detect import ALWAYS_UTF8
from crawler.sites.encoding.garbled import is_legible
from crawler.sites.markup.document import Document
from crawler.sites.page import Changed, RawArticle
from crawler.sites.qq.walls import checks as site_walls
from crawler.sites.wechat import walls
from crawler.sites.wechat.address import read_address
from crawler.sites.wechat.fields import article_fields
from crawler.sites.wechat.identity import check_identity
from crawler.sites.wechat.posts import read_post
from crawler.sites.wechat.statements import Statements

NAME: Final = "wechat"


def read_page(body: bytes, url: str, *, status: int = 200) -> RawArticle:
    """Read the page that was downloaded from ``url``.

    Raises `NotAnAddress` if ``url`` names no article, `Removed`, `Blocked` and `Thin` for what is no article,
    `Garbled` if its characters are lost, `Changed` if nothing is recognised.
    """
    walls.check_answer(url, status)
    page = Document(body, url, read_address(url), ALWAYS_UTF8)
    site_walls.check_size(page)
    walls.check_message(page)
    said = Statements(page)
    article = _read(page, said)
    check_identity(page, said)
    site_walls.check_article(page, article)
    if article.title and article.bodies:
        return is_legible(article, url)
    walls.check_stranger(page, article)
    raise Changed(url, "a WeChat page without " + ("text" if article.title else "title"))


def _read(page: Document, said: Statements) -> RawArticle:
    post = read_post(page, said)
    return RawArticle(
        address=page.address,
        layout=NAME,
        kind=post.kind,
        bodies=post.bodies,
        **article_fields(page, said, post.title),
    )
