"""Exports read by mlcroissant: ``make check-croissant``. That library is large, so it has an environment of its own.

``python -m tests.tools.croissant write DIR`` needs the project,
``python tests/tools/croissant.py check DIR`` needs mlcroissant.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FORMATS = ("jsonl", "jsonl-gz", "jsonl-zst", "csv", "parquet", "huggingface")
WITHOUT = "jsonl-zst"
"""mlcroissant cannot unpack it: it has no record sets."""


def write(folder: Path) -> None:
    """Exports in every format of rows: of all tables, with splits of which one is empty, an increment of nothing."""
    from archive.export.pipeline import export
    from archive.export.request import ExportRequest
    from tests.archive.export.samples import filled

    with filled(folder / "data") as archive:
        for name in FORMATS:
            export(archive, name, folder / name, ExportRequest(revisions=True, pictures=True))
            export(archive, name, folder / f"{name}-split", ExportRequest(revisions=True, split="hash:50,0,50"))
            export(archive, name, folder / f"{name}-more", ExportRequest(), (folder / f"{name}-split",))


def check(folder: Path) -> None:
    """Read every record set of every export; as many records as the manifest says, with the columns of the table."""
    import mlcroissant

    for path in sorted(folder.glob("*/croissant.json")):
        dataset = mlcroissant.Dataset(jsonld=str(path))
        if found := dataset.metadata.issues.errors:
            sys.exit(f"{path}: {found}")
        manifest = json.loads((path.parent / "export.json").read_text())
        counts = {part["path"]: part["rows"] for part in manifest["files"]}
        sets = len(dataset.metadata.record_sets)
        if sets != (0 if manifest["format"] == WITHOUT else len(counts)):
            sys.exit(f"{path}: {sets} record sets for {len(counts)} files")
        for record_set in dataset.metadata.record_sets:
            records = list(dataset.records(record_set=record_set.id))
            source = record_set.fields[0].source.file_object
            if len(records) != counts[source]:
                sys.exit(f"{path}: {record_set.id} has {len(records)} records, not {counts[source]}")
        print(f"{path.parent.name}: {len(counts)} files, {sets} record sets, {sum(counts.values())} rows")


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](Path(sys.argv[2]))
