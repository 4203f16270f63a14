"""The formats, one module each. They are imported when they are asked for: some need a library of their own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from archive.export.errors import LibraryMissing

if TYPE_CHECKING:
    from archive.export.write.dataset import Format

FORMATS: Final = {
    "jsonl": ("jsonl:PLAIN", "JSON Lines"),
    "jsonl-gz": ("jsonl:GZIP", "JSON Lines, packed with gzip"),
    "jsonl-zst": ("jsonl:ZSTD", "JSON Lines, packed with Zstandard"),
    "csv": ("csv:CSV", "CSV with a header line"),
    "parquet": ("parquet:MONTHS", "Parquet, articles partitioned by month"),
    "huggingface": ("parquet:WHOLE", "a folder for load_dataset of Hugging Face"),
    "sqlite": ("sqlite:SQLITE", "a SQLite database for Datasette, with full text search"),
    "markdown": ("markdown:HUGO", "Markdown files as content of a Hugo site, with its configuration"),
    "warc": ("warc:WARC", "the raw captures of the articles, one WARC file"),
    "feed": ("feed:FEED", "the newest articles as RSS, Atom and JSON Feed"),
    "report": ("report:REPORT", "pictures of the data: one HTML page and PNGs"),
}
"""Name → (module and object, one line for people)."""

_ONE_TEXT: Final = frozenset({"--split", "--revisions", "--pictures"})
IN_VAIN: Final = {
    "markdown": _ONE_TEXT,
    "feed": _ONE_TEXT,
    "report": _ONE_TEXT | {"--columns", "--no-text", "cleaned texts"},
    "warc": frozenset({"--split", "--pictures", "--columns", "--no-text", "cleaned texts"}),
}
"""Name → what it cannot honour."""

NEWEST: Final = {"feed": 50}
"""Name → how many of the newest articles it has, where nothing else is wished for."""

_EXTRAS: Final = {"pyarrow": "export", "zstandard": "export", "matplotlib": "report"}


def load(name: str) -> Format:
    """The format of that name. Raises `LibraryMissing`."""
    module, _, attribute = FORMATS[name][0].partition(":")
    try:
        found: Format = getattr(import_module(f"archive.export.formats.{module}"), attribute)
        found.versions()
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in _EXTRAS:
            raise
        raise LibraryMissing(library, _EXTRAS[library]) from error
    return found
