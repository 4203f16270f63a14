"""The command line in this process: the same commands, without the time to start them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import Called
from tests.site.site import Site


@pytest.fixture
def qqnews(fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    """Call ``qqnews --data … ARGUMENTS`` in this process, through the site's proxy. Its errors are raised."""
    from qqnews import cli

    for name in list(os.environ):
        if "proxy" in name.lower() or name.startswith("QQNEWS_"):
            monkeypatch.delenv(name)
    for name, value in fresh_site.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Called:
        ended = CliRunner().invoke(cli, ["--data", str(data), *arguments])
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Called(ended.exit_code, ended.stdout, ended.stderr)

    return run
