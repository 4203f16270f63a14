"""What can go wrong, by name: each error says what to do next and carries the command's exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from pathlib import Path


class ExitCode(IntEnum):
    """What a command's exit code says. The numbers are a contract for scripts and time-tables."""

    OK = 0
    """Everything that was due was done."""
    UNEXPECTED = 1
    """An error nobody foresaw: please report it."""
    USAGE = 2
    """The command line is wrong."""
    EMPTY = 10
    """Something was due and nothing was found."""
    THIN = 11
    """Far less was found than was due."""
    BLOCKED = 12
    """The site refused us: captcha, rate limit, anti-robot page."""
    CHANGED = 13
    """Pages of no known layout: the parser needs mending."""
    PARTIAL = 14
    """A part was done and a part failed."""
    FAILED = 15
    """Nothing of what was due could be done."""
    DAMAGED = 16
    """Something in the archive is damaged, missing or not ours; or could not be repaired or erased wholly."""
    BAD_INPUT = 20
    """Unreadable file, not an address, not a Markdown file of ours."""
    ARCHIVE = 21
    """The archive cannot be used: not an archive, damaged, newer than this program, not writable."""
    NOT_FOUND = 22
    """No such article or revision in the archive."""
    LOCKED = 23
    """Somebody else holds the lock."""
    DISK_FLOOR = 24
    """Too little free space to begin, or to go on."""

    @property
    def word(self) -> str:
        """What it is called in the table of exit codes, and the verdict on a run that ended with it."""
        return self.name.lower().replace("_", " ")


class QQNewsError(Exception):
    """A foreseen error. Its text is one line that says what happened and what to do next."""

    exit_code: ExitCode = ExitCode.UNEXPECTED


_NO_ARCHIVE: Final = "name its directory with --data, or fill one with 'qqnews crawl'"


class NoArchive(QQNewsError):
    """There is no archive in that directory."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, path: Path) -> None:
        is_lost = any((path.parent / name).is_dir() for name in ("articles", "raw"))
        cure = "'qqnews repair' makes it again from what lies beside it" if is_lost else _NO_ARCHIVE
        super().__init__(f"no archive at {path}: {cure}")
        self.path = path


class ArchiveMissing(NoArchive):
    """The archive that is meant is not there: its disk is not mounted, or it was moved. None is made in its place.

    ``expected``: its identity, '' where that is not known; ``found``: what stands there.
    """

    def __init__(self, path: Path, expected: str, found: str) -> None:
        cure = "if it is to be another one, 'qqnews schedule cron install' or 'schedule systemd' again"
        if not expected:
            cure = "a new one is made by 'qqnews crawl', 'qqnews schedule cron install' or 'schedule systemd' only"
        which = f"the archive {expected} is not at {path}" if expected else f"no archive at {path}"
        QQNewsError.__init__(self, f"{which} ({found}): mount its disk or move it back; {cure}")
        self.path = path
        self.expected = expected


class OtherArchive(QQNewsError):
    """Another archive than the one that is meant stands there. It was not touched."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, path: Path, found: str, expected: str) -> None:
        super().__init__(
            f"another archive ({found}) stands at {path}, where {expected} is expected: mount its disk or move it "
            "back; if the other one is meant, 'qqnews schedule cron install' or 'schedule systemd' again"
        )
        self.path = path
        self.found = found
        self.expected = expected


class NotAnArchive(QQNewsError):
    """The file is no archive of ours, or is damaged. It was not touched."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be used as an archive ({reason}): choose another --data, or restore a backup")
        self.path = path
        self.reason = reason


class NewerArchive(QQNewsError):
    """The archive was written by a newer version of this program. It was not touched."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, path: Path, unknown: tuple[str, ...]) -> None:
        super().__init__(f"{path} is from a newer version (it has {', '.join(unknown)}): update qqnews")
        self.path = path
        self.unknown = unknown


class ArchiveNotWritable(QQNewsError):
    """The disk is full, or the directory or file does not let us write."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot write {path} ({reason}): free some space or mend its rights, then run again")
        self.path = path
        self.reason = reason


class UnreadablePlace(QQNewsError):
    """Where a file of ours should be lies something that is not to be read: a pipe, a device, a far too large file."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read ({reason}): move it away, then run again")
        self.path = path
        self.reason = reason


