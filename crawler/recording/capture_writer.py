"""Raw captures as the crawler makes them: off the event loop, each body looked up before it is written again."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from archive.captures.payload_index import LEAST, Payload, first_capture
from archive.captures.raw_files import ClosedFile, RawWriter
from archive.captures.revisits import target_for
from archive.captures.warc import Capture, digest_of
from archive.errors import Erased
from archive.frontier.rechecks import known_of
from archive.redaction.erasures import lawful_capture
from archive.store import Archive


class CaptureWriter:
    """Writes captures; the ledger makes them durable with the transaction that rests on them."""

    def __init__(self, data: Path, job: str, file_bytes: int) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="captures")
        self._archive = self._thread.submit(Archive.existing, data).result()
        self._data = data
        self._writer = RawWriter(data, job, file_bytes=file_bytes)
        self._lock = threading.Lock()
        self._fresh: dict[str, Payload] = {}

    async def record(self, capture: Capture) -> Capture:
        """Write a capture; the capture as it was written, with its reference: without articles that were taken down.

        Raises `archive.errors.Erased` for an answer that is about one of them, `archive.errors.ArchiveNotWritable`.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._record, capture)

    def take_closed(self) -> list[ClosedFile]:
        """The capture files that were closed since the last time."""
        return self._writer.take_closed()

    def sync(self) -> list[Payload]:
        """Everything recorded so far is on the disk now; the bodies that are new since the last time."""
        with self._lock:
            fresh, self._fresh = self._fresh, {}
        self._writer.sync()
        return list(fresh.values())

    def close(self) -> None:
        """Close the files."""
        self._thread.submit(self._archive.close).result()
        self._thread.shutdown()
        self._writer.close()

    def _record(self, captured: Capture) -> Capture:
        capture = lawful_capture(self._archive.database.connection, captured)
        if capture is None:
            raise Erased
        if capture.facts.get("kind") == "page":
            # What the answer means may depend on it: a second removal, say.
            known = known_of(self._archive, capture.facts.get("id", ""))
            capture = replace(capture, facts={**capture.facts, **known})
        if len(capture.body) < LEAST:
            return replace(capture, raw_ref=self._writer.write(capture))
        digest = digest_of(capture.body)
        first = first_capture(self._archive.database, digest)
        try:
            target = target_for(capture, self._data, first) if first else None
        except (ValueError, OSError):
            first = target = None  # Its file is gone, or damaged: from now on this capture holds the body.
        ref = self._writer.write(capture, target)
        if first is None:
            with self._lock:
                self._fresh.setdefault(digest, Payload(digest, ref, capture.url, capture.fetched_at))
        return replace(capture, raw_ref=ref)
