"""What people are to be told of an archive that cannot be worked on: kept off its disk, which may be full or gone.

One small file for each archive, readable by its owner alone, in the first of these places that takes it: the service
manager's directory for this service, the user's directory of state, memory, the directory of temporary files.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from archive.article.timestamps import stamp
from archive.files.readable_names import readable
from archive.monitoring.notices import BAD, STILL, WELL, Notice, Recipient
from schedules.config.env_file import name_for
from schedules.config.notification_policy import Address, NotificationPolicy, pause_after

ARCHIVE: Final = "the archive"
TIMETABLE: Final = "the time-table"
"""What there can be an alarm of, beside jobs, as messages call it."""


@dataclass(frozen=True, slots=True)
class Due:
    """What one recipient is to be told now. ``tries``: how often that failed."""

    to: Address
    notices: list[Notice]
    tries: int


class Alarms:
    """The alarms of the archive in ``data``, and who was told of them. Processes share them.

    Where no place takes the file they are kept in this process alone.
    """

    def __init__(self, data: Path) -> None:
        self._name = f"{name_for(data.absolute())}.json"
        self._kept: dict[str, Any] = {}

    def note(self, what: str, verdict: str, because: str, now: datetime) -> None:
        """Note that something is wrong, and how. It is an alarm of its own if it was not wrong in this way before."""
        with self._changed() as state:
            known = state.setdefault("alarms", {}).get(what)
            since = known["since"] if known and known["verdict"] == verdict and not known["over"] else stamp(now)
            because = readable(because)
            state["alarms"][what] = {
                "verdict": verdict,
                "because": because,
                "since": since,
                "at": stamp(now),
                "over": "",
            }

    def over(self, what: str, now: datetime) -> None:
        """Note that it is well again: whoever was told of it hears of that, too."""
        if not self.stands(what):
            return
        with self._changed() as state:
            alarm = state.get("alarms", {}).get(what)
            if alarm is not None:
                alarm["over"] = stamp(now)
            self._drop_what_is_told(state)

    def stands(self, what: str) -> bool:
        """Whether something is wrong now."""
        return bool(self._read().get("alarms", {}).get(what, {}).get("over") == "")

    def standing(self) -> set[str]:
        """All that is wrong now."""
        return {what for what in self._read().get("alarms", {}) if self.stands(what)}

    def because(self, what: str) -> str:
        """What is wrong, or was last; '' where there is no alarm."""
        return str(self._read().get("alarms", {}).get(what, {}).get("because", ""))

    def due(self, telling: NotificationPolicy, now: datetime) -> list[Due]:
        """What each recipient is to be told now."""
        state = self._read()
        found = []
        for to in telling.urls:
            told = state.get("told", {}).get(to.id, {})
            notices = [notice for name in state.get("alarms", {}) if (notice := _notice(state, to, name, telling, now))]
            if telling.is_time(_recipient(to, told), notices, now):
                found.append(Due(to, notices, int(told.get("tries", 0))))
        return found

    def told(self, due: Due, error: str, now: datetime) -> None:
        """Note that a recipient was told, or why that failed."""
        with self._changed() as state:
            told = state.setdefault("told", {}).setdefault(due.to.id, {})
            if error:
                told.update(tries=due.tries + 1, not_before=stamp(now + pause_after(due.tries + 1)))
                return
            told.update(tries=0, not_before=None, at=stamp(now))
            for notice in due.notices:
                said = {"since": stamp(notice.since), "kind": notice.kind, "at": stamp(now)}
                told.setdefault("of", {})[notice.job] = said
            self._drop_what_is_told(state)

    def claim_ping(self, now: datetime, every: timedelta) -> bool:
        """Whether it is time to call the dead-man's switch again; then nobody else does before ``every`` has passed."""
        last = self._read().get("pinged_at")
        if last is not None and now - every < datetime.fromisoformat(last) <= now:
            return False
        with self._changed() as state:
            state["pinged_at"] = stamp(now)
        return True

    def remember(self, table: dict[str, Any] | None) -> None:
        """Keep the table [notify] of a time-table that lies on the archive's own disk; None: it does not."""
        if self._read().get("notify") != table:
            with self._changed() as state:
                state["notify"] = table

    def remembered(self) -> dict[str, Any] | None:
        """The table [notify] that was kept last; None where there is none."""
        found: dict[str, Any] | None = self._read().get("notify")
        return found

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Whether we are the one who sends; nobody else does meanwhile."""
        with self._lock("sending", fcntl.LOCK_EX | fcntl.LOCK_NB) as is_ours:
            yield is_ours

    def _drop_what_is_told(self, state: dict[str, Any]) -> None:
        """Forget alarms that are over, once everybody who was told of them knows that."""
        for name, alarm in list(state.get("alarms", {}).items()):
            told = [each["of"][name] for each in state.get("told", {}).values() if name in each.get("of", {})]
            waiting = any(each["since"] == alarm["since"] and each["kind"] != WELL for each in told)
            if alarm["over"] and not waiting:
                del state["alarms"][name]
        if not state.get("alarms"):
            state.pop("told", None)
            state.pop("pinged_at", None)

    def _read(self) -> dict[str, Any]:
        for place in _places():
            with suppress(OSError, orjson.JSONDecodeError):
                found: dict[str, Any] = orjson.loads((place / self._name).read_bytes())
                return found
        return self._kept

    @contextmanager
    def _changed(self) -> Iterator[dict[str, Any]]:
        """Inside, what is noted can be changed; nobody else changes it meanwhile."""
        with self._lock("lock", fcntl.LOCK_EX):
            state = self._read()
            yield state
            self._write({name: value for name, value in state.items() if value})

    def _write(self, state: dict[str, Any]) -> None:
        self._kept = state
        for place in _places():
            path, aside = place / self._name, place / f".{self._name}.{secrets.token_hex(4)}"
            try:
                if not state:
                    path.unlink(missing_ok=True)
                    continue
                _make_private(place)
                with open(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb") as file:  # noqa: PTH123
                    file.write(orjson.dumps(state))
                aside.replace(path)
            except OSError:
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
            else:
                return

    @contextmanager
    def _lock(self, name: str, how: int) -> Iterator[bool]:
        """Hold a lock beside the file, if there is a place for one; whether it is ours."""
        for place in _places():
            try:
                _make_private(place)
                handle = os.open(place / f".{self._name}.{name}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            except OSError:
                continue
            try:
                try:
                    fcntl.flock(handle, how)
                except BlockingIOError:
                    yield False
                else:
                    yield True
            finally:
                os.close(handle)
            return
        yield True


def _notice(state: dict[str, Any], to: Address, name: str, telling: NotificationPolicy, now: datetime) -> Notice | None:
    """What one recipient is to be told of an alarm; None: nothing, or nothing new."""
    alarm = state["alarms"][name]
    said = state.get("told", {}).get(to.id, {}).get("of", {}).get(name, {})
    knows = said.get("since") == alarm["since"]
    if alarm["over"]:
        kind = WELL if knows and said["kind"] != WELL else ""
    elif not knows:
        kind = BAD
    else:
        is_old = telling.remind and now - datetime.fromisoformat(said["at"]) >= telling.remind
        kind = STILL if is_old else ""
    at = datetime.fromisoformat(alarm["over"] or alarm["at"])
    since = datetime.fromisoformat(alarm["since"])
    if not kind:
        return None
    return Notice(job=name, kind=kind, verdict=alarm["verdict"], because=alarm["because"], at=at, since=since, log="")


def _recipient(to: Address, told: dict[str, Any]) -> Recipient:
    """A recipient as the archive would know it, but for how it is called: only messages of alarms count."""
    moments = {name: told.get(name) and datetime.fromisoformat(told[name]) for name in ("at", "not_before")}
    return Recipient(to.id, to.label, 0, moments["at"], int(told.get("tries", 0)), moments["not_before"], "")


def _places() -> Iterator[Path]:
    user = os.getuid()
    if service := os.environ.get("RUNTIME_DIRECTORY"):
        yield Path(service.partition(":")[0])
    with suppress(RuntimeError):  # There is no home.
        yield Path(os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser(), "qqnews")
    yield Path("/dev/shm", f"qqnews-{user}")  # noqa: S108  (it is made sure below that the directory is ours)
    yield Path(tempfile.gettempdir(), f"qqnews-{user}")


def _make_private(directory: Path) -> None:
    """Make a directory that is ours alone. Raise ``OSError`` if one of somebody else stands there."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Where everybody may put something, a link would lead to a place of somebody else's choice.
    is_shared = directory.parent.stat().st_mode & stat.S_ISVTX
    found = directory.lstat() if is_shared else directory.stat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{directory} is not ours")
