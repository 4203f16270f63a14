"""An export from beginning to end, and the merge of a base with its increments."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from archive.export.errors import BadOption, TargetRefused
from archive.export.format_registry import IN_VAIN, NEWEST, load
from archive.export.metadata import write_papers
from archive.export.metadata.summary import facts_of, texts_of
from archive.export.read.schema import tables_of
from archive.export.read.snapshot import snapshot_of
from archive.export.request import ExportRequest
from archive.export.select.filters import read_filters
from archive.export.select.selection import check_filters, select_articles
from archive.export.write.atomic_directory import replacing
from archive.export.write.checksums import export_id
from archive.export.write.dataset import Chain, Dataset
from archive.export.write.manifest import REWRITTEN, Manifest
from archive.files.disk_floor import disk_floor, ensure_room
from archive.store import Archive


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written where."""

    folder: Path
    id: str
    manifest: Manifest

    @property
    def rows(self) -> dict[str, int]:
        """Rows written, by table."""
        tables = dict.fromkeys(part.table for part in self.manifest.parts)
        return {name: sum(part.rows for part in self.manifest.parts if part.table == name) for name in tables}


def export(archive: Archive, name: str, target: Path, wish: ExportRequest, since: tuple[Path, ...] = ()) -> Summary:
    """Write what is wished for into ``target``, an earlier export there is replaced all at once.

    ``since``: an export and its increments; then only what is new, changed or gone since is written, and what is
    wished for is what was wished then. Raises `QQNewsError` of many kinds; then everything is as it was.
    """
    target = _place(target, archive.data)
    chain = _chain(since, target)
    wish = _as_before(chain, name, wish) if chain else wish
    tables_of(wish)
    check_filters(wish)
    form = load(name)
    wish = replace(wish, limit=wish.limit or NEWEST.get(name))
    refuse_unsupported(wish, name)
    ensure_room(target, disk_floor(os.environ))
    with snapshot_of(archive) as snapshot, replacing(target) as aside:
        taken = select_articles(snapshot, wish, allow_none=chain is not None)
        facts = facts_of(snapshot, wish, name, form.versions(), taken)
        dataset = Dataset(
            data=archive.data,
            snapshot=snapshot,
            wish=wish,
            facts=facts,
            clean=taken.cleaner,
            base=chain,
        )
        parts = tuple(form.write(dataset, aside))
        facts["texts"] = texts_of(snapshot, taken)
        if snapshot.left_out:
            facts["unreadable"] = dict(sorted(snapshot.left_out.items()))
        manifest = Manifest(facts, parts, chain.ids if chain else ())
        write_papers(aside, manifest, snapshot.takedowns())
        found = export_id(aside)
    return Summary(target, found, manifest)


def merge(folders: tuple[Path, ...], target: Path) -> Summary:
    """Make a full export of a base and its increments, byte for byte the one the archive would have given.

    Raises `NotAnExport`, `TargetRefused`.
    """
    target = _place(target)
    chain = _chain(folders, target)
    if chain is None:
        raise BadOption("a merge needs a base and its increments")
    newest = chain.newest
    ensure_room(target, disk_floor(os.environ))
    with replacing(target) as aside:
        facts = {name: fact for name, fact in newest.manifest.facts.items() if name != REWRITTEN}
        manifest = Manifest(facts, tuple(newest.format.merge(chain, aside)))
        write_papers(aside, manifest, (newest.folder / "takedowns.txt").read_text().split())
        found = export_id(aside)
    return Summary(target, found, manifest)


def _place(target: Path, data: Path | None = None) -> Path:
    """Where an export goes, as a path from the root. Raises `TargetRefused`."""
    try:
        target = Path(os.path.normpath(target.absolute()))
    except FileNotFoundError as error:
        raise TargetRefused(target, "the folder that you are in was removed: go elsewhere") from error
    if data and _is_below(target, data) and not _is_below(target.parent, data / "exports"):
        raise TargetRefused(target, f"inside the archive, exports have their place below {data / 'exports'}")
    return target


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _chain(folders: tuple[Path, ...], target: Path) -> Chain | None:
    for folder in folders:
        if folder.resolve() == target.resolve():
            raise TargetRefused(target, "an export that is read cannot be replaced by what comes of it")
    return Chain.read(folders) if folders else None


def _as_before(chain: Chain, name: str, wish: ExportRequest) -> ExportRequest:
    """The wish of the base. Raises `BadOption` where another one, or another format, was stated now."""
    before = chain.newest.manifest.wish
    if chain.newest.format.name != name:
        raise BadOption(f"an increment has the format of its base: {chain.newest.format.name}, not {name}")
    if wish not in (ExportRequest(), before):
        raise BadOption("an increment has the options of its base: leave them out")
    return before


def refuse_unsupported(wish: ExportRequest, form: str) -> None:
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
