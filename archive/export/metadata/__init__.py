"""The papers that go with every dataset, all made from its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from archive.export.metadata.croissant import croissant
from archive.export.metadata.dataset_card import card
from archive.export.metadata.frictionless import data_package
from archive.export.write.checksums import SUMS, write_sums
from archive.export.write.hashing_file import hashing_file
from archive.export.write.manifest import NAME, Manifest

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
    with hashing_file(path) as file:
        file.write(content)
        file.settle()
