"""Article ids of Tencent News: their grammar, and the one canonical address each stands for.

=====================  =========================  =========================================
id                     example                    canonical address
=====================  =========================  =========================================
16 characters          ``20250212A090WZ00``       ``https://new.qq.com/rain/a/<id>``
14 characters          ``20190123A17T7F``         the same, after ``00`` was appended
numeric, 14 or 16      ``20190304010213``         the same, after ``00`` was appended
3 letters, 14 or 16    ``TWF2020041300303000``    the same, after ``00`` was appended
old PC page            ``tech-20161014-006270``   ``https://tech.qq.com/a/20161014/006270.htm``
Tencent Video          ``c0837yy1f97``            ``https://new.qq.com/omv/video/<id>``
=====================  =========================  =========================================

The tail of a three-letter id may hold a letter in short links (``SPO201901240076660I``). The lists that
carry such a link call the same article ``SPO2019012400766600``, so a tail with a letter is read as ``00``.
A tail of two other digits is kept: it names a copy with an id of its own.
"""

from __future__ import annotations

import re
from datetime import date

from crawler.sites.address import Address

HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){0,4}qq\.com")
"""A host of qq.com, in lower case."""
NO_SITES = re.compile(r"(?:new|xw|kuaibao|kb|coral|gu|v|stockhtm\.finance|(?:.+\.)?(?:inews|match|weixin|wx))\.qq\.com")
"""Hosts that never had old PC pages of their own."""

_MODERN = re.compile(r"(20[0-9]{6})([A-Z])[0-9A-Z]{5}(?:00)?")
_NUMERIC = re.compile(r"(20[0-9]{6})[0-9]{6}([0-9]{2})?")
_CMS = re.compile(r"([A-Z]{3})(20[0-9]{6})[0-9]{6}([0-9A-Z]{2})?")
_OLD = re.compile(r"([a-z0-9_-]+)-(20[0-9]{6})-([0-9]{6})")
_VIDEO = re.compile(r"(?=[a-z]+[0-9])[a-z][a-z0-9]{10}")
_KIND_OF_LETTER = {"V": "video", "Q": "question"}
_KIND_OF_PREFIX = {"ZLV": "live", "TIP": "tip"}


def read_id(text: str) -> Address | None:
    """The article a bare id of any kind names; None if it is no id."""
    return read_modern_id(text) or _read_old_id(text) or read_video_id(text)


def read_modern_id(text: str, kind: str = "") -> Address | None:
    """The article of an id with a ``rain/a`` address; `kind` where the form it came in says more."""
    for read in (_lettered, _numeric, _prefixed):
        found = read(text)
        if found is not None:
            return Address(found[0], f"https://new.qq.com/rain/a/{found[0]}", kind or found[1])
    return None


def read_old_page(site: str, day: str, number: str) -> Address | None:
    """The old PC page ``https://<site>.qq.com/a/<day>/<number>.htm``; site: ``tech``, ``view.news`` …"""
    host = f"{site.replace('_', '.')}.qq.com"
    if not HOST.fullmatch(host) or NO_SITES.fullmatch(host) or not _is_day(day):
        return None
    # A dot in a file's name would pass for the beginning of its suffix.
    return Address(f"{site.replace('.', '_')}-{day}-{number}", f"https://{host}/a/{day}/{number}.htm", "article")


def read_video_id(text: str) -> Address | None:
    """The page of a Tencent Video id in the news site."""
    if not _VIDEO.fullmatch(text):
        return None
    return Address(text, f"https://new.qq.com/omv/video/{text}", "video")


def mobile_letters(site: str) -> str:
    """The three letters which the old pages' own script (h5rewrite) makes of a site's name.

    >>> mobile_letters("tech"), mobile_letters("view_news"), mobile_letters("cd"), mobile_letters("sh_house")
    ('TEC', 'VIE', 'CDC', 'HOU')
    """
    name = site.replace(".", "_")
    special = {"henan": "HNC", "xian": "XAC", "hn": "HNN", "2016": "BCP"}
    if name in special:
        return special[name]
    if name in {"cd", "fj", "cq", "hb", "gd", "zj", "ln", "js"}:
        return f"{name.upper()}C"
    if "house" in name[1:]:
        return "HOU"
    if "auto" in name[1:]:
        return "AUT"
    first, _, rest = name.partition("_")
    return (first + rest if len(first) < 3 else first)[:3].upper()


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def _lettered(text: str) -> tuple[str, str] | None:
    found = _MODERN.fullmatch(text)
    if not found or not _is_day(found[1]):
        return None
    return text[:14] + "00", _KIND_OF_LETTER.get(found[2], "article")


def _numeric(text: str) -> tuple[str, str] | None:
    found = _NUMERIC.fullmatch(text)
    if not found or not _is_day(found[1]):
        return None
    return text[:14] + (found[2] or "00"), "article"


def _prefixed(text: str) -> tuple[str, str] | None:
    found = _CMS.fullmatch(text)
    if not found or not _is_day(found[2]):
        return None
    tail = found[3] if found[3] and found[3].isdigit() else "00"
    return text[:17] + tail, _KIND_OF_PREFIX.get(found[1], "article")


def _read_old_id(text: str) -> Address | None:
    found = _OLD.fullmatch(text)
    return read_old_page(found[1], found[2], found[3]) if found else None
