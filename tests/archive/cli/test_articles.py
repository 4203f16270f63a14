"""The commands, called as a user calls them: what they print, and how they end."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from archive.article.markdown import to_markdown
from archive.errors import ExitCode, NoArchive, QQNewsError
from archive.frontier.rechecks import report_missing
from archive.store import Archive
from tests.archive.door import door
from tests.archive.samples import EVENING, NOON, an_article

ARTICLE = an_article(1, title="河水涨了两米")
EDITED = replace(ARTICLE, title="河水涨了三米", body=ARTICLE.body.replace("比去年多", "比去年少"))
OTHER = an_article(2, channel="tech", published_at=None)


@pytest.fixture
def data(archive: Archive) -> Path:
    archive.keep(ARTICLE, seen_at=NOON, source="hot", rank=1)
    archive.keep(EDITED, seen_at=EVENING)
    archive.keep(OTHER, seen_at=NOON)
    archive.keep(replace(ARTICLE, id="20250213A0000300"), seen_at=EVENING)
    return archive.data


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(door, ["--data", str(data), *words])


def said(data: Path, *words: str) -> str:
    result = run(data, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def objects(data: Path, *words: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in said(data, *words).splitlines()]


def test_list_is_one_line_per_article(data: Path) -> None:
    assert said(data, "list").splitlines() == [
        "20250213A0000300  2025-02-12 21:13:09  life  河水涨了两米",
        f"{ARTICLE.id}  2025-02-12 21:13:09  life  河水涨了三米",
        f"{OTHER.id}  (no date)  tech  {OTHER.title}",
    ]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--limit", "1"], 1),
        (["--channel", "tech"], 1),
        (["--since", "2025-02-12", "--until", "2025-02-12"], 2),
        (["--since", "2025-02-13"], 0),
        (["--kind", "video"], 0),
        (["--media", "河边日报"], 3),
        (["--source", "hot"], 1),
    ],
)
def test_list_takes_filters(data: Path, words: list[str], count: int) -> None:
    assert len(said(data, "list", *words).splitlines()) == count
    assert len(objects(data, "list", "--json", *words)) == count


def test_list_as_json_has_the_columns_without_the_texts(data: Path) -> None:
    (found,) = objects(data, "list", "--json", "--source", "hot")
    assert found["id"] == ARTICLE.id
    assert (found["revision"], found["keywords"], found["published_at"]) == (
        2,
        ["河", "渔夫"],
        "2025-02-12T21:13:09+08:00",
    )
    assert "body" not in found


def test_json_may_be_asked_for_before_the_command(data: Path) -> None:
    assert said(data, "--json", "list") == said(data, "list", "--json")


def test_data_may_be_named_after_the_command(data: Path, tmp_path: Path) -> None:
    assert said(tmp_path / "nowhere", "list", "--data", str(data)) == said(data, "list")


def test_show_gives_the_facts_and_the_text(data: Path) -> None:
    text = said(data, "show", ARTICLE.url)
    assert text.splitlines()[:5] == [
        "河水涨了三米",
        "2025-02-12 21:13:09 · 河边日报 · life · revision 2 · live",
        "revision 2 edited, seen 2025-02-13T12:00:00+00:00: title, body, numbers",
        ARTICLE.url,
        "",
    ]
    assert text.endswith(EDITED.body + "\n")


def test_show_names_the_original_of_a_copy(data: Path) -> None:
    assert f"a copy of {ARTICLE.id}" in said(data, "show", "20250213A0000300").splitlines()


def test_show_gives_every_revision_as_its_file_was(data: Path) -> None:
    assert said(data, "show", ARTICLE.id, "--markdown") == to_markdown(EDITED)
    assert said(data, "show", ARTICLE.id, "--markdown", "--revision", "1") == to_markdown(ARTICLE)


def test_show_as_json_holds_everything(data: Path) -> None:
    (found,) = objects(data, "show", ARTICLE.id, "--json", "--revision", "1")
    assert (found["title"], found["body"], found["revision"]) == (ARTICLE.title, ARTICLE.body, 1)
    assert found["provenance"] == {"title": ["DATA.title", "河边的第1个早晨_新闻"]}


def test_show_tells_of_removals_and_list_finds_them(data: Path) -> None:
    with Archive.existing(data) as archive:
        report_missing(archive, ARTICLE.id, EVENING)
        assert "missing since 2025-02-13T12:00:00+00:00, not yet confirmed" in said(data, "show", ARTICLE.id)
        assert said(data, "list", "--gone") == ""
        report_missing(archive, ARTICLE.id, EVENING + timedelta(hours=2))
    assert "confirmed 2025-02-13T14:00:00+00:00; this is the last copy" in said(data, "show", ARTICLE.id)
    assert [each["id"] for each in objects(data, "list", "--gone", "--json")] == [ARTICLE.id]
    assert [each["id"] for each in objects(data, "list", "--edited", "--json")] == [ARTICLE.id]
    assert objects(data, "show", OTHER.id, "--json")[0]["revisions"][0]["kind"] == "first"


def test_diff_marks_what_changed_and_counts_the_rest(data: Path) -> None:
    text = said(data, "diff", ARTICLE.id)
    assert "title:\n河水涨了[-两-]{+三+}米\n" in text
    assert "今年的鱼比去年[-多-]{+少+}。" in text
    assert "summary" not in text
    assert "unchanged sentences" in text
    assert "[-三-]{+两+}" in said(data, "diff", ARTICLE.id, "2", "1")


def test_diff_of_an_article_that_never_changed(data: Path) -> None:
    assert said(data, "diff", OTHER.id).endswith("no difference\n")


def test_diff_as_json(data: Path) -> None:
    (found,) = objects(data, "diff", ARTICLE.id, "1", "2", "--json")
    assert (found["id"], found["old"], found["new"]) == (ARTICLE.id, 1, 2)
    assert {"mark": "added", "text": "三"} in found["title"][0]


def test_stats_counts(data: Path) -> None:
    (numbers,) = objects(data, "stats", "--json")
    assert (numbers["articles"], numbers["revisions"], numbers["copies"], numbers["changed"]) == (3, 4, 1, 1)
    assert numbers["by_channel"] == {"life": 2, "tech": 1}
    assert "by_channel       life 2, tech 1" in said(data, "stats").splitlines()


def test_a_hostile_title_does_not_command_the_terminal(archive: Archive) -> None:
    archive.keep(an_article(title="\x1b]0;坏\x07题\n目", body="\x1b[2J文"), seen_at=NOON)
    for words in (["list"], ["show", an_article().id]):
        assert "\x1b" not in said(archive.data, *words)
        assert "\x07" not in said(archive.data, *words)
    assert len(said(archive.data, "list").splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "nobody"], ExitCode.NOT_FOUND),
        (["show", ARTICLE.id, "--revision", "9"], ExitCode.NOT_FOUND),
        (["diff", "nobody"], ExitCode.NOT_FOUND),
        (["diff", ARTICLE.id, "1", "9"], ExitCode.NOT_FOUND),
        (["show", ARTICLE.id, "--revision", "0"], ExitCode.USAGE),
        (["show", ARTICLE.id, "--json", "--markdown"], ExitCode.USAGE),
        (["list", "--since", "yesterday"], ExitCode.USAGE),
    ],
)
def test_every_failure_has_its_exit_code(data: Path, words: list[str], code: ExitCode) -> None:
    result = run(data, *words)
    assert result.stdout == ""
    assert (result.exception.exit_code if isinstance(result.exception, QQNewsError) else result.exit_code) == code


@pytest.mark.parametrize("words", [["list"], ["show", "x"], ["diff", "x"], ["stats"]])
def test_reading_where_there_is_no_archive(tmp_path: Path, words: list[str]) -> None:
    result = run(tmp_path / "nowhere", *words)
    assert isinstance(result.exception, NoArchive)
    assert not (tmp_path / "nowhere").exists()


def test_a_failure_is_one_line_on_stderr(data: Path) -> None:
    command = [sys.executable, "-m", "tests.archive.door", "--data", str(data), "show", "nobody"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert (done.returncode, done.stdout) == (22, "")
    assert done.stderr == "qqnews: no nobody in this archive: 'qqnews list' names what is there\n"


def test_a_reader_that_goes_away_leaves_no_traceback(archive: Archive) -> None:
    with archive.transaction():
        for number in range(400):  # More than a pipe holds.
            archive.keep(an_article(number), seen_at=NOON)
    command = [sys.executable, "-m", "tests.archive.door", "--data", str(archive.data), "list", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3]
    ) as listing:
        assert listing.stdout
        assert listing.stderr
        assert listing.stdout.readline().startswith(b'{"id":')
        listing.stdout.close()
        assert listing.stderr.read() == b""


def test_the_numbers_of_exit_codes_are_a_contract() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "UNEXPECTED": 1,
        "USAGE": 2,
        "EMPTY": 10,
        "THIN": 11,
        "BLOCKED": 12,
        "CHANGED": 13,
        "PARTIAL": 14,
        "FAILED": 15,
        "DAMAGED": 16,
        "BAD_INPUT": 20,
        "ARCHIVE": 21,
        "NOT_FOUND": 22,
        "LOCKED": 23,
        "DISK_FLOOR": 24,
    }
