"""Bytes that are no text in any one encoding, read with the fewest losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crawler.sites.encoding.quality import SOUND

_COMMONEST: Final = frozenset(
    "的一是不了在有人我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天"
    "而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些"
    "与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相"
    "次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九性通目华报立马"
    "，。、：；？！“”《》（）—…·　"
)
"""Characters that make up most of any Chinese text: what is left when bytes are shifted has few of them."""
_PRICES: Final = {"broken": 5.0, "common": 0.4, "rare": 3.0, "foreign": 0.6, "rare and foreign": 6.4}
"""Of a byte that belongs to no character, of a character, and what one in the other encoding costs more."""
_LONGEST: Final = 20_000
"""Bytes. A longer stretch without any mark in it is no text anyway."""


def recover_text(piece: bytes, elected: str) -> str:
    """The cheapest way to cut the bytes into characters of UTF-8 and GB18030; a byte left over is U+FFFD.

    The piece as a whole may be in the encoding that was not elected for its page.
    """
    if len(piece) > _LONGEST:
        return piece.decode(elected, "replace")
    ways = [(_PRICES["foreign"] * (main != elected), *_cheapest(piece, main)) for main in ("utf-8", "gb18030")]
    return min(ways, key=lambda way: way[0] + way[1])[2]


def _cheapest(piece: bytes, main: str) -> tuple[float, str]:
    """The least price of the piece, mainly in one encoding, and its text.

    Found from the end, byte by byte: a shifted reading costs a rare character at every other step, so that one lost
    byte is given up rather than the rest of the line.
    """
    cost = [0.0] * (len(piece) + 1)
    step: list[tuple[int, str]] = [(1, "")] * len(piece)
    for at in reversed(range(len(piece))):
        ways = ((cost[at + size] + price, size, char) for size, char, price in _characters(piece, at, main))
        cost[at], length, text = min(ways)
        step[at] = (length, text)
    return cost[0], "".join(_along(step))


def _along(step: list[tuple[int, str]]) -> Iterator[str]:
    at = 0
    while at < len(step):
        length, text = step[at]
        yield text
        at += length


def _characters(piece: bytes, at: int, main: str) -> Iterator[tuple[int, str, float]]:
    """Every character that may begin here: its length in bytes, itself, its price."""
    lead = piece[at]
    if lead < 0x80:
        yield 1, chr(lead), 0.0
        return
    yield 1, "\ufffd", _PRICES["broken"]
    for encoding, length in _forms(lead, piece[at + 1] if at + 1 < len(piece) else 0):
        try:
            text = piece[at : at + length].decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(text) == 1 and at + length <= len(piece):
            yield length, text, _price(text, encoding != main)


def _forms(lead: int, second: int) -> Iterator[tuple[str, int]]:
    """The encodings and lengths of the characters that may begin with these two bytes; a failed attempt is dear."""
    if lead >= 0xC2 and 0x80 <= second < 0xC0:
        yield "utf-8", 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if second >= 0x30:
        yield "gb18030", 4 if second < 0x3A else 2


def _price(character: str, foreign: bool) -> float:
    if character not in SOUND:
        return _PRICES["rare and foreign" if foreign else "rare"]
    return _PRICES["common"] * (character not in _COMMONEST) + _PRICES["foreign"] * foreign
