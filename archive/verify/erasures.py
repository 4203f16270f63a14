"""What was taken down stays away: it may come back with an old backup, or with an old file of captures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

from archive.redaction.erasures import id_hash
from archive.store import Archive
from archive.takedown.reappeared import reappeared
from archive.verify.findings import DamageKind, Finding
from archive.verify.write_lock import Calm


def check_erasures(archive: Archive, *, deep: bool, calm: Calm = nullcontext) -> Iterator[Finding]:
    """Articles that were taken down and are here all the same, named by the hash of their id alone.

    ``deep``: also look for them in others' texts and in raw captures. ``calm``: inside it no takedown is at work.
    """
    if found := _here_again(archive, deep=deep):
        with calm():
            found = _here_again(archive, deep=deep)
    for hashed in found:
        where = f"erasures/{hashed[:16]}"
        yield Finding(
            "database", DamageKind.FOREIGN, where, "what was taken down is here again: 'qqnews repair' erases it"
        )


def _here_again(archive: Archive, *, deep: bool) -> list[str]:
    connection = archive.database.connection
    # Of those whose takedown was interrupted the check of the database tells.
    interrupted = {row[0] for row in connection.execute("SELECT id_hash FROM erasures WHERE finished_at IS NULL")}
    return [hashed for hashed in map(id_hash, reappeared(archive, deep=deep)) if hashed not in interrupted]
