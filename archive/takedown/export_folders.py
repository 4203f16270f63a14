"""An export without one article: built anew beside its place from what it holds, papers and digests included."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from archive.export.errors import BadValue, LibraryMissing, NotAnExport, TargetRefused
from archive.export.format_registry import load
from archive.export.metadata import PAPERS, write_papers
from archive.export.read.sql import GROUPS
from archive.export.write.atomic_directory import replacing
from archive.export.write.checksums import SUMS, export_id, listed
from archive.export.write.manifest import REWRITTEN, Manifest, read_manifest
from archive.files.regular_files import files_below, is_regular, read_regular
from archive.redaction.erasures import id_hash
from archive.takedown.export_formats import rewriter_of
from archive.takedown.export_rows import ErasedRows
from archive.takedown.leftovers import Leftover, look_into, ordinary_files
from archive.takedown.traces import Traces


def exports_below(directory: Path) -> dict[Path, Manifest]:
    """The exports that can be read, and what each says of itself, bases before their increments."""
    found = dict[Path, Manifest]()
    for sums in directory.rglob(SUMS):
        with suppress(NotAnExport):
            listed(sums.parent)
            found[sums.parent] = read_manifest(sums.parent)
    return dict(sorted(found.items(), key=lambda each: (len(each[1].after), each[0])))


def _lists_of_digests(directory: Path) -> Iterator[Path]:
    return (path for path in files_below(directory) if path.name == SUMS)


def _exports_of_other_versions(directory: Path) -> Iterator[Path]:
    for sums in _lists_of_digests(directory):
        with suppress(NotAnExport):
            listed(sums.parent)
            try:
                read_manifest(sums.parent)
            except NotAnExport:
                yield sums.parent


def erase_from_exports(directory: Path, traces: Traces) -> tuple[dict[Path, str], set[Path]]:
    """Take the article out of every export below ``directory``; what was done to which, and in which there is nothing
    of it.

    An increment whose base was rewritten goes on from the new one. Raises ``ArchiveNotWritable``.
    """
    folders, done, clean = exports_below(directory), dict[Path, str](), set[Path]()
    rewritten = _Rewritten()
    for folder, manifest in folders.items():
        rewritten.note(folder, manifest)
    for folder, manifest in folders.items():
        after = rewritten.newest(manifest.after)
        seen = _look_into(folder, traces)
        counted = manifest.facts["format"] in _COUNTING and id_hash(traces.article_id) not in _takedowns(folder)
        if after == manifest.after and not seen.hits and not seen.opaque and not counted:
            clean.add(folder)
            continue
        less = rewritten.less(manifest.after[-1]) if manifest.after else None
        try:
            done[folder] = _erase_from(folder, replace(manifest, after=after), traces, less)
            rewritten.note(folder, read_manifest(folder) if folder.exists() else None)
            clean.add(folder)
        except LibraryMissing as error:
            done[folder] = f"left as it is: {error}"
        except TargetRefused:
            continue  # Somebody else's files lie in it: whoever goes through all files does the rest.
        except _DAMAGE as error:
            if seen.hits:
                _remove(folder)
                rewritten.note(folder, None)
            done[folder] = f"{'removed' if seen.hits else 'left as it is'}, for it is damaged ({error})"
    for folder in list(_exports_of_other_versions(directory)):
        if _look_into(folder, traces).hits:
            _remove(folder)
            done[folder] = "removed, for this version cannot rewrite it: make it again"
    return done, clean


class _Rewritten:
    """What takedowns made of the exports that there are, by the ids they had before."""

    def __init__(self) -> None:
        self._ids: dict[str, tuple[Path, str]] = {}
        self._less: dict[str, dict[str, str] | None] = {}

    def note(self, folder: Path, manifest: Manifest | None) -> None:
        """Note what an export says of itself; None: it is gone."""
        self._ids = {was: place for was, place in self._ids.items() if place[0] != folder}
        for each in _earlier(manifest) if manifest else []:
            self._ids[each["id"]] = (folder, export_id(folder))
            self._less[each["id"]] = each["less"]

    def newest(self, ids: Iterable[str]) -> tuple[str, ...]:
        """The ids that these exports have now."""
        return tuple(self._ids[each][1] if each in self._ids else each for each in ids)

    def less(self, export: str) -> dict[str, str] | None:
        """The groups in which an export counts one article less since it had this id."""
        return self._less[export] if export in self._ids else None


_COUNTING: Final = ("report",)
"""Formats that may count an article without naming it."""


def _takedowns(folder: Path) -> set[str]:
    """Hashes of the ids that were gone when the export was made, as far as it says."""
    try:
        return set(read_regular(folder / "takedowns.txt", _LARGEST).decode("utf-8", "replace").split())
    except OSError:
        return set()


_LARGEST: Final = 64 * 2**20
"""Bytes of a list of takedowns: a line has 65."""


_DAMAGE: Final = (
    NotAnExport,
    BadValue,
    ValueError,
    LookupError,
    TypeError,
    EOFError,
    sqlite3.Error,
    zlib.error,
    csv.Error,
)
"""What readers raise where a file is not what its name says."""


def _earlier(manifest: Manifest) -> list[dict[str, Any]]:
    """For each time a takedown rewrote it: the id it had, and the groups in which it counts one article less since."""
    found: list[dict[str, Any]] = manifest.facts.get(REWRITTEN, [])
    return found


def _look_into(folder: Path, traces: Traces) -> Leftover:
    """All its files, and their names, as one."""
    files = list(ordinary_files(folder))
    seen = [look_into(path, traces) for path in files]
    named = sum(traces.named_in(path.name) for path in files)
    return Leftover(
        folder, named + sum(each.hits for each in seen), next((each.opaque for each in seen if each.opaque), "")
    )


def _erase_from(folder: Path, manifest: Manifest, traces: Traces, less_before: dict[str, str] | None) -> str:
    """``less_before``: what the export before it in its chain counts less: an increment counts the whole."""
    if strange := next((name for name in listed(folder) if not is_regular(folder / name)), None):
        raise NotAnExport(folder, f"{strange} is missing, or no regular file")
    form = load(manifest.facts["format"])
    rewrite = rewriter_of(form)
    if rewrite is None:
        _remove(folder)
        return "removed: make it again"
    was, without = export_id(folder), ErasedRows(traces)
    with replacing(folder) as aside:
        parts = rewrite(form, folder, aside, manifest, without)
        _link_the_rest(folder, aside, without)
        less = _groups_of(without.dropped) if without.dropped else (None if without.had_left else less_before)
        facts = {**_facts(manifest.facts, less), REWRITTEN: [*_earlier(manifest), {"id": was, "less": less}]}
        takedowns = {*_takedowns(folder), id_hash(traces.article_id)}
        write_papers(aside, Manifest(facts, tuple(parts), manifest.after), sorted(takedowns))
    return "rewritten without it"


def _remove(folder: Path) -> None:
    """All files that are the export's; others that lie there are none of ours."""
    for name in [*listed(folder), SUMS]:
        (folder / name).unlink(missing_ok=True)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        with suppress(OSError):
            path.rmdir()
    with suppress(OSError):
        folder.rmdir()


