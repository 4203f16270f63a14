"""SQL from outside, run in processes that are ended after their time: one call of a function can last for ever, and
nothing inside its process can stop it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, SupportsIndex, overload

from archive.web.security.sql_worker import ALARM_AFTER

Values = Mapping[str, object] | Sequence[object]
_STARTING: Final = 10.0
"""Seconds that a process may take to start, on a busy machine."""
_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "TZ", "SYSTEMROOT")
"""What a process is given of our variables: passwords and proxies are none of its business."""


class QueryFailed(Exception):
    """A query that has no answer."""


class WrongQuery(QueryFailed):
    """SQLite or the fence refuses it; the text says why."""


class TooSlow(QueryFailed):
    """It took longer than it may."""


class TooLarge(QueryFailed):
    """Its answer, or what it needs on the way, is larger than it may be."""


class Unreadable(QueryFailed):
    """The archive is not there, damaged, or cannot be read now."""


class Row(tuple[Any, ...]):
    """A row whose values are found by place and by the column's name."""

    columns: Mapping[str, int]

    @classmethod
    def of(cls, values: Sequence[object], columns: Mapping[str, int]) -> Self:
        """Return the row of these values; ``columns``: where each name stands."""
        made = cls(values)
        made.columns = columns
        return made

    def keys(self) -> Iterator[str]:
        """The names of the columns."""
        return iter(self.columns)

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> Any:
        return super().__getitem__(self.columns[key] if isinstance(key, str) else key)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query found."""

    columns: tuple[str, ...]
    rows: list[Row]
    is_cut: bool
    """Whether there are more rows than were asked for."""


class SqlProcess:
    """A process that answers one query after another, and is started anew when it was ended."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._is_over = False
        self._start()

    def ask(self, sql: str, values: Values, *, seconds: float, most: int | None) -> Rows:
        """Return up to ``most`` rows. Raises ``QueryFailed``."""
        query = {"sql": sql, "values": values, "seconds": seconds, "most": most}
        line = json.dumps(query).encode() + b"\n"
        self._keep_running()
        answer = self._exchange(line, time.monotonic() + seconds + ALARM_AFTER + _STARTING)
        self._keep_running()
        return _rows(answer)

    def end(self) -> None:
        """End what it is doing; whoever waits for it gets ``TooSlow``."""
        self._process.kill()

    def close(self) -> None:
        """End it for good."""
        self._is_over = True
        self._process.kill()
        self._process.wait()

    def _keep_running(self) -> None:
        if self._process.poll() is not None and not self._is_over:
            self._line.close()
            self._start()

    def _start(self) -> None:
        kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        words = [sys.executable, "-P", "-m", "archive.web.security.sql_worker", str(self._archive)]
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                words,
                env={**kept, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONUTF8": "1"},
                cwd="/",
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
            )

    def _exchange(self, line: bytes, deadline: float) -> dict[str, Any]:
        with suppress(OSError):  # It is gone, or does not come to its end.
            self._line.settimeout(_STARTING)
            self._line.sendall(line)
            if (answer := self._received(deadline)).endswith(b"\n"):
                found: dict[str, Any] = json.loads(answer, object_hook=_bytes)
                return found
        self._process.kill()
        is_late = self._process.wait() in (-signal.SIGALRM, -signal.SIGKILL)
        return {"error": "too slow"} if is_late else {"error": "wrong", "told": "the query ended its process"}

    def _received(self, deadline: float) -> bytes:
        """What the process says, up to the end of a line, or as much of it as there was."""
        parts = [b""]
        while not parts[-1].endswith(b"\n"):
            self._line.settimeout(max(deadline - time.monotonic(), 0.001))
            if not (part := self._line.recv(1 << 20)):
                break
            parts.append(part)
        return b"".join(parts)


def _bytes(found: dict[str, Any]) -> Any:
    return bytes.fromhex(found["bytes"]) if found.keys() == {"bytes"} else found


def _rows(answer: dict[str, Any]) -> Rows:
    match answer:
        case {"error": "wrong", "told": told}:
            raise WrongQuery(told)
        case {"error": "unreadable", "told": told}:
            raise Unreadable(told)
        case {"error": "too large"}:
            raise TooLarge
        case {"error": _}:
            raise TooSlow
    columns = tuple(answer["columns"])
    # Of two columns of one name the first is found by it, as SQLite has it.
    places = {name: place for place, name in reversed(list(enumerate(columns)))}
    return Rows(columns, [Row.of(values, places) for values in answer["rows"]], answer["is_cut"])


class SqlProcesses:
    """A few processes that are always there, and whoever waits for one of them."""

    def __init__(self, archive: Path, number: int) -> None:
        self._archive = archive
        self._number = number
        self._threads = ThreadPoolExecutor(number, thread_name_prefix="sql")
        self._all: list[SqlProcess] = []
        self._idle: asyncio.Queue[SqlProcess] | None = None

    async def run(self, sql: str, values: Values, *, seconds: float, most: int | None) -> Rows:
        """Return up to ``most`` rows of a query. Who gives up waiting ends the query. Raises ``QueryFailed``."""
        process = await self._processes().get()
        asked = partial(process.ask, sql, values, seconds=seconds, most=most)
        running = asyncio.get_running_loop().run_in_executor(self._threads, asked)
        running.add_done_callback(lambda _: self._processes().put_nowait(process))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if not running.done():
                process.end()
            with suppress(QueryFailed):
                await running
            raise

    def close(self) -> None:
        """End all of them, and what they are doing."""
        for process in self._all:
            process.close()
        self._threads.shutdown(wait=False)

    def _processes(self) -> asyncio.Queue[SqlProcess]:
        """Those that nobody has taken; started when they are first needed."""
        if self._idle is None:
            self._idle = asyncio.Queue()
            self._all = [SqlProcess(self._archive) for _ in range(self._number)]
            for process in self._all:
                self._idle.put_nowait(process)
        return self._idle
