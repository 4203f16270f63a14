"""The table of faults, shortened: a try or two of each. The whole of it is ``make faults``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.tools.faults.commands import COMMANDS, Command
from tests.tools.faults.ledger import added_up, rows_of, written_down
from tests.tools.faults.matrix import FAULTS, Bench, Row, tries
from tests.tools.faults.state import state_of

pytestmark = [
    pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc for the shim"),
    pytest.mark.xdist_group("faults"),
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("faults")) as opened:
        yield opened


SHORTENED = [(command, fault) for command in COMMANDS for fault in FAULTS if fault in ("kill -9", "ENOSPC")]
SHORTENED += [(COMMANDS[0], fault) for fault in ("EIO", "EROFS")]


@pytest.mark.parametrize(("command", "fault"), SHORTENED, ids=lambda it: it if isinstance(it, str) else it.name)
def test_after_any_fault_the_same_command_makes_the_same_archive(bench: Bench, command: Command, fault: str) -> None:
    row = Row(fault, command.name)
    bench.trial(command, fault, Random(f"test/{fault}/{command.name}"), row)
    assert (row.lost, row.doubled, row.torn, row.unclear) == (0, 0, 0, 0), row.notes
    assert row.recovered == row.tries, row.notes


def test_a_clock_that_is_set_back_loses_and_hangs_nothing(bench: Bench) -> None:
    """Killed in the midst, and started again six hours before: leases and pauses lie in the future then."""
    crawl = COMMANDS[0]
    expected = bench.again_if_disturbed(crawl)
    with bench.copy(expected.template) as data:
        bench.call(crawl, data, FAULT_AT=str(expected.calls * 3 // 4), FAULT_ERRNO="0")
        ended, _ = bench.call(crawl, data, FAULT_CLOCK=str(-6 * 3600))
        found = state_of(data)
    assert ended.code == 0, ended
    assert found == expected.after


def test_the_table_is_added_up_from_parts(tmp_path: Path) -> None:
    ledger, wanted = tmp_path / "ledger.jsonl", list(tries(3, seed=1, only="kill -9 backup"))
    for each in wanted[:2]:
        written_down(ledger, each, Row(each.fault, each.command.name, tries=1, torn=each.number, notes=["x"]))
    made = rows_of(ledger, wanted)
    assert [each.number for each in made] == [0, 1]
    assert added_up(made.values()) == [Row("kill -9", "backup", tries=2, torn=1, notes=["x", "x"])]
