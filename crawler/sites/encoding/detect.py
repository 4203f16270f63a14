"""Bytes of a page to text: the encoding is put to the vote, and what was lost before or after is found out.

The bytes have the most votes, the HTTP header and the page's own ``<meta>`` break a tie: pages of every era lie.
GB2312 and GBK are read as their superset GB18030.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from crawler.sites.encoding.quality import common_share, text_quality
from crawler.sites.encoding.recover import recover_text

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CLAIMS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "chinese": "gb18030",
}
ALWAYS_UTF8: Final = "utf-8, always"
"""What to declare of pages of a site that writes nothing else: a few letters with accents are no Chinese, then."""
_ENCODINGS: Final = ("utf-8", "gb18030")
_META: Final = re.compile(rb"<meta\b[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]+)", re.I)
_META_WITHIN: Final = 200_000
"""Bytes of a page searched for ``<meta charset>``; real pages put it as late as behind 2.5 kB of other elements."""
_HANZI_IN_UTF8: Final = re.compile(rb"[\xe3-\xe9\xef][\x80-\xbf]{2}")
_PIECE: Final = re.compile(rb"[\x80-\xff][^\x00-\x2f\x3a-\x3f]*")
"""From a byte that is not ASCII to a mark that is no part of a GB18030 character: surely all in one encoding."""
_PATIENCE: Final = 60_000
"""Bytes of one page that are mended with care, at 15 µs each; a page with more of them is no text."""
_SAMPLE: Final = 2000
_SURELY_SOUND: Final = 0.96
"""Share of common characters with which a reading has all votes that soundness can give."""
_MANY_LETTERS: Final = 12
"""Of Chinese characters in GBK, one in five is valid UTF-8, too."""
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")


def decode(body: bytes, declared: str | None = None) -> str:
    """The text of a Chinese page, without byte order mark; ``declared`` is the charset of the HTTP header.

    Where one page mixes encodings, or bytes are missing, as many characters as can be told are kept; each byte
    that belongs to none becomes U+FFFD.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    text = _strictly(body, "utf-8")
    if text is not None and (declared == ALWAYS_UTF8 or _HANZI_IN_UTF8.search(body) or _has_many_letters(text)):
        return text
    elected = _elect(body, declared)
    # NUL stands in no text. Even valid GB18030 may be a reading shifted by one lost byte, or hold islands of UTF-8.
    return body.decode(elected, "replace") if b"\0" in body else _piecewise(body, elected)


def _has_many_letters(text: str) -> bool:
    """Whether so many characters are not ASCII that their bytes cannot be valid UTF-8 by chance."""
    return sum(len(run) for run in islice(_FOREIGN.findall(text), _MANY_LETTERS)) >= _MANY_LETTERS


def _elect(body: bytes, declared: str | None) -> str:
    """The encoding with the most votes: how sound its reading looks, then the claims."""
    claims = [declared, *(name.decode("ascii", "replace") for name in _META.findall(body, 0, _META_WITHIN))]
    named = [_CLAIMS.get((claim or "").strip(" \"'").lower()) for claim in claims]

    if named.count("gb18030") > named.count("utf-8") and common_share(_sample(body, "gb18030")) >= _SURELY_SOUND:
        return "gb18030"  # No reading could have more votes.

    def votes(encoding: str) -> tuple[float, int]:
        return round(text_quality(_sample(body, encoding)), 1), named.count(encoding)

    return max(_ENCODINGS, key=votes)


def _sample(body: bytes, encoding: str) -> str:
    runs = _FOREIGN.finditer(body.decode(encoding, "replace"))
    return "".join(run.group() for run in islice(runs, _SAMPLE))[:_SAMPLE]


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _piecewise(body: bytes, elected: str) -> str:
    """The text of a page in mixed encodings: every stretch between marks for itself."""
    parts: list[str] = []
    at, patience = 0, _PATIENCE
    for match in _PIECE.finditer(body):
        parts.append(body[at : match.start()].decode("ascii"))
        piece, at = match.group(), match.end()
        text = _readable(piece, elected)
        if text is None:
            text = recover_text(piece, elected) if patience > 0 else piece.decode(elected, "replace")
            patience -= len(piece)
        parts.append(text)
    parts.append(body[at:].decode("ascii"))
    return "".join(parts)


def _readable(piece: bytes, elected: str) -> str | None:
    """The piece in the encoding that fits it; None if neither does, or only as nonsense."""
    chinese = _strictly(piece, "gb18030")
    if elected == "gb18030" and chinese is not None and common_share(chinese) == 1:
        return chinese  # Nothing is sounder, in either encoding.
    utf8 = _strictly(piece, "utf-8")
    if utf8 is not None and chinese is not None:
        # GBK is hardly ever valid UTF-8; the other way round it happens all the time.
        return chinese if elected == "gb18030" and text_quality(chinese) >= text_quality(utf8) else utf8
    if chinese is None:
        return utf8
    # With a byte lost, either encoding may still be readable as GBK, but not as common characters alone.
    return chinese if text_quality(chinese) == 1 else None
