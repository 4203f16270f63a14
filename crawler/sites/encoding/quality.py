"""How much of a text looks like Chinese that somebody wrote, and how much like bytes read in a wrong encoding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final


def _plain(encoding: str, rows: Iterable[int], columns: Iterable[int]) -> frozenset[str]:
    cells = b"".join(bytes((row, column)) for row in rows for column in columns)
    return frozenset(cells.decode(encoding, "ignore"))


_SIMPLIFIED: Final = _plain("gbk", range(0xA1, 0xD8), range(0xA1, 0xFF))
"""Symbols, kana, Greek, Cyrillic and the 3,755 commonest characters: 98 of 100 in a text of our time."""
_TRADITIONAL: Final = _plain("big5", range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF)))
SOUND: Final = _SIMPLIFIED | _TRADITIONAL
_JUDGED: Final = re.compile("[\x80-\u024f\u2000-\u22ff\u2e80-\u9fff\ue000-\ufaff\ufe30-\uffff]")
"""Characters which a wrong reading may yield. Other scripts and emoji are neither sound nor suspicious."""
_LOST: Final = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd]|锟斤拷|ï¿½|烫烫烫|屯屯屯|[?]{4,}")
"""What is left where characters were lost for good."""
_LOSS_BEGINS: Final = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd锟ï烫屯?]")
_ASCII: Final = bytes(range(0x80))
_COMMONEST: Final = bytes(range(0xB0, 0xD8))
"""The rows of GB2312 that hold the 3,755 commonest characters."""
_COMMON: Final = bytes((0xA1, 0xA3)) + _COMMONEST
"""With those of the marks and of the wide letters and digits before them."""
_MOST_LOST: Final = 0.15
_LEAST_SOUND: Final = 0.5
_FEWEST: Final = 4
"""Characters. Fewer suspicious ones than this prove nothing."""
_LATIN: Final = {
    character: bytes((byte,)) for byte in range(0x80, 0xA0) if (character := bytes((byte,)).decode("cp1252", "ignore"))
}


def text_quality(text: str) -> float:
    """The share of common characters in what is not ASCII, from 0 to 1; 1 where there is nothing to judge.

    Chinese texts have 0.75 and more, UTF-8 read as GBK has less than 0.4, GBK read as UTF-8 less than 0.05.
    """
    return _Judged(text).share


class _Judged:
    """How many characters of a text say something, and how many of them are sound."""

    def __init__(self, text: str) -> None:
        # Counted first: a text has thousands of characters, and some hundred different ones.
        self.counts = Counter(text)
        judged = _JUDGED.findall("".join(self.counts))
        self.all = sum(map(self.counts.__getitem__, judged))
        self.sound = self.all - sum(map(self.counts.__getitem__, set(judged) - SOUND))

    @property
    def share(self) -> float:
        """The share of sound characters; 1 where there is nothing to judge."""
        return self.sound / self.all if self.all else 1.0


def garbling(text: str) -> str:
    """What shows that a text went through a wrong encoding; ``""`` for a sound one.

    Two things do: too many characters lost for good, and a wrong reading which can be undone with gain. A text of
    rare characters, or one about mojibake, shows neither.
    """
    if common_share(text, _COMMONEST) >= _LEAST_SOUND and not (_LOSS_BEGINS.search(text) and _LOST.search(text)):
        return ""
    found = _Judged(text)
    judged = found.all + found.counts["?"]
    lost = sum(len(match.group()) for match in _LOST.finditer(text))
    if lost >= _FEWEST and lost > _MOST_LOST * judged:
        return f"{lost} of {judged} characters lost"
    before = found.share
    if before >= _LEAST_SOUND:
        return ""
    for name, undone in _undone(text):
        gained = sum(map(SOUND.__contains__, undone))
        if gained >= _FEWEST and text_quality(undone) > max(before + 0.2, _LEAST_SOUND):
            return f"{name}: {text[:20]!r} was {undone[:20]!r}"
    return ""


def common_share(text: str, rows: bytes = _COMMON) -> float:
    """The share of what GB2312 holds in these rows in what is not ASCII; 1 where there is nothing else.

    No more than `text_quality`, and told much faster than by counting every character.
    """
    # Python's GB2312 knows these two marks by other names than GBK.
    encoded = text.replace("—", "―").replace("·", "・").encode("gb2312", "ignore")
    pairs = encoded.translate(None, _ASCII)
    foreign = len(text) - (len(encoded) - len(pairs))
    leads = pairs[::2]
    return (len(leads) - len(leads.translate(None, rows))) / foreign if foreign else 1.0


def _undone(text: str) -> Iterable[tuple[str, str]]:
    """The text after each of the usual wrong readings is taken back, what cannot be taken back left out."""
    chinese, latin = text.encode("gb18030", "ignore"), b"".join(map(_latin_byte, text))
    yield "UTF-8 read as GBK", chinese.decode("utf-8", "ignore")
    yield "UTF-8 read as Latin", latin.decode("utf-8", "ignore")
    yield "GBK read as Latin", latin.decode("gb18030", "ignore")


def _latin_byte(character: str) -> bytes:
    if ord(character) < 0x100:
        return bytes((ord(character),))
    return _LATIN.get(character, b"")
