"""The command itself: however it is called, and whatever it has to say of its own mistakes and of others'."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archive.store import Archive
from tests.conftest import QQNEWS, clean_environment

PASSWORD = "geheim-of-proxy"


def call(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(**variables)
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_as_a_script_and_as_a_module_it_is_the_same() -> None:
    script = call(str(QQNEWS), "--version")
    module = call(sys.executable, "-m", "qqnews", "--version")
    assert (script.returncode, module.returncode) == (0, 0)
    assert script.stdout.split()[-1] == module.stdout.split()[-1]


@pytest.mark.parametrize("words", [["stats", "{secret}"], ["show", "{secret}"], ["--nonsense={secret}"], ["{secret}"]])
def test_what_is_wrong_with_the_command_line_is_said_without_a_password(words: list[str], tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    secret = f"http://robert:{PASSWORD}@proxy:1"
    ended = call(str(QQNEWS), "--data", str(tmp_path), *(word.format(secret=secret) for word in words))
    assert ended.returncode in (2, 20)
    assert ended.stderr
    assert PASSWORD not in ended.stderr


BREAKS = """
import archive.store, qqnews, sys

def broken(*_):
    raise RuntimeError("no answer of http://robert:{password}@proxy:1 with {password}")

archive.store.Archive.existing = broken
sys.argv[1:] = ["stats"]
qqnews.main()
"""


def test_not_even_what_nobody_foresaw_shows_a_password() -> None:
    proxy = f"http://robert:{PASSWORD}@proxy:1"
    ended = call(sys.executable, "-c", BREAKS.format(password=PASSWORD), https_proxy=proxy)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "RuntimeError: no answer of http://***@proxy:1 with ***"
