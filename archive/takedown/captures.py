"""An article's captures erased, and others' captures rid of it, in place: nothing moves, every reference stays true.

First everything is read, to learn whose words are whose; then what is to be written is made, file by file.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from archive.article.ids import ids_of_address
from archive.captures.gzip_members import Damage, GzipMember, members
from archive.captures.warc import read_facts
from archive.files.regular_files import open_regular
from archive.redaction.answers import cut, lists_articles, lists_others
from archive.takedown.capture_patches import Patch, erased_patch
from archive.takedown.redacted_records import (
    ERASED_RECORD,
    blotted_record,
    filled,
    fitted,
    packed,
    redacted_record,
    with_filler,
    without_digests,
)
from archive.takedown.traces import Traces

_STARTS: Final = ("response", "revisit", "warcinfo")


@dataclass(frozen=True, slots=True)
class Owned:
    """What rows say of captures. ``own``: file → offsets to which the article's rows point; ``is_shared``: whether
    another article's row points to a file and offset; ``is_kept``: whether another article is in the archive.
    """

    own: Mapping[str, set[int]]
    is_shared: Callable[[str, int], bool]
    is_kept: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Place:
    """A capture in which there is something of the article: where its records lie, the answer's first."""

    records: tuple[tuple[int, int], ...]
    record_id: str
    is_own: bool
    is_list: bool
    url: str
    article_id: str
    """Of whom it is, as the crawler noted; "" where it did not."""

    @property
    def start(self) -> int:
        return self.records[0][0]

    @property
    def length(self) -> int:
        return sum(length for _, length in self.records)


@dataclass(slots=True)
class Survey:
    """What was found in some files. ``theirs``: words and pictures that stand where only others can have put them."""

    places: dict[Path, list[_Place]] = field(default_factory=dict)
    theirs: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    """Records whose bodies others' captures refer to: their ids, and ``file:offset``."""

    @property
    def own(self) -> int:
        """How many captures are the article's."""
        return sum(place.is_own for places in self.places.values() for place in places)

    def erased(self, owned: Owned) -> Iterator[tuple[str, int]]:
        """File and offset of each capture that goes wholly."""
        for path, places in self.places.items():
            yield from ((path.name, each.start) for each in places if self.goes(each, owned, path.name))

    def goes(self, place: _Place, owned: Owned, file: str) -> bool:
        """Whether a capture goes wholly: it is the article's, and nobody else rests on it."""
        needed = not self.needed.isdisjoint((place.record_id, f"{file}:{place.start}"))
        return place.is_own and not needed and not owned.is_shared(file, place.start)


def survey(paths: Iterable[Path], traces: Traces, owned: Owned) -> Survey:
    """Read all captures: which are the article's, in which others there is something of it, whose words are whose."""
    found = Survey()
    for path in paths:
        own = owned.own.get(path.name, set())
        with open_regular(path) as file:
            for group in _groups(path):
                if place := _looked_into(file, group, traces, owned, own, found):
                    found.places.setdefault(path, []).append(place)
    return found


def _looked_into(
    file: BinaryIO, group: list[GzipMember], traces: Traces, owned: Owned, own: set[int], found: Survey
) -> _Place | None:
    head = group[0].record.headers
    url = head.get("WARC-Target-URI") or ""
    facts = next((read_facts(each.record.body) for each in group if each.record.kind == "metadata"), {})
    is_own = group[0].offset in own or _is_about(group, facts, url, traces)
    if not is_own and group[0].record.kind == "revisit":
        found.needed.add(head.get("WARC-Refers-To") or "nothing")
        found.needed.add(f"{head.get('WARC-Refers-To-Filename')}:{head.get('WARC-Refers-To-File-Offset')}")
    host = _host(url)
    plain = [zlib.decompress(_read(file, each.offset, each.length), wbits=31) for each in group]
    if not is_own and not any(traces.count(each, host) for each in plain):
        return None
    asked = facts.get("id", "")
    is_list = asked in traces.lists or lists_articles(asked, url)
    if not is_own:
        found.theirs |= _theirs(plain, traces, host, facts, owned, url, is_list=is_list)
    records = tuple((each.offset, each.length) for each in group)
    return _Place(records, head.get("WARC-Record-ID", ""), is_own, is_list, url, asked)


