"""Whether the letters of what was read are sound, whatever site and layout it is of."""

from __future__ import annotations

from crawler.sites.encoding.quality import garbling
from crawler.sites.page import Garbled, RawArticle


def is_legible(article: RawArticle, url: str) -> RawArticle:
    """The article; raises `Garbled` if the words of its title or of its text are none."""
    words = [found.raw for found in article.title[:1]] + [body.text for body in article.bodies[:1]]
    if words and (evidence := garbling("\n".join(words)) or garbling(words[0])):
        raise Garbled(url, f"garbled text: {evidence}")
    return article
