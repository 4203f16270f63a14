"""The archive off the event loop: what a stop interrupts there."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.frontier.links import Frontier, Leased
from archive.store import Archive
from crawler.recording.archive_writer import ArchiveWriter, now

MOMENT = datetime(2026, 8, 10, tzinfo=UTC)
ADDRESS = "https://new.qq.com/rain/a/"
LINKS = [Leased(name, ADDRESS + name, "tech", 0) for name in ("20260810A01WOP00", "20260810A02WOP00")]


async def stopped_while_leasing(data: Path) -> None:
    """Cancel a lease that waits for another writer, let that writer go, close the ledger."""
    ledger = ArchiveWriter(data, lease_seconds=600.0)
    with contextlib.closing(sqlite3.connect(data / "archive.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ledger.lease(len(LINKS)), timeout=0.2)
    await ledger.close()


def test_links_that_were_being_leased_at_a_stop_are_given_back(data: Path) -> None:
    with Archive.open(data) as archive:
        Frontier(archive).remember(LINKS, "tech", MOMENT)
    asyncio.run(stopped_while_leasing(data))
    with Archive.existing(data) as archive:
        assert Frontier(archive).pending(now()) == len(LINKS)
