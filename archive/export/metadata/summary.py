"""What the papers say of a dataset as a whole: counted in the snapshot, the same for an export and for a merge."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from archive.export.read.known_gaps import known_gaps
from archive.export.read.schema import SCHEMA_VERSION
from archive.export.read.snapshot import Snapshot
from archive.export.request import ExportRequest
from archive.export.select.selection import Selection

TERMS: Final = (
    "Texts and pictures belong to their publishers; this archive grants no rights in them. They were fetched from "
    "Tencent News under its robots.txt as it stood then. Robots.txt is no licence: read the site's terms and your law "
    "before you publish or train."
)


def facts_of(
    snapshot: Snapshot, wish: ExportRequest, format_name: str, versions: dict[str, str], taken: Selection
) -> dict[str, object]:
    """Everything but the files, ready for JSON; ``texts`` is added when the rows have been read."""
    groups, as_of = snapshot.groups()
    gaps = known_gaps(snapshot, wish)
    return {
        "kind": "qqnews export",
        "format": format_name,
        "schema_version": SCHEMA_VERSION,
        "wish": wish.stated(),
        "archive_state": snapshot.state(),
        "as_of": as_of,
        "articles": snapshot.wanted(),
        "articles_by": {name: counts for name, counts in groups.items() if name != "split" or wish.split},
        "left_out": {"filters": taken.by_filters, "duplicates": taken.as_duplicates, "of": taken.wished},
        "duplicates": _duplicates(snapshot, wish),
        "takedowns": len(snapshot.takedowns()),
        "gaps": gaps.sentence,
        "open_gaps": gaps.open,
        "terms": TERMS,
        "versions": {"qqnews": version("qqnews"), **snapshot.versions(), **versions},
    }


def _duplicates(snapshot: Snapshot, wish: ExportRequest) -> str:
    clusters = "clusters of near duplicates are in the archive" if snapshot.clusters_known() else "no clusters yet"
    treated = {
        "none": "all articles are kept; copy_of and cluster say which belong together",
        "exact": "of articles with the same content, the one published first is kept",
        "near": "of articles with the same content or in one cluster, the one published first is kept",
    }[wish.deduplicate]
    return f"{treated} ({clusters})"


def texts_of(snapshot: Snapshot, taken: Selection) -> dict[str, object]:
    """What was done to texts; to be asked when all rows have been read."""
    cleaned = dict(sorted(taken.cleaner.counts.items())) if taken.cleaner else {}
    return {"mended": snapshot.mended, "taken_out": cleaned}
