"""``qqnews search`` and ``qqnews duplicates`` as a user calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from archive.errors import ExitCode
from archive.search.index import NAME, Index
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.duplicates.test_clusters import retellings
from tests.archive.samples import NOON, an_article

ROOT = Path(__file__).parents[3]


def qqnews(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QQNEWS_DATA": str(data)}
    command = [sys.executable, "-c", "from qqnews import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with Archive.open(folder) as archive, archive.transaction():
        for article in retellings(1, 9):
            archive.keep(article, seen_at=NOON)
        archive.keep(an_article(50, title="渔夫与\x1b[2J石匠", channel="tech"), seen_at=NOON)
    return folder


def test_results_are_lines_for_people_and_objects_for_machines(data: Path) -> None:
    people = qqnews(data, "search", "石匠", "title:渔夫")
    assert people.stdout.splitlines()[0] == "20250212A0005000  2025-02-12  tech  ⟦渔夫⟧与\ufffd[2J⟦石匠⟧"
    assert "\x1b" not in people.stdout
    machines = qqnews(data, "search", "石匠", "--json")
    (line,) = machines.stdout.splitlines()
    result = json.loads(line)
    assert result["id"] == "20250212A0005000"
    assert result["snippet"]
    assert (people.returncode, people.stderr, machines.returncode) == (0, "", 0)


def test_what_was_found_outside_the_text_is_shown_too(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        archive.keep(an_article(1, summary="钟楼的故事", keywords=("鸢尾花",)), seen_at=NOON)
    for word in ("钟楼", "鸢", "一郎"):
        shown = qqnews(tmp_path, "search", word).stdout
        assert (f"⟦{word}⟧" in shown) == (word != "一郎"), shown


def test_nothing_found_is_an_answer_and_no_error(data: Path) -> None:
    nothing = qqnews(data, "search", "无此词语")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "nothing found\n")


@pytest.mark.parametrize("query", ['"腾讯', "", "——", "腾" * 10_000, "(", "NOT 腾讯"])
def test_a_bad_query_is_one_line_and_exit_code_2(data: Path, query: str) -> None:
    bad = qqnews(data, "search", query)
    assert (bad.returncode, bad.stdout) == (ExitCode.USAGE, "")
    assert bad.stderr.startswith("qqnews: ")
    assert bad.stderr.count("\n") == 1


def test_without_an_archive_nothing_is_made(tmp_path: Path) -> None:
    missing = qqnews(tmp_path / "data", "search", "渔夫")
    assert missing.returncode == ExitCode.ARCHIVE
    assert not (tmp_path / "data").exists()


def test_limits_order_and_one_of_each_cluster(data: Path) -> None:
    everything = qqnews(data, "search", "河边日报", "--sort", "date", "--json").stdout.splitlines()
    dates = [json.loads(line)["published_at"] for line in everything]
    assert len(everything) == 10
    assert dates == sorted(dates, reverse=True)
    assert len(qqnews(data, "search", "河边日报", "--limit", "3", "--json").stdout.splitlines()) == 3
    assert len(qqnews(data, "search", "河边日报", "--collapse", "--json").stdout.splitlines()) == 4
    assert len(qqnews(data, "search", "河边日报", "--channel", "tech", "--json").stdout.splitlines()) == 1
    assert qqnews(data, "search", "河边日报", "--since", "2025-02-13").stderr == "nothing found\n"


def test_a_damaged_index_is_made_anew_and_said_to_have_been_damaged(data: Path) -> None:
    before = qqnews(data, "search", "石匠").stdout
    for path in data.glob(f"{NAME}*"):
        path.write_bytes(b"rubbish" * 1000)
    found = qqnews(data, "search", "石匠")
    assert (found.returncode, found.stdout) == (0, before)
    assert found.stderr == f"qqnews: {NAME} was damaged (file is not a database): it is made anew\n"
    assert qqnews(data, "search", "石匠").stderr == ""
    assert qqnews(data, "search", "--rebuild").returncode == 0


def test_the_index_is_no_foreign_file(data: Path) -> None:
    assert qqnews(data, "search", "石匠").returncode == 0
    assert [str(each) for each in verify(data)] == []


def test_a_run_leaves_the_index_up_to_date(data: Path, tmp_path: Path) -> None:
    taken = qqnews(tmp_path, "ingest", str(data / "articles"))
    assert taken.returncode == 0, taken.stderr
    with Index.open(tmp_path) as index:
        assert index.connection.execute("SELECT count(*) FROM entries").fetchone()[0] >= 10


def test_searching_while_the_archive_is_written_to(data: Path) -> None:
    with Archive.open(data) as archive, archive.transaction():
        archive.keep(an_article(60, title="磨坊的钟"), seen_at=NOON)
        during = qqnews(data, "search", "磨坊的钟")
        assert (during.returncode, during.stderr) == (0, "nothing found\n")
    assert qqnews(data, "search", "磨坊的钟").stdout


def test_clusters_listed_shown_and_made_anew(tmp_path: Path) -> None:
    articles = retellings(1, 9)
    with Archive.open(tmp_path) as archive, archive.transaction():
        for article in (*articles, replace(an_article(70), body="只有一句话。")):
            archive.keep(article, seen_at=NOON)
    listed = [json.loads(line) for line in qqnews(tmp_path, "duplicates", "list", "--json").stdout.splitlines()]
    assert [cluster["size"] for cluster in listed] == [3, 3, 3]
    shown = qqnews(tmp_path, "duplicates", "show", articles[4].id, "--json").stdout.splitlines()
    members = [json.loads(line) for line in shown]
    assert {member["id"] for member in members} == {articles[number].id for number in (1, 4, 7)}
    assert members[0]["represents"]
    assert {member["similarity"] for member in members if member["id"] == articles[4].id} == {1.0}
    alone = qqnews(tmp_path, "duplicates", "show", an_article(70).id)
    assert (alone.returncode, alone.stderr) == (0, "it stands alone\n")
    assert qqnews(tmp_path, "duplicates", "show", "20990101A0000000").returncode == ExitCode.NOT_FOUND
    anew = qqnews(tmp_path, "duplicates", "rebuild", "--json")
    assert json.loads(anew.stdout) == {"compared": 10, "clusters": 3, "articles_in_clusters": 9}
    assert [json.loads(line) for line in qqnews(tmp_path, "duplicates", "list", "--json").stdout.splitlines()] == listed
