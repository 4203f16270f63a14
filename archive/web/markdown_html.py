"""An article's Markdown as HTML that a reader can be shown: nothing in it acts, whatever the page had. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline.state_inline import Delimiter, StateInline
from markdown_it.token import Token

from archive.media.picture_copies import https

LONGEST: Final = 100_000
"""Characters of a text that are shown; what is longer is cut, and its file offered."""
_WEB: Final = re.compile(r"(?:https?:)?//[^\s]+", re.IGNORECASE)
_BREAK: Final = "<br>"
_UNSHOWABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """A text as HTML."""

    html: str
    copies: int
    """Pictures that are shown from their copies in the archive."""
    elsewhere: int
    """Pictures that the reader's browser asks the site for."""
    is_cut: bool


@dataclass(slots=True)
class _Pictures:
    """Where the pictures of one text come from, and how many of each."""

    copies: Mapping[str, str]
    address: Callable[[str], str]
    remote: str
    table: str
    local: int = 0
    elsewhere: int = 0


def as_html(
    body: str, copies: Mapping[str, str], address: Callable[[str], str], *, remote: str = "", table: str = ""
) -> RenderedBody:
    """The body as a reader of the site would see it.

    ``copies``: address of a picture → path of its copy; ``address`` makes an address of ours of such a path.
    ``remote`` is written under pictures that have none, ``table`` names a table for those who hear it.
    """
    pictures = _Pictures(copies, address, remote, table)
    text = _UNSHOWABLE.sub("\ufffd", body[:LONGEST])
    html = _markdown().render(text, {"pictures": pictures})
    return RenderedBody(html, pictures.local, pictures.elsewhere, len(body) > LONGEST)


@cache
def _markdown() -> MarkdownIt:
    """HTML in a text is text; addresses are of the web or none; stars are read as `_stars` says."""
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.validateLink = lambda url: bool(_WEB.match(url))  # type: ignore[method-assign]
    made.inline.ruler.at("emphasis", _stars)
    made.inline.ruler.before("html_inline", "breaks", _breaks)
    made.core.ruler.push("figures", _figures)
    made.add_render_rule("image", _image)
    made.add_render_rule("link_open", _link)
    made.add_render_rule("table_open", _table)
    made.add_render_rule("table_close", _table_end)
    return made


def _stars(state: StateInline, silent: bool) -> bool:
    """As CommonMark's rule, but a run of stars also opens beside a sign and closes after one.

    Chinese signs stand without spaces: ``**…）**今日`` is bold on the site. Stars that are text are escaped.
    """
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    found = state.scanDelims(state.pos, marker == "*")
    end = state.pos + found.length
    before = state.src[state.pos - 1] if state.pos else " "
    after = state.src[end] if end < state.posMax else " "
    opens, closes = found.can_open, found.can_close
    if marker == "*":
        opens, closes = opens or not after.isspace(), closes or not before.isspace()
    for _ in range(found.length):
        state.push("text", "", 0).content = marker
        place = len(state.tokens) - 1
        mark = Delimiter(marker=ord(marker), length=found.length, token=place, end=-1, open=opens, close=closes)
        state.delimiters.append(mark)
    state.pos = end
    return True


def _breaks(state: StateInline, silent: bool) -> bool:
    """A line break inside the cell of a table, as our Markdown writes it. One that is text is escaped."""
    if not state.src.startswith(_BREAK, state.pos):
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos += len(_BREAK)
    return True


def _figures(state: Any) -> None:
    """A paragraph that is one picture becomes a figure; one after it that is all in italics, its caption."""
    tokens: list[Token] = state.tokens
    made: list[Token] = []
    place = 0
    while place < len(tokens):
        if not _is_paragraph(tokens, place, _is_picture):
            if tokens[place].tag == "h1":  # The title of the page is its only heading of the first rank.
                tokens[place].tag = "h2"
            made.append(tokens[place])
            place += 1
            continue
        opening, inline, closing = tokens[place : place + 3]
        opening.tag = closing.tag = "figure"
        place += 3
        caption: list[Token] = []
        if _is_paragraph(tokens, place, _is_caption):
            caption = tokens[place : place + 3]
            caption[0].tag = caption[2].tag = "figcaption"
            place += 3
        made += [opening, inline, *caption, closing]
    state.tokens = made


def _is_paragraph(tokens: Sequence[Token], place: int, holds: Callable[[Sequence[Token]], bool]) -> bool:
    """Whether a paragraph begins at the place, and what is in it passes."""
    return (
        place + 2 < len(tokens)
        and tokens[place].type == "paragraph_open"
        and not tokens[place].hidden
        and holds(tokens[place + 1].children or ())
    )


def _is_picture(inside: Sequence[Token]) -> bool:
    return [token.type for token in inside] in (["image"], ["link_open", "image", "link_close"])


def _is_caption(inside: Sequence[Token]) -> bool:
    kinds = [token.type for token in inside]
    return kinds[:1] == ["em_open"] and kinds[-1:] == ["em_close"] and kinds.count("em_open") == 1


def _image(_: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    pictures: _Pictures = env["pictures"]
    token = tokens[place]
    source = https(str(token.attrs.get("src", "")))
    alt = escape(token.content.replace("\\", ""))
    path = pictures.copies.get(source)
    if path is not None:
        pictures.local += 1
        return f'<img src="{escape(pictures.address(path))}" alt="{alt}" loading="lazy" decoding="async">'
    pictures.elsewhere += 1
    note = f'<small class="from">{escape(pictures.remote)}</small>' if _is_picture(tokens) and pictures.remote else ""
    return (
        f'<img src="{escape(source)}" alt="{alt}" loading="lazy" decoding="async" referrerpolicy="no-referrer">{note}'
    )


def _link(_: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    address = escape(https(str(tokens[place].attrs.get("href", ""))))
    return f'<a href="{address}" rel="noopener noreferrer nofollow" referrerpolicy="no-referrer">'


def _table(_: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    """A table wider than the page is moved by itself, by keyboard, too."""
    name = escape(env["pictures"].table)
    return f'<div class="wide" role="region" tabindex="0" aria-label="{name}"><table>'


def _table_end(*_: Any) -> str:
    return "</table></div>\n"
