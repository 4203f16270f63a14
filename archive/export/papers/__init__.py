"""The papers that go with every dataset, all made from its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from archive.export.manifest import NAME, Manifest
from archive.export.papers.card import card
from archive.export.papers.croissant import croissant
from archive.export.papers.frictionless import data_package
from archive.export.sink import sink
from archive.export.sums import SUMS, write_sums

PAPERS: Final = (NAME, "takedowns.txt", "README.md", "croissant.json", "datapackage.json", SUMS)


def write_papers(folder: Path, manifest: Manifest, takedowns: Sequence[str]) -> None:
    """Write manifest, card, Croissant and Frictionless descriptions, takedowns, and last the digests of everything."""
    _write(folder / NAME, manifest.content())
    _write(folder / "takedowns.txt", "".join(f"{each}\n" for each in takedowns).encode())
    _write(folder / "README.md", card(manifest).encode())
    if manifest.row_files:
        _write(folder / "croissant.json", croissant(manifest))
        _write(folder / "datapackage.json", data_package(manifest))
    write_sums(folder, {part.path: part.sha256 for part in manifest.parts})


def _write(path: Path, content: bytes) -> None:
    with sink(path) as file:
        file.write(content)
        file.settle()
