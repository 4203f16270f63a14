"""The walls of the house: who may import whom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def importers(folder: str, *forbidden: str) -> list[str]:
    """Files below ``folder`` that import a forbidden module or what is inside it."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in imports_of(path)
        if any(name == module or name.startswith(module + ".") for module in forbidden)
    ]


def test_no_arrow_leads_back() -> None:
    assert importers("archive", "crawler", "schedules", "scrapy", "apscheduler") == []
    assert importers("crawler", "schedules", "apscheduler") == []
    assert importers("schedules", "crawler", "scrapy") == []


@pytest.mark.parametrize("folder", ["crawler/sites", "crawler/body"])
def test_parsing_is_pure(folder: str) -> None:
    outside = ("scrapy", "os", "pathlib", "time", "socket", "sqlite3", "subprocess", "urllib.request", "asyncio")
    assert importers(folder, *outside) == []


def test_trees_are_walked_and_files_mapped_in_one_place() -> None:
    """What follows links, calls itself for every level, or ends the process where a disk fails, is done nowhere."""
    walking = re.compile(r"\b(?:os\.walk|os\.fwalk)\(|\.rglob\(|\bmmap\b")
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ("archive", "crawler", "schedules")
        for path in (ROOT / room).rglob("*.py")
        if walking.search(path.read_text(encoding="utf-8"))
    }
    # These two look at folders that an export has just made, or removed the files of.
    assert found == {"archive/export/erase.py", "archive/export/place.py"}


def test_one_door_to_each_outside_thing() -> None:
    assert {found.split()[0] for found in importers("crawler", "sqlite3", "sqlite_utils")} == set()
    assert {found.split()[0] for found in importers("schedules", "apscheduler")} <= {"schedules/clock.py"}
