"""Old runs that went well, and their due times: of each job and day one row stays, with the sums of all.

Whatever did not simply run well stays as it was: due times that were missed, left out, merged into others or done
again, runs of any other verdict; and of each job the run that ended last, which tells how the job fares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from sqlite3 import Connection, Row
from typing import Any, Final

import orjson

from archive.database.row_readers import each_row, has_a_day, moment_text, readable_rows, values_of
from archive.errors import UnreadableRow
from archive.monitoring.status import OF_RUNS

Day = dict[str, str]
"""Its bounds: ``first`` and, no part of it any more, ``after``."""

Run = dict[str, Any]
"""The values of a row of ``runs``."""


def thin_runs(connection: Connection, day: Day) -> int:
    """Let one run stand for all of a job's that went well on that day; how many rows went."""
    unreadable = list[UnreadableRow]()
    rows = list(readable_rows(each_row(connection, _WELL, day), "runs", "id", _run, unreadable.append))
    connection.executemany(_KEEP_UNREADABLE, ((int(error.key),) for error in unreadable))
    return sum(_join(connection, list(same)) for _, same in groupby(rows, lambda row: (row["job"], row["by_hand"])))


def _run(row: Row) -> Run:
    return values_of("runs", "id", row, {**OF_RUNS, "started_at": moment_text, "ended_at": moment_text})


def _join(connection: Connection, runs: list[Run]) -> int:
    """Let the last of these runs stand for all of them, wherever one is named."""
    gone = _join_due_times(connection, runs)
    *others, last = runs
    for table in ("polls", "coverage"):
        statement = f"UPDATE {table} SET run_id = ? WHERE run_id = ?"  # noqa: S608  (a table of ours)
        connection.executemany(statement, ((last["id"], run["id"]) for run in others))
    connection.executemany("DELETE FROM runs WHERE id = ?", ((run["id"],) for run in others))
    because = "" if others else last["because"]
    values = (len(runs), runs[0]["started_at"], max(run["ended_at"] for run in runs), _summed(runs), because)
    connection.execute(_STAND_FOR_RUNS, (*values, last["id"]))
    return gone + len(others)


def _join_due_times(connection: Connection, runs: list[Run]) -> int:
    """Likewise for the due times that were run for; of runs by hand there are none."""
    rows = [row for run in runs for row in connection.execute(_DUE_TIMES, (run["id"],)).fetchall()]
    if not rows:
        return 0
    *others, last = sorted(rows, key=lambda row: str(row["due_at"]))
    connection.executemany("DELETE FROM due_times WHERE job = ? AND due_at = ?", map(tuple, others))
    first = (others or [last])[0]["due_at"]
    values = (runs[-1]["id"], len(rows), len(rows), first)
    connection.execute(_STAND_FOR_DUE_TIMES, (*values, last["job"], last["due_at"]))
    return len(others)


def _summed(runs: Iterable[Run]) -> str:
    sums: Counter[str] = Counter()
    for run in runs:
        sums.update(run["counts"])
    return orjson.dumps(sums).decode()


_RAN_WELL: Final = """
    first_at IS NULL AND verdict = 'ok' AND exit_code = 0 AND NOT EXISTS (
        SELECT 1 FROM due_times
        WHERE run_id = runs.id AND (
            state <> 'ran' OR reason <> '' OR attempts <> 1 OR job <> runs.job OR date(due_at) IS NULL
        )
    )
"""
_IS_OLD_NEWS: Final = """
    started_at < (
        SELECT max(later.started_at) FROM runs AS later WHERE later.job = runs.job AND later.ended_at IS NOT NULL
    )
"""
# Constants of this module, and nothing else, become part of a query.
_TO_BE_THINNED: Final = f"{_RAN_WELL} AND {_IS_OLD_NEWS}"
OLDEST_RUN: Final = f"""
    SELECT started_at FROM runs WHERE {_TO_BE_THINNED} AND started_at < ? AND {has_a_day("started_at")}
    ORDER BY started_at LIMIT 1
"""  # noqa: S608
"""When the oldest run began that is to be thinned, if any did before a day."""
_WELL: Final = f"""
    SELECT *, due_at IS NULL AS by_hand FROM runs
    WHERE {_TO_BE_THINNED} AND started_at >= :first AND started_at < :after ORDER BY job, by_hand, started_at, id
"""  # noqa: S608
_KEEP_UNREADABLE: Final = "UPDATE runs SET first_at = started_at WHERE id = ?"
_DUE_TIMES: Final = "SELECT job, due_at FROM due_times WHERE run_id = ?"
_STAND_FOR_RUNS: Final = """
    UPDATE runs SET times = ?, first_at = ?, ended_at = ?, counts = ?, because = ? WHERE id = ?
"""
_STAND_FOR_DUE_TIMES: Final = """
    UPDATE due_times SET run_id = ?, times = ?, attempts = ?, first_at = ? WHERE job = ? AND due_at = ?
"""
