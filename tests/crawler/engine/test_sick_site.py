"""A sick site is not a thousand removals: what is believed of it, and that real removals still are."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from archive.article.model import BEIJING
from archive.errors import ExitCode
from archive.store import Archive
from tests.conftest import QQNEWS, Called, clean_environment
from tests.crawler.archived import hours_pass, rows
from tests.site.pages import wechat
from tests.site.site import Site
from tests.site.world import Farewell

Run = Callable[..., Called]
Young = Callable[[Sequence[str]], list[str]]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site of 120 articles, the newest minutes old."""
    with Site(seed=3, articles=120, now=datetime.now(BEIJING).isoformat(timespec="seconds")) as running:
        yield running


@pytest.fixture
def young(crawl: Run, fresh_site: Site, data: Path, tmp_path: Path) -> Young:
    """Archives these articles, all of which are then due to be looked at again."""

    def archive(keys: Sequence[str]) -> list[str]:
        (tmp_path / "wanted.txt").write_text("\n".join(keys))
        assert crawl(str(tmp_path / "wanted.txt"), "--concurrency", "16", "--no-raw").code == 0
        due_now(data)
        fresh_site.forget_requests()
        return list(keys)

    return archive


def due_now(data: Path) -> None:
    """Two hours pass, and everything is due."""
    hours_pass(data, 2)
    set_due(data, {key: "2020-01-01T00:00:00+00:00" for (key,) in rows(data, "SELECT id FROM articles")})


def set_due(data: Path, moments: Mapping[str, str | None]) -> None:
    """Let articles be looked at again at these moments (None: never)."""
    with Archive.existing(data) as archive, archive.transaction() as connection:
        values = [(moment, key) for key, moment in moments.items()]
        connection.executemany("UPDATE articles SET next_check = ? WHERE id = ?", values)


@pytest.fixture
def recheck(qqnews: Run) -> Run:
    return lambda *arguments: qqnews("recheck", "--json", "--delay", "0", "--no-raw", *arguments)


def states(data: Path) -> dict[str, int]:
    """Status → articles; ``missing`` are those of which a first word is noted."""
    stands = "iif(status = 'live' AND missing_since IS NOT NULL, 'missing', status)"
    return dict(rows(data, f"SELECT {stands}, count(*) FROM articles GROUP BY 1"))


SICKNESS: dict[str, tuple[str, dict[str, Any]]] = {
    "404": ("status", {"code": 404}),
    "410": ("status", {"code": 410}),
    "the lost children's page": ("redirect", {"location": "https://www.qq.com/babygohome/?pgv_ref=apub"}),
    "the page for what is not found": ("redirect", {"location": "https://new.qq.com/notfound.htm?uri=x"}),
    "deleted by their data": ("is_deleted", {}),
}


@pytest.mark.parametrize("sickness", SICKNESS)
def test_two_hours_in_which_everything_is_gone_bury_nothing(
    young: Young, recheck: Run, fresh_site: Site, data: Path, sickness: str
) -> None:
    number = 60 if sickness == "404" else 8
    keys = young(fresh_site.world.of_layout("v2")[:number])
    kind, options = SICKNESS[sickness]
    fresh_site.fault("/rain/a/", kind, **options)
    for _ in range(2):
        ended = recheck()
        assert (ended.report["verdict"], ended.code) == ("changed", ExitCode.CHANGED)
        assert (ended.counts["site_wide"], "absent" in ended.counts) == (number, False)
        assert f"the site calls {number} articles gone, and whatever else" in ended.report["because"]
        assert states(data) == {"live": number}
        assert rows(data, "SELECT count(*) FROM articles WHERE missing_since IS NOT NULL") == [(0,)]
        hours_pass(data, 1.1)
    fresh_site.clear_faults()
    well = recheck()
    assert (well.code, well.counts["same"]) == (0, len(keys))


FAREWELLS: tuple[Farewell, ...] = ("babygohome", "notfound", "is_deleted")