class ArchiveBusy(QQNewsError):
    """Another process held the write lock for longer than we wait."""

    exit_code = ExitCode.LOCKED

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(f"{path} was locked by another process for {seconds:.0f} s: let it end, then run again")
        self.path = path


class DiskFloor(QQNewsError):
    """Less space is free than is to be left to others. Nothing was half-written."""

    exit_code = ExitCode.DISK_FLOOR

    def __init__(self, path: Path, free: int, floor: int) -> None:
        found, wanted = f"{free / 1e6:.0f} MB", f"{floor / 1e6:.0f} MB"
        super().__init__(f"only {found} are free at {path}, {wanted} are to stay free: make room (QQNEWS_DISK_FLOOR)")
        self.path = path
        self.free = free
        self.floor = floor


class UnreadableRow(QQNewsError, ValueError):
    """A value in a row that its column cannot hold: the row is damaged, or somebody else wrote it."""

    exit_code = ExitCode.DAMAGED

    def __init__(self, table: str, key: str, column: str, reason: str) -> None:
        self.shown = repr(key)[1:-1][:100] or "(empty)"
        """The key in one line of valid Unicode, whatever is in it."""
        reason = reason.encode("utf-8", "backslashreplace").decode()
        said = f"{table}/{self.shown}: its {column} cannot be read ({reason})"
        super().__init__(f"{said}: 'qqnews repair' looks for a copy")
        self.table = table
        self.key = key
        self.column = column
        self.reason = reason


class Erased(QQNewsError):
    """The article was taken down from this archive and must not come back."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self) -> None:
        super().__init__("this article was taken down from the archive: it is neither fetched nor kept again")


class BackupRefused(QQNewsError):
    """A backup must not be written to that place."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"no backup at {path}: {reason}")
        self.path = path


class BadSetting(QQNewsError):
    """A setting in the environment that cannot be understood."""

    exit_code = ExitCode.USAGE

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value!r}: expected {expected}")
        self.name = name


class CaptureLost(QQNewsError):
    """A raw capture that cannot be read: its file is gone, or damaged at that place."""

    exit_code = ExitCode.ARCHIVE

    def __init__(self, raw_ref: str, reason: str) -> None:
        super().__init__(f"no capture at {raw_ref} ({reason}): 'qqnews verify' looks for the damage")
        self.raw_ref = raw_ref
        self.reason = reason


class MenderAtWork(QQNewsError):
    """Another process takes down or repairs: each of them must be alone (writers and readers may go on)."""

    exit_code = ExitCode.LOCKED

    def __init__(self, data: Path) -> None:
        super().__init__(f"a takedown or repair of {data} is under way: let it end, then run again")


class UnsafeId(QQNewsError):
    """An id that must not become a file name."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, article_id: str) -> None:
        super().__init__(f"{article_id!r} is no article id: letters, digits, - and _ only, at most 64")
        self.article_id = article_id


class ArticleNotFound(QQNewsError):
    """The archive has no such article, or no such revision of it."""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, article_id: str, revision: int | None = None) -> None:
        what = article_id if revision is None else f"revision {revision} of {article_id}"
        super().__init__(f"no {what} in this archive: 'qqnews list' names what is there")
        self.article_id = article_id
        self.revision = revision


class RevisionLost(QQNewsError):
    """The revision's number is kept, its text is lost: a repair found no copy of it."""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, article_id: str, revision: int) -> None:
        why = "damaged once, and no copy of its text was found"
        super().__init__(
            f"revision {revision} of {article_id} is lost ({why}): 'qqnews show {article_id}' names the others"
        )
        self.article_id = article_id
        self.revision = revision


class NotOurMarkdown(QQNewsError):
    """A file that is not of the sample's form; ``reason`` names what is missing or strange."""

    exit_code = ExitCode.BAD_INPUT

    longest: ClassVar = 300
    """Characters of a reason: it may quote what stands in the file."""

    def __init__(self, reason: str) -> None:
        reason = reason if len(reason) <= self.longest else f"{reason[: self.longest]}…"
        super().__init__(f"not a Markdown file of ours: {reason}")
        self.reason = reason
