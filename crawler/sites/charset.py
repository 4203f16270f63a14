"""Bytes of a page to text: the encoding is judged by the bytes, not by what the page claims."""

from __future__ import annotations

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode(body: bytes) -> str:
    """The text of a Chinese page, without byte order mark.

    Valid UTF-8 is taken for UTF-8 whatever the page says: hardly any GBK text is. What is not is read in both
    encodings, and the one that leaves fewer unreadable characters wins; GBK and GB2312 are read as their superset
    GB18030.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        readings = [body.decode(name, "replace") for name in ("utf-8", "gb18030")]
        return min(readings, key=lambda text: text.count("\ufffd"))
