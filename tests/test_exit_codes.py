"""Each verdict and each exit code has a test that provokes it; here is which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import ExitCode

TESTS = Path(__file__).parent
FAULTS = "crawler/engine/test_faults.py"

PROVOKED: dict[int, tuple[str, str]] = {
    ExitCode.OK: (FAULTS, "test_removed_articles_among_others_are_no_failure"),
    ExitCode.UNEXPECTED: ("test_exit_codes.py", "test_what_nobody_foresaw_is_1_with_all_that_helps_to_mend_it"),
    ExitCode.USAGE: ("archive/cli/test_articles.py", "test_every_failure_has_its_exit_code"),
    ExitCode.EMPTY: (FAULTS, "test_a_list_that_is_none"),
    ExitCode.THIN: ("crawler/engine/test_expected_yield.py", "test_half_the_channels_emptied"),
    ExitCode.BLOCKED: ("crawler/engine/test_expected_yield.py", "test_a_captcha_that_calls_itself_an_answer"),
    ExitCode.CHANGED: ("crawler/engine/test_expected_yield.py", "test_pages_without_their_text"),
    ExitCode.PARTIAL: (FAULTS, "test_a_part_that_fails_is_not_ok"),
    ExitCode.FAILED: (FAULTS, "test_a_list_that_is_none"),
    ExitCode.DAMAGED: ("crawler/reprocess/test_repair.py", "test_lost_facts_are_read_again_from_the_page_as_it_came"),
    ExitCode.BAD_INPUT: (
        "crawler/reprocess/test_repair.py",
        "test_a_crawl_of_nothing_but_what_was_taken_down_is_bad_input",
    ),
    ExitCode.ARCHIVE: (
        "archive/database/test_schema_versions.py",
        "test_a_newer_archive_is_refused_in_one_line_and_not_touched",
    ),
    ExitCode.NOT_FOUND: ("archive/repair/test_lost_revisions.py", "test_the_commands_say_that_it_is_lost"),
    ExitCode.LOCKED: ("schedules/daemon/test_daemon.py", "test_daemon_cron_and_somebody_by_hand_at_once_run_it_once"),
    ExitCode.DISK_FLOOR: ("schedules/notify/test_notices.py", "test_a_full_disk_is_told_of_though_nothing_can_be_run"),
    130: ("crawler/cli/test_crawl.py", "test_a_signal_ends_a_crawl_cleanly"),
    143: ("crawler/cli/test_crawl.py", "test_a_signal_ends_a_crawl_cleanly"),
}
"""Exit code → the test in which a user's command ends with it."""


def test_every_exit_code_is_provoked() -> None:
    assert set(PROVOKED) == {*ExitCode, 130, 143}


def function_of(file: str, name: str) -> ast.FunctionDef:
    """The test of that name. Raise ``ValueError`` where there is none, or more than one."""
    text = (TESTS / file).read_text("utf-8")
    (found,) = (each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef) and each.name == name)
    return found


def states(function: ast.FunctionDef, code: int) -> bool:
    """Whether a test compares something with the code, by its name or number, or is given it as a parameter."""
    judged = [node for node in ast.walk(function) if isinstance(node, ast.Assert)]
    return any(_is_code(each, code) for node in (*judged, *function.decorator_list) for each in ast.walk(node))


def _is_code(node: ast.AST, code: int) -> bool:
    if isinstance(node, ast.Attribute):
        return code in list(ExitCode) and ast.unparse(node) == f"ExitCode.{ExitCode(code).name}"
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == code


@pytest.mark.parametrize("code", PROVOKED)
def test_the_test_is_there_and_states_the_code(code: int) -> None:
    assert states(function_of(*PROVOKED[code]), code)


ANOTHER = """
def test_something():
    "It ends with 24."
    call(24)
    assert call(1) == 23

assert 24
"""


def test_a_test_that_does_not_state_the_code_is_found() -> None:
    """Not in what it says, in what stands behind it, or in what it calls: only in what it judges by."""
    function = ast.parse(ANOTHER).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert [code for code in PROVOKED if states(function, code)] == [1, 23]
    with pytest.raises(ValueError, match="not enough values"):
        function_of("test_exit_codes.py", "test_that_nobody_wrote")


BREAKS = """
import archive.store, qqnews, sys

def broken(*_):
    raise RuntimeError("a mistake of ours")

archive.store.Archive.stats = broken
sys.argv[1:] = ["--data", sys.argv[1], "stats"]
qqnews.main()
"""


def test_what_nobody_foresaw_is_1_with_all_that_helps_to_mend_it(tmp_path: Path) -> None:
    from archive.store import Archive

    Archive.open(tmp_path).close()
    ended = subprocess.run([sys.executable, "-c", BREAKS, str(tmp_path)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "a mistake of ours" in ended.stderr
