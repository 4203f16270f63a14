"""What is documented is there, and what is there is documented."""

from __future__ import annotations

import ast
import re
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import click
import pytest

from archive.cli.command_table import COMMANDS, SUMMARIES
from archive.errors import ExitCode
from archive.store import Archive
from qqnews import cli
from tests.conftest import clean_environment

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES: Final = sorted((ROOT / "docs").rglob("*.md"))
PROSE: Final = [*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", ROOT / "DATA_FORMAT.md", *PAGES]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readme_fits_on_a_few_screens() -> None:
    for readme in ROOT.glob("README*.md"):
        assert len(readme.read_text(encoding="utf-8").splitlines()) <= 130, readme


def test_every_command_is_in_the_reference() -> None:
    assert set(COMMANDS) == set(SUMMARIES)
    assert set(re.findall(r"^## qqnews ([a-z]+)$", text_of("docs/reference/commands.md"), re.M)) == set(COMMANDS)


def test_the_reference_of_commands_is_what_they_say_of_themselves() -> None:
    # In a process of its own: Click remembers how a command was called first, which other tests do without its group.
    code = "import sys; from tests.tools.docs.commands import page; sys.stdout.buffer.write(page().encode())"
    page = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True).stdout
    assert page.decode() == text_of("docs/reference/commands.md"), "stale: call 'make reference'"


def calls_in(text: str) -> Iterator[list[str]]:
    """The words of everything in code that looks like a call of the command: in blocks and in sentences."""
    blocks = re.findall(r"^```(?:sh|text)\n(.*?)^```", text, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    indented = re.findall(r"^ {4}(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    for each in (*lines, *spans, *indented):
        found = re.match(r"(?:\S+=\S* |sudo )*(?:\S*/)?qqnews +([^#]+)", each)
        if found and not re.match(r"[\[A-Z&]", found[1]):
            yield found[1].split("  ")[0].split()


def options_of(command: click.Command) -> set[str]:
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}


def wrong_in(words: list[str]) -> str:
    """What of a call is not there: a command, or an option of it. Empty: nothing."""
    command: click.Command = cli
    known = options_of(cli)
    context = click.Context(cli)
    plain = [word for word in words if not word.startswith("-")]
    while isinstance(command, click.Group) and plain and re.fullmatch(r"[a-z-]+", plain[0]):
        name = plain.pop(0)
        found = command.get_command(context, name)
        if found is None:
            return name
        command, known = found, known | options_of(found)
    options = re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", " ".join(words))
    return " ".join(option for option in options if option not in known)


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_names_a_command_or_an_option_that_is_not_there(path: Path) -> None:
    if path.name == "commands.md":
        return  # It is written from the commands themselves.
    wrong = [(" ".join(words), wrong_in(words)) for words in calls_in(path.read_text(encoding="utf-8"))]
    assert [each for each in wrong if each[1]] == []


def test_a_wrong_call_is_found() -> None:
    block = "```sh\nqqnews links lisp   # all\nqqnews list --limit 5\n```"
    text = f"Call `qqnews crawl --fast`, or\n\n{block}\n\n    qqnews serf\n"
    assert [wrong_in(words) for words in calls_in(text)] == ["lisp", "", "--fast", "serf"]


@cache
def tables_of_codes() -> tuple[str, ...]:
    return tuple(path.as_posix() for path in PAGES if path.name == "exit-codes.md")


def test_every_exit_code_is_listed() -> None:
    assert tables_of_codes()
    for path in tables_of_codes():
        listed = dict(re.findall(r"^\| (\d+) \| `?([a-z ]+)`? \|", Path(path).read_text("utf-8"), re.M))
        assert {int(code): name for code, name in listed.items()} == {int(code): code.word for code in ExitCode}, path


def test_every_verdict_that_an_exit_code_gives_is_documented() -> None:
    verdicts = text_of("docs/reference/exit-codes.md").partition("## Verdicts")[2].partition("## ")[0]
    assert {code.word for code in ExitCode} <= set(re.findall("`([a-z ]+)`", verdicts.replace("\n", " ")))


def first_cells(text: str) -> set[str]:
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.M)
    return set(re.findall(r"`(\w+)`", " ".join(cells)))


