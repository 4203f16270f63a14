"""Which articles come into a dataset: wish, filters, duplicates, splits, in this order; and what each step took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from archive.export.duplicates import Member, grouped
from archive.export.errors import BadOption, EmptySelection
from archive.export.filters import Cleaner, Filters, line_marks, read_filters
from archive.export.formats import IN_VAIN
from archive.export.snapshot import Snapshot
from archive.export.splits import side_of, splits
from archive.export.wish import Wish


@dataclass(frozen=True, slots=True)
class Taken:
    """How many articles each step left out, and the cleaner for those that stay."""

    wished: int
    by_filters: dict[str, int]
    as_duplicates: int
    cleaner: Cleaner | None


def check_rules(wish: Wish) -> None:
    """Raises `BadOption` for filters or a split that cannot be understood, and for what contradicts itself."""
    read_filters(wish.filters)
    if "body" in wish.columns and not wish.text:
        raise BadOption("--columns body asks for the text, --no-text for none: leave one of them out")
    if wish.split is not None:
        side_of(wish.split)


def refuse_in_vain(wish: Wish, form: str) -> None:
    """Raises `BadOption` for an option that a format cannot honour: nobody shall believe that it did."""
    filters = read_filters(wish.filters)
    wanted = {
        "cleaned texts": filters.mask or filters.boilerplate,
        "--columns": wish.columns,
        "--no-text": not wish.text,
    }
    wanted |= {"--split": wish.split, "--revisions": wish.revisions, "--pictures": wish.pictures}
    if vain := sorted(option for option in IN_VAIN.get(form, frozenset()) if wanted[option]):
        raise BadOption(f"an export of the format {form} has no place for {', '.join(vain)}: leave that out")


def choose(snapshot: Snapshot, wish: Wish, *, allow_none: bool = False) -> Taken:
    """Choose the articles in ``snapshot``. Raises `EmptySelection` unless ``allow_none``."""
    filters = read_filters(wish.filters)
    wished = snapshot.choose(wish)
    if filters.mask:
        snapshot.drop_without_provenance()
    cleaner = _cleaner(snapshot, filters)
    by_filters = _filter(snapshot, filters, cleaner)
    duplicates = _deduplicate(snapshot, wish.deduplicate)
    if wish.split is not None:
        snapshot.put_into_splits(list(splits(grouped(_members(snapshot), near=True), side_of(wish.split))))
    if not (snapshot.wanted() or allow_none):
        raise EmptySelection
    return Taken(wished, by_filters, duplicates, cleaner if wish.filters else None)


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
    groups = grouped(_members(snapshot), near=how == "near")
    dropped = [each.member.number for each in groups if each.member is not each.first]
    snapshot.drop(dropped)
    return len(dropped)


def _members(snapshot: Snapshot) -> Iterator[Member]:
    for number, article_id, published_at, content_hash, cluster, only in snapshot.members():
        yield Member(
            int(str(number)),
            str(article_id),
            None if published_at is None else str(published_at),
            str(content_hash),
            None if cluster is None else str(cluster),
            alone=bool(only) and cluster is None,
        )
