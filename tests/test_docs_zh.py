"""The pages in Chinese say what the English ones say: same outline, commands, codes and figures.

That their commands exist is seen to by ``test_docs``, that they work by ``test_docs_commands``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from archive.errors import ExitCode
from tests.test_docs import PROSE, ROOT
from tests.test_docs_commands import BLOCK, WITH_BLOCKS

ORIGINALS: Final = {
    "README.zh.md": "README.md",
    "docs/zh/index.md": "docs/index.md",
    "docs/zh/tutorials/first-archive.md": "docs/tutorials/first-archive.md",
    "docs/zh/tutorials/a-year-on-cron.md": "docs/tutorials/a-year-on-cron.md",
    "docs/zh/tutorials/first-dataset.md": "docs/tutorials/first-dataset.md",
    "docs/zh/cron-and-systemd.md": "docs/how-to/cron-and-systemd.md",
    "docs/zh/datasets.md": "docs/how-to/datasets.md",
    "docs/zh/exit-codes.md": "docs/reference/exit-codes.md",
}
"""Each page in Chinese, and the English one that it follows."""
ONE_TO_ONE: Final = [name for name in ORIGINALS if name not in ("README.zh.md", "docs/zh/index.md")]
"""Pages with the outline of their original; the other two say more, or point elsewhere."""
FENCE: Final = re.compile(r"^```.*?^```$", re.M | re.S)
HAN: Final = re.compile(r"[\u4e00-\u9fff]")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands_of(text: str) -> list[str]:
    """The lines of all blocks that tests run, without their comments."""
    lines = [re.sub(r"\s+# .*$", "", line) for block in BLOCK.findall(text) for line in block.splitlines()]
    return [line for line in lines if line]


def links_of(text: str) -> list[str]:
    """Where a page's links lead, within the repository, without the place in the page."""
    links = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text))
    return [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]


def dead_in(text: str, folder: Path) -> list[str]:
    return [link for link in links_of(text) if not (folder / link).is_file()]


def untranslated_in(text: str) -> list[str]:
    """Paragraphs of more than a few words without a Chinese one. Code and addresses count for nothing."""
    prose = re.sub(r"`[^`]*`|\]\([^)]*\)|^\|.*\|$", "", FENCE.sub("", text), flags=re.M)
    paragraphs = [each.strip() for each in re.split(r"\n\s*\n", prose)]
    return [each for each in paragraphs if len(re.findall(r"[A-Za-z]{2,}", each)) > 3 and not HAN.search(each)]


def rows_of(text: str, cells: int) -> list[tuple[str, ...]]:
    """The first cells of all rows of tables."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in row[:cells]) for row in rows if not set("".join(row)) <= set("-: ")]


def test_every_page_in_chinese_has_its_original_and_is_read_by_the_other_tests() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/zh").rglob("*.md")} | {"README.zh.md"}
    assert there == set(ORIGINALS)
    assert {ROOT / name for name in ORIGINALS} <= set(PROSE)
    with_commands = {name for name, original in ORIGINALS.items() if BLOCK.search(text_of(original))}
    assert {ROOT / name for name in with_commands} <= set(WITH_BLOCKS)


@pytest.mark.parametrize("name", ORIGINALS)
def test_a_page_has_the_commands_of_its_original(name: str) -> None:
    ours, theirs = commands_of(text_of(name)), commands_of(text_of(ORIGINALS[name]))
    if name in ONE_TO_ONE:
        assert ours == theirs
    else:
        assert [line for line in theirs if line not in ours] == []


@pytest.mark.parametrize("name", ONE_TO_ONE)
def test_a_page_has_the_outline_of_its_original(name: str) -> None:
    ours, theirs = FENCE.sub("", text_of(name)), FENCE.sub("", text_of(ORIGINALS[name]))
    assert re.findall("^#+", ours, re.M) == re.findall("^#+", theirs, re.M)
    assert len(rows_of(ours, 1)) == len(rows_of(theirs, 1))


@pytest.mark.parametrize("name", ORIGINALS)
def test_every_link_leads_to_a_file(name: str) -> None:
    assert links_of(text_of(name))
    assert dead_in(text_of(name), (ROOT / name).parent) == []


@pytest.mark.parametrize("name", ORIGINALS)
def test_nothing_is_left_in_english(name: str) -> None:
    assert untranslated_in(re.sub(r"\[English\]\([^)]*\)", "", text_of(name))) == []


def test_both_tables_of_codes_are_those_of_the_original() -> None:
    ours, theirs = (text_of(name) for name in ("docs/zh/exit-codes.md", ORIGINALS["docs/zh/exit-codes.md"]))
    assert rows_of(ours, 2)[1:].count(("判定", "退出码")) == 1
    assert [row for row in rows_of(ours, 2) if not HAN.search(row[0])] == [
        row for row in rows_of(theirs, 2) if row not in (("code", "name"), ("verdict", "code"))
    ]
    assert {str(int(code)) for code in ExitCode} <= {row[0] for row in rows_of(ours, 1)}
    verdicts = ours.partition("## 判定")[2]
    assert {code.word for code in ExitCode} <= set(re.findall("`([a-z ]+)`", verdicts))


def speed_of(name: str, unmet: str) -> list[tuple[list[str], str, list[str], bool]]:
    """Of each row: the figures measured, the command, the figures of the goal, whether it is met."""
    rows = [line.strip("|").split("|") for line in text_of(name).splitlines() if re.match(r"\|.*make bench", line)]
    return [
        (re.findall(r"\d+\.\d+", row[1]), row[2].strip(), re.findall(r"\d[\d.]*", row[3]), unmet not in row[3])
        for row in rows
    ]


def test_the_table_of_speed_has_the_figures_of_the_original() -> None:
    ours = speed_of("README.zh.md", "未达到")
    assert len(ours) == 5
    assert ours == speed_of("README.md", "not met")


def test_what_is_wrong_with_a_page_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").touch()
    text = "正文 [甲](there.md#a) [乙](gone.md) [丙](https://example.org)\n\nThis was never put into Chinese.\n"
    assert dead_in(text, tmp_path) == ["gone.md"]
    assert untranslated_in(text) == ["This was never put into Chinese."]
    assert commands_of("```sh\nqqnews list   # 列表\n```\n\n```text\nqqnews gone\n```\n") == ["qqnews list"]
