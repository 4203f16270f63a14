"""``qqnews serve`` in a process of its own, and a browser to look at it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import QQNEWS, clean_environment

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_QUIET = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
).split()


@dataclass(frozen=True)
class Served:
    """A running server. ``address`` ends with a slash."""

    address: str
    process: subprocess.Popen[str]


@contextmanager
def serving(data: Path, *arguments: str, **variables: str) -> Iterator[Served]:
    """Serve ``data`` at a free port until the block ends. What it says on standard error is kept for the end."""
    command = [str(QQNEWS), "--data", str(data), "--json", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(
        command, env=clean_environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(process.communicate()[1])
    try:
        yield Served(json.loads(line)["address"], process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


@contextmanager
def browsing() -> Iterator[Browser]:
    """The machine's own Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield browser
        browser.close()
