"""Verifying finds every damage, and dies of none. All of it, and thousands of random ones, is ``make damage``."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from archive.verify.captures import check_captures
from archive.verify.tree import check_tree
from tests.conftest import QQNEWS
from tests.tools.damage import trials

RANDOM = 250
"""Damages anywhere, of which the first are shown to the command itself."""
CALLED = 4


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("specimen") / "data"
    trials.make_specimen(data)
    return data


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen, tmp_path / "data")
    return tmp_path / "data"


def test_nothing_is_found_in_what_is_sound(data: Path) -> None:
    assert trials.whole(data) == []


@pytest.mark.parametrize(
    ("name", "every"),
    [("exports/jsonl/SHA256SUMS", 1), ("exports/ours/SHA256SUMS", 2), ("exports/ours/export.json", 5)],
)
def test_every_cut_and_every_bit_of_a_list_of_digests_and_a_manifest(data: Path, name: str, every: int) -> None:
    assert trials.unnoticed(data, list(trials.every_damage(data, name))[::every], trials.exports) == []


def test_every_cut_and_every_bit_of_a_markdown_file(tmp_path: Path) -> None:
    markdown, _ = trials.make_small(tmp_path)
    with trials.opened(tmp_path, check_tree) as look:
        assert trials.unnoticed(tmp_path, trials.every_damage(tmp_path, markdown), look) == []


def test_every_cut_and_every_bit_of_a_capture_file(tmp_path: Path) -> None:
    _, captures = trials.make_small(tmp_path)
    with trials.opened(tmp_path, partial(check_captures, deep=True)) as look:
        assert trials.unnoticed(tmp_path, trials.every_damage(tmp_path, captures), look) == []


def test_damages_anywhere(data: Path) -> None:
    assert trials.unnoticed(data, trials.random_damages(data, RANDOM, seed=13), trials.whole) == []


def test_the_commands_name_damages_and_die_of_none(data: Path) -> None:
    for damage in list(trials.random_damages(data, RANDOM, seed=13))[:CALLED]:
        path = data / damage.file
        sound = path.read_bytes()
        damage.do(path)
        found = bool(trials.whole(data))
        for command in (["verify", "--deep"], ["repair", "--dry-run"]):
            ended = subprocess.run([str(QQNEWS), "--data", str(data), *command], capture_output=True, text=True)
            assert "Traceback" not in ended.stderr, f"{damage}: {ended.stderr}"
            if command[0] == "verify":
                assert ended.returncode == (16 if found else 0), f"{damage}: {ended.stdout}{ended.stderr}"
        trials.put_back(path, sound)
