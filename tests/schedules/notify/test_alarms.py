"""Alarms: told once to each, again after a time, and once more when it is over; kept wherever there is a place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schedules.config.notification_policy import NotificationPolicy, read_policy
from schedules.notify import alarms as module
from schedules.notify.alarms import ARCHIVE, TIMETABLE, Alarms

NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONE, TWO = "json://one/", "json://two/"


@pytest.fixture
def alarms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Alarms:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    return Alarms(tmp_path / "data")


def telling(*urls: str, **more: object) -> NotificationPolicy:
    return read_policy({"urls": list(urls), "group": "0s", **more})


def told(
    alarms: Alarms, to: NotificationPolicy, now: datetime, error: str = ""
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Tell everybody what is due: whom, and of what in which way."""
    done = []
    for due in alarms.due(to, now):
        alarms.told(due, error, now)
        done.append((due.to.written, [(notice.job, notice.kind) for notice in due.notices]))
    return done


def test_each_is_told_once_and_once_when_it_is_over(alarms: Alarms) -> None:
    to = telling(ONE, TWO)
    assert told(alarms, to, NOON) == []
    for minute in range(3):
        alarms.note(ARCHIVE, "missing", "no disk", NOON + minute * MINUTE)
    bad = [(ARCHIVE, "bad")]
    assert told(alarms, to, NOON + 3 * MINUTE) == [(ONE, bad), (TWO, bad)]
    alarms.note(ARCHIVE, "missing", "no disk", NOON + 4 * MINUTE)
    assert told(alarms, to, NOON + 5 * MINUTE) == []
    alarms.over(ARCHIVE, NOON + 6 * MINUTE)
    well = [(ARCHIVE, "well")]
    assert told(alarms, to, NOON + 7 * MINUTE) == [(ONE, well), (TWO, well)]
    assert told(alarms, to, NOON + 8 * MINUTE) == []
    alarms.note(ARCHIVE, "missing", "no disk", NOON + 9 * MINUTE)
    assert told(alarms, to, NOON + 9 * MINUTE) == [(ONE, bad), (TWO, bad)]


def test_what_is_wrong_in_another_way_is_told_anew(alarms: Alarms) -> None:
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    told(alarms, telling(ONE), NOON)
    alarms.note(ARCHIVE, "replaced by another", "another", NOON + MINUTE)
    assert told(alarms, telling(ONE), NOON + MINUTE) == [(ONE, [(ARCHIVE, "bad")])]


def test_what_was_over_before_anybody_was_told_is_no_news(alarms: Alarms) -> None:
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    alarms.over(ARCHIVE, NOON + MINUTE)
    assert told(alarms, telling(ONE), NOON + HOUR) == []


def test_what_stays_is_said_again_after_a_time(alarms: Alarms) -> None:
    to = telling(ONE, remind="2h")
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    assert told(alarms, to, NOON)
    kinds = [told(alarms, to, NOON + hour * HOUR) for hour in range(1, 6)]
    assert kinds == [[], [(ONE, [(ARCHIVE, "still")])], [], [(ONE, [(ARCHIVE, "still")])], []]


def test_one_who_cannot_be_reached_is_tried_again_later_and_others_are_told(alarms: Alarms) -> None:
    to = telling(ONE)
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    assert told(alarms, to, NOON, error="500")
    assert told(alarms, to, NOON + 30 * MINUTE / 60) == []
    assert told(alarms, telling(TWO), NOON) == [(TWO, [(ARCHIVE, "bad")])]
    assert told(alarms, to, NOON + MINUTE) == [(ONE, [(ARCHIVE, "bad")])]


def test_quiet_hours_hold_unless_it_is_urgent(alarms: Alarms) -> None:
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    assert told(alarms, telling(ONE, quiet="11:00-13:00"), NOON) == []
    assert told(alarms, telling(ONE, quiet="11:00-13:00", urgent=["failed"]), NOON)


def test_two_alarms_come_in_one_message(alarms: Alarms) -> None:
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    alarms.note(TIMETABLE, "not understood", "line 3", NOON)
    assert told(alarms, telling(ONE), NOON) == [(ONE, [(ARCHIVE, "bad"), (TIMETABLE, "bad")])]
    alarms.over(ARCHIVE, NOON + MINUTE)
    assert told(alarms, telling(ONE), NOON + MINUTE) == [(ONE, [(ARCHIVE, "well")])]


def test_the_dead_man_s_switch_is_called_now_and_then(alarms: Alarms) -> None:
    assert [alarms.claim_ping(NOON + minute * MINUTE, 3 * MINUTE) for minute in range(7)] == [
        minute % 3 == 0 for minute in range(7)
    ]


def test_another_process_knows_what_was_noted_and_nothing_is_left_of_what_is_over(
    alarms: Alarms, tmp_path: Path
) -> None:
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    assert Alarms(tmp_path / "data").stands(ARCHIVE)
    assert not Alarms(tmp_path / "other").stands(ARCHIVE)
    told(alarms, telling(ONE), NOON)
    alarms.over(ARCHIVE, NOON)
    told(Alarms(tmp_path / "data"), telling(ONE), NOON + MINUTE)
    assert list((tmp_path / "state/qqnews").glob("*.json")) == []


def test_where_the_first_place_takes_nothing_the_next_one_does(
    alarms: Alarms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("a file where the directory is to be")
    places = [tmp_path / "state/qqnews", tmp_path / "second"]
    monkeypatch.setattr(module, "_places", lambda: iter(places))
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "second"]
    assert Alarms(tmp_path / "data").stands(ARCHIVE)
    monkeypatch.setattr(module, "_places", lambda: iter(places[:1]))
    alarms.note(TIMETABLE, "not understood", "line 3", NOON)
    assert alarms.stands(TIMETABLE)  # In this process at least.


def test_a_service_keeps_them_in_its_own_directory(
    alarms: Alarms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "private")  # As systemd has it for users that it makes up.
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "private"]


def test_a_link_that_somebody_laid_where_all_may_write_is_not_followed(
    alarms: Alarms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("everybody's", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "everybody's").chmod(0o1777)
    (tmp_path / "everybody's/qqnews").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(module, "_places", lambda: iter([tmp_path / "everybody's/qqnews"]))
    alarms.note(ARCHIVE, "missing", "no disk", NOON)
    assert list((tmp_path / "elsewhere").iterdir()) == []
