"""Whatever lies in a folder or is named on the command line: it is bounded, named, and the next file is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archive.article.markdown import to_markdown
from archive.store import Archive
from crawler.reprocess.ingest import LARGEST_FILE
from crawler.spiders.inputs import read_inputs
from tests.archive.measured import measured
from tests.archive.strange import UNREADABLE, put_strange_things
from tests.crawler.reprocess.test_ingest import article, ids
from tests.site.site import ROOT

PAGE = ROOT / "tests" / "pages" / "qq" / "rain-v2"


def a_tree(folder: Path, count: int = 5) -> Path:
    for number in range(count):
        path = folder / "good" / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_markdown(article(number)))
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return a_tree(tmp_path / "tree")


def test_ingest_takes_what_is_good_and_names_what_is_strange(tree: Path, data: Path) -> None:
    strange = put_strange_things(tree / "post", ".md")
    (tree / "post" / "up").symlink_to("../..")
    (tree / "post" / "near.md").symlink_to("../good/1.md")
    ended = measured(data, "ingest", tree)
    assert (ended.code, ids(data)) == (14, {article(number).id for number in range(5)})
    named = [line.removeprefix("qqnews: ").rpartition(": ") for line in ended.err.splitlines() if ".md" in line]
    assert len(named) == len(strange)
    said = {Path(path).name: reason for path, _, reason in named}
    assert said["pipe.md"] == "a named pipe, no regular file"
    assert said["zero.md"] == said["out.md"] == "a symbolic link that leads out of the directory"
    assert "\ufffd\ufffd.md" in said
    assert "post/up: a symbolic link to a directory, not followed" in ended.err


DEEP = 100_000
YAML = {
    "lists": "[" * DEEP,
    "closed lists": "[" * DEEP + "]" * DEEP,
    "mappings": "{a: " * DEEP,
    "items": "\n  " + "- " * DEEP,
    "keys": "\n  " + "? " * DEEP,
    "indents": "\n" + "".join(f"{' ' * depth}- \n" for depth in range(2, 3000)),
    "a name within itself": "&a [*a]",
    "a number that is none": '!!int "one"',
    "a day that is none": '!!timestamp "2025-02-31"',
    "an object": "!!python/object/apply:os.system [true]",
    "names of names": "\n".join(["&a0 [x]", *(f"b{n}: &a{n} [{f'*a{n - 1},' * 9}]" for n in range(1, 20))]),
    "a list for a key": '"x"\n? [a, b]\n: c',
    "another document": '"x"\n--- \nb: c',
}


def test_front_matter_of_any_depth_is_refused_by_name(tree: Path, data: Path) -> None:
    for name, value in YAML.items():
        text = to_markdown(article(50)).replace('title: "第50篇：桥边的灯"', f"title: {value}")
        (tree / f"{name}.md").write_text(text)
    ended = measured(data, "ingest", tree)
    assert (ended.code, ids(data)) == (14, {article(number).id for number in range(5)})
    assert {line.partition(".md")[0].rpartition("/")[2] for line in ended.err.splitlines()} == set(YAML)


def test_a_file_that_is_too_large_is_named_and_costs_no_memory(tree: Path, data: Path, tmp_path: Path) -> None:
    usual = measured(tmp_path / "other", "ingest", tree)
    large = tree / "large.md"
    large.write_text(to_markdown(article(60, "渔夫补网。" * (18 * 2**20 // 15))))
    assert large.stat().st_size > 17 * 2**20
    ended = measured(data, "ingest", tree)
    assert (ended.code, ended.err) == (14, f"qqnews: {large}: larger than {LARGEST_FILE // 2**20} MiB\n")
    assert ended.peak - usual.peak < 2**20 * 20


def test_large_files_are_taken_in_few_at_a_time(data: Path, tmp_path: Path) -> None:
    """Files just within the limit, of which a batch could hold all."""
    one, many = tmp_path / "one", tmp_path / "many"
    for number in range(8):
        for folder in (one, many)[number > 0 :]:
            folder.mkdir(exist_ok=True)
            (folder / f"{number}.md").write_text(to_markdown(article(number, f"第{number}网。" * 130_000)))
    alone = measured(tmp_path / "other", "ingest", one)
    ended = measured(data, "ingest", many)
    assert (alone.code, ended.code, len(ids(data))) == (0, 0, 8)
    assert ended.peak - alone.peak < 12 * LARGEST_FILE


LISTENS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from archive.store import Archive
from crawler.reprocess.ingest import ingest, markdown_files

data, tree = map(Path, sys.argv[1:])
read, under_lock = set(), set()
with Archive.open(data) as archive:
    def listen(event, arguments):
        if event == "open" and str(arguments[0]).startswith(str(tree)):
            (under_lock if archive.database.connection.in_transaction else read).add(arguments[0])
    sys.addaudithook(listen)
    taken = list(ingest(archive, markdown_files([tree]), datetime.now(UTC)))
print(len(taken), len(read), len(under_lock))
"""


def test_no_file_is_opened_while_the_archive_is_locked(tree: Path, data: Path) -> None:
    a_tree(tree, 250)
    command = [sys.executable, "-c", LISTENS, str(data), str(tree)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout == "250 250 0\n", ended.stderr


@pytest.mark.parametrize("command", [["crawl", "--dry-run"], ["parse", "--url", "20260304A0000100"]])
def test_what_is_named_and_is_no_file_is_bad_input(data: Path, tmp_path: Path, command: list[str]) -> None:
    for path in put_strange_things(tmp_path / "strange"):
        ended = measured(data, *command, path)
        assert "Traceback" not in ended.err, ended.err
        if path.name not in ("out", UNREADABLE):  # These two are files, if not of the right kind.
            assert (ended.code, ended.err.count("\n")) == (20, 1), f"{path!r}: {ended.err}"


def test_pages_are_examined_whatever_lies_between_them(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    for name in ("a", "z"):
        (folder / name).mkdir(parents=True)
        (folder / name / "page.html").write_bytes((PAGE / "page.html").read_bytes())
        (folder / name / "meta.json").write_bytes((PAGE / "meta.json").read_bytes())
    strange = put_strange_things(folder / "m", ".html")
    (folder / "m" / "deep.html").write_text("<html>")
    (folder / "m" / "meta.json").write_text("[" * DEEP)
    ended = measured(data, "doctor", "--pages", folder)
    assert (ended.code, "Traceback" in ended.err) == (14, False), ended.err
    assert ended.out.count("page.html  article") == 2
    assert all(path.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace") in ended.out for path in strange)


def test_many_lines_that_are_no_addresses_are_told_in_a_few(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("ab\n" * 20_000 + "20260304A0000100\n" + '{"url":"' * 100_000)
    found = read_inputs([str(lines)])
    assert list(found.addresses) == ["20260304A0000100"]
    assert (len(found.bad), len(found.bad) + found.unnamed) == (1001, 20_001)
    assert found.bad[-1] == f"{lines}: 19001 more lines that name no article"
    lines.write_text("ab\n" * 200_000)
    (said,) = read_inputs([str(lines)]).bad
    assert "none of its first 100000 lines names an article" in said


def test_the_archive_is_not_made_by_what_cannot_be_read(data: Path, tmp_path: Path) -> None:
    put_strange_things(tmp_path / "strange", ".md")
    ended = measured(data, "ingest", tmp_path / "strange")
    assert ended.code == 20
    with Archive.existing(data) as archive:
        assert list(archive.every_article()) == []
