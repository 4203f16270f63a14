"""Units for systemd: a daemon; timers that look at the clock for one job; one run by hand. Pure.

The timers fire every minute and ask the ledger. A time-table of their own would be a second truth, and one that
knows no jitter and no due times of the daemon or of cron.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from schedules.config.env_file import Unquotable, ensure_utf8

STATE: Final = "/var/lib/qqnews"
"""The archive of the system's units: the only place they can write to."""


def units(
    program: Sequence[str],
    jobs: Path | None,
    data: Path | None,
    environment: Path,
    *,
    user: bool,
    archive: str = "",
    metrics_file: Path | None = None,
) -> dict[str, str]:
    """File name → text. ``environment``: a file of variables, which may be absent; ``archive``: which one is meant.

    ``user``: for a user's own systemd, on the archive in ``data``; else for the system's, on ``STATE``.
    Raises ``Unquotable``.
    """
    for path in (*program, *filter(None, (jobs, data, environment, metrics_file))):
        ensure_utf8(f"the path {str(path)!r}", str(path))
    start = f"{_executable(program[0])} {_words([*program[1:], '--data', str(data or STATE), 'schedule'])}"
    table = f" --archive {archive}" if archive else ""
    table += f" --jobs {_words([str(jobs)])}" if jobs else ""
    limits = f"EnvironmentFile=-{_pattern(str(environment))}\n" + (_ANYWHERE if user else _SYSTEM + _ANYWHERE)
    if metrics_file is not None and not user:
        limits += f"ReadWritePaths=-{_directory(str(metrics_file.parent))}\n"
    target = "default.target" if user else "multi-user.target"
    mounted = _mounted(str(data or STATE))
    once = f"{_ONE_RUN}ExecStart={start}"
    return {
        "qqnews.service": f"{_unit('the daemon', mounted, 'qqnews-tick@.timer')}\n[Service]\n{_DAEMON}"
        f"ExecStart={start} run{table}\n{limits}\n[Install]\nWantedBy={target}\n",
        "qqnews-tick@.service": f"{_unit('what is due of %i', mounted)}\n[Service]\n{once} tick{table} %i\n{limits}",
        "qqnews-tick@.timer": f"{_unit('look at the clock for %i')}\n{_TIMER}",
        "qqnews@.service": f"{_unit('one run of %i', mounted)}\n[Service]\n{once} once{table} %i\n{limits}",
    }


def _unit(what: str, mounted: str = "", instead_of: str = "") -> str:
    lines = [f"Description=Tencent News archive: {what}", "After=network-online.target time-sync.target"]
    lines += ["Wants=network-online.target", *filter(None, [mounted])]
    return "\n".join([f"# Written by 'qqnews schedule systemd'.{_also(instead_of)}", "[Unit]", *lines, ""])


def _also(other: str) -> str:
    return f" May run beside {other}: each due time is run once all the same." if other else ""


def _words(words: Sequence[str]) -> str:
    return " ".join(_word(word) for word in words)


def _word(word: str) -> str:
    safe = _specifiers(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return safe if re.fullmatch(r"[\w@%+=:,./-]+", safe, re.ASCII) else f'"{safe}"'


def _executable(path: str) -> str:
    """The first word of a command: no variable is filled in there, and quotation marks are not allowed."""
    _ensure_no(("'", '"', "\\"), path)
    return f'"{_specifiers(path)}"' if " " in path else _specifiers(path)


def _directory(path: str) -> str:
    """A path where nothing is escaped and only quotes count."""
    _ensure_no(('"', "\\"), path)
    return f'"{_specifiers(path)}"'


def _mounted(path: str) -> str:
    """That the archive's disk is waited for; nothing where its name cannot be written there."""
    with suppress(Unquotable):
        return f"RequiresMountsFor={_directory(path)}"
    return ""


def _ensure_no(marks: Sequence[str], path: str) -> None:
    if any(mark in path for mark in marks):
        raise Unquotable(f"the path {path!r}", "holds a quotation mark or a backslash")


def _pattern(path: str) -> str:
    """A path where quotes do not count, and which is matched against names."""
    return _specifiers(re.sub(r"([\\*?[])", r"\\\1", path))


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")


# The daemon says when it is at work (bringing an archive up to date takes as long as it takes), and from then on that
# it lives: one that hangs is ended and started again.
_DAEMON: Final = """\
Type=notify
NotifyAccess=main
TimeoutStartSec=infinity
WatchdogSec=5min
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=10s
KillMode=mixed
TimeoutStopSec=90s
"""
# 23: somebody else runs the job; SIGTERM at the machine's end is no failure either.
_ONE_RUN: Final = """\
Type=oneshot
SuccessExitStatus=23 143
KillMode=mixed
TimeoutStopSec=90s
"""
_TIMER: Final = """\
[Timer]
OnCalendar=minutely
OnBootSec=30s
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
_ANYWHERE: Final = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0027
RuntimeDirectory=qqnews
RuntimeDirectoryPreserve=yes
MemoryHigh=768M
MemoryMax=1G
TasksMax=256
Nice=10
"""
# Not ProcSubset=pid: the locks rest on the machine's boot id, which lies in /proc/sys.
_SYSTEM: Final = """\
DynamicUser=yes
User=qqnews
StateDirectory=qqnews
StateDirectoryMode=0750
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
DevicePolicy=closed
"""
