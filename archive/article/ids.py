"""Which articles a text names: every form in which pages, lists and addresses write an article's id. Pure.

An address of an old page names its article only together with its host, a bare number of fourteen digits only inside
an address: it may be a time of day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote

REACH: Final = 200
"""Characters that no form of a name exceeds, with what must stand around it."""

_SEP = r"(?:/|\\/|%2[Ff]|\\u002[Ff])+"
_EQUALS = r"(?:=|%3[Dd]|\\u003[Dd])"
# An id inside a longer word is another id; what a percent sign or a backslash begins is no word.
_BEGIN = r"(?:(?<![0-9A-Za-z])|(?<=%2[Ff])|(?<=%3[Dd])|(?<=%22)|(?<=%20)|(?<=u002[Ff])|(?<=u003[Dd])|(?<=\\[nrtbf]))"
_END = r"(?![0-9A-Za-z])"
_PAGES = r"(?=(?:_[0-9]{1,2}|_all)?\.(?:htm|hd(?:Big)?Pic\.js))"
"""What follows the number of an old page: of a part of it, of the whole, of its gallery."""

_DAY: Final = re.compile(r"20[0-9]{6}")
"""All ids but those of videos and of WeChat hold a day; what stands around it is looked at only there."""
_AT_DAY: Final = re.compile(
    rf"{_BEGIN}(?:(?P<lettered>20[0-9]{{6}}[A-Z][0-9A-Z]{{5}})(?:00)?|(?P<numeric>20[0-9]{{14}})){_END}"
)
_BEFORE_DAY: Final = re.compile(rf"{_BEGIN}(?P<cms>[A-Z]{{3}}20[0-9]{{12}})(?P<tail>[0-9A-Z]{{2}})?{_END}")
_OLD_PAGE: Final = re.compile(
    rf"([a-z0-9][a-z0-9.-]{{0,60}})\.qq\.com(?::[0-9]+)?{_SEP}a{_SEP}(20[0-9]{{6}}){_SEP}([0-9]{{6}}){_PAGES}", re.I
)
_HERE: Final = re.compile(rf"(?<=[\"'=(\s])()(?:/|\\/)+a(?:/|\\/)+(20[0-9]{{6}})(?:/|\\/)+([0-9]{{6}}){_PAGES}")
_OLD_ID: Final = re.compile(rf"{_BEGIN}([a-z0-9][a-z0-9_-]{{0,60}}-20[0-9]{{6}}-[0-9]{{6}}){_END}")
_MOBILE: Final = re.compile(
    rf"xw\.qq\.com{_SEP}(?:[ac]{_SEP})?([a-z0-9_]{{1,40}}){_SEP}(20[0-9]{{12}}){_END}(?:{_SEP}([A-Z]{{3}}))?"
)
_SHORT: Final = re.compile(rf"(?:omn|cmsn|rain{_SEP}a){_SEP}(?:[0-9A-Z]{{8}}{_SEP})?(20[0-9]{{12}}){_END}")
_LONGEST_BEFORE: Final = 120
"""Characters of an address before the day in it."""
_WITHOUT_DAY: Final = re.compile(
    rf"""
      omv{_SEP}video{_SEP}(?P<video>[a-z0-9]{{11}}){_END}
    | mp\.weixin\.qq\.com{_SEP}s{_SEP}(?P<key>[A-Za-z0-9_-]{{22}})(?![A-Za-z0-9_-])
    | mp\.weixin\.qq\.com{_SEP}(?:s|mp{_SEP}appmsg{_SEP}show)(?:\?|%3[Ff]|\\u003[Ff])
          (?P<query>(?:[^\s"'<>()\\]|\\u00[0-9a-fA-F]{{2}}){{1,400}})
    | "(?:id|article_id)"\s*:\s*"(?P<bare>(?=[a-z]+[0-9])[a-z][a-z0-9]{{10}})"
    | wx-(?P<wx>[A-Za-z0-9]{{6,24}}-[0-9]{{1,12}}-[1-9][0-9]?|[A-Za-z0-9_-]{{22}})(?![A-Za-z0-9_-])
    """,
    re.VERBOSE,
)
_QUERY: Final = tuple(
    re.compile(rf"(?<![A-Za-z]){names}{_EQUALS}({value})")
    for names, value in (
        ("__biz", "[A-Za-z0-9]{6,24}"),
        ("(?:mid|appmsgid)", "[0-9]{1,12}"),
        ("(?:idx|itemidx)", "[1-9][0-9]?"),
    )
)
"""What tells an article of a WeChat account in a long address: account, message, and place in it."""
_VIDEO: Final = re.compile(r"(?=[a-z]+[0-9])[a-z][a-z0-9]{10}")
_BARE_SHORT: Final = re.compile(r"20[0-9]{12}")
_PARAMETERS: Final = ("id", "article_id", "nm")
"""Parameters of addresses that say which article is meant; what the others name is named beside it."""


@dataclass(frozen=True, slots=True)
class Name:
    """A place in a text that names an article. ``ids``: those it may mean; ``parts``: what to blot out of it."""

    ids: tuple[str, ...]
    parts: tuple[tuple[int, int], ...]


def names_in(text: str, host: str = "") -> Iterator[Name]:
    """Every name of an article in ``text``. ``host``: where the text came from, for addresses without a host."""
    for day in _DAY.finditer(text):
        yield from _around(text, day.start(), host)
    yield from (name for found in _WITHOUT_DAY.finditer(text) if (name := _without_day(found)).ids)


def ids_of_address(text: str) -> tuple[str, ...]:
    """The ids that an address as a whole, or a bare id, may mean; empty where it names no article.

    What it names beside that (the article that a reader came from) does not count.
    """
    bare = text.strip()
    if _VIDEO.fullmatch(bare):
        return (bare,)
    if _BARE_SHORT.fullmatch(bare):
        return (f"{bare}00",)
    path, _, query = bare.partition("#")[0].partition("?")
    kept = "&".join(f"{name}={value}" for name, value in parse_qsl(query) if name in _PARAMETERS)
    address = f"{unquote(path)}?{query if '__biz=' in query else kept}"
    found = (each for name in names_in(re.sub(r"(?<!:)/{2,}", "/", address)) for each in name.ids)
    return tuple(dict.fromkeys(found))


def blotted(text: str, is_wanted: Callable[[str], bool], host: str = "") -> str:
    """``text`` with zeros for each name of a wanted article; its length stays."""
    spans = [part for name in names_in(text, host) if any(map(is_wanted, name.ids)) for part in name.parts]
    return zeroed(text, spans)


def zeroed(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """``text`` with zeros in the place of these spans."""
    pieces, done = list[str](), 0
    for start, end in sorted(spans):
        if end > max(start, done):
            pieces += (text[done:start], "0" * (end - max(start, done)))
            done = end
    return "".join([*pieces, text[done:]]) if pieces else text


def needles_of(article_id: str) -> tuple[str, ...]:
    """Strings of which every form of the id has at least one: what is quickly looked for, before `names_in`."""
    if old := re.fullmatch(r".+-(20\d{6})-(\d{6})", article_id):
        return (f"{old[2]}.", f"{old[2]}_", f"{old[1]}{old[2]}", article_id)
    if article_id.startswith("wx-"):
        name = article_id.removeprefix("wx-")
        found = re.fullmatch(r"([A-Za-z0-9]{6,24})-(\d{1,12})-\d{1,2}", name)
        return (found[1],) if found else (name,)
    if cms := re.fullmatch(r"([A-Z]{3}20\d{12})\w\w", article_id):
        return (cms[1], cms[1][3:])
    if re.fullmatch(r"20\d{6}[0-9A-Z]{6}00", article_id):
        return (article_id[:14],)
    return (article_id,)


def _around(text: str, at: int, host: str) -> Iterator[Name]:
    """The names of which the day at this place is a part."""
    if found := _AT_DAY.match(text, at):
        lettered = found["lettered"]
        yield Name((f"{lettered}00" if lettered else found["numeric"],), (found.span(),))
    elif at >= 3 and (found := _BEFORE_DAY.match(text, at - 3)):
        # A tail with a letter is that of a short link: it stands for 00.
        tail = found["tail"] or "00"
        yield Name((f"{found['cms']}{tail if tail.isdigit() else '00'}",), (found.span(),))
    before = text[at - 1 : at]
    if before == "-" and (found := _ending(_OLD_ID, text, at, 1)):
        yield Name((found[1],), (found.span(),))
    elif before in ("/", "F", "f"):
        yield from _in_address(text, at, host)


def _in_address(text: str, at: int, host: str) -> Iterator[Name]:
    if found := _ending(_OLD_PAGE, text, at, 2):
        yield Name((_old_page(found[1], found[2], found[3]),), (found.span(2), found.span(3)))
    elif found := _ending(_MOBILE, text, at, 2):
        ids = [f"{found[1]}-{found[2][:8]}-{found[2][8:]}", *([f"{found[3]}{found[2]}00"] if found[3] else [])]
        yield Name(tuple(ids), (found.span(1), found.span(2)))
    elif found := _ending(_SHORT, text, at, 1):
        yield Name((f"{found[1]}00",), (found.span(1),))
    elif host.endswith(".qq.com") and (found := _ending(_HERE, text, at, 2)):
        yield Name((_old_page(host.removesuffix(".qq.com"), found[2], found[3]),), (found.span(2), found.span(3)))


def _ending(form: re.Pattern[str], text: str, at: int, group: int) -> re.Match[str] | None:
    """The form in which the day at this place stands, of which ``group`` begins with it or holds it."""
    start = max(0, at - _LONGEST_BEFORE)
    for found in form.finditer(text, start, at + _LONGEST_BEFORE):
        if found.start(group) <= at < found.end(group):
            return found
    return None


def _by_query(found: re.Match[str]) -> Name:
    biz, mid, idx = (pattern.search(found.string, *found.span("query")) for pattern in _QUERY)
    if biz is None or mid is None:
        return Name((), ())
    return Name((f"wx-{biz[1]}-{mid[1]}-{idx[1] if idx else '1'}",), (biz.span(1), mid.span(1)))


def _without_day(found: re.Match[str]) -> Name:
    for video in ("video", "bare"):
        if found[video]:
            return Name((found[video],), (found.span(video),))
    if key := found["key"]:
        return Name((f"wx-{key}",), (found.span("key"),))
    if found["query"]:
        return _by_query(found)
    return Name((f"wx-{found['wx']}",), (found.span(),))


def _old_page(host: str, day: str, number: str) -> str:
    return f"{host.lower().replace('.', '_')}-{day}-{number}"
