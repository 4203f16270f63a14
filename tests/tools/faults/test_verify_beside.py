"""Verifying beside a takedown, an export, a repair: stopped anywhere, none of them looks like damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.article.markdown import to_markdown
from archive.export.pipeline import export
from archive.export.request import ExportRequest
from archive.search.sync import index_new
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.samples import an_article
from tests.archive.specimen import a_reading, make_archive
from tests.tools.faults.stopped import ended_or_waiting, started, stopped_at, tells_where_processes_wait

pytestmark = [
    pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc for the shim"),
    pytest.mark.skipif(not tells_where_processes_wait(), reason="this system does not tell where a process waits"),
    pytest.mark.xdist_group("faults"),
]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shim")


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("specimen") / "data"
    make_archive(data)
    with Archive.existing(data) as archive:
        export(archive, "jsonl", data / "exports" / "ours", ExportRequest())
        index_new(archive)
    hugo = data.parent / "hugo"
    hugo.mkdir()
    for number in range(20, 23):
        (hugo / f"{number}.md").write_text(to_markdown(an_article(number)))
    return data


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen.parent, tmp_path / "all")
    return tmp_path / "all" / "data"


TAKEDOWN = ("takedown", a_reading(3).id, "--reason", "order 7", "--yes")
EXPORT = ("export", "jsonl", "exports/ours", "--limit", "3")
INGEST = ("ingest", "hugo")
STOPS: dict[tuple[str, ...], dict[str, tuple[int, ...]]] = {
    TAKEDOWN: {"raw": (2,), "exports": (24, 40), "articles": (3,), ".takedown": (6,)},
    EXPORT: {"exports": (22, 35)},
    INGEST: {"articles": (12,)},
}
"""Command → where → at which of its calls that change something there."""


def placed(arguments: tuple[str, ...], data: Path) -> list[str]:
    places = {"exports/ours": data / "exports/ours", "hugo": data.parent / "hugo"}
    return [str(places.get(each, each)) for each in arguments]


@pytest.mark.parametrize(
    ("arguments", "where", "call"),
    [(command, where, call) for command, places in STOPS.items() for where, calls in places.items() for call in calls],
    ids=lambda it: it[0] if isinstance(it, tuple) else str(it),
)
def test_a_command_stopped_in_its_midst_is_no_damage(
    data: Path, shim: Path, arguments: tuple[str, ...], where: str, call: int
) -> None:
    with stopped_at(call, data / where, shim, data, *placed(arguments, data)) as command:
        assert command is not None, "it makes fewer calls: name other ones in STOPS"
        looking = started(data, "verify", "--deep")
        ended_or_waiting(looking)
    out, err = looking.communicate()
    assert (looking.returncode, out, err) == (0, "ok: nothing is wrong\n", "")
    assert list(verify(data, deep=True)) == []


READ = [
    *((TAKEDOWN, "articles", 6), (TAKEDOWN, "raw", 1), (TAKEDOWN, "raw", 3), (TAKEDOWN, "exports", 5)),
    *((EXPORT, "exports", 5), (EXPORT, "exports", 9)),
]
"""Command that runs meanwhile → where and at which of the files that verifying opens there it is stopped."""


@pytest.mark.parametrize(
    ("arguments", "where", "call"), READ, ids=lambda it: it[0] if isinstance(it, tuple) else str(it)
)
def test_verify_stopped_in_its_midst_takes_nothing_for_damage_that_was_done_meanwhile(
    data: Path, shim: Path, arguments: tuple[str, ...], where: str, call: int
) -> None:
    with stopped_at(call, data / where, shim, data, "verify", "--deep", reading=True) as looking:
        assert looking is not None, "it opens fewer: name other ones in READ"
        command = started(data, *placed(arguments, data))
        out, err = command.communicate()
        assert command.returncode == 0, f"{out}{err}"
