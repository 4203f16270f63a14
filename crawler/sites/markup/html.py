"""HTML to a tree, whatever the HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

_DEEPEST: Final = 1000
"""Elements inside one another. libxml2 gives up at 2048 and silently loses all that follows, to the page's end."""
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+>")
_OPENING: Final = re.compile(r"""<[a-zA-Z][^\s/>]*+(?:\s++|/|=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>]*+)|[^\s/>=]++)*+>?""")
_ATTRIBUTE: Final = re.compile(r"""[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>]*+))?""")
_LONG_TAG: Final = 1024
_MOST_ATTRIBUTES: Final = 256
"""Attributes of one tag that are read. libxml2 compares each with all before it: 200,000 took it four minutes."""
_VOID: Final = frozenset("area base br col embed hr img input link meta source track wbr".split())
_OPEN_FOR_LIBXML: Final = ("embed", "source", "track", "wbr")
"""Of these, those inside which libxml2 puts all that follows them."""
_INLINE: Final = frozenset("a abbr b big code del em font i ins s small span strike strong sub sup u".split())


def parse_html(text: str) -> Element:
    """The document's root. Broken, empty and hostile HTML gives a tree, too; lone surrogates become U+FFFD.

    What is nested too deep for any reader to see a meaning in it is flattened; no text is lost.
    """
    # Browsers pass over NULs; libxml2 would show one as U+FFFD.
    text = text.replace("\0", "")
    # Looked at before it is written anew, which hardly any page needs.
    if max(map(len, _OPENING.findall(text)), default=0) >= _LONG_TAG:
        text = _OPENING.sub(_without_excess, text)
    root, complete = _parse(text)
    if not complete:
        root, _ = _parse("".join(_flattened(text)))
    return root if root is not None else etree.Element("html")


def parse_fragment(text: str) -> Element:
    """The ``body`` element around a fragment of HTML, comments before its first element included."""
    root = parse_html(f"<html><body>{text}")
    body = root.find("body")
    return body if body is not None else root


def _parse(text: str) -> tuple[Element | None, bool]:
    """The root, and whether the whole text was read."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(text.encode("utf-8", "replace") or b"<html></html>", parser)
    return root, not any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)


def _without_excess(tag: re.Match[str]) -> str:
    if len(tag[0]) < _LONG_TAG:
        return tag[0]
    last = next(islice(_ATTRIBUTE.finditer(tag[0]), _MOST_ATTRIBUTES, None), None)
    return tag[0] if last is None else f"{tag[0][: last.start()]}>"


def _flattened(text: str) -> Iterator[str]:
    """The text without the tags below the deepest level; a line break stands where they parted lines."""
    opened: list[str] = []
    waiting: Counter[str] = Counter()
    at = 0
    for tag in _TAG.finditer(text):
        yield text[at : tag.start()]
        at = tag.end()
        name = tag[2].lower()
        if name in _VOID:
            yield tag[0] if tag[1] or name not in _OPEN_FOR_LIBXML else f"{tag[0]}</{name}>"
        elif not tag[1]:
            opened.append(name)
            waiting[name] += 1
            yield tag[0] if len(opened) <= _DEEPEST else _seam(name)
        elif waiting[name]:
            shallow = _close(opened, waiting, name) < _DEEPEST
            yield tag[0] if shallow else _seam(name)
    yield text[at:]


def _close(opened: list[str], waiting: Counter[str], name: str) -> int:
    """Close the innermost element of that name and all inside it; the level it stood on."""
    while (last := opened.pop()) != name:
        waiting[last] -= 1
    waiting[name] -= 1
    return len(opened)


def _seam(name: str) -> str:
    return "" if name in _INLINE else "<br>"
