"""How long the command takes to start, beside Python itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.conftest import QQNEWS, clean_environment
from tests.tools.bench.rounds import Work, called, figure, in_turns, ratio
from tests.tools.bench.tables import table, verdict

PACKAGES = ("click", "lxml")
_PAGE = Path("tests/pages/qq/ancient-2008/page.html")
_WHY = """The help imports click and nothing else that takes long; `parse` imports click, lxml and parsel, then compiles
the expressions of every layout. Where a goal is not met, the rows without `qqnews` say what these libraries take
alone."""
_GOALS = {"qqnews --help": 3, "qqnews parse": 8}


def write(full: bool) -> str:
    """Both sides are the interpreter of the command, with its encodings and the .pth files of its environment."""
    interpreter = str(QQNEWS.parent / "python")
    calls: dict[str, Sequence[str]] = {
        "python -c pass": (interpreter, "-c", "pass"),
        "python -c 'import click'": (interpreter, "-c", "import click"),
        "python -c 'import click, lxml.html, parsel'": (interpreter, "-c", "import click, lxml.html, parsel"),
        "qqnews --help": (str(QQNEWS), "--help"),
        "qqnews parse": (str(QQNEWS), "parse", str(_PAGE), "--url", "http://news.qq.com/a/20080304/000247.htm"),
    }
    sides: dict[str, Work] = {name: partial(called, call, clean_environment()) for name, call in calls.items()}
    spent = in_turns(sides, 21 if full else 11)
    rows = []
    for name, each in spent.items():
        times = ratio(spent["python -c pass"], each)
        goal = verdict(times, at_most=_GOALS[name]) if name in _GOALS else ""
        rows.append((f"`{name}`", f"{figure(each).middle * 1000:.0f} ms", f"{times:.1f}", goal))
    return "## Start\n\n" + table(("", "processor", "× python -c pass", "goal"), rows) + f"\n\n{_WHY}"