def test_eight_of_a_hundred_removed_in_a_night_become_tombstones(
    young: Young, recheck: Run, fresh_site: Site, data: Path
) -> None:
    keys = young(fresh_site.world.of_layout("v2", "v1", "dom", "static", "classic")[:100])
    assert len(keys) == 100
    removed = keys[:4] + keys[-4:]
    for key, farewell in zip(removed, cycle(FAREWELLS), strict=False):
        fresh_site.remove(key, farewell)
    first = recheck()
    assert (first.code, first.report["reasons"]["absent"]) == (0, {"missing": 8})
    hours_pass(data, 1.1)
    second = recheck()
    assert (second.code, second.report["reasons"]["absent"]) == (0, {"tombstone": 8})
    assert {row[0] for row in rows(data, "SELECT id FROM articles WHERE status = 'gone'")} == set(removed)


@pytest.mark.parametrize(("archived", "removed"), [(1, 1), (3, 1), (3, 2), (3, 3)])
def test_a_small_archive_has_removals_too(
    young: Young, recheck: Run, fresh_site: Site, data: Path, archived: int, removed: int
) -> None:
    keys = young(fresh_site.world.of_layout("v2")[:archived])
    for key in keys[-removed:]:
        fresh_site.remove(key)
    for expected in ("missing", "tombstone"):
        ended = recheck()
        assert (ended.code, ended.report["reasons"]["absent"]) == (0, {expected: removed})
        hours_pass(data, 1.1)
    assert states(data).get("gone") == removed


@pytest.mark.parametrize("archived", [1, 3])
def test_nor_are_they_buried_in_a_small_archive(
    young: Young, recheck: Run, fresh_site: Site, data: Path, archived: int
) -> None:
    young(fresh_site.world.of_layout("v2")[:archived])
    fresh_site.fault("/rain/a/", "status", code=404)
    for _ in range(2):
        assert recheck().code == ExitCode.CHANGED
        hours_pass(data, 1.1)
    assert states(data) == {"live": archived}


def of_one_channel(site: Site, number: int) -> list[str]:
    """Articles of the channel that has the most, and as many others."""
    by_channel: dict[str, list[str]] = {}
    for key in site.world.of_layout("v2", "v1"):
        by_channel.setdefault(site.world.story(key).channel, []).append(key)
    return max(by_channel.values(), key=len)[:number]


@pytest.mark.parametrize("archive_all", [True, False])
def test_one_channel_in_which_everything_is_gone_is_sick(
    young: Young, recheck: Run, fresh_site: Site, data: Path, archive_all: bool
) -> None:
    """Whether there are more of its articles in the archive to be compared, or the site's list has to name one."""
    channel = of_one_channel(fresh_site, 9)
    assert len(channel) > 4
    others = [key for key in fresh_site.world.of_layout("v2") if key not in channel][:20]
    sick = channel if archive_all else channel[:3]
    young([*sick, *others])
    for key in channel:
        fresh_site.fault(f"/rain/a/{key}", "status", code=404)
    set_due(data, dict.fromkeys(sick[3:]))
    ended = recheck()
    assert (ended.code, ended.counts["site_wide"], ended.counts["same"]) == (ExitCode.CHANGED, 3, 20)
    hours_pass(data, 1.1)
    assert recheck().code == ExitCode.CHANGED
    assert states(data) == {"live": len(sick) + 20}


def test_far_more_than_ever_vanish_is_believed_after_a_day(
    young: Young, recheck: Run, fresh_site: Site, data: Path
) -> None:
    keys = young(fresh_site.world.of_layout("v2")[:40])
    for key in keys[::2]:
        fresh_site.remove(key)
    first = recheck()
    assert (first.code, first.counts["burst"]) == (ExitCode.CHANGED, 20)
    assert "20 articles vanished at once, more than ever do" in first.report["because"]
    assert states(data) == {"live": 20, "missing": 20}
    for _ in range(4):
        hours_pass(data, 6.1)
        recheck()
    assert states(data) == {"live": 20, "gone": 20}


