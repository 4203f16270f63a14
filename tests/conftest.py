"""What all tests share: the loopback site, and the command as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive.errors import QQNewsError
from qqnews import cli
from tests.site.site import Site


def pytest_configure() -> None:
    """The same examples in every run, however slow the machine: a test fails because of what was changed, or never.

    `make fuzz` looks for others. Imported here: the benches, which share this file, have no need of it.
    """
    from hypothesis import settings

    settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
    settings.register_profile("explore", deadline=None, print_blob=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


def installed(name: str) -> Path:
    """The script of that name in the environment that these tests run in."""
    return Path(sysconfig.get_path("scripts"), name)


QQNEWS = installed("qqnews")
"""The command, as whoever installed it calls it."""
PYTHON = Path(sys.executable)
"""The interpreter that it runs in."""


@dataclass(frozen=True)
class Called:
    """How a call of the command ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The report that ``--json`` printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def counts(self) -> dict[str, int]:
        """The report's counts, without those that are 0."""
        return {name: number for name, number in self.report["counts"].items() if number}


def call_here(data: Path, *arguments: str) -> Called:
    """Call ``qqnews --data … `` in this process; what nobody foresaw is raised."""
    ended = CliRunner().invoke(cli, ["--data", str(data), *arguments])
    if isinstance(ended.exception, QQNewsError):
        return Called(ended.exception.exit_code, ended.stdout, f"{ended.stderr}qqnews: {ended.exception}\n")
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Called(ended.exit_code, ended.stdout, ended.stderr)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A small site of its own for every test module."""
    with Site(seed=7, articles=60) as running:
        yield running


@pytest.fixture
def fresh_site(site: Site) -> Iterator[Site]:
    """The module's site, its log empty; faults, removals and mistakes are undone afterwards."""
    site.forget_requests()
    yield site
    site.clear_faults()
    for article_id in tuple(site.world.farewells):
        site.restore(article_id)
    for article_id in tuple(site.world.mistaken):
        site.mistake(article_id, None)


def clean_environment(**added: str) -> dict[str, str]:
    """This process's environment without proxies and without our own variables."""
    names = [name for name in os.environ if "proxy" in name.lower() or name.startswith("QQNEWS_")]
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, **added}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def call(fresh_site: Site, data: Path) -> Callable[..., Called]:
    """Call ``qqnews --data … `` with these arguments in a process of its own, through the site's proxy."""

    def run(*arguments: str, timeout: float = 60, **variables: str) -> Called:
        command = [str(QQNEWS), "--data", str(data), *arguments]
        environment = clean_environment(**fresh_site.environment(), **variables)
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)
        return Called(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def crawl(fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    """Call ``qqnews crawl --json --delay 0`` in this process: the same command, without the time to start it."""
    import crawler.cli.crawl
    from qqnews import FrontDoor

    for name in list(os.environ):
        if "proxy" in name.lower() or name.startswith("QQNEWS_"):
            monkeypatch.delenv(name)
    for name, value in fresh_site.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, delay: str = "0") -> Called:
        options = ["--json", "--delay", delay, *arguments]
        ended = CliRunner().invoke(crawler.cli.crawl.crawl, options, obj=FrontDoor(data, json=True))
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Called(ended.exit_code, ended.stdout, ended.stderr)

    return run
