"""``README.md`` of a dataset: for people, and with the front matter that Hugging Face reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from archive.article.yaml_writer import quoted
from archive.export.read.schema import BESIDE, Table, Type
from archive.export.write.manifest import Manifest, Part


def card(manifest: Manifest) -> str:
    """The whole file."""
    return "\n".join(("---", *_front_matter(manifest), "---", *_text(manifest))) + "\n"


def _front_matter(manifest: Manifest) -> Iterator[str]:
    yield from ("pretty_name: Tencent News articles", "language:", "  - zh", "license: other")
    # Hugging Face refuses to load what has no row.
    filled = (part for part in manifest.row_files if part.rows)
    by_table = [(name, list(parts)) for name, parts in groupby(filled, key=lambda part: part.table)]
    if by_table:
        yield "configs:"
        yield from (line for name, parts in by_table for line in _config(name, parts, default=name == by_table[0][0]))
        # Without it, a column that is null throughout a file would have no type, and so another one.
        yield "dataset_info:"
        tables = {table.name: table for table in (*manifest.tables, *BESIDE)}
        yield from (line for name, parts in by_table for line in _features(tables[name], parts[0].path))


def _config(name: str, parts: list[Part], *, default: bool) -> Iterator[str]:
    yield f"  - config_name: {name}"
    if default:
        yield "    default: true"
    yield "    data_files:"
    for split, paths in _by_split(parts):
        yield f"      - split: {split}"
        yield f"        path: [{', '.join(map(quoted, paths))}]"


def _features(table: Table, path: str) -> Iterator[str]:
    yield f"  - config_name: {table.name}"
    yield "    features:"
    for column in table.columns:
        yield f"      - name: {column.name}"
        yield f"        {_feature(column.type, path)}"


def _feature(kind: Type, path: str) -> str:
    """What a column is in a file: only Parquet has times, and CSV has no lists."""
    if kind is Type.LIST and not path.endswith(".csv"):
        return "sequence: string"
    if kind in _TIMES and path.endswith(".parquet"):
        return f"dtype: timestamp[us, tz={_TIMES[kind]}]"
    return "dtype: int64" if kind is Type.INTEGER else "dtype: string"


_TIMES: Final = {Type.BEIJING: "+08:00", Type.UTC: "UTC"}


def _by_split(parts: Iterable[Part]) -> Iterator[tuple[str, list[str]]]:
    def split(part: Part) -> str:
        return part.split or "train"

    ordered = sorted(parts, key=lambda part: (_ORDER.index(split(part)), part.path))
    return ((name, [part.path for part in same]) for name, same in groupby(ordered, key=split))


_ORDER = ("train", "validation", "test")


def _text(manifest: Manifest) -> Iterator[str]:
    facts = manifest.facts
    yield from ("", "# Tencent News articles", "")
    if manifest.after:
        yield from ("An increment: what is new, changed or gone since the exports it goes on from.", "")
    yield f"{facts['articles']} articles, as the archive knew them on {facts['as_of']}"
    yield f"(state `{facts['archive_state']}`)."
    yield from ("", "## What was chosen and done", "")
    yield from (f"- {line}" for line in _treatment(manifest))
    yield from ("", "## Files", "", "| file | table | rows |", "|---|---|---|")
    yield from (f"| `{part.path}` | {part.table} | {part.rows} |" for part in manifest.parts)
    yield "| `SHA256SUMS` | digests of all files: `sha256sum -c SHA256SUMS` | |"
    for name, counts in facts["articles_by"].items():
        yield from ("", f"## Articles by {name}", "", f"| {name} | articles |", "|---|---|")
        yield from (f"| {_cell(key)} | {count} |" for key, count in counts.items())
    yield from ("", "## Terms", "", str(facts["terms"]), "", "## Gaps", "", str(facts["gaps"]))
    yield from _gaps(facts.get("open_gaps", []))


def _gaps(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        return
    yield from ("", "| source | between | and | articles at most |", "|---|---|---|---|")
    for gap in found[:_MOST_GAPS]:
        yield f"| {_cell(gap['source'])} | {gap['after_at']} | {gap['before_at']} | {gap['most']} |"
    if len(found) > _MOST_GAPS:
        yield from ("", f"{len(found) - _MOST_GAPS} more are in `export.json`.")


_MOST_GAPS: Final = 100


def _treatment(manifest: Manifest) -> Iterator[str]:
    facts = manifest.facts
    for name, value in facts["wish"].items():
        yield f"{name.replace('_', ' ')}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
    yield f"duplicates: {facts['duplicates']}; {facts['left_out']['duplicates']} left out"
    for reason, count in facts["left_out"]["filters"].items():
        yield f"left out, {reason}: {count}"
    for what, count in facts["texts"]["taken_out"].items():
        yield f"taken out of texts, {what}: {count}"
    if facts["texts"]["mended"]:
        yield f"texts that were not UTF-8, or held NUL, mended with U+FFFD: {facts['texts']['mended']}"
    for table, count in facts.get("unreadable", {}).items():
        without = "without their copy" if table == "pictures" else "left out"
        yield f"{table} that could not be read, {without}: {count}"
    yield f"takedowns honoured: {facts['takedowns']} (hashes of their ids in `takedowns.txt`)"
    yield f"versions: {', '.join(f'{name} {number}' for name, number in facts['versions'].items())}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split()) or "(none)"
