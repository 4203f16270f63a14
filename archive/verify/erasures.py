"""What was taken down stays away: it may come back with an old backup, or with an old file of captures."""

from __future__ import annotations

from collections.abc import Iterator

from archive.erasures import id_hash
from archive.store import Archive
from archive.takedown.reappeared import reappeared
from archive.verify.findings import Finding, What


def check_erasures(archive: Archive, *, deep: bool) -> Iterator[Finding]:
    """Articles that were taken down and are here all the same, named by the hash of their id alone.

    ``deep``: also look for them in others' texts and in raw captures.
    """
    connection = archive.database.connection
    interrupted = {row[0] for row in connection.execute("SELECT id_hash FROM erasures WHERE finished_at IS NULL")}
    for hashed in map(id_hash, reappeared(archive, deep=deep)):
        if hashed not in interrupted:  # Of these the check of the database tells.
            where = f"erasures/{hashed[:16]}"
            yield Finding(
                "database", What.FOREIGN, where, "what was taken down is here again: 'qqnews repair' erases it"
            )
