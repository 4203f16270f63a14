"""Keeps the search index up with the archive while the page is served: in one thread, when somebody searches."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Final

from archive.errors import QQNewsError
from archive.search.sync import index_new
from archive.store import Archive
from archive.web.http import IndexState

PATIENCE: Final = 0.3
"""Seconds that a search waits for what came in since the last one."""


class Indexer:
    """Brings the index up to date beside the requests. A search waits a little, and is told what is still missing."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._work: threading.Thread | None = None
        self._done = threading.Event()
        self._state = IndexState()

    def state(self) -> IndexState:
        """How far the index is, after a short wait for it."""
        with self._lock:
            if self._work is None or not self._work.is_alive():
                self._done.clear()
                self._work = threading.Thread(target=self._catch_up, name="search index", daemon=True)
                self._work.start()
        self._done.wait(PATIENCE)
        return self._state

    def _catch_up(self) -> None:
        try:
            with Archive.to_read(self._data) as archive:
                self._state = IndexState(left=index_new(archive, progress=self._note))
        except (sqlite3.Error, OSError, QQNewsError) as error:
            self._state = IndexState(problem=str(error))
        finally:
            self._done.set()

    def _note(self, _done: int, left: int) -> None:
        self._state = IndexState(left=left)
