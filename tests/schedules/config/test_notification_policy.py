"""What is news of a job, when it is told, what a message says; and [notify] taken at its word."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from archive.monitoring.notices import Notice, Recipient
from schedules.config.notification_policy import (
    RETRY_LAST,
    Address,
    MissingVariable,
    NotificationPolicy,
    QuietHours,
    RunOutcome,
    pause_after,
    read_policy,
)
from schedules.notify.messages import message
from schedules.timetable.jobs import BadJobs, JobsFile, read_jobs_file

BEGIN = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
JOB = '[hot]\ncommand = "crawl"\nevery = "5m"\n'


def telling(**table: object) -> NotificationPolicy:
    return read_policy({"urls": ["json://localhost"], **table})


def told(runs: str, every: timedelta = timedelta(minutes=5), *, only: str = "", **table: object) -> list[str]:
    """What is told of a job whose runs end like this, one after another."""
    last: Notice | None = None
    noted = []
    for number, verdict in enumerate(runs.split()):
        run = RunOutcome(verdict, "", BEGIN + number * every, is_ok=verdict == "ok")
        news = telling(**table).news("hot", frozenset(only.split()) if only else None, last, run)
        if news is not None:
            last = news
            noted.append(f"{news.kind} {news.verdict}")
    return noted


def test_one_notice_when_it_turns_bad_and_one_when_it_is_well_again() -> None:
    assert told("ok ok blocked blocked blocked ok ok") == ["bad blocked", "well ok"]
    assert told("blocked failed failed blocked ok") == ["bad blocked", "bad failed", "bad blocked", "well ok"]
    assert told("ok ok") == []


def test_what_stays_bad_is_said_again_once_a_day_or_never() -> None:
    hours = " ".join(["failed"] * 60)
    assert told(hours, timedelta(hours=1)) == ["bad failed", "still failed", "still failed"]
    assert told(hours, timedelta(hours=1), remind="0s") == ["bad failed"]


def test_only_of_verdicts_that_somebody_wants_to_hear_of() -> None:
    assert told("partial failed partial ok", verdicts=["failed"]) == ["bad failed", "well ok"]
    assert told("partial failed ok", verdicts=["failed"], only="partial") == ["bad partial", "well ok"]
    assert told("partial ok", verdicts=[]) == []
    assert told("odd ok") == ["bad odd", "well ok"]
    assert told("failed ok", urls=[]) == []


READ, LISTED, NOTHING = {"kept": 1, "requests": 2}, {"known": 9, "requests": 1}, {"silent": 0}
"""What runs that went well counted: a list and a page; a list of nothing new; there was nothing to do."""


@pytest.mark.parametrize(
    ("trouble", "counts", "over"),
    [
        ("changed", LISTED, False),
        ("changed", READ, True),
        ("changed", {"gone": 3, "requests": 3}, False),
        ("partial", LISTED, False),
        ("partial", {"gone": 3, "requests": 3}, True),
        ("partial", READ | {"waiting": 1}, False),
        ("blocked", LISTED, True),
        ("blocked", LISTED | {"waiting": 1}, False),
        ("blocked", READ | {"waiting": 1}, False),
        ("empty", LISTED, True),
        ("thin", LISTED | {"waiting": 1}, True),
        ("thin", NOTHING, False),
        ("failed", NOTHING, False),
        ("failed", LISTED, True),
        ("failed", {}, True),
        ("damaged", NOTHING, True),
    ],
)
def test_only_a_run_that_shows_it_makes_a_job_well_again(trouble: str, counts: dict[str, int], *, over: bool) -> None:
    well = RunOutcome("ok", "", BEGIN, is_ok=True, counts=counts)
    news = telling().news("hot", None, notice("hot", "bad", trouble, 0, 1), well)
    assert (news.kind if news else None) == ("well" if over else None)


def notice(job: str, kind: str, verdict: str, minute: int, number: int) -> Notice:
    at = BEGIN + timedelta(minutes=minute)
    because = "" if kind == "well" else "3 refusals"
    return Notice(id=number, job=job, kind=kind, verdict=verdict, because=because, at=at, since=BEGIN, log="x.log")


def test_a_message_says_what_why_when_and_what_next() -> None:
    said = message([notice("hot", "bad", "blocked", 0, 1)], SHANGHAI, "The archive: /srv")
    assert said.title == "qqnews: hot is blocked"
    assert said.body.splitlines() == [
        "hot is blocked since 2026-11-26 11:00 (Asia/Shanghai).",
        "Because: 3 refusals",
        "Next: nothing, unless it lasts: the hosts rest, and what is left is fetched later.",
        "Log: runs/x.log",
        "",
        "The archive: /srv",
    ]
    assert not said.is_good


def test_damage_is_named_with_its_cure_and_other_codes_are_failures() -> None:
    damaged = message([notice("verify", "bad", "damaged", 0, 1)], SHANGHAI, "")
    assert damaged.title == "qqnews: verify is finding damage"
    assert "Next: 'qqnews repair --dry-run' says what can be mended" in damaged.body
    assert message([notice("hot", "bad", "bad input", 0, 1)], SHANGHAI, "").title == "qqnews: hot is failing"


def test_a_night_of_ups_and_downs_is_one_paragraph_for_each_job() -> None:
    night = [
        notice("hot", kind, "failed" if kind == "bad" else "ok", n, n) for n, kind in enumerate(["bad", "well"] * 20)
    ]
    said = message([*night, notice("export", "bad", "odd", 50, 50)], SHANGHAI, "")
    assert said.title == "qqnews: export is odd"
    export, hot = said.body.split("\n\n")[:2]
    assert "'qqnews schedule once export'" in export
    assert hot.splitlines()[:2] == [
        "hot is well again: 2026-11-26 11:39 (Asia/Shanghai). The trouble began 2026-11-26 11:00 (Asia/Shanghai).",
        "It turned bad 20 times since 2026-11-26 11:00 (Asia/Shanghai).",
    ]
    assert message(night, SHANGHAI, "").is_good


def recipient(told_at: datetime | None = None, not_before: datetime | None = None) -> Recipient:
    return Recipient("id", "json", 0, told_at, 0, not_before, "")


@pytest.mark.parametrize(
    ("hour", "kind", "verdict", "sent"),
    [
        (12, "bad", "partial", True),
        (23, "bad", "partial", False),
        (3, "bad", "partial", False),
        (3, "bad", "blocked", True),
        (3, "bad", "damaged", True),
        (3, "well", "ok", False),
        (7, "bad", "partial", True),
    ],
)
def test_in_quiet_hours_only_what_is_urgent(hour: int, kind: str, verdict: str, sent: bool) -> None:
    now = datetime(2026, 11, 26, hour, 0, tzinfo=SHANGHAI)
    rules = telling(quiet="23:00-07:00", urgent=["blocked", "failed"])
    assert rules.is_time(recipient(), [notice("hot", kind, verdict, 0, 1)], now) is sent


def test_after_a_message_the_next_one_waits_for_others() -> None:
    pending = [notice("hot", "bad", "failed", 0, 1)]
    assert telling().is_time(recipient(), pending, BEGIN)
    assert not telling().is_time(recipient(), [], BEGIN)
    assert not telling().is_time(recipient(BEGIN - timedelta(minutes=9)), pending, BEGIN)
    assert telling().is_time(recipient(BEGIN - timedelta(minutes=10)), pending, BEGIN)
    # Under a clock that has been put back since.
    assert telling().is_time(recipient(BEGIN + timedelta(days=1)), pending, BEGIN)


def test_a_service_that_failed_is_left_alone_for_longer_each_time() -> None:
    pauses = [pause_after(tries) for tries in range(1, 40)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(pauses) == pauses[-1] == RETRY_LAST
    pending = [notice("hot", "bad", "failed", 0, 1)]
    assert not telling().is_time(recipient(not_before=BEGIN + timedelta(minutes=1)), pending, BEGIN)
    assert telling().is_time(recipient(not_before=BEGIN + timedelta(days=1)), pending, BEGIN)


@pytest.mark.parametrize(
    ("hours", "within", "outside"),
    [("23:00-07:00", ["23:00", "00:00", "06:59"], ["07:00", "22:59"]), ("12:00-13:30", ["13:29"], ["13:30", "11:59"])],
)
def test_quiet_hours_may_reach_over_midnight(hours: str, within: list[str], outside: list[str]) -> None:
    begin, end = map(time.fromisoformat, hours.split("-"))
    for text in within + outside:
        moment = datetime.combine(BEGIN, time.fromisoformat(text))
        assert QuietHours(begin, end).holds(moment) is (text in within)


def test_secrets_may_come_from_the_environment_and_are_kept_nowhere() -> None:
    address = Address("mailtos://${MAIL_USER}:${MAIL_PASSWORD}@example.org")
    assert address.filled({"MAIL_USER": "me", "MAIL_PASSWORD": "secret"}) == "mailtos://me:secret@example.org"
    assert address.variables == ("MAIL_USER", "MAIL_PASSWORD")
    assert address.label == "mailtos"
    assert "secret" not in Address("json://user:secret@host").id
    with pytest.raises(MissingVariable, match="MAIL_PASSWORD is not set"):
        address.filled({"MAIL_USER": "me", "MAIL_PASSWORD": ""})


def read(tmp_path: Path, text: str) -> JobsFile:
    (tmp_path / "jobs.toml").write_text(text, encoding="utf-8")
    return read_jobs_file(tmp_path / "jobs.toml", ["crawl"])


def test_what_is_written_is_read(tmp_path: Path) -> None:
    table = 'urls = ["json://a", "${WECOM}"]\nquiet = "23:00-07:00"\ntimezone = "Europe/Berlin"\nurgent = ["blocked"]\n'
    more = 'ping = "https://hc.example/1"\nping_every = "2m"\nmetrics_file = "/var/lib/x.prom"\n'
    found = read(tmp_path, f'{JOB}notify = ["failed"]\n[notify]\n{table}{more}')
    assert [address.label for address in found.telling.urls] == ["json", "${WECOM}"]
    assert (found.telling.zone.key, found.telling.urgent) == ("Europe/Berlin", frozenset(["blocked"]))
    assert found.telling.ping_every == timedelta(minutes=2)
    assert found.jobs["hot"].notify == frozenset(["failed"])
    assert read(tmp_path, JOB).telling.urls == ()


WRONG = {
    "[notify]\nurl = []": (5, "unknown key 'url' "),
    "[notify]\nurls = 'json://a'": (5, "urls must be a list"),
    "[notify]\nurls = ['mail me']": (5, "no address such as"),
    "[notify]\nurls = [1]": (5, "no address such as"),
    "[notify]\nverdicts = ['bad']": (5, "'bad' is none of empty, thin"),
    "[notify]\nurgent = [['failed']]": (5, "is none of"),
    "[notify]\nquiet = '23-7'": (5, "no hours such as"),
    "[notify]\nquiet = '23:00-24:30'": (5, "no hours such as"),
    "[notify]\nquiet = '23:00-23:00'": (5, "always or never"),
    "[notify]\ntimezone = 'Mars'": (5, "unknown time zone"),
    "[notify]\ngroup = '8d'": (5, "not between"),
    "[notify]\nremind = 1": (5, "remind must be a string"),
    "[notify]\nping = 'json://a'": (5, "no address of the web"),
    "[notify]\nping_every = '1s'": (5, "not between 1m and 7d"),
    "[notify]\nping_failures = 'no'": (5, "true or false"),
    "[notify]\nmetrics_file = 'a.prom'": (5, "no absolute path"),
    "[notify]\nmetrics_file = '/a.txt'": (5, "ends with .prom"),
    "notify = ['sad']": (4, "'sad' is none of"),
    "notify = true": (4, "notify must be a list"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    line, reason = WRONG[text]
    with pytest.raises(BadJobs, match=reason) as caught:
        read(tmp_path, f"{JOB}{text}\n")
    assert caught.value.line == line