def test_a_site_that_fails_every_second_time_buries_nothing(
    young: Young, recheck: Run, fresh_site: Site, data: Path
) -> None:
    keys = young(fresh_site.world.of_layout("v2")[:40])
    for _ in range(3):
        for key in keys[::2]:
            fresh_site.fault(f"/rain/a/{key}", "status", code=404)
        recheck()
        hours_pass(data, 1.1)
    assert states(data).get("gone") is None
    fresh_site.clear_faults()
    hours_pass(data, 6)
    recheck()
    assert states(data) == {"live": 40}


def test_many_short_runs_see_as_much_as_a_long_one(young: Young, recheck: Run, fresh_site: Site, data: Path) -> None:
    keys = young(fresh_site.world.of_layout("v2")[:24])
    for key in keys[::2]:
        fresh_site.remove(key)
    codes = [recheck("--limit", "4").code for _ in range(6)]
    assert codes[:2] == [0, 0], "as long as it is a handful"
    assert set(codes[3:]) == {ExitCode.CHANGED}
    assert rows(data, "SELECT count(*) > 4 FROM articles WHERE doubt = 'burst'") == [(1,)]


def test_a_look_at_one_article_by_hand_buries_nothing_on_a_sick_site(
    young: Young, qqnews: Run, fresh_site: Site, data: Path
) -> None:
    keys = young(fresh_site.world.of_layout("v2")[:4])
    fresh_site.fault("/rain/a/", "status", code=404)
    for _ in range(3):
        ended = qqnews("crawl", keys[0], "--refetch", "--json", "--delay", "0")
        assert ended.code == ExitCode.CHANGED
        hours_pass(data, 1.1)
    assert states(data) == {"live": 4}


def test_new_articles_that_a_sick_site_calls_gone_are_fetched_later(
    young: Young, crawl: Run, fresh_site: Site, data: Path
) -> None:
    young(fresh_site.world.of_layout("v2")[-3:])
    fresh_site.fault("/rain/a/", "status", code=404)
    ended = crawl("--source", "hot", "--limit", "9")
    assert (ended.code, ended.counts["gone"], ended.counts["site_wide"]) == (ExitCode.CHANGED, 9, 9)
    assert rows(data, "SELECT count(*) FROM links WHERE state = 'gone'") == [(0,)]
    fresh_site.clear_faults()
    hours_pass(data, 1.1)
    assert crawl("--source", "channel:kepu").code == 0
    assert rows(data, "SELECT count(*) FROM articles") >= [(12,)], "whatever lists name now"


def test_new_articles_that_are_really_gone_are_no_fault_of_the_site(
    young: Young, crawl: Run, fresh_site: Site, data: Path
) -> None:
    archived = young(fresh_site.world.of_layout("v2")[-3:])
    removed = [key for key in fresh_site.world.of_layout("v2") if key not in archived][:12]
    for key in removed:
        fresh_site.remove(key)
    fresh_site.forget_requests()
    ended = crawl(*removed)
    assert (ended.code, ended.counts["gone"], "site_wide" in ended.counts) == (ExitCode.EMPTY, 12, False)
    asked = {seen.path for seen in fresh_site.requests(path="/rain/a/")} - {f"/rain/a/{key}" for key in removed}
    assert len(asked) == 1, "one living article shows it"


