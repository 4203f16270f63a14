"""Personal data in texts: phone numbers, mail addresses and id-card numbers, put behind masks. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

# Digits inside addresses, file names and longer numbers are none of these.
_BEFORE: Final = r"(?<![0-9A-Za-z_/=.%-])"
_AFTER: Final = r"(?![0-9A-Za-z_/=%])"
_MAIL: Final = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w@])", re.A
)
_CARD: Final = re.compile(rf"{_BEFORE}\d{{17}}[0-9Xx]{_AFTER}")
_MOBILE: Final = re.compile(rf"{_BEFORE}(?:\+?86[ -]?)?1[3-9]\d([ -]?)\d{{4}}\1\d{{4}}{_AFTER}")
_LANDLINE: Final = re.compile(rf"{_BEFORE}0\d{{2,3}}[ -]\d{{7,8}}{_AFTER}")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def masked(text: str, counts: Counter[str]) -> str:
    """``text`` with ``[mail]``, ``[id-card]`` and ``[phone]`` in the place of such; ``counts`` says how many."""

    def put(name: str, found: re.Match[str]) -> str:
        counts[name] += 1
        return f"[{name}]"

    def card(found: re.Match[str]) -> str:
        return put("id-card", found) if _is_card(found[0]) else found[0]

    text = _MAIL.sub(lambda found: put("mail", found), text) if "@" in text else text
    text = _CARD.sub(card, text)
    text = _MOBILE.sub(lambda found: put("phone", found), text)
    return _LANDLINE.sub(lambda found: put("phone", found), text)


def _is_card(number: str) -> bool:
    """Whether the last sign is the checksum that id-card numbers have, and the birthday may be one."""
    weighed = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    right = "10X98765432"[weighed % 11]
    return number[-1].upper() == right and "01" <= number[10:12] <= "12" and "01" <= number[12:14] <= "31"
