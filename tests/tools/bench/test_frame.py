"""The frame of the bench: what it measures is told as it was, and one section never costs another its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.bench.book import signed, write_section
from tests.tools.bench.rounds import Figure, Spent, in_turns, ratio
from tests.tools.bench.tables import table, verdict


def test_a_ratio_is_taken_round_by_round() -> None:
    ours, theirs = [Spent(1, 1), Spent(4, 4), Spent(2, 2)], [Spent(3, 3), Spent(12, 12), Spent(2, 2)]
    assert ratio(ours, theirs) == Figure(middle=3, least=1, most=3)


def test_no_side_is_always_the_first() -> None:
    order: list[str] = []

    def side(name: str) -> Spent:
        order.append(name)
        return Spent(1, 1)

    in_turns({"a": lambda: side("a"), "b": lambda: side("b")}, 2)
    assert order == ["a", "b", "b", "a"]


@pytest.mark.parametrize(("least", "told"), [(2, "≥ 2: met"), (4, "≥ 4: **not met**")])
def test_a_goal_that_is_not_met_says_so(least: float, told: str) -> None:
    assert verdict(Figure(3, 1, 9), at_least=least) == told


def test_a_section_measured_anew_takes_its_own_place(tmp_path: Path) -> None:
    book = tmp_path / "docs" / "benchmarks.md"
    for name, text in (("late", "## Late\n\nold"), ("early", "## Early"), ("late", "## Late\n\nnew")):
        write_section(book, name, text, ["early", "late"])
    written = book.read_text(encoding="utf-8")
    assert "old" not in written
    assert written.index("## Early") < written.index("## Late\n\nnew")


def test_a_section_names_its_command_and_versions() -> None:
    text = signed("## Pages\n", "pages", "Python 3", full=True)
    assert "`BENCH=full make bench SECTION=pages`" in text
    assert text.endswith("; Python 3.\n")


def test_bars_in_a_cell_do_not_end_it() -> None:
    assert table(("a", "b"), [("x|y", 1)]).splitlines()[-1] == "| x\\|y | 1 |"