def _is_about(group: list[GzipMember], facts: Mapping[str, str], url: str, traces: Traces) -> bool:
    """Whether the article was asked for: the crawler said so, or, where it said nothing, the address does."""
    if group[0].record.kind == "warcinfo":
        return False
    if article_id := facts.get("id"):
        return article_id == traces.article_id
    return traces.article_id in ids_of_address(url)


def _theirs(
    plain: list[bytes], traces: Traces, host: str, facts: Mapping[str, str], owned: Owned, url: str, *, is_list: bool
) -> set[str]:
    """Words that stand in a page of another article which does not name this one, or in a list's item about another."""
    words = traces.words_in(plain[0])
    if not words:
        return set()
    if "id" in facts:
        is_named = any(Traces(traces.article_id).count(each, host) for each in plain)
        return words if owned.is_kept(facts["id"]) and not is_named else set()
    body = plain[0].partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")
    left = cut(body, traces.is_wanted, url, is_list=True).body
    return traces.words_in(left) if lists_others(left) else set()


def capture_patches(data: Path, path: Path, found: Survey, traces: Traces, owned: Owned) -> Iterator[Patch]:
    """What is to be written over a file that was surveyed."""
    name = path.relative_to(data).as_posix()
    with open_regular(path) as file:
        for place in found.places.get(path, ()):
            if found.goes(place, owned, path.name):
                yield erased_patch(name, place.start, place.length)
            elif content := _redacted(file, place, traces):
                yield Patch(name, place.start, content, erases=False)


def _redacted(file: BinaryIO, place: _Place, traces: Traces) -> bytes | None:
    """A capture's records without the article, as long as they were; None where there is nothing of it."""
    host = _host(place.url)

    def blot(content: bytes) -> bytes:
        return traces.blotted(content, host)

    def without(body: bytes) -> bytes:
        left = blot(cut(body, traces.is_wanted, place.url, is_list=place.is_list).body)
        return traces.without_entry(place.article_id, left)

    before = [_read(file, *record) for record in place.records]
    plain = [zlib.decompress(each, wbits=31) for each in before]
    now = [redacted_record(plain[0], blot, without), *(blotted_record(each, blot) for each in plain[1:])]
    if place.is_own:  # Others need the body; what stands beside it only says that the article was asked for.
        return _together(place.length, now[0] or plain[0], [])
    if not any(now):
        return None
    in_place = [
        was if is_now is None else fitted(len(was), with_filler(is_now))
        for was, is_now in zip(before, now, strict=True)
    ]
    if all(in_place):
        return b"".join(filter(None, in_place))
    beside = [is_now or was for was, is_now in zip(plain[1:], now[1:], strict=True)]
    return _together(place.length, now[0] or plain[0], beside)


def _together(length: int, answer: bytes, beside: list[bytes]) -> bytes:
    """The answer with as much of what stands beside it as there is room for: all, at worst without its own digests;
    else rather what was known of it (the last) than what was asked.
    """
    choices = [beside, *([without_digests(each) for each in beside[first:]] for first in range(len(beside) + 1))]
    for records in choices:
        kept = b"".join(map(packed, records))
        if content := fitted(length - len(kept), with_filler(answer)):
            return content + kept
    return filled(length, with_filler(ERASED_RECORD))


def _groups(path: Path) -> Iterator[list[GzipMember]]:
    """Each answer with the request and the metadata that were written beside it; other records alone."""
    group: list[GzipMember] = []
    for found in members(path):
        if group and (isinstance(found, Damage) or found.record.kind in _STARTS):
            yield group
            group = []
        if isinstance(found, GzipMember):
            group.append(found)
    if group:
        yield group


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    return os.pread(file.fileno(), length, offset)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # Somebody else's file.
        return ""
