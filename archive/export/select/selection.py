"""Which articles come into a dataset: wish, filters, duplicates, splits, in this order; and what each step took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from archive.export.errors import BadOption, EmptySelection
from archive.export.read.snapshot import Snapshot
from archive.export.request import ExportRequest
from archive.export.select.filters import Cleaner, Filters, line_marks, read_filters
from archive.export.select.groups import GroupMember, group_articles
from archive.export.select.splits import side_of, splits


@dataclass(frozen=True, slots=True)
class Selection:
    """How many articles each step left out, and the cleaner for those that stay."""

    wished: int
    by_filters: dict[str, int]
    as_duplicates: int
    cleaner: Cleaner | None


def check_filters(wish: ExportRequest) -> None:
    """Raises `BadOption` for filters or a split that cannot be understood, and for what contradicts itself."""
    read_filters(wish.filters)
    if "body" in wish.columns and not wish.text:
        raise BadOption("--columns body asks for the text, --no-text for none: leave one of them out")
    if wish.split is not None:
        side_of(wish.split)


def select_articles(snapshot: Snapshot, wish: ExportRequest, *, allow_none: bool = False) -> Selection:
    """Choose the articles in ``snapshot``. Raises `EmptySelection` unless ``allow_none``."""
    filters = read_filters(wish.filters)
    wished = snapshot.choose(wish)
    if filters.mask:
        snapshot.drop_without_provenance()
    cleaner = _cleaner(snapshot, filters)
    by_filters = _filter(snapshot, filters, cleaner)
    duplicates = _deduplicate(snapshot, wish.deduplicate)
    if wish.split is not None:
        snapshot.put_into_splits(list(splits(group_articles(_members(snapshot), near=True), side_of(wish.split))))
    if not (snapshot.wanted() or allow_none):
        raise EmptySelection
    return Selection(wished, by_filters, duplicates, cleaner if wish.filters else None)


def _cleaner(snapshot: Snapshot, filters: Filters) -> Cleaner:
    """Knows the lines that stand everywhere: they are counted in a table, so that memory stays flat."""
    if not filters.boilerplate:
        return Cleaner(filters)
    marks = (mark for _, body in snapshot.bodies() for mark in line_marks(body))
    return Cleaner(filters, frozenset(snapshot.frequent(marks, filters.boilerplate)))


def _filter(snapshot: Snapshot, filters: Filters, cleaner: Cleaner) -> dict[str, int]:
    if not filters.judges:
        return {}
    reasons: Counter[str] = Counter()
    dropped: list[int] = []
    for number, body in snapshot.bodies():
        if reason := filters.judge(cleaner.body(body)):
            reasons[reason] += 1
            dropped.append(number)
    snapshot.drop(dropped)
    return dict(sorted(reasons.items()))


def _deduplicate(snapshot: Snapshot, how: str) -> int:
    if how == "none":
        return 0
    groups = group_articles(_members(snapshot), near=how == "near")
    dropped = [each.member.number for each in groups if each.member is not each.first]
    snapshot.drop(dropped)
    return len(dropped)


def _members(snapshot: Snapshot) -> Iterator[GroupMember]:
    for number, article_id, published_at, content_hash, cluster, only in snapshot.members():
        yield GroupMember(
            int(str(number)),
            str(article_id),
            None if published_at is None else str(published_at),
            str(content_hash),
            None if cluster is None else str(cluster),
            alone=bool(only) and cluster is None,
        )
