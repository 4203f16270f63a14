"""Pages that are no article: removed ones, and walls put up against robots.

A word alone proves nothing: an article may be about captchas, about missing children or about deleted posts. A page
that states an article's time proves itself, and is refused only where nothing but a wall's words is left of its text.
A page that proves nothing is refused for less.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from crawler.sites.markup.document import Document
from crawler.sites.page import Blocked, Changed, NotAnArticle, RawArticle, Removed, Thin
from crawler.sites.qq.walls.phrases import (
    BLOCKED_TITLE,
    CAPTCHA,
    ERROR_TITLE,
    FURNITURE,
    GATE,
    MACHINE,
    PHRASES_OF_BLANK,
    PHRASES_OF_BLOCKED,
    PHRASES_OF_REMOVED,
    REFUSED,
    REMOVED,
    REMOVED_TITLE,
)

_GONE: Final = frozenset({404, 410, 451})
_REFUSALS: Final = frozenset({401, 403, 407, 418, 429, 501, 503, 567})
_REMOVED_PAGES: Final = re.compile(r"/babygohome(?:/|$)|/notfound\.html?$|/404\.html?$", re.I)
_TAIL: Final = re.compile(r"\s*[_|·-]\s*腾讯[\u4e00-\u9fff]{0,3}$")
_NOT_DELETED: Final = frozenset({"", "0", "0.0", "false", "none", "null", "no", "{}", "[]"})
_PLACES: Final = (
    "#article-content, #ArticleContent, .content-article, .comps-contentify-wrap, #Cnt-Main-Article-QQ, #ArticleCnt, "
    "#ArtCnt, #textflag, .articleContent, #js_content"
)
"""Where articles stand, in any layout."""
_MOST_TAGS: Final = 60_000
"""The longest real pages have a third of it, their data included."""
_THIN: Final = 200
"""Characters of visible text. A page below this that no layout recognises is a blank put up for robots."""
_LONGEST_WALL: Final = 600
"""Characters. No wall has more words than that where an article's text should be."""
_LEFT_OF_PROVEN, _LEFT_OF_UNPROVEN = 3, 30
"""Characters that may be left beside a wall's words: of a page that states its time, and of one that does not."""
_LONGEST_ERROR: Final = 2000
"""Characters of an interface's error in which its words are looked for."""
_SPEAKING: Final[tuple[tuple[type[NotAnArticle], re.Pattern[str]], ...]] = (
    (Blocked, PHRASES_OF_BLOCKED),
    (Removed, PHRASES_OF_REMOVED),
    (Thin, PHRASES_OF_BLANK),
)
_WALL_SHARE: Final = 0.34
"""Share of its sentences in which a page of no known layout speaks as a wall does."""


def check_answer(url: str, status: int) -> None:
    """Raise `Removed`, `Blocked` or `Thin` if the answer's address or status already says so."""
    if is_removed_address(url):
        raise Removed(url, f"led to {url}")
    if status in _GONE:
        raise Removed(url, f"status {status}")
    if status >= 400:
        raise (Blocked if status in _REFUSALS else Thin)(url, f"status {status}")


def is_removed_address(url: str) -> bool:
    """Whether the site sends requests for removed articles to this address."""
    return bool(_REMOVED_PAGES.search(urlsplit(url).path))


def check_gate(url: str) -> None:
    """Raise `Blocked` if this is the address of a page that wants a human, or a login."""
    parts = urlsplit(url)
    if GATE.search(f"{parts.hostname or ''}{parts.path}"):
        raise Blocked(url, f"led to {url}")


def check_size(page: Document) -> None:
    """Raise `Changed` for a page of so many tags that reading it would hold up all others."""
    tags = sum(part.count("<") + part.count("\\u003c") for part in (page.markup, page.source))
    if tags > _MOST_TAGS:
        raise Changed(page.url, f"{tags} tags: no page of the site has so many")


def check_data(page: Document) -> None:
    """Raise `Removed` if the page's own data says that it was deleted."""
    if any(str(page.data.get(key, "")).strip().lower() not in _NOT_DELETED for key in ("is_deleted", "del_flag")):
        raise Removed(page.url, "is_deleted in its data")


def check_article(page: Document, article: RawArticle) -> None:
    """Raise `Removed`, `Blocked` or `Thin` for a wall, or half a page, in an article's frame."""
    text = article.bodies[0].text if article.bodies else ""
    drawn = bool(article.bodies) and not article.bodies[0].where.startswith(("DATA", "answer"))
    proven = bool(article.published)
    _check_words(page, text, proven=proven)
    if not proven and article.title and (wall := _wall_title(article.title[0].raw)):
        raise wall(page.url, f"is titled {article.title[0].raw[:40]!r} and states no time")
    if drawn:
        _check_place(page)


