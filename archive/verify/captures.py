"""Raw captures: every record can be read and has its digests, no file is shorter than it was, and every reference leads
to the record it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from pathlib import Path
from sqlite3 import Connection

from archive.captures.file_checksums import CaptureFile, note_capture_file, note_measured, noted_capture_files
from archive.captures.gzip_members import Damage, GzipMember, is_being_written, members
from archive.captures.references import REFERRING, Reference, capture_files, reference
from archive.captures.warc import ERASED, REDACTED, Record, capture_from, digest_of
from archive.database.schema import open_to_read
from archive.errors import ArchiveBusy, ArchiveNotWritable
from archive.files.regular_files import UnusableFile, files_below, open_regular, sha256_of
from archive.store import Archive
from archive.verify.findings import DamageKind, Finding
from archive.verify.write_lock import Calm


@dataclass(slots=True)
class _Look:
    """What a look at a file came to."""

    findings: list[Finding] = field(default_factory=list)
    size: int | None = None
    """Bytes; None where there is no such file."""
    is_open: bool = False
    """Whether a process is writing to it."""
    was_rewritten: bool = False
    """Whether a takedown or a repair was at it: its bytes are not those that were written first."""


def check_captures(
    archive: Archive,
    again: Archive,
    *,
    deep: bool,
    calm: Calm = nullcontext,
) -> Iterator[Finding]:
    """Every file, what was noted of it and every reference to it, in the order of the files' names.

    ``deep``: read every record; else only look whether what rows point to is there at all. ``again``: the same archive,
    opened for second looks; ``calm``: inside it no takedown is at work. A file of which nothing is noted yet is noted.
    """
    with _put_aside(archive) as pointing_rows:
        for name, pointing, noted in _each_file(archive, pointing_rows):
            look = _look_at(archive.data, name, pointing, noted, deep=deep)
            if look.findings:
                with calm():
                    noted = noted_capture_files(again.database).get(name)
                    look = _look_at(archive.data, name, _references_to(again, name), noted, deep=deep)
            if look.findings:
                yield from look.findings
            else:
                _note(again, name, look, noted, calm, deep=deep)
    yield from _strangers(archive.data)


def check_capture_files(data: Path) -> Iterator[Finding]:
    """The files alone, where there is no database to ask."""
    for path in capture_files(data):
        yield from _look_at(data, path.name, [], None, deep=True).findings
    yield from _strangers(data)


def references(connection: Connection) -> Iterator[Reference]:
    """Every reference to a capture, by file and offset."""
    return map(_reference_of, connection.cursor().execute(_references_query(connection)))


def _reference_of(row: tuple[bytes, bytes]) -> Reference:
    return reference(*(each.decode("utf-8", "replace") for each in row))


@contextmanager
def _put_aside(archive: Archive) -> Iterator[Iterator[Reference]]:
    """All references as they are now, in a temporary file: no state of the database is held while files are read."""
    with closing(open_to_read(archive.database.path)) as reader:
        reader.execute(f"CREATE TEMP TABLE pointing AS {_references_query(reader)}")
        yield map(_reference_of, reader.execute("SELECT * FROM temp.pointing ORDER BY rowid"))


def _references_query(connection: Connection) -> str:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    keys = {"articles": "id", "revisions": "article_id || '/' || revision", "payloads": "sha256"}
    parts = [
        f"SELECT raw_ref, '{table}/' || {keys[table]} AS whose FROM {table} WHERE raw_ref IS NOT NULL"  # noqa: S608
        for table in REFERRING
        if table in tables
    ]
    # As bytes: one that is no text any more must not hide the others.
    return f"""
        SELECT CAST(raw_ref AS BLOB), CAST(whose AS BLOB) FROM ({" UNION ALL ".join(parts)})
        ORDER BY substr(raw_ref, 1, instr(raw_ref, ':') - 1), CAST(substr(raw_ref, instr(raw_ref, ':') + 1) AS INTEGER)
    """  # noqa: S608


def _each_file(
    archive: Archive, references: Iterable[Reference]
) -> Iterator[tuple[str, list[Reference], CaptureFile | None]]:
    """The files that are there, that were noted, or that rows point to."""
    noted = noted_capture_files(archive.database)
    names = sorted({*noted, *(path.name for path in capture_files(archive.data))})
    pointed_at = groupby(references, lambda reference: reference.file)
    there: Iterator[tuple[str, list[Reference]]] = ((name, []) for name in names)
    pointing = ((name, list(group)) for name, group in pointed_at)
    for name, same in groupby(merge(there, pointing, key=lambda each: each[0]), lambda each: each[0]):
        yield name, [reference for _, group in same for reference in group], noted.get(name)


def _references_to(archive: Archive, name: str) -> list[Reference]:
    return [each for each in references(archive.database.connection) if each.file == name]


def _look_at(data: Path, name: str, pointing: list[Reference], noted: CaptureFile | None, *, deep: bool) -> _Look:
    look, path, where = _Look(), data / "raw" / name, f"raw/{name}"
    if path.parent != data / "raw" or path.name != name:  # A row may say anything: no other place is ours.
        look.findings += _without_file(path, pointing, noted)
        return look
    try:
        with open_regular(path):
            look.size, look.is_open = path.stat().st_size, is_being_written(path)
        if deep:
            look.findings += _wrong_records(path, pointing, look)
        else:
            look.findings += [
                _dangling(each, "the file ends before") for each in pointing if not _is_within(each, look)
            ]
        if not look.findings and not look.is_open:
            look.findings += _not_as_noted(path, look, noted, deep=deep)
    except FileNotFoundError:
        look.findings += _without_file(path, pointing, noted)
    except UnusableFile as error:
        look.findings.append(Finding("captures", DamageKind.FOREIGN, where, str(error.strerror)))
        look.findings += [_dangling(each, "no capture file lies there") for each in pointing]
    except OSError as error:
        look.findings.append(Finding("captures", DamageKind.DAMAGED, where, error.strerror or str(error)))
    return look


def _is_within(reference: Reference, look: _Look) -> bool:
    return look.size is not None and 0 <= reference.offset < look.size


def _without_file(path: Path, pointing: list[Reference], noted: CaptureFile | None) -> Iterator[Finding]:
    if path.is_symlink():
        yield Finding("captures", DamageKind.FOREIGN, f"raw/{path.name}", "a symbolic link to nothing")
    elif pointing or noted:
        yield Finding("captures", DamageKind.MISSING, f"raw/{path.name}")
    yield from (_dangling(each, "the file is not there") for each in pointing)


def _wrong_records(path: Path, pointing: list[Reference], look: _Look) -> Iterator[Finding]:
    waiting = iter(pointing)
    due = next(waiting, None)
    for found in members(path):
        while due is not None and due.offset < found.offset:
            yield _dangling(due, "no record begins there")
            due = next(waiting, None)
        if not (look.is_open and isinstance(found, Damage) and found.torn):  # Its writer is in the midst of a record.
            yield from _broken(f"raw/{path.name}:{found.offset}", found)
        look.was_rewritten |= isinstance(found, GzipMember) and _is_blotted(found.record)
        while due is not None and due.offset == found.offset:
            if isinstance(found, Damage):
                yield _dangling(due, "its record is damaged")
            elif found.record.headers.get("WARC-Payload-Digest") != f"sha256:{due.digest}":
                yield _dangling(due, "the record there has another digest")
            due = next(waiting, None)
    while due is not None:
        yield _dangling(due, "the file ends before")
        due = next(waiting, None)


def _is_blotted(record: Record) -> bool:
    return REDACTED in record.headers or record.headers.get("WARC-Record-ID") == ERASED


def _broken(where: str, found: GzipMember | Damage) -> Iterator[Finding]:
    if isinstance(found, Damage):
        yield Finding("captures", DamageKind.TORN if found.torn else DamageKind.DAMAGED, where, found.reason)
    elif reason := fault_of(found.record):
        yield Finding("captures", DamageKind.DAMAGED, where, reason)


def fault_of(record: Record) -> str:
    """Why a record is not what it says, or no capture can be read from it; "" where nothing is wrong."""
    stated = record.headers.get(REDACTED) or record.headers.get("WARC-Payload-Digest", "")
    # A revisit states the digest of a body that lies elsewhere.
    if stated.startswith("sha256:") and record.kind != "revisit" and stated != f"sha256:{digest_of(record.body)}":
        return "its body does not have its digest"
    if record.kind in ("response", "revisit"):
        try:
            capture_from(record, (), "")
        except ValueError as error:
            return str(error)
    return ""


def _not_as_noted(path: Path, look: _Look, noted: CaptureFile | None, *, deep: bool) -> Iterator[Finding]:
    """What the records do not show: that some are missing."""
    if noted is None or noted.bytes is None or look.size is None:
        return
    if look.size < noted.bytes:
        detail = f"{look.size} bytes instead of {noted.bytes}: records are gone"
        yield Finding("captures", DamageKind.DAMAGED, f"raw/{path.name}", detail)
    elif deep and noted.sha256 and not look.was_rewritten and sha256_of(path, noted.bytes) != noted.sha256:
        yield Finding("captures", DamageKind.DAMAGED, f"raw/{path.name}", "not the bytes that were written")


def _note(
    archive: Archive,
    name: str,
    look: _Look,
    noted: CaptureFile | None,
    calm: Calm,
    *,
    deep: bool,
) -> None:
    """Note of a sound file what is not known of it. Where that cannot be written, the next one who looks will do it."""
    if look.size is None or look.is_open:
        return
    known = noted or CaptureFile(name, None, None)
    with suppress(ArchiveNotWritable, ArchiveBusy, FileNotFoundError):
        if deep and (look.size != known.bytes or known.sha256 is None or look.was_rewritten):
            with calm():
                note_capture_file(archive.database, archive.data / "raw" / name)
        elif known.bytes is None:
            note_measured(archive.database, name, look.size, None)


def _dangling(reference: Reference, detail: str) -> Finding:
    return Finding(
        "captures", DamageKind.DANGLING, reference.where, f"raw/{reference.file}:{reference.offset}: {detail}"
    )


def _strangers(data: Path) -> Iterator[Finding]:
    known = set(capture_files(data))
    for path in files_below(data / "raw"):
        if path not in known:
            name = path.relative_to(data).as_posix()
            yield Finding("captures", DamageKind.LEFTOVER if path.name.startswith(".") else DamageKind.FOREIGN, name)
