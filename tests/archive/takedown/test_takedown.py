"""Taking down: nothing of the article is left anywhere below the data directory, and everybody else's is."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.article.timestamps import stamp
from archive.captures.gzip_members import GzipMember, members
from archive.captures.raw_files import RawWriter, captures, raw_files, read_capture
from archive.database.backup import back_up
from archive.errors import ArticleNotFound, Erased
from archive.frontier.links import Frontier
from archive.media.picture_copies import keep_picture
from archive.redaction.erasures import id_hash
from archive.runs.directory_lock import exclusive
from archive.search.sync import index_new
from archive.store import Archive
from archive.takedown import takedown as takedown
from archive.takedown.capture_patches import JOURNAL
from archive.takedown.redacted_records import redacted_record
from archive.takedown.takedown import TakedownResult, take_down
from archive.takedown.traces import Traces
from archive.verify.verify import DamageKind, verify
from tests.archive.frontier.test_links import Item
from tests.archive.samples import EVENING, NOON, an_article
from tests.archive.specimen import PICTURE, a_reading, make_archive, own_sentence, page_of
from tests.conftest import QQNEWS

GONE = a_reading(3)
NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("specimen") / "data"
    make_archive(data)
    runs = data / "runs"
    runs.mkdir()
    (runs / "20250213T040000Z-crawl.log").write_text(f"kept {GONE.url}\nkept {a_reading(4).url}\n")
    (runs / "20250213T040000Z-crawl.json").write_text(json.dumps({"problems": [{"what": GONE.id}]}))
    (data / "damaged" / "1").mkdir(parents=True)
    (data / "damaged" / "1" / "old.md").write_text(own_sentence(3))
    (data / "backups").mkdir()
    with Archive.existing(data) as archive:
        back_up(archive.database, data / "backups" / "yesterday.db")
    return data


@pytest.fixture
def data(specimen: Path, tmp_path: Path) -> Path:
    shutil.copytree(specimen, tmp_path / "data")
    return tmp_path / "data"


def taken(data: Path, article_id: str = GONE.id, reason: str = "order 7/2025") -> TakedownResult:
    with Archive.existing(data) as archive:
        return take_down(archive, article_id, reason, NOW)


def left_in(data: Path, *texts: str) -> list[str]:
    """Files in which ``zgrep`` finds one of the texts: a search that knows nothing of ours."""
    found = []
    for path in sorted(data.rglob("*")):
        if path.is_file():
            tool = "zgrep" if path.suffix == ".gz" else "grep"
            command = [tool, "-a", "-q", "-F", *(part for text in texts for part in ("-e", text)), str(path)]
            if subprocess.run(command).returncode == 0:
                found.append(path.relative_to(data).as_posix())
    return found


def test_before_it_is_everywhere(data: Path) -> None:
    found = left_in(data, GONE.id, own_sentence(3)[:-1])
    assert {name.partition("/")[0] for name in found} == {
        *("archive.db", "articles", "raw", "exports", "runs", "damaged", "backups")
    }


def test_after_it_is_nowhere(data: Path) -> None:
    ended = taken(data)
    assert (ended.left, ended.opaque, ended.sentences) == ({}, {}, 2)
    assert ended.searched >= 14
    assert left_in(data, GONE.id, GONE.id[:14], own_sentence(3)[:-1], GONE.title) == []
    assert list(verify(data, deep=True)) == []


def test_what_is_kept_after_it_is_there_for_all_whoever_comes_and_goes(data: Path) -> None:
    def count_by_another() -> int:
        ask = "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1])"
        ask += "; print(connection.execute('SELECT count(*) FROM articles').fetchone()[0]); connection.close()"
        return int(subprocess.check_output([sys.executable, "-c", ask, data / "archive.db"]))

    with Archive.existing(data) as archive:
        take_down(archive, GONE.id, "order 7/2025", NOW)
        # The last to close a database removes its log: that must not be another process while we are there.
        left = count_by_another()
        archive.keep(an_article(77), seen_at=NOON)
        assert count_by_another() == left + 1
        assert archive.find(an_article(77).id)
    assert list(verify(data, deep=True)) == []


def test_no_table_of_work_and_no_index_keeps_anything_of_it(data: Path) -> None:
    named = f"about {GONE.id}, {own_sentence(3)}"
    others = {"text": f"search:{a_reading(4).title}", "at": NOON.isoformat()}
    with Archive.existing(data) as archive:
        index_new(archive)
        with archive.transaction() as connection:
            for statement in _NAMING:
                connection.execute(statement, {**others, "text": named})
                connection.execute(statement.replace("'a'", "'b'").replace(" 91", " 92"), others)
        near = sum(_held(archive, GONE.id).values())
        assert near > 0
        others_seen = "SELECT count(*) FROM sightings WHERE article_id <> ?"
        before = connection.execute(others_seen, (GONE.id,)).fetchone()[0]
    assert GONE.id.encode() in b"".join(path.read_bytes() for path in data.glob("search.db*"))
    ended = taken(data)
    assert (ended.left, ended.opaque) == ({}, {})
    assert left_in(data, GONE.id, own_sentence(3)[:-1]) == []
    with Archive.existing(data) as archive:
        assert _held(archive, GONE.id) == {}
        kept = archive.database.connection.execute("SELECT label FROM recipients WHERE id = 'b'").fetchone()
        assert kept[0] == others["text"]
        assert archive.database.connection.execute(others_seen, (GONE.id,)).fetchone()[0] == before
    assert list(verify(data, deep=True)) == []


_NAMING = (
    "INSERT INTO links (id, url, source, listed_at, state, last_error) VALUES ('a', 'u', :text, :at, 'done', :text)",
    "INSERT INTO sightings VALUES ('a', :text, 1, :at)",
    "INSERT INTO runs (id, job, started_at, host, pid, counts, because) VALUES ( 91, :text, :at, 'h', 1, :text, :text)",
    "INSERT INTO due_times (job, due_at, state, reason, settled_at) VALUES (:text, :at, 'skipped', :text, :at)",
    "INSERT INTO timetables (job, timetable, since, settled_until) VALUES (:text, '', :at, :at)",
    "INSERT INTO polls (source, polled_at, pages, listed, fresh) VALUES (:text, :at, 1, 1, 1)",
    "INSERT INTO gaps (source, after_at, before_at, most, found_at, known_until) VALUES (:text, :at, :at, 1, :at, :at)",
    "INSERT INTO coverage (layout, read_at, pages, fields) VALUES ('rain', :at, 1, :text)",
    "INSERT INTO notices (job, kind, verdict, because, at, since, log)"
    " VALUES (:text, 'bad', 'failed', :text, :at, :at, :text)",
    "INSERT INTO recipients (id, label, told_until, last_error) VALUES ('a', :text, 1, :text)",
)
"""Rows in which users or errors name the article; a second row of each names another."""


def _held(archive: Archive, article_id: str) -> dict[str, int]:
    """Rows of each table of near-duplicates and of the clusters that belong to the article."""
    connection = archive.database.connection
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'near_%' OR name = 'article_clusters')"
    )
    found = {}
    for (table,) in tables.fetchall():
        columns = [row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
        owned = next((name for name in columns if name in ("article_id", "id")), None)
        if owned:
            query = f"SELECT count(*) FROM {table} WHERE {owned} = ?"
            if number := connection.execute(query, (article_id,)).fetchone()[0]:
                found[table] = number
    return found


def test_everybody_else_is_as_before(data: Path) -> None:
    def others() -> dict[str, str]:
        with Archive.existing(data) as archive:
            return {it.article.id: it.article.body for it in archive.articles() if it.article.id != GONE.id}

    def pages() -> dict[str, bytes]:
        return {it.url: it.body for it in captures(data) if it.url != GONE.url}

    before, pages_before = others(), pages()
    taken(data)
    linking = a_reading(2)
    changed = {linking.id: linking.body.replace(GONE.id, "0" * 16)}
    assert others() == before | changed
    page = page_of(linking).replace(GONE.id.encode(), b"0" * 16)
    names = pages_before["https://i.news.qq.com/list"].replace(GONE.id.encode(), b"0" * 16)
    names = names.replace(GONE.title.encode(), b"0" * len(GONE.title.encode()))
    assert pages() == pages_before | {linking.url: page, "https://i.news.qq.com/list": names}
    with Archive.existing(data) as archive:
        assert all(read_capture(data, it.raw_ref) for it in archive.articles() if it.raw_ref)


IDS = (*(a_reading(number).id for number in range(6)), "20250212A9999900")


@pytest.mark.parametrize("article_id", IDS)
def test_each_in_turn_goes_and_no_row_file_or_capture_of_another_is_touched(data: Path, article_id: str) -> None:
    def others() -> dict[str, dict[str, Any]]:
        with Archive.existing(data) as archive:
            rows = [each for each in archive.articles() if each.article.id != article_id]
            texts = {
                each.article.id: (each.article, each.content_hash, archive.revisions(each.article.id)) for each in rows
            }
            files = {each.markdown_path: (data / each.markdown_path).read_bytes() for each in rows}
            pages = {
                each.raw_ref: each.body for each in captures(data) if each.facts.get("id") not in (None, article_id)
            }
        export = (data / "exports" / "jsonl" / "articles.jsonl").read_text().splitlines()
        lines = {json.loads(line)["id"]: line for line in export}
        return {"rows": texts, "files": files, "pages": pages, "lines": lines}

    def without(found: object) -> str:
        return repr(found).replace(article_id, "0" * 16)

    before = others()
    linking = {a_reading(2).id} if article_id == GONE.id else set()
    ended = taken(data, article_id)
    now = others()
    assert (ended.left, list(verify(data, deep=True))) == ({}, [])
    assert before["lines"].pop(article_id, None) is not None or article_id == IDS[-1]
    for name in ("files", "pages", "lines"):
        assert without(now[name]) == without(before[name]), name
    for other, was in before["rows"].items():
        if other not in linking:
            assert now["rows"][other] == was, other
    assert left_in(data, article_id) == []


def test_an_article_that_links_to_it_is_the_same_when_seen_again(data: Path) -> None:
    taken(data)
    with Archive.open(data) as archive:
        assert archive.keep(a_reading(2), seen_at=EVENING).verdict == "same"
    assert left_in(data, GONE.id) == []


def test_the_log_says_what_when_and_why_without_naming_it(data: Path) -> None:
    taken(data, reason=f"order 7/2025 about {GONE.id}")
    (line,) = (data / "erasures.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert entry["id_hash"] == id_hash(GONE.id)
    assert entry["content_hash"].startswith("v1:")
    assert (entry["reason"], entry["finished_at"]) == (f"order 7/2025 about {'0' * 16}", stamp(NOW))
    assert entry["removed"]["captures"] == 1
    with Archive.existing(data) as archive:
        (row,) = archive.database.connection.execute("SELECT id_hash, reason FROM erasures")
    assert tuple(row) == (entry["id_hash"], entry["reason"])


def test_it_does_not_come_back(data: Path) -> None:
    taken(data)
    with Archive.open(data) as archive:
        frontier = Frontier(archive)
        assert frontier.remember([Item(GONE.id)], "tech", EVENING) == 0
        assert frontier.recall([Item(GONE.id)], "address", EVENING) == 0
        assert GONE.id not in {link.id for link in frontier.lease(99, 2e9, 30.0)}
        with pytest.raises(Erased):
            archive.keep(GONE, seen_at=EVENING)
    assert left_in(data, GONE.id) == []


def test_copies_stay_and_are_named_and_one_of_them_is_now_the_first(data: Path) -> None:
    first = an_article(1).id
    ended = taken(data, first)
    assert ended.copies == ("20250212A9999900",)
    with Archive.existing(data) as archive:
        assert archive.article("20250212A9999900").copy_of is None
    assert left_in(data, first) == []
    assert list(verify(data, deep=True)) == []


def test_pictures_that_others_show_stay(data: Path) -> None:
    shared, own = "https://inews.gtimg.com/om/shared/641", "https://inews.gtimg.com/om/own/641"
    with Archive.open(data) as archive:
        for number, urls in ((60, (shared, own)), (61, (shared,))):
            body = "\n\n".join(f"![图片]({url})" for url in urls)
            archive.keep(an_article(number, body=body, thumbnail=""), seen_at=NOON)
        kept = keep_picture(archive, shared, an_article(60).id, PICTURE + b"1" * 9, NOON)
        gone = keep_picture(archive, own, an_article(60).id, PICTURE + b"2" * 9, NOON)
    assert taken(data, an_article(60).id).removed["media"] == 1
    assert (data / kept).exists()
    assert not (data / gone).exists()
    assert list(verify(data, deep=True)) == []


def test_captures_in_other_charsets_and_escapes_are_blotted_too(data: Path) -> None:
    sentence = own_sentence(3)[:-1]
    escaped = json.dumps({"abstract": sentence, "next": "别的文章"})
    writer = RawWriter(data, "crawl")
    with_page = next(iter(captures(data)))
    bodies = {"gbk": sentence.encode("gb18030"), "json": escaped.encode(), "upper": _upper(escaped).encode()}
    for name, body in bodies.items():
        writer.write(
            type(with_page)(url=f"https://x.qq.com/{name}", status=200, headers=(), body=body, fetched_at=NOON)
        )
    writer.close()
    assert taken(data).left == {}
    found = {it.url.rpartition("/")[2]: it.body for it in captures(data) if "x.qq.com" in it.url}
    assert found["gbk"] == b"0" * len(bodies["gbk"])
    assert json.loads(found["json"])["next"] == "别的文章"
    assert not any(body in content for body in bodies.values() for content in found.values())


def _upper(escaped: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: "\\u" + found[1].upper(), escaped)


def test_a_crawler_that_is_writing_its_captures_is_not_disturbed(data: Path) -> None:
    writer = RawWriter(data, "crawl")
    like = next(iter(captures(data)))
    before = writer.write(type(like)(url=GONE.url, status=200, headers=(), body=b"x" * 500, fetched_at=NOON))
    taken(data)
    after = writer.write(type(like)(url="https://x.qq.com/1", status=200, headers=(), body=b"later", fetched_at=NOON))
    writer.close()
    assert read_capture(data, after).body == b"later"
    assert before.partition(":")[0] == after.partition(":")[0]
    assert left_in(data, GONE.id) == []
    assert list(verify(data, deep=True)) == []


def test_others_write_meanwhile(data: Path) -> None:
    stop, failures = threading.Event(), list[BaseException]()

    def write() -> None:
        number = 500
        try:
            with Archive.open(data) as archive:
                while not stop.is_set():
                    archive.keep(an_article(number, body=f"第{number}条。"), seen_at=NOON)
                    number += 1
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    ended = taken(data)
    stop.set()
    for writer in writers:
        writer.join()
    assert failures == []
    assert ended.left == {}
    assert left_in(data, GONE.id) == []
    assert list(verify(data)) == []


STEPS = ("_begin", "_erase_captures", "_erase_files", "_erase_rows", "_unlink_pending", "fold_up", "_finish")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_interrupted_anywhere_the_same_command_finishes(
    data: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    whole = getattr(takedown, step)

    def interrupted(*arguments: object, **options: object) -> None:
        if after:
            whole(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(takedown, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        taken(data)
    monkeypatch.setattr(takedown, step, whole)
    ended = taken(data)
    assert ended.left == {}
    assert left_in(data, GONE.id, own_sentence(3)[:-1]) == []
    assert list(verify(data, deep=True)) == []


def test_a_half_written_record_of_another_is_written_whole_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = 0
    whole = os.pwrite

    def torn(handle: int, content: bytes, offset: int) -> int:
        nonlocal writes
        writes += 1
        if writes == 2:
            whole(handle, content[: len(content) // 2], offset)
            raise KeyboardInterrupt
        return whole(handle, content, offset)

    pages = len(list(captures(data)))
    monkeypatch.setattr(os, "pwrite", torn)
    with pytest.raises(KeyboardInterrupt):
        taken(data)
    monkeypatch.setattr(os, "pwrite", whole)
    assert taken(data).left == {}
    assert len(list(captures(data))) == pages - 1
    assert list(verify(data, deep=True)) == []


def test_files_that_a_killed_takedown_left_aside_are_cleared_away(data: Path) -> None:
    asides = [data / "exports/jsonl/.articles.jsonl.0a1b2c3d.takedown", data / f"{JOURNAL}.0a1b2c3d"]
    asides.append(data / ".erasures.jsonl.0a1b2c3d")
    for path in asides:
        path.write_text("half of it")
    assert {each.what for each in verify(data, deep=True)} == {DamageKind.LEFTOVER}
    taken(data)
    assert [path for path in asides if path.exists()] == []
    assert list(verify(data, deep=True)) == []


def test_two_takedowns_at_once_do_not_meet(data: Path) -> None:
    command = [str(QQNEWS), "--data", str(data), "takedown", GONE.id, "--reason", "order 7", "--yes"]
    with exclusive(data):
        refused = subprocess.run(command, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.count("\n")) == (23, 1)
    assert left_in(data, GONE.id)
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_an_unknown_article_is_an_error(data: Path) -> None:
    with pytest.raises(ArticleNotFound):
        taken(data, "20990101A0000000")
    with Archive.existing(data) as archive:
        assert archive.database.connection.execute("SELECT count(*) FROM erasures").fetchone()[0] == 0


def test_an_article_that_was_only_listed_can_be_taken_down(data: Path) -> None:
    listed = an_article(7).id
    assert taken(data, listed).left == {}
    assert left_in(data, listed) == []


def test_another_article_whose_id_begins_alike_is_left_alone() -> None:
    traces = Traces("20250212A0000300")
    assert traces.blotted(b"20250212A0000301 20250212A00003 20250212A0000300") == (
        b"20250212A0000301 00000000000000 0000000000000000"
    )


def answers_in(path: Path) -> list[int]:
    """Where the answers lie to which rows may point."""
    return [each.offset for each in members(path) if isinstance(each, GzipMember) and each.record.kind == "response"]


def test_a_blotted_record_keeps_its_length(data: Path) -> None:
    (path,) = raw_files(data)
    answers, size = answers_in(path), path.stat().st_size
    taken(data)
    del answers[3]
    assert (answers_in(path), path.stat().st_size) == (answers, size)
    plain = b"WARC/1.1\r\nContent-Length: 16\r\n\r\n" + GONE.id.encode() + b"\r\n\r\n"
    blot = Traces(GONE.id).blotted
    assert (redacted_record(plain, blot, blot) or b"").endswith(b"\r\n\r\n" + b"0" * 16 + b"\r\n\r\n")


def test_the_command_asks_before_and_proves_after(data: Path) -> None:
    command = [str(QQNEWS), "--data", str(data), "takedown", GONE.url, "--reason", "order 7"]
    for answer in ("n\n", ""):
        asked = subprocess.run(command, input=answer, capture_output=True, text=True)
        assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
        assert left_in(data, GONE.id)
    done = subprocess.run([*command, "--yes"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^searched \d+ files for the id and 2 sentences: 0 hits$", done.stdout, re.MULTILINE)
    again = subprocess.run([*command, "--yes", "--json"], capture_output=True, text=True)
    assert (again.returncode, json.loads(again.stdout)["left"]) == (0, {})
    missing = subprocess.run([*command[:4], an_article(99).id, *command[5:], "--yes"], capture_output=True, text=True)
    assert missing.returncode == 22


def test_a_backup_is_still_a_database(data: Path) -> None:
    taken(data)
    with closing(sqlite3.connect(data / "backups" / "yesterday.db")) as backup:
        assert backup.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert backup.execute("SELECT count(*) FROM articles").fetchone()[0] == 6
