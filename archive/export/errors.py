"""What can go wrong when a dataset is exported. Whatever happens, nothing half-written stays."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from archive.errors import ExitCode, QQNewsError


class TargetRefused(QQNewsError):
    """Something stands at the target that an export must not replace. It was not touched."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"no export to {path}: {reason}")
        self.path = path


class NotAnExport(QQNewsError):
    """A directory that was named as an export is none, or is damaged, or does not fit."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be used as an export: {reason}")
        self.path = path


class EmptySelection(QQNewsError):
    """No article passes. Nothing was written, and an earlier export stays."""

    exit_code = ExitCode.EMPTY

    def __init__(self) -> None:
        super().__init__("no article in the archive is wanted by these options: nothing was written")


class UnknownColumn(QQNewsError):
    """A column that the schema does not have."""

    exit_code = ExitCode.USAGE

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no column {name!r}: choose from {', '.join(known)}")
        self.name = name


class BadOption(QQNewsError):
    """An option's value that cannot be understood, or does not go with another one."""

    exit_code = ExitCode.USAGE


class LibraryMissing(QQNewsError):
    """A format needs a library that is not installed."""

    exit_code = ExitCode.USAGE

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"this format needs {library}: install it with pip install 'qqnews[{extra}]'")
        self.library = library


class BadValue(QQNewsError):
    """A value in the archive that its column cannot hold; somebody else must have written it."""

    exit_code = ExitCode.DAMAGED

    def __init__(self, table: str, row: str, column: str, reason: str) -> None:
        super().__init__(f"{column} of {row} in {table} cannot be exported ({reason}): see 'qqnews verify'")
        self.table = table
        self.row = row
        self.column = column
