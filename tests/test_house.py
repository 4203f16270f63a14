"""The walls of the house: who may import whom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parent.parent
TOP = ("archive", "crawler", "schedules")

# From the lowest to the highest: a room may import what stands before it, and itself. A module is in the room with the
# longest name that fits its own.
ROOMS: Final = """
    archive.errors
    archive.identity
    archive.article
    archive.files
    archive.database.tables
    archive.database
    archive.captures
    archive.redaction
    archive.duplicates
    archive.judge_reading
    archive.store
    archive.frontier
    archive.runs
    archive.monitoring
    archive.media
    archive.revisions
    archive.search
    archive.export.errors
    archive.export.request
    archive.export.format_registry
    archive.export.read
    archive.export.select
    archive.export.write
    archive.export.report
    archive.export.metadata
    archive.export.formats
    archive.export
    archive.takedown
    archive.verify
    archive.repair
    archive.web.errors
    archive.web.asgi
    archive.web.i18n
    archive.web.http
    archive.web.security
    archive.web
    archive.web.pages
    archive.web.routes
    archive.web.datasette_plugin
    archive.web.server
    archive.cli
    crawler.body.blocks
    crawler.body.writing
    crawler.body
    crawler.sites.address
    crawler.sites.page
    crawler.sites.encoding
    crawler.sites.markup
    crawler.sites.times
    crawler.sites
    crawler.sites.qq.addresses
    crawler.sites.qq.walls
    crawler.sites.qq.identity
    crawler.sites.qq.layouts
    crawler.sites.qq.lists
    crawler.sites.qq
    crawler.sites.wechat
    crawler.sites.registry
    crawler.sites.identify
    crawler.items
    crawler.net
    crawler.settings
    crawler.recording
    crawler.middlewares
    crawler.spiders
    crawler.pipelines
    crawler.reprocess
    crawler.engine
    crawler.doctor
    crawler.cli
    schedules.config
    schedules.timetable
    schedules.runner
    schedules.notify
    schedules.daemon
    schedules.deploy
    schedules.cli
    qqnews
""".split()
MOST_MODULES: Final = 14
"""In a room, beside ``__init__``; but where all are of one kind by name."""
OF_ONE_KIND: Final = ("crawler/sites/qq/layouts",)


@cache
def modules() -> dict[str, Path]:
    """Every module of the product by its name; packages are none."""
    found = {"qqnews": ROOT / "qqnews.py"}
    for path in (path for top in TOP for path in (ROOT / top).rglob("*.py") if path.name != "__init__.py"):
        found[".".join(path.relative_to(ROOT).with_suffix("").parts)] = path
    return found


def nodes_of(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements but those for type checkers alone."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        for inner in ("body", "orelse", "finalbody", "handlers"):
            yield from nodes_of(getattr(node, inner, []))


@cache
def imported_by(module: str) -> frozenset[str]:
    """The modules of the product that a module imports, at its top or inside a function."""
    found = set[str]()
    for node in nodes_of(ast.parse(modules()[module].read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{name.name}" for name in node.names} & modules().keys()
            found |= whole or {node.module}
    return frozenset(found & modules().keys())


def room_of(module: str) -> int:
    """The place of the module's room in the order."""
    fitting = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return ROOMS.index(max(fitting, key=len))


def test_no_room_imports_from_a_higher_one() -> None:
    upward = [
        f"{module} imports {other}"
        for module in modules()
        for other in imported_by(module)
        if room_of(other) > room_of(module)
    ]
    assert upward == []


def test_no_modules_go_round_in_a_circle() -> None:
    done, under_way = set[str](), list[str]()

    def visit(module: str) -> None:
        assert module not in under_way, " → ".join([*under_way[under_way.index(module) :], module])
        if module not in done:
            under_way.append(module)
            for other in sorted(imported_by(module)):
                visit(other)
            done.add(under_way.pop())

    for module in modules():
        visit(module)


def test_every_room_can_be_overlooked() -> None:
    rooms = {path.parent for path in modules().values()}
    crowded = {
        room.relative_to(ROOT).as_posix()
        for room in rooms
        if len([path for path in room.glob("*.py") if path.name != "__init__.py"]) > MOST_MODULES
    }
    assert crowded <= set(OF_ONE_KIND)


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def importers(folder: str, *sought: str) -> set[str]:
    """Files below ``folder`` that import one of these modules, or what is inside it."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in imports_of(path)
        if any(name == module or name.startswith(module + ".") for module in sought)
    }


def containing(pattern: str) -> set[str]:
    sought = re.compile(pattern)
    return {
        path.relative_to(ROOT).as_posix()
        for path in modules().values()
        if sought.search(path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("folder", ["crawler/sites", "crawler/body"])
def test_parsing_is_pure(folder: str) -> None:
    outside = ("scrapy", "os", "pathlib", "time", "socket", "sqlite3", "subprocess", "urllib.request", "asyncio")
    assert importers(folder, *outside) == set()


def test_trees_are_walked_and_files_mapped_in_one_place() -> None:
    """What follows links, calls itself for every level, or ends the process where a disk fails, is done nowhere."""
    # Two look at folders that an export has just made, or removed the files of; one at the program's own.
    expected = {
        "archive/takedown/export_folders.py",
        "archive/export/write/atomic_directory.py",
        "schedules/config/program.py",
    }
    assert containing(r"\b(?:os\.walk|os\.fwalk)\(|\.rglob\(|\bmmap\b") == expected


def test_scrapy_is_met_only_where_pages_are_fetched() -> None:
    rooms = ("engine", "middlewares", "net", "pipelines", "recording", "spiders")
    assert {name.split("/")[1] for name in importers("crawler", "scrapy")} <= set(rooms)
    assert importers("archive", "scrapy") | importers("schedules", "scrapy") == set()


def test_apscheduler_has_one_door() -> None:
    assert {name for top in TOP for name in importers(top, "apscheduler")} == {"schedules/timetable/apscheduler.py"}


def test_commands_are_made_on_top() -> None:
    """Besides, three say something to whoever called: what a page says of itself, what a job met."""
    others = {"crawler/doctor/pages.py", "crawler/engine/job.py", "crawler/reprocess/saved_page.py"}
    assert {name for top in TOP for name in importers(top, "click") if "/cli/" not in name} == others


def test_databases_are_opened_by_few() -> None:
    """The archive's by its schema; others are files of their own: indexes, copies, exports, evidence to look into."""
    assert importers("crawler", "sqlite3", "sqlite_utils") == set()
    assert containing(r"sqlite3\.connect\(") == {
        "archive/captures/capture_index.py",
        "archive/database/backup.py",
        "archive/database/schema.py",
        "archive/export/formats/sqlite.py",
        "archive/identity.py",
        "archive/repair/rebuild.py",
        "archive/search/index.py",
        "archive/takedown/decompress.py",
        "archive/takedown/export_formats.py",
        "archive/web/security/sql_worker.py",
    }
