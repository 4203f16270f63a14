"""Old polls and coverage take little room, and nothing that is judged by changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from archive.article.timestamps import stamp
from archive.monitoring.baselines import surprises
from archive.monitoring.polls import PACE_OVER, polls_of, source_state
from archive.monitoring.retention import KEPT_WHOLE, thin
from archive.store import Archive
from archive.verify.verify import verify

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
FIRST = NOW - timedelta(days=45)
SOURCES = ("channel:tech", "channel:world", "hot")


def fill(archive: Archive, until: datetime = NOW, every: timedelta = timedelta(hours=2)) -> None:
    """Polls of three sources and pages of two layouts, as runs note them; one poll in a hundred left a gap."""
    moment, number = FIRST, 0
    with archive.transaction() as connection:
        while moment <= until:
            run = connection.execute(
                "INSERT INTO runs (job, started_at, host, pid) VALUES ('channels', ?, 'here', 1) RETURNING id",
                (stamp(moment),),
            ).fetchone()[0]
            for source in SOURCES:
                number += 1
                overlapped = None if source == "hot" else int(number % 100 > 0)
                values = (run, source, stamp(moment), 2, 40, number % 5, overlapped, stamp(moment), stamp(FIRST))
                connection.execute(
                    "INSERT INTO polls (run_id, source, polled_at, pages, listed, fresh, overlapped, newest_at,"
                    " oldest_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
            for layout in ("rain", "omn"):
                connection.execute(
                    "INSERT INTO coverage (run_id, layout, read_at, pages, fields) VALUES (?, ?, ?, 7, ?)",
                    (run, layout, stamp(moment), '{"title": [7, 7], "text": [5, 7]}'),
                )
            moment += every


def rows(archive: Archive, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in archive.database.connection.execute(query)]


SUMS = """
    SELECT source, overlapped, sum(times), sum(pages), sum(listed), sum(fresh), max(polled_at), max(newest_at),
        min(oldest_at), min(coalesce(first_at, polled_at)) FROM polls GROUP BY 1, 2 ORDER BY 1, 2
"""
PAGES = """
    SELECT layout, sum(times), sum(pages), sum(json_extract(fields, '$.text[0]')),
        sum(json_extract(fields, '$.text[1]'))
    FROM coverage GROUP BY 1 ORDER BY 1
"""


def test_old_days_become_a_row_for_each_source_and_all_sums_stay(archive: Archive) -> None:
    fill(archive)
    before = rows(archive, SUMS), rows(archive, PAGES)
    last = rows(archive, "SELECT max(id) FROM runs")[0][0]
    recent = [polls_of(archive, source, NOW - KEPT_WHOLE + timedelta(days=1)) for source in SOURCES]
    judged = [source_state(archive, source) for source in SOURCES], surprises(archive, int(str(last)), {}, 0, NOW)
    while thin(archive, NOW):
        pass
    assert (rows(archive, SUMS), rows(archive, PAGES)) == before
    assert [polls_of(archive, source, NOW - KEPT_WHOLE + timedelta(days=1)) for source in SOURCES] == recent
    assert (
        [source_state(archive, source) for source in SOURCES],
        surprises(archive, int(str(last)), {}, 0, NOW),
    ) == judged
    old = "FROM polls WHERE first_at IS NOT NULL"
    days = rows(archive, f"SELECT source, substr(polled_at, 1, 10) {old} AND overlapped IS NOT 0")
    assert len(days) == len(set(days)) == 10 * len(SOURCES)
    broken = rows(
        archive, "SELECT times, first_at = polled_at FROM polls WHERE overlapped = 0 AND first_at IS NOT NULL"
    )
    assert broken != []
    assert set(broken) == {(1, 1)}
    assert rows(archive, "SELECT count(*) FROM polls WHERE first_at IS NULL AND polled_at < '2026-10-22'") == [(0,)]
    assert thin(archive, NOW) == 0
    assert list(verify(archive.data)) == []


def test_a_source_that_fell_silent_keeps_the_polls_that_tell_its_pace(archive: Archive) -> None:
    fill(archive)
    last = FIRST + timedelta(days=20)
    with archive.transaction() as connection:
        connection.execute("DELETE FROM polls WHERE source = 'hot' AND polled_at > ?", (stamp(last),))
    pace = polls_of(archive, "hot", last - PACE_OVER)
    while thin(archive, NOW):
        pass
    assert polls_of(archive, "hot", last - PACE_OVER) == pace
    thinned = "SELECT source, count(*) FROM polls WHERE times > 1 GROUP BY 1 ORDER BY 1"
    assert [source for source, _ in rows(archive, thinned)] == list(SOURCES)


def test_a_run_thins_one_day_at_most(archive: Archive) -> None:
    fill(archive, until=FIRST + timedelta(days=18))
    count = "SELECT count(*) FROM polls WHERE first_at IS NULL"
    (whole,) = rows(archive, count)[0]
    thin(archive, NOW)
    (left,) = rows(archive, count)[0]
    assert 0 < int(str(whole)) - int(str(left)) <= 12 * len(SOURCES)


def test_a_list_of_polls_that_others_thin_at_once_stays_whole(archive: Archive) -> None:
    fill(archive, until=FIRST + timedelta(days=17))
    before = rows(archive, SUMS)
    with Archive.existing(archive.data) as other:
        for _ in range(3):
            thin(archive, NOW)
            thin(other, NOW)
    assert rows(archive, SUMS) == before
