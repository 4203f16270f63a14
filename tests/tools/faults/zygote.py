"""Runs real commands in processes of their own, forked from one that has imported everything: seconds saved each.

This module is both sides: `Zygote` here, and ``python -m tests.tools.faults.zygote`` with the shim preloaded.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.conftest import clean_environment
from tests.site.site import ROOT

_FORKED = (
    *("crawler.cli.crawl", "crawler.cli.recheck", "crawler.cli.reextract", "crawler.cli.media"),
    *("archive.cli.render", "archive.cli.maintenance", "archive.duplicates.clusters"),
    *("archive.cli.search", "archive.cli.duplicates", "archive.cli.export", "archive.export.pipeline"),
    # What Scrapy and the migrations import only when they are at work.
    *("sqlite_utils", "requests", "tldextract", "chardet", "aiohttp.web", "protego", "queuelib", "scrapy.crawler"),
    *(
        "scrapy.core.engine",
        "scrapy.core.downloader.handlers.http11",
        "scrapy.extensions.feedexport",
        "scrapy.pipelines",
    ),
)
LONGEST = 90
"""Seconds a command may take before it counts as hanging."""


def built_shim(folder: Path) -> Path:
    """The shim, compiled into ``folder``. Raises `FileNotFoundError` where there is no gcc."""
    target = folder / "shim.so"
    if not target.exists():
        source = Path(__file__).with_name("shim.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(target), str(source), "-ldl"], check=True)
    return target


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (negative: killed by that signal), what it said, its writing calls."""

    code: int
    out: str
    err: str
    calls: int

    @property
    def is_clear(self) -> bool:
        """Whether what went wrong was said in one line, with a documented exit code."""
        said = self.err.strip().splitlines()
        return self.code in (21, 24) and len(said) == 1 and said[0].startswith("qqnews: ")


class Zygote:
    """The process from which commands are forked. Use it from one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        environment = clean_environment(LD_PRELOAD=str(built_shim(folder)), QQNEWS_LEASE="1")
        command = [sys.executable, "-m", "tests.tools.faults.zygote"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, data: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> Ended:
        """Run ``qqnews --data … arguments`` with these environment variables added; wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {
            "arguments": ["--data", str(data), *arguments],
            "variables": {"FAULT_UNDER": str(data), **(variables or {})},
            "folder": str(self._folder),
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def main() -> None:
    """Fork one command for each line of standard input."""
    for module in _FORKED:
        import_module(module)
    os.environ.pop("LD_PRELOAD", None)
    for line in sys.stdin:
        order = json.loads(line)
        sys.stdout.write(json.dumps(_answer(order)) + "\n")
        sys.stdout.flush()


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    folder = Path(order["folder"])
    files = {name: folder / f"{os.getpid()}.{name}" for name in ("out", "err", "calls")}
    files["calls"].write_text("0")
    child = os.fork()
    if child == 0:
        _become(order, files)
    deadline = time.monotonic() + LONGEST
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGABRT)
        time.sleep(0.005)
    return {
        "code": os.waitstatus_to_exitcode(ended[1]),
        "out": files["out"].read_text(),
        "err": files["err"].read_text(),
        "calls": int(files["calls"].read_text()),
    }


def _become(order: dict[str, Any], files: dict[str, Path]) -> None:
    """In the child: run the command as `qqnews.main` does for a user, and end."""
    from qqnews import main as command

    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(files[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(order["variables"])
    sys.argv = ["qqnews", *order["arguments"]]
    shim = ctypes.CDLL(None)
    shim.fault_begin()
    code: Any = 1
    try:
        command()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    files["calls"].write_text(str(shim.fault_calls()))
    os._exit(int(code or 0))


if __name__ == "__main__":
    main()