def _link_the_rest(folder: Path, aside: Path, without: ErasedRows) -> None:
    """What the article has no part in: the same files under the same names."""
    for path in files_below(folder):
        name = path.relative_to(folder)
        target, written = aside / name, name.as_posix() in PAPERS
        gone = without.traces.named_in(name.name) or name.as_posix() in without.files_of_nobody
        if written or gone or target.exists() or name.parts[0] == "data":
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except OSError:  # Not every file system has second names.
            shutil.copy2(path, target)


def _groups_of(row: dict[str, Any]) -> dict[str, str]:
    """In which groups an article was counted, as far as its row says."""
    months = {"month": str(row["published_at"] or "")[:7]} if "published_at" in row else {}
    return {**months, **{str(name): str(row[name]) for name in GROUPS if name in row}}


def _facts(facts: dict[str, Any], less: dict[str, str] | None) -> dict[str, Any]:
    """The counts with one article less; a group of which it cannot be told where it was is left out."""
    found = {**facts, "takedowns": facts["takedowns"] + 1}
    if less is not None:
        groups = {name: Counter(counts) for name, counts in facts["articles_by"].items() if name in less}
        for name, counts in groups.items():
            counts[less[name]] -= 1
        found["articles_by"] = {name: dict(sorted((+counts).items())) for name, counts in groups.items()}
        found["articles"] -= 1
        found["left_out"] = {**facts["left_out"], "of": facts["left_out"]["of"] - 1}
    return found
