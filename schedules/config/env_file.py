"""The file of variables that cron's line and systemd's units name: proxies, settings, and what addresses of messages
name. Secrets stand there, readable by its owner alone, and neither in the line nor in the units nor in a list of
processes.

Its form is the one that systemd reads: ``NAME="value"``, with a backslash before ``" \\ $`` and a backquote.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from archive.errors import ExitCode, QQNewsError
from schedules.config.notification_policy import NO_NOTIFICATIONS, NotificationPolicy

HEADER: Final = (
    "# Written by qqnews, and written again with cron's line or the units. A file without this line is yours."
)
OWNER_ONLY: Final = 0o600
_CARRIED: Final = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir")
"""Variables, in small or capital letters, that a job needs and that cron and systemd would not hand on."""
_NOT_CARRIED: Final = frozenset(
    # Said by options of the line or the units; of the web page alone; set for each run.
    f"QQNEWS_{name}"
    for name in "DATA JOBS ARCHIVE PASSWORD JOB RUN DUE_AT FLOOR LOCK".split()
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED: Final = re.compile(r'(["\\$`])')
_UNESCAPED: Final = re.compile(r'\\(["\\$`])')


class NotWritable(QQNewsError):
    """A file for cron or systemd could not be written."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, reason: str, option: str) -> None:
        super().__init__(f"cannot write to {path} ({reason}): name another place with {option}")


class Unquotable(QQNewsError):
    """A name or value that must not be written for a shell, cron or systemd. It is named, but never shown."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} {reason}: neither cron nor systemd can be given that; change it, or unset it")


class BadEnvironmentFile(QQNewsError):
    """A file of variables that cannot be used."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"cannot use {path} ({reason}): 'qqnews schedule cron install' or 'schedule systemd' writes it again"
        )
        self.path = path


def ensure_plain(what: str, text: str) -> None:
    """Raise ``Unquotable`` if ``text`` holds a line break or another control character."""
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise Unquotable(what, "holds a line break or another control character")


def ensure_utf8(what: str, text: str) -> None:
    """Raise ``Unquotable`` if ``text`` is not UTF-8, or holds a control character."""
    ensure_plain(what, text)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unquotable(what, "is not UTF-8")


def carried_environment(
    telling: NotificationPolicy = NO_NOTIFICATIONS, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return what of our environment the jobs need: proxies, certificates, our own settings, and what addresses of
    messages name. Raise ``Unquotable``."""
    named = {name for to in telling.addresses for name in to.variables}
    own = {name for name in environment if name.startswith("QQNEWS_")} - _NOT_CARRIED
    proxies = {name for name in environment if name.lower() in _CARRIED}
    carried = {name: environment[name] for name in sorted(named | own | proxies) if environment.get(name)}
    for name, value in carried.items():
        if not _NAME.fullmatch(name):
            raise Unquotable(f"{name!r}", "is no name of a variable")
        ensure_utf8(f"the variable {name}", value)
    return carried


def text_of(environment: Mapping[str, str]) -> str:
    """Return the file's content. Names and values are those that ``carried_environment`` lets pass."""
    quoted = {name: _ESCAPED.sub(r"\\\1", value) for name, value in sorted(environment.items())}
    return f"{HEADER}\n" + "".join(f'{name}="{value}"\n' for name, value in quoted.items())


def read_environment(path: Path) -> dict[str, str]:
    """Return the variables in a file. Raise ``BadEnvironmentFile``."""
    try:
        return dict(_variables(path, path.read_text("utf-8").split("\n")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadEnvironmentFile(path, getattr(error, "strerror", None) or "it is not UTF-8") from error


def _variables(path: Path, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith(("#", ";")):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals or not _NAME.fullmatch(name.strip()):
            raise BadEnvironmentFile(path, f"line {number} is not NAME=value")
        yield name.strip(), _unquoted(value.strip())


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return _UNESCAPED.sub(r"\1", value[1:-1])
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == "'" else value


def is_ours(path: Path) -> bool:
    """Return whether the file may be written: it is not there, or we wrote it."""
    try:
        with path.open("rb") as file:
            return file.readline().rstrip() == HEADER.encode()
    except FileNotFoundError:
        return True
    except OSError:
        return False


def write_environment(path: Path, environment: Mapping[str, str], option: str) -> None:
    """Write the file, readable by its owner alone from its first byte. ``option``: how another place is named.

    Raise ``NotWritable``.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWNER_ONLY)
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  (a handle, not a path)
            file.write(text_of(environment))
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise NotWritable(path, error.strerror or str(error), option) from error


def remove_environment(path: Path) -> None:
    """Remove the file if we wrote it."""
    if path.exists() and is_ours(path):
        path.unlink()


class EnvironmentFile:
    """A file of variables, taken into the environment of this process and of all that it starts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._taken: set[str] = set()

    def load(self) -> None:
        """Take its variables over, anew if they were before. What was in the environment before it stays.

        Raise ``BadEnvironmentFile``; then nothing has changed.
        """
        read = read_environment(self.path)
        for name in self._taken - read.keys():
            os.environ.pop(name, None)
        self._taken = {name for name in read if name in self._taken or name not in os.environ}
        os.environ.update({name: read[name] for name in self._taken})


def place_for(data: Path) -> Path:
    """Return where the variables for cron's line on the archive in ``data`` are kept: one file for each archive, in
    the user's directory of settings, not on the archive's own disk. Raise ``NotWritable`` where there is no home."""
    try:
        settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser())
    except RuntimeError as error:
        raise NotWritable(Path("~/.config"), "there is no home directory", "--env") from error
    return settings.absolute() / "qqnews" / f"{name_for(data)}.env"


def name_for(data: Path) -> str:
    """Return a name for what belongs to the archive in ``data`` and lies elsewhere."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", data.name).strip("-")[:40] or "archive"
    return f"{readable}-{sha256(os.fsencode(data)).hexdigest()[:8]}"