def test_the_reference_of_the_database_is_true(tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "archive.db") as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = {
            table: {row[1] for row in database.execute("SELECT * FROM pragma_table_info(?)", (table,))}
            for table in tables
        }
    page = text_of("docs/reference/database.md").partition("## Beside the database")[0]
    parts = re.findall(r"^##+ (`[^\n]+`)\n(.*?)(?=^##+ |\Z)", page, re.M | re.S)
    described = {tuple(re.findall(r"`(\w+)`", title)): first_cells(text) for title, text in parts}
    assert described[("articles",)] == columns["articles"]
    for named, cells in described.items():
        assert set(named) <= tables
        assert cells <= set().union(*(columns[table] for table in named)), named
    ours = {table for table in tables if not table.startswith(("sqlite_", "_sqlite"))}
    assert ours <= {table for named in described for table in named} | first_cells(page)


def test_the_reference_of_the_time_table_is_true() -> None:
    page = text_of("docs/reference/jobs.md")
    jobs = tomllib.loads(text_of("schedules/jobs.toml"))
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| .* \| (.*?) ?\|$", page.partition("## Keys")[0], re.M)
    assert {name: command for name, command, _ in rows} == {name: job["command"] for name, job in jobs.items()}
    off = {name for name, job in jobs.items() if not job.get("enabled", True)}
    assert {name for name, _, said in rows if said.startswith("off")} == off
    explained = set(re.findall(r"^#   (\w+) ", text_of("schedules/jobs.toml"), re.M))
    assert first_cells(page.partition("## Keys")[2].partition("## ")[0]) == explained


def test_every_case_of_a_layout_is_there() -> None:
    rows = re.findall(r"^\|.*\| ((?:`[\w-]+` ?)+)\|$", text_of("docs/reference/layouts.md"), re.M)
    cases = {case for row in rows for case in re.findall(r"`([\w-]+)`", row)}
    assert len(cases) > 30
    assert cases <= {path.name for path in (ROOT / "tests/pages/qq").iterdir()}


def test_every_decision_is_in_the_index() -> None:
    written = {path.name for path in (ROOT / "docs/decisions").glob("0*.md")}
    assert set(re.findall(r"\((0[\w-]+\.md)\)", text_of("docs/decisions/index.md"))) == written


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.M))
    prose = "\n".join(path.read_text(encoding="utf-8") for path in PROSE)
    named = set(re.findall(r"(?:^ {4}|^|`)(?:BENCH=full )?make ([a-z][a-z-]*)", prose, re.M))
    assert named <= targets
    assert {"install", "check", "test", "demo", "docs", "reference"} <= named


def test_everything_that_is_called_with_python_is_there() -> None:
    prose = "\n".join(path.read_text(encoding="utf-8") for path in PROSE)
    for name in set(re.findall(r"python -m (tests[\w.]*\w)", prose)):
        place = ROOT.joinpath(*name.split("."))
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), name


def test_every_path_of_the_repository_that_is_named_is_there() -> None:
    prose = {path: path.read_text(encoding="utf-8") for path in PROSE}
    named = re.compile(r"`((?:archive|crawler|schedules|tests|docs)/[\w./-]+)`")
    gone = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, text in prose.items()
        for name in named.findall(text)
        if not (ROOT / name).exists()
    ]
    assert gone == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_documents_beside_the_docs_link_to_what_is_there(path: Path) -> None:
    """MkDocs looks after those within ``docs/``."""
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    environment = clean_environment(NO_MKDOCS_2_WARNING="1")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    loading = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//", re.I)
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 30
    assert [page.name for page in pages if loading.search(page.read_text(encoding="utf-8"))] == []


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
DOCUMENTS = [*PROSE, ROOT / "schedules/jobs.toml"]
NAMED = {name for path in DOCUMENTS for name in SETTING.findall(path.read_text("utf-8"))}


def test_every_setting_that_is_named_is_read_somewhere() -> None:
    assert NAMED - of_environment() - of_scrapy() == set()
    assert {"QQNEWS_DATA", "QQNEWS_CONTACT", "QQNEWS_JOBS"} <= NAMED


def test_every_setting_that_is_read_is_in_the_reference() -> None:
    named = set(SETTING.findall(text_of("docs/reference/settings.md")))
    assert (of_environment() | of_scrapy()) - named == set()


def test_a_setting_that_only_a_sentence_names_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        '"""QQNEWS_SAID holds."""\n# QQNEWS_NOTED\nimport os\nx = os.environ.get("QQNEWS_READ", f"no QQNEWS_TOLD")\n'
    )
    assert list(constants(tmp_path / "code.py")) == ["QQNEWS_READ"]
