"""SQL from outside: what it may read and call, and that no question holds anybody up for longer than it may take."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import numpy as np
import psutil
import pytest
from lxml import html

from archive.runs.due_times import SKIPPED, DueTime, DueTimes
from archive.store import Archive
from archive.web.security.sql_limits import MOST
from tests.archive.samples import NOON, an_article
from tests.archive.web.client import Got, get
from tests.archive.web.serving import Served, serving
from tests.tools.stress_web import ENDLESS, besieged, end, waits

PLACE = "/srv/of/the machine/archive.db"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("sql") / "data"
    with Archive.open(data) as archive:
        for number in range(12):
            archive.keep(an_article(number, keywords=("渔夫", "河") if number % 3 else ("河",)), seen_at=NOON)
        ledger = DueTimes(archive)
        ledger.watch("hot", "every 5m Asia/Shanghai", datetime.now(UTC))
        ledger.end_run(ledger.start_run("hot", None, NOON), "failed", 15, {}, NOON, f"cannot write to {PLACE}")
        ledger.write([DueTime("hot", NOON, SKIPPED, f"busy: by process 7 on here, {PLACE}")], NOON)
        with archive.transaction() as connection:
            connection.execute("UPDATE links SET last_error = ?", (PLACE,))
    return data


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Served]:
    with serving(data) as running:
        yield running


def asked(served: Served, sql: str, more: str = "") -> Got:
    return get(served.address, f"/archive.json?sql={quote(sql)}&_shape=arrays{more}", accept_language="en")


def rows(served: Served, sql: str, more: str = "") -> list[list[object]]:
    got = asked(served, sql, more)
    assert got.status == 200, got.text
    found: list[list[object]] = json.loads(got.text)["rows"]
    return found


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("with few as (select id from articles limit 5) select count(*) from few", [[5]]),
        ("with a as (select 1 x), b as (select x + 1 y from a) select count(*) from a, b", [[1]]),
        ("select count(*) from Articles", [[12]]),
        ("select value, count(*) from articles, json_each(keywords) group by 1 order by 2", [["渔夫", 8], ["河", 12]]),
        ("select count(*) from json_tree('[1, [2, 3]]')", [[5]]),
        ("select name from pragma_table_info('gaps') limit 2", [["id"], ["source"]]),
        ("select count(*) > 5 from pragma_table_info('articles')", [[1]]),
        ("select rank() over (order by id) from articles limit 1", [[1]]),
        ("select strftime('%Y', '2026-05-01'), json_extract('[7]', '$[0]'), round(sqrt(2), 2)", [["2026", 7, 1.41]]),
        ("select group_concat(x, '、') from (select 1 x union select 2)", [["1、2"]]),
        ("select x'00ff' is not null, 9223372036854775807, null", [[1, 9223372036854775807, None]]),
    ],
)
def test_what_researchers_ask_is_answered(served: Served, sql: str, expected: list[list[object]]) -> None:
    assert rows(served, sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from locks",
        "select count(*) from LOCKS",
        'select 1 from "recipients"',
        "with x as (select * from erasures) select count(*) from x",
        "with locks as (select 1) select count(*) from main.locks",
        "select (select token from locks)",
        "select 1 where exists (select 1 from hosts)",
        "select * from sqlite_temp_master",
        "select * from pragma_database_list",
        "select count(*) from dbstat",
        "select fts3_tokenizer('simple')",
        "select hex(randomblob(9))",
        "select zeroblob(9)",
        "select load_extension('x')",
        "select readfile('/etc/passwd')",
        "select sqlite_compileoption_get(1)",
        "select 1; select 2",
        "explain delete from articles",
        "select 'a\0b'",
        "selec 1",
    ],
)
def test_what_is_nobodys_business_is_refused(served: Served, sql: str) -> None:
    got = asked(served, sql)
    assert (got.status, json.loads(got.text)["ok"]) == (400, False)


def test_nothing_of_the_machine_is_told_by_sql_or_by_the_page(served: Served) -> None:
    for sql in ("select * from runs", "select because, host, pid from runs", "select * from due_times"):
        assert PLACE not in asked(served, sql).text
    for path in ("/status", "/archive/runs", "/archive/due_times.json", "/archive/links", "/metrics"):
        assert "of/the machine" not in get(served.address, path).text
    hidden = "select count(because), count(host), count(pid) from runs"
    assert rows(served, hidden) == [[0, 0, 0]]


def test_a_slip_keeps_the_query(served: Served) -> None:
    for sql in ("selec 1 as eins", "select * from nowhere", "pragma user_version", "select 1 as eins union"):
        got = get(served.address, f"/archive?sql={quote(sql)}", accept_language="zh")
        tree = html.fromstring(got.text)
        assert got.status == 400
        assert tree.xpath("string(//textarea[@name='sql'])") == sql
        assert "查询未能执行：" in tree.xpath("string(//*[@role='alert'])")


@pytest.mark.parametrize(
    "more", ["&_timelimit=soon", "&_ttl=-1", "&_timelimit=1e9", "&_timelimit=9999999999999", "&_through={"]
)
def test_parts_of_an_address_that_make_no_sense_are_refused(served: Served, more: str) -> None:
    got = asked(served, "select 1", more)
    assert (got.status, "Traceback" in got.text) == (400, False)


def test_the_list_of_tables_is_no_table(served: Served) -> None:
    for path in ("/archive.csv", "/archive.csv?sql=", "/archive.csv?sql=&sql=select+1"):
        assert get(served.address, path).status == 400
    assert get(served.address, "/archive.csv?sql=select+1+as+one").text == "one\r\n1\r\n"


def test_a_query_that_is_too_long_or_all_comments_is_not_looked_through(served: Served) -> None:
    for sql in ("select " + "1+" * 6000 + "1", "select " + "/*" * 4000, "/**/" * 2000 + "select 1"):
        got = get(served.address, f"/archive?sql={quote(sql)}", accept="text/html", accept_language="en")
        assert (got.status, "The query is too long." in got.text) == (400, True)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (ENDLESS, "longer than two seconds"),
        ("with recursive a(x) as (select 1 union all select x + 1 from a) select max(x) from a", "longer than two"),
        (
            "with recursive a(x) as (select 1 union all select x + 1 from a limit 1000) "
            "select printf('%.20000c', 'a') from a",
            "too large",
        ),
    ],
)
def test_what_takes_too_long_or_too_much_is_stopped_and_the_next_question_is_answered(
    served: Served, sql: str, told: str
) -> None:
    got = asked(served, sql)
    assert (got.status, told in json.loads(got.text)["error"]) == (400, True)
    assert rows(served, "select 40 + 2") == [[42]]


def test_a_sort_beyond_all_memory_is_stopped(served: Served) -> None:
    numbers = "with recursive a(x) as (select 1 union all select x + 1 from a limit 40000000)"
    assert asked(served, f"{numbers} select x from a order by random() limit 1").status == 400
    assert rows(served, "select 1") == [[1]]


def test_a_process_that_somebody_ends_is_replaced(served: Served) -> None:
    assert rows(served, "select 1") == [[1]]
    workers = psutil.Process(served.process.pid).children()
    assert len(workers) == 3
    for each in workers:
        os.kill(each.pid, signal.SIGKILL)
    psutil.wait_procs(workers, timeout=20)
    assert [rows(served, "select 1") for _ in range(6)] == [[[1]]] * 6


def test_processes_know_no_password_and_come_after_pages(data: Path) -> None:
    with serving(data, QQNEWS_PASSWORD="a plain password") as closed:
        assert [
            get(closed.address, "/archive?sql=select+1", authorization="Bearer a plain password").status
            for _ in range(3)
        ] == [200] * 3
        for each in psutil.Process(closed.process.pid).children():
            assert "a plain password" not in str(each.environ())
            assert each.nice() > psutil.Process(closed.process.pid).nice()


def test_those_for_whom_there_is_no_place_are_told_when_to_come_again(served: Served) -> None:
    with ThreadPoolExecutor(3 * MOST) as pool:
        answers = list(pool.map(lambda _: asked(served, ENDLESS), range(3 * MOST)))
    statuses = [got.status for got in answers]
    assert set(statuses) == {400, 503}
    assert statuses.count(503) >= MOST
    assert {got.headers["retry-after"] for got in answers if got.status == 503} == {"5"}
    assert rows(served, "select 1") == [[1]]


def test_whoever_leaves_takes_the_question_along(served: Served) -> None:
    rows(served, "select 1")
    before = set(psutil.Process(served.process.pid).children())
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(lambda: get(served.address, f"/archive.json?sql={quote(ENDLESS)}", timeout=0.5))
    # Had they stayed, a question of ours would wait for the end of theirs.
    assert rows(served, "select 1") == [[1]]
    assert before.isdisjoint(psutil.Process(served.process.pid).children())


def test_sixty_visitors_who_ask_for_ever_hold_up_no_others_and_not_the_end(data: Path) -> None:
    with serving(data) as served:
        others: list[float] = []
        with besieged(served, 60, questions=240) as siege:
            while not siege.is_over:
                others.append(waits(served.address, "/static/site.css"))
                waits(served.address, "/")
        assert sum(sum(each.values()) for each in siege.answers.values()) == 240
        assert all(set(each) <= {"200", "400", "503"} for each in siege.answers.values())
        # A question may take two seconds and the time to stop it; a style sheet a fifth of that.
        assert np.percentile(others, 95) < min(siege.stopped) / 4
        with besieged(served, 60, questions=60):
            waits(served.address, "/static/site.css")
            assert end(served) < 2.5 * min(siege.stopped)


@pytest.mark.parametrize("content", [None, b"no database" * 900, b""])
def test_an_archive_that_is_missing_or_damaged_is_no_error_of_ours(tmp_path: Path, content: bytes | None) -> None:
    data = tmp_path / "data"
    Archive.open(data).close()
    with serving(data) as served:
        aside = (data / "archive.db").rename(tmp_path / "aside.db")
        if content is not None:
            (data / "archive.db").write_bytes(content)
        for path in (
            "/archive",
            "/archive/articles",
            "/archive?sql=select+1+from+articles",
            "/archive/articles.json",
            "/",
        ):
            got = get(served.address, path, accept_language="en")
            assert (path, got.status, "nobody foresaw" in got.text) == (path, 503, False)
            assert str(tmp_path) not in got.text
        aside.replace(data / "archive.db")
        assert get(served.address, "/archive/articles").status == 200
        assert rows(served, "select count(*) from articles") == [[0]]
        served.process.send_signal(signal.SIGTERM)
    # What Python says of others when it ends is not ours.
    said = served.process.communicate(timeout=20)[1]
    assert not [line for line in said.splitlines() if line.startswith("  File ") and "/archive/" in line]


def test_no_question_outlives_the_server(data: Path) -> None:
    with serving(data) as served:
        assert rows(served, "select 1") == [[1]]
        with besieged(served, 6, questions=6):
            for _ in range(20):
                waits(served.address, "/static/site.css")
            workers = psutil.Process(served.process.pid).children()
            served.process.kill()
    assert len(workers) == 3
    assert psutil.wait_procs(workers, timeout=30)[1] == []