def _check_words(page: Document, text: str, *, proven: bool) -> None:
    """Refuse a text of which little is left when a wall's words are taken out."""
    if not text or len(text) > _LONGEST_WALL:
        return
    for outcome, phrases in _SPEAKING:
        words = phrases.search(text)
        if words and _left(text) <= (_LEFT_OF_PROVEN if proven else _LEFT_OF_UNPROVEN):
            raise outcome(page.url, f"says where its text should be: {words.group()[:60]}")


def _left(text: str) -> int:
    """Letters and digits beside a wall's words and its furniture."""
    for pattern in (*(phrases for _, phrases in _SPEAKING), FURNITURE):
        text = pattern.sub(" ", text)
    return sum(char.isalnum() for char in text)


def _check_place(page: Document) -> None:
    """Refuse a page with a captcha's machinery where the text stands, or one that ends there."""
    places = page.all(_PLACES)
    if told := next((told for place in places if (told := machinery(place))), ""):
        raise Blocked(page.url, f"asks for a captcha where its text should be: {told[:60]}")
    end = page.text[-2000:].lower()
    if "</html" in end or "</body" in end:
        return
    last = page.tree
    while len(last):
        last = last[-1]
    if any(above in places for above in (last, *last.iterancestors())):
        raise Thin(page.url, "the page was cut off in the midst of its text")


def machinery(place: Element) -> str:
    """What the parts of a captcha are called that stand inside an element; ``""`` where none does."""
    for element in place.iter("iframe", "script", "form", "input", "canvas"):
        names = (element.get(name) for name in ("src", "data-src", "action", "id", "name", "class"))
        if MACHINE.search(told := " ".join(filter(None, names))):
            return told
    return ""


def _wall_title(title: str) -> type[NotAnArticle] | None:
    words = _TAIL.sub("", " ".join(title.split()))
    if BLOCKED_TITLE.fullmatch(words):
        return Blocked
    if ERROR_TITLE.fullmatch(words):
        return Thin
    return Removed if REMOVED_TITLE.fullmatch(words) else None


def check_stranger(page: Document, *, prose: bool = False) -> None:
    """Raise `Removed`, `Blocked` or `Thin` for a page of no known layout, if that is what it is.

    ``prose``: it holds the paragraphs of a text, which a wall's words must outweigh.
    """
    for title in page.shown("title"):
        if wall := _wall_title(title.raw):
            raise wall(page.url, f"is titled {title.raw[:40]!r}")
    shown = visible_text(page)
    if prose:
        _check_voice(page, shown)
        return
    _check_error(page)
    if len(shown) <= _LONGEST_WALL:
        _refuse(page, CAPTCHA.search(shown), Blocked)
        _refuse(page, REMOVED.search(shown), Removed)
        _refuse(page, REFUSED.search(shown), Blocked)
    check_blank(page, shown)


def check_blank(page: Document, shown: str) -> None:
    """Raise `Thin` for a page that shows next to nothing, `Blocked` where that is for a captcha to be drawn."""
    if len(shown) >= _THIN:
        return
    if told := machinery(page.tree):
        raise Blocked(page.url, f"asks for a captcha: {told[:60]}")
    raise Thin(page.url, f"thin page: {len(shown)} characters of text in {len(page.text)}")


def _refuse(page: Document, words: re.Match[str] | None, outcome: type[NotAnArticle]) -> None:
    if words:
        raise outcome(page.url, f"says: {words.group()[:60]}")


def _check_voice(page: Document, shown: str) -> None:
    """Refuse long walls: those that explain themselves at length."""
    sentences = [sentence for sentence in re.split(r"[。！？!?]", shown) if sentence.strip()]
    for outcome, phrases in _SPEAKING[:2]:
        speaking = [words for sentence in sentences if (words := phrases.search(sentence))]
        if speaking and len(speaking) >= _WALL_SHARE * len(sentences):
            raise outcome(page.url, f"speaks as a wall does: {speaking[0].group()[:60]}")


def _check_error(page: Document) -> None:
    """Refuse an interface's error in place of a page."""
    answer = page.answer
    code = next((answer[key] for key in ("ret", "code", "errCode", "errcode", "status") if key in answer), None)
    if code is not None and str(code) not in ("0", "200"):
        said = page.text[:_LONGEST_ERROR]
        refused = CAPTCHA.search(said) or REFUSED.search(said)
        outcome = Removed if str(code) == "404" else Blocked if refused else Thin
        raise outcome(page.url, f"an error in place of the page: code {str(code)[:20]}")


def visible_text(page: Document) -> str:
    """The title and all text that is not a script's or a style's; white space collapsed."""
    texts = (page.tree.findtext(".//title") or "", *page.texts_without("script", "style", "noscript"))
    return " ".join(" ".join(texts).split())