def test_thousands_of_removals_are_judged_as_they_come(
    young: Young, crawl: Run, fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.spiders.removals.MOST_HELD", 4)
    young(fresh_site.world.of_layout("v2")[-3:])
    fresh_site.fault("/rain/a/", "status", code=404)
    fresh_site.forget_requests()
    removed = fresh_site.world.of_layout("v2")[:24]
    ended = crawl(*removed)
    assert (ended.code, ended.counts["site_wide"]) == (ExitCode.CHANGED, 24)
    order = [seen.path.rpartition("/")[2] for seen in fresh_site.requests(path="/rain/a/")]
    assert set(order[:16]) - set(removed), "living ones are asked for while others are still to come"
    assert rows(data, "SELECT count(*) FROM links WHERE state = 'waiting' AND last_error LIKE 'site-wide: %'") == [
        (24,)
    ]


def test_controls_are_not_kept_and_cost_little(young: Young, recheck: Run, fresh_site: Site, data: Path) -> None:
    keys = young(fresh_site.world.of_layout("v2")[:10])
    set_due(data, dict.fromkeys(keys[1:]))
    fresh_site.edit(keys[1], "body")
    fresh_site.remove(keys[0])
    assert recheck().report["reasons"]["absent"] == {"missing": 1}
    assert len(fresh_site.requests(path="/rain/a/")) <= 1 + 2 * 2, (
        "itself, a control of its host and one of its channel"
    )
    assert rows(data, "SELECT count(*), max(revision) FROM articles") == [(10, 1)]


def test_with_nothing_to_compare_a_removal_is_believed_after_a_day(
    crawl: Run, recheck: Run, fresh_site: Site, data: Path
) -> None:
    assert crawl(f"https://{wechat.HOST}/s/{wechat.GOOD}").code == 0
    due_now(data)
    fresh_site.mistake(f"wx-{wechat.GOOD}", f"wx-{wechat.DELETED}")
    for _ in range(4):
        assert recheck().code == 0
        assert states(data) == {"missing": 1}
        assert rows(data, "SELECT doubt FROM articles") == [("alone",)]
        hours_pass(data, 6.1)
    assert recheck().code == 0
    assert states(data) == {"gone": 1}


def test_one_host_on_which_everything_is_gone_is_sick_beside_another_that_is_well(
    young: Young, crawl: Run, recheck: Run, fresh_site: Site, data: Path
) -> None:
    both = (wechat.GOOD, wechat.NAMED)
    assert crawl(*(f"https://{wechat.HOST}/s/{key}" for key in both)).code == 0
    young(fresh_site.world.of_layout("v2")[:8])
    set_due(data, {f"wx-{wechat.NAMED}": None})
    for key in both:
        fresh_site.mistake(f"wx-{key}", f"wx-{wechat.DELETED}")
    for _ in range(2):
        ended = recheck()
        assert (ended.code, ended.counts["site_wide"]) == (ExitCode.CHANGED, 1)
        hours_pass(data, 1.1)
    assert states(data) == {"live": 10}


def test_a_run_that_is_stopped_notes_what_is_clear(young: Young, fresh_site: Site, data: Path) -> None:
    keys = young(of_one_channel(fresh_site, 6))
    fresh_site.remove(keys[0])
    set_due(data, {key: f"2020-01-01T{hour:02}:00:00+00:00" for hour, key in enumerate(keys)})
    fresh_site.fault("/rain/a/", "slow", seconds=0.4)
    command = [str(QQNEWS), "--data", str(data), "recheck", "--delay", "0"]
    with subprocess.Popen(command, env=clean_environment(**fresh_site.environment())) as running:
        while len({seen.path for seen in fresh_site.requests(path="/rain/a/")}) < 4:
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 143
    assert states(data) == {"live": 5, "missing": 1}


def test_an_article_whose_page_cannot_be_had_is_looked_at_ever_more_rarely(
    young: Young, recheck: Run, fresh_site: Site, data: Path
) -> None:
    (key,) = young(fresh_site.world.of_layout("v2")[:1])
    fresh_site.fault(f"/rain/a/{key}", "redirect", location="https://news.qq.com/")
    pauses = []
    for _ in range(4):
        assert recheck().report["reasons"]["dropped"] == {"redirect-elsewhere": 1}
        (due,) = rows(data, "SELECT next_check FROM articles")[0]
        pauses.append(round((datetime.fromisoformat(due) - datetime.now(BEIJING)).total_seconds() / 3600))
        hours_pass(data, pauses[-1] + 0.1)
    assert pauses == [1, 4, 16, 64]
    fresh_site.clear_faults()
    assert recheck().counts["same"] == 1
