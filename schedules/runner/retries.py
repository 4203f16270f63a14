"""Which jobs failed to get their turn, and when each is tried again: with growing pauses. Threads may share it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from schedules.runner.recovery import PATIENCE, pause_before


@dataclass(slots=True)
class _Failing:
    tries: int
    since: float
    not_before: float


class Retries:
    """The jobs whose turns fail for a passing reason."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failing: dict[str, _Failing] = {}

    def is_time(self, job: str) -> bool:
        """Whether the job may have a turn now."""
        with self._lock:
            failing = self._failing.get(job)
            return failing is None or time.monotonic() >= failing.not_before

    def failed(self, job: str) -> tuple[float, bool]:
        """Note that a turn failed: seconds until the next, and whether it has failed for longer than is passed over."""
        with self._lock:
            now = time.monotonic()
            failing = self._failing.setdefault(job, _Failing(0, now, now))
            if now >= failing.not_before:  # Several turns of a job that fail at once are one failure.
                failing.tries += 1
                failing.not_before = now + pause_before(failing.tries)
            return failing.not_before - now, now - failing.since >= PATIENCE

    def succeeded(self, job: str) -> None:
        """Note that a turn went well."""
        with self._lock:
            self._failing.pop(job, None)

    def due(self) -> set[str]:
        """The jobs whose pause is over."""
        with self._lock:
            now = time.monotonic()
            return {job for job, failing in self._failing.items() if now >= failing.not_before}

    def keep_only(self, jobs: set[str]) -> None:
        """Forget all others."""
        with self._lock:
            self._failing = {job: failing for job, failing in self._failing.items() if job in jobs}
