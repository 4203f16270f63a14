"""Train, validation and test, by time or by hash. Articles of one group never stand on two sides. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from hashlib import sha256
from itertools import accumulate
from typing import Final

from archive.export.errors import BadOption
from archive.export.select.groups import GroupedArticle, GroupMember

NAMES: Final = ("train", "validation", "test")
_SHARES: Final = "80,10,10"

Side = Callable[[GroupMember], str]


def side_of(rule: str) -> Side:
    """What ``hash[:80,10,10]`` or ``time:DAY,DAY`` says of an article. Raises `BadOption`."""
    kind, _, rest = rule.partition(":")
    if kind == "hash":
        return _by_hash(_shares(rest or _SHARES))
    if kind == "time":
        return _by_time(_days(rest))
    raise BadOption(f"--split {rule}: say hash, hash:80,10,10 or time:YYYY-MM-DD,YYYY-MM-DD")


def splits(groups: Iterable[GroupedArticle], side: Side) -> Iterator[tuple[str, int]]:
    """(split, number) of every article: the first of a group decides for all of it."""
    return ((side(each.first), each.member.number) for each in groups)


def _by_hash(shares: list[int]) -> Side:
    bounds, total = list(accumulate(shares)), sum(shares)

    def side(member: GroupMember) -> str:
        drawn = int.from_bytes(sha256(member.id.encode()).digest()) % total
        return next(name for name, bound in zip(NAMES, bounds, strict=True) if drawn < bound)

    return side


def _by_time(days: list[date]) -> Side:
    first, second = (day.isoformat() for day in days)

    def side(member: GroupMember) -> str:
        published = member.published_at or ""
        return NAMES[(published >= first) + (published >= second)]

    return side


def _shares(text: str) -> list[int]:
    found = [int(share) for share in text.split(",") if share.strip().isdecimal()]
    if len(found) != 3 or text.count(",") != 2 or not sum(found):
        raise BadOption(f"--split hash:{text}: three whole numbers are wanted, such as hash:{_SHARES}")
    return found


def _days(text: str) -> list[date]:
    try:
        found = [date.fromisoformat(day.strip()) for day in text.split(",")]
    except ValueError as error:
        raise BadOption(f"--split time:{text}: {error}") from error
    if len(found) != 2 or found != sorted(found):
        raise BadOption(f"--split time:{text}: two days in their order, where validation and where test begins")
    return found
