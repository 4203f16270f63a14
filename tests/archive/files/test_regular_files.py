"""What may lie in a folder: read are regular files alone, no further than a limit; trees without their links."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from archive.files.regular_files import UnusableFile, files_below, is_regular, open_regular, read_regular, sha256_of
from tests.site.site import ROOT


def test_what_is_no_regular_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    said = {}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for name in ("pipe", "zero", "folder", "socket"):
            with pytest.raises(UnusableFile) as refused:
                open_regular(tmp_path / name)
            said[name] = refused.value.strerror
    assert said == {
        "pipe": "a named pipe, no regular file",
        "zero": "a device, no regular file",
        "folder": "a directory, no regular file",
        "socket": "a socket, no regular file",
    }


def test_links_are_followed_and_within_a_directory_only_to_what_is_in_it(tmp_path: Path) -> None:
    inside, outside = tmp_path / "tree" / "deep" / "one.txt", tmp_path / "other.txt"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(b"inside")
    outside.write_bytes(b"outside")
    near, far, round_about = (tmp_path / "tree" / name for name in ("near", "far", "round"))
    near.symlink_to("deep/one.txt")
    far.symlink_to(outside)
    round_about.symlink_to("round")
    assert read_regular(far, 100) == b"outside"
    assert read_regular(near, 100, within=tmp_path / "tree") == b"inside"
    with pytest.raises(UnusableFile, match="leads out of"):
        read_regular(far, 100, within=tmp_path / "tree")
    with pytest.raises(OSError, match="symbolic links"):
        read_regular(round_about, 100, within=tmp_path / "tree")
    assert [is_regular(path) for path in (inside, near)] == [True, False]


def test_no_more_is_read_than_the_limit_or_than_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    assert read_regular(path, 1000) == b"x" * 1000
    with pytest.raises(UnusableFile, match="larger than 999 bytes"):
        read_regular(path, 999)
    assert sha256_of(path) == sha256(b"x" * 1000).hexdigest()
    assert sha256_of(path, 10) == sha256(b"x" * 10).hexdigest()


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableFile, match="name"):
        open_regular(tmp_path / name)


def test_a_tree_is_walked_by_name_without_links_and_whatever_its_depth(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("a.txt", "b/x.txt", "b/c/y.txt", "z.txt"):
        (tmp_path / name).touch()
    (tmp_path / "b" / "up").symlink_to("..")
    found = [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)]
    assert found == ["a.txt", "z.txt", "b/up", "b/x.txt", "b/c/y.txt"]
    with deep_below(tmp_path, "d", 1500):
        assert len(list(files_below(tmp_path))) == 5


def test_a_directory_that_cannot_be_listed_is_told_of(tmp_path: Path) -> None:
    errors: list[OSError] = []
    with deep_below(tmp_path, "d" * 250, 17):  # Longer than any path may be.
        assert list(files_below(tmp_path, on_error=errors.append)) == []
    assert [error.strerror for error in errors] == ["File name too long"]
    assert list(files_below(tmp_path / "none", on_error=errors.append)) == []
    assert len(errors) == 1


@contextmanager
def deep_below(directory: Path, name: str, depth: int) -> Iterator[None]:
    """So many directories of this name within each other, gone again afterwards: few programs can remove them."""
    made = "import os, sys\nfor _ in range(int(sys.argv[2])):\n    os.mkdir(sys.argv[1])\n    os.chdir(sys.argv[1])"
    subprocess.run([sys.executable, "-c", made, name, str(depth)], cwd=directory, check=True)
    try:
        yield
    finally:
        subprocess.run(["rm", "-rf", name], cwd=directory, check=True)


def test_what_a_shell_hands_over_as_a_file_is_read_though_it_is_a_pipe() -> None:
    read = "import sys; from archive.files.regular_files import read_named; print(read_named(sys.argv[1], 9).decode())"
    command = f"{sys.executable} -c '{read}' <(printf words)"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("words\n", "")
