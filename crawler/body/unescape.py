r"""Text that was escaped for a script or for HTML once too often, decoded to the end, and by one function.

What a page's data and head state is escaped for the place it stands in, often twice: ``\x26quot;`` is a quotation
mark, escaped as HTML and then for a script. What a page shows was decoded by whoever parsed it, and is no matter for
this module: an article about ``&nbsp;`` shows just that.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_ESCAPABLE: Final = re.compile(r"[\\&<]")
_IN_SCRIPT: Final = re.compile(
    r"\\(?:x(?P<two>[0-9a-fA-F]{2})|u(?P<four>[0-9a-fA-F]{4})|(?<!:\\)(?P<letter>[nrt])(?![a-z])|(?P<quote>[\"'/]))"
)
r"""Of the letters only those that stand for white space, and none that may belong to a name (``C:\new``)."""
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ROUNDS: Final = 3
"""How often text is taken to have been escaped for HTML; twice is common."""
_MARKUP: Final = re.compile(
    r"<(?P<tag>[a-zA-Z][a-zA-Z0-9]{0,15})\s[^<>]{0,2000}?(?<![\w-])(?:href|class|style|data-[\w-]{1,40})\s*=[^<>]{0,4000}(?:>|$)"
)
"""Tags that nobody would write for others to read: ``<video>`` and ``<b>`` may be what a text is about."""
_BREAK: Final = re.compile(r"<br\s*/?>", re.I)


def unescaped(text: str) -> str:
    """The text as it was meant: no escapes of scripts, no entities, none of the tags that carry attributes."""
    if not _ESCAPABLE.search(text):
        return text
    if "\\" in text:
        text = _joined(_IN_SCRIPT.sub(_character, text))
    text = _without_markup(text)
    for _ in range(_ROUNDS):
        if "&" not in text or (decoded := _ENTITY.sub(lambda entity: unescape(entity[0]), text)) == text:
            break
        text = _without_markup(decoded)
    return text


def _character(escape: re.Match[str]) -> str:
    if code := escape["two"] or escape["four"]:
        return chr(int(code, 16))
    return " " if escape["letter"] else escape["quote"]


def _without_markup(text: str) -> str:
    if "<" not in text:
        return text
    tags = {tag["tag"] for tag in _MARKUP.finditer(text)}
    text = _BREAK.sub("\n", _MARKUP.sub("", text))
    return re.sub(rf"</(?:{'|'.join(sorted(tags))})\s*>", "", text) if tags else text


_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _joined(text: str) -> str:
    """The text with the halves of characters, each escaped for itself, put together."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
