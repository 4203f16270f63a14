"""Personal data in texts: phone numbers, mail addresses and id-card numbers, put behind masks. Pure.

A text is read twice from left to right: for mail addresses, then for numbers. What stays (an address on the web, a
word, a longer number) is read as a whole, too: nothing inside it is taken for a number, and no sign is read often.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Final

# Signs that people type for plain ones. Each becomes one sign: a place in the one text is the same in the other.
_WIDE: Final = re.compile("[％（）＋．０-９＠Ａ-Ｚ＿ａ-ｚ]")
_SPACE: Final = re.compile("[\u00a0\u2000-\u200d\u202f\u2060\u3000\ufeff]")
# They do not become hyphens, since they end an address and tie no longer number together.
_DASH: Final = re.compile("[‐‑‒—―−─－]")

_HOST: Final = r"(?<![A-Za-z\d.-])(?:[A-Za-z\d-]+\.)+[A-Za-z]{2,24}(?::\d{1,5})?(?=[/?])"
_ADDRESS: Final = (
    r"\]\((?:https?:)?//[^\s)]*"  # of a Markdown link
    rf"|(?:://|//(?=[A-Za-z][A-Za-z\d-]{{0,62}}\.)|{_HOST})[!#-'*-;=?-Z\\_a-z~]*"
)
# A backslash is Markdown's, before an underscore.
_MAIL: Final = re.compile(
    rf"{_ADDRESS}|(?P<mail>[\w.+\\-]+@(?:[A-Za-z\d-]{{1,63}}\.)+[A-Za-z]{{2,24}})|[\w.+\\-]+", re.A
)

_GAP: Final = "[ –-]?"
_CHINA: Final = rf"(?:\((?:\+|00)?86\)|(?:\+|00)?86){_GAP}"
_MOBILE: Final = rf"(?:{_CHINA})?1[3-9]\d(?:{_GAP}\d{{8}}|(?P<gap>[ .–-])\d{{4}}(?P=gap)\d{{4}})"
_LOCAL: Final = rf"(?:(?:10|2\d)\)?{_GAP}\d{{4}}|[3-9]\d\d\)?{_GAP}\d{{3,4}}){_GAP}\d{{4}}"
_LANDLINE: Final = (
    rf"0{_LOCAL}|0\d\d\d?[ –-]\d{{7,8}}|\(0\d\d\d?\){_GAP}\d{{3,4}}{_GAP}\d{{4}}"
    rf"|86{_GAP}0?(?:10|2\d|[3-9]\d\d)[ –-]\d{{7,8}}"
    # An area code without its zero needs the country's. 400 and 800 are services.
    rf"|(?!86[\d ]){_CHINA}(?:\(0\) ?|\(?0?)(?![48]00){_LOCAL}"
)
_PROVINCE: Final = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])"
_CARD: Final = (
    rf"(?:{_PROVINCE}|71|8[1-3]|9[1-6])\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{3}}[\dXx]"
    rf"|{_PROVINCE}\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{3}}"  # until 1999
)
_LABELS: Final = "(?i:(?:tele)?phone|tel|mobile|mob|fax|[vw]x|wechat|id|card|qq|e-?mail)"
"""Words that stand beside a number without being part of it."""
# No part of a code, no decimal, share or sum.
_END: Final = rf"(?![\d%股]|(?!{_LABELS})[A-Za-z]|[美日港欧]?元|\.\d{{1,3}}(?![ .–-]?\d))"
_LABEL: Final = rf"{_LABELS}(?=\d)"
_OTHER: Final = r"(?:[$＄¥￥] ?)?\d+(?:[.-]\d+)*[A-Za-z\d]*|[A-Za-z][A-Za-z\d]*"
_NUMBER: Final = re.compile(
    r"(?=[A-Za-z\d(+:/\]$＄¥￥])"  # Chinese is passed over quickly.
    rf"(?:{_ADDRESS}|{_LABEL}|(?P<phone>(?:{_MOBILE}|{_LANDLINE}){_END})|(?P<card>(?:{_CARD}){_END})|{_OTHER})",
    re.A,
)
_DIGITS: Final = re.compile(r"\d{4}")
"""Every number that is looked for has so many in a row."""
_MASKS: Final = {"mail": "[mail]", "phone": "[phone]", "card": "[id-card]"}
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def masked(text: str, counts: Counter[str]) -> str:
    """``text`` with ``[mail]``, ``[id-card]`` and ``[phone]`` in the place of such; ``counts`` says how many."""
    if "@" in text or "＠" in text:
        text = _masked(_MAIL, text, counts)
    return _masked(_NUMBER, text, counts) if _DIGITS.search(text) else text


def _masked(pattern: re.Pattern[str], text: str, counts: Counter[str]) -> str:
    parts: list[str] = []
    done = 0
    for found in pattern.finditer(_plain(text)):
        if (mask := _MASKS.get(found.lastgroup or "")) and (found.lastgroup != "card" or _is_card(found[0])):
            counts[mask[1:-1]] += 1
            parts += (text[done : found.start()], mask)
            done = found.end()
    return "".join((*parts, text[done:]))


def _plain(text: str) -> str:
    """The text in plain signs, as long as before."""
    narrow = _WIDE.sub(lambda wide: chr(ord(wide[0]) - 0xFEE0), text)
    return _DASH.sub("–", _SPACE.sub(" ", narrow))


def _is_card(number: str) -> bool:
    """Whether the birthday is a day, and the last of 18 signs the checksum that id-card numbers have."""
    signs = re.sub("[ –-]", "", number).upper()
    if len(signs) == 15:
        return _is_day(f"19{signs[6:12]}")
    weighed = sum(int(digit) * weight for digit, weight in zip(signs, _WEIGHTS, strict=False))
    return signs[-1] == "10X98765432"[weighed % 11] and _is_day(signs[6:14])


def _is_day(digits: str) -> bool:
    try:
        return 1800 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year < 2100
    except ValueError:
        return False
