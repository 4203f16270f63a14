"""What is documented is there, and what is there is documented."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from archive.cli.command_table import COMMANDS, SUMMARIES
from archive.errors import ExitCode
from archive.store import Archive

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_readme() -> None:
    named = set(re.findall(r"\bqqnews ([a-z]+)\b", README))
    assert set(COMMANDS) - named == set()
    assert set(COMMANDS) == set(SUMMARIES)


def test_the_readme_names_no_command_that_is_not_there() -> None:
    called = set(re.findall(r"^ {4}(?:\.venv/bin/)?qqnews ([a-z]+)\b", README, re.M))
    assert called <= set(COMMANDS)


def test_the_readme_lists_every_exit_code() -> None:
    listed = {int(code): name for code, name in re.findall(r"^\| (\d+) \| ([a-z ]+) \|", README, re.M)}
    assert listed == {int(code): code.name.lower().replace("_", " ") for code in ExitCode}


def test_every_verdict_that_an_exit_code_gives_is_documented() -> None:
    verdicts = (ROOT / "docs/reference/exit-codes.md").read_text("utf-8").partition("## Verdicts")[2].partition("## ")[0]
    assert {code.word for code in ExitCode} <= set(re.findall("`([a-z ]+)`", verdicts))


def test_the_readme_describes_every_column_of_articles(tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "archive.db") as database:
        columns = {row[1] for row in database.execute("PRAGMA table_info(articles)")}
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    described = README.partition("The table `articles`:")[2].partition("Beside it:")[0]
    first_cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", described, re.M)
    assert set(re.findall(r"`(\w+)`", " ".join(first_cells))) == columns
    beside = README.partition("Beside it:")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", beside)) <= tables


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", PROSE, re.M))
    assert named <= targets
    assert {"install", "check", "test", "demo"} <= named


def constants(path: Path) -> Iterator[str]:
    """The names of settings that stand in the code as such: not in what it says to readers."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.fullmatch(node.value):
            yield node.value


def of_scrapy() -> set[str]:
    """Settings of the crawler in Scrapy's own way, with ``-s``."""
    body = ast.parse((ROOT / "crawler/settings.py").read_text("utf-8")).body
    targets = (target for node in body if isinstance(node, ast.Assign) for target in node.targets)
    return {target.id for target in targets if isinstance(target, ast.Name) and SETTING.fullmatch(target.id)}


def of_environment() -> set[str]:
    """Settings that are read from the environment."""
    rooms = [path for room in ("crawler", "archive", "schedules") for path in (ROOT / room).rglob("*.py")]
    others = {name for path in (*rooms, ROOT / "qqnews.py") for name in constants(path) if path.name != "settings.py"}
    return (others - of_scrapy()) | set(constants(ROOT / "crawler/settings.py"))


SETTING = re.compile(r"QQNEWS_[A-Z_]+")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "schedules/jobs.toml"]
DOCUMENTS.remove(ROOT / "CHANGELOG.md")  # It names what is gone, too.
NAMED = {name for path in DOCUMENTS for name in SETTING.findall(path.read_text("utf-8"))}


def test_every_setting_that_is_named_is_read_somewhere() -> None:
    assert NAMED - of_environment() - of_scrapy() == set()
    assert {"QQNEWS_DATA", "QQNEWS_CONTACT", "QQNEWS_JOBS"} <= NAMED


def test_every_setting_that_is_read_is_named() -> None:
    assert of_environment() - NAMED == set()


def test_a_setting_that_only_a_sentence_names_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        '"""QQNEWS_SAID holds."""\n# QQNEWS_NOTED\nimport os\nx = os.environ.get("QQNEWS_READ", f"no QQNEWS_TOLD")\n'
    )
    assert list(constants(tmp_path / "code.py")) == ["QQNEWS_READ"]
