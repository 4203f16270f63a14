"""Articles that belong together: the same content, or one cluster of near duplicates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A chosen article: its number in the order, and what may tie it to others."""

    number: int
    id: str
    published_at: str | None
    content_hash: str
    cluster: str | None
    alone: bool = False
    """Whether nothing ties it to another."""


@dataclass(frozen=True, slots=True)
class GroupedArticle:
    """An article and the first of its group: the one that speaks for all of them."""

    member: GroupMember
    first: GroupMember


def group_articles(members: Iterable[GroupMember], *, near: bool) -> Iterator[GroupedArticle]:
    """Every article with the first of its group: the earliest published, undated ones last; of those at one time the
    one that represents its cluster, then by id.

    ``near``: clusters tie articles together as well, not only equal content. Those that stand alone come at once,
    and are not remembered: they are nearly all.
    """
    tied = list[GroupMember]()
    for member in members:
        if member.alone:
            yield GroupedArticle(member, member)
        else:
            tied.append(member)
    yield from _in_groups(tied, near)


def _in_groups(members: list[GroupMember], near: bool) -> Iterator[GroupedArticle]:
    ranked = sorted(members, key=_rank)
    parents = list(range(len(ranked)))
    by_tie: dict[tuple[str, str], int] = {}
    for place, member in enumerate(ranked):
        ties = [("content", member.content_hash), *([("cluster", member.cluster)] if near and member.cluster else [])]
        for tie in ties:
            _join(parents, by_tie.setdefault(tie, place), place)
    for place, member in enumerate(ranked):
        yield GroupedArticle(member, ranked[_root(parents, place)])


def _rank(member: GroupMember) -> tuple[bool, str, bool, str]:
    # A cluster has the id of its representative.
    return member.published_at is None, member.published_at or "", member.cluster != member.id, member.id


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _join(parents: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low
