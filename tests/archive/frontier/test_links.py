"""The frontier: every listed link is fetched once, tried again with growing pauses, at the host's pace."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.frontier.links import Frontier
from archive.frontier.rechecks import report_missing
from archive.frontier.retry_rules import LONGEST_PAUSE, MAX_ATTEMPTS, return_pause
from archive.store import Archive
from tests.archive.samples import NOON, an_article

NOW = NOON.timestamp()
LEASE = 60.0


@dataclass(frozen=True)
class Item:
    id: str
    rank: int | None = None
    media: str = ""
    media_id: str = ""

    @property
    def url(self) -> str:
        return f"https://new.qq.com/rain/a/{self.id}"


@pytest.fixture
def frontier(archive: Archive) -> Frontier:
    return Frontier(archive)


def items(count: int) -> list[Item]:
    return [Item(an_article(number).id) for number in range(count)]


def leased(frontier: Frontier, now: float = NOW, limit: int = 100) -> list[str]:
    return [link.id for link in frontier.lease(limit, now, LEASE)]


def state(archive: Archive, link: str) -> tuple[str, str | None]:
    row = archive.database.connection.execute("SELECT state, last_error FROM links WHERE id = ?", (link,)).fetchone()
    return row["state"], row["last_error"]


def test_a_link_is_remembered_once_whoever_lists_it(frontier: Frontier) -> None:
    assert frontier.remember(items(3), "tech", NOON) == 3
    assert frontier.remember(items(4), "hot", NOON) == 1
    assert frontier.pending(NOW) == 4


def test_an_archived_article_is_not_queued_but_its_sighting_is_noted(frontier: Frontier, archive: Archive) -> None:
    archive.keep(an_article(0), seen_at=NOON)
    assert frontier.remember([Item(an_article(0).id, rank=7)], "hot", NOON) == 0
    rows = archive.database.connection.execute("SELECT article_id, source, rank FROM sightings")
    assert [tuple(row) for row in rows] == [(an_article(0).id, "hot", 7)]


def test_the_rank_of_every_list_outlives_the_wait_for_the_page(frontier: Frontier, archive: Archive) -> None:
    link = an_article(0).id
    frontier.remember([Item(link)], "tech", NOON)
    frontier.remember([Item(link, rank=2)], "hot", NOON)
    with archive.transaction():
        archive.keep(an_article(0), seen_at=NOON, source="tech")
        frontier.done(link)
    rows = archive.database.connection.execute("SELECT source, rank FROM sightings ORDER BY rowid")
    assert [tuple(row) for row in rows] == [("tech", None), ("hot", 2)]


def ranked(frontier: Frontier, archive: Archive, *lists: str) -> list[tuple[str, int]]:
    """What is noted of a ranking that shows these lists one after another."""
    for number, names in enumerate(lists):
        listed = [Item(name, rank=int(rank)) for name, rank in (each.split(":") for each in names.split())]
        frontier.remember(listed, "hot", NOON + timedelta(minutes=number))
    query = "SELECT article_id || ':' || rank, seen_at FROM sightings ORDER BY rowid"
    since = [(name, datetime.fromisoformat(at) - NOON) for name, at in archive.database.connection.execute(query)]
    return [(name, int(after.total_seconds() // 60)) for name, after in since]


def test_who_is_back_at_its_old_rank_is_noted_again(frontier: Frontier, archive: Archive) -> None:
    noted = ranked(frontier, archive, "A:1 B:2", "A:1 C:2", "A:1 B:2", "A:1 B:2")
    assert noted == [("A:1", 0), ("B:2", 0), ("C:2", 1), ("B:2", 2)]


def test_articles_that_always_share_a_rank_are_noted_once(frontier: Frontier, archive: Archive) -> None:
    noted = ranked(frontier, archive, "A:1 B:1", "A:1 B:1", "A:1 B:1", "B:1 A:1")
    assert noted == [("A:1", 0), ("B:1", 0)]


def test_leases_go_out_in_the_order_of_listing_and_only_once(frontier: Frontier) -> None:
    frontier.remember(items(2), "tech", NOON)
    frontier.remember(items(5), "hot", NOON + timedelta(seconds=1))
    later = NOW + 1
    assert leased(frontier, later, limit=3) == [item.id for item in items(3)]
    assert leased(frontier, later) == [item.id for item in items(5)[3:]]
    assert leased(frontier, later) == []


def test_a_lease_carries_what_fetching_needs(frontier: Frontier) -> None:
    frontier.remember([Item("A", rank=4)], "hot", NOON)
    (link,) = frontier.lease(1, NOW, LEASE)
    assert (link.id, link.url, link.source, link.attempts, link.rank) == (
        *("A", "https://new.qq.com/rain/a/A", "hot", 1),
        4,
    )


def test_links_can_be_leased_by_source(frontier: Frontier) -> None:
    frontier.remember([Item("A")], "tech", NOON)
    frontier.remember([Item("B")], "hot", NOON)
    assert [link.id for link in frontier.lease(9, NOW, LEASE, sources=["hot"])] == ["B"]


def test_a_lease_that_ran_out_is_taken_over(frontier: Frontier) -> None:
    frontier.remember(items(1), "tech", NOON)
    leased(frontier)
    assert leased(frontier, NOW + LEASE - 1) == []
    (again,) = frontier.lease(9, NOW + LEASE, LEASE)
    assert again.attempts == 2


def test_a_lease_can_be_held_for_longer(frontier: Frontier) -> None:
    frontier.remember(items(1), "tech", NOON)
    (link,) = leased(frontier)
    frontier.extend(link, NOW + 10 * LEASE)
    assert leased(frontier, NOW + LEASE) == []
    assert leased(frontier, NOW + 10 * LEASE) == [link]


def test_a_failed_link_waits_and_says_why_and_is_given_up_in_the_end(frontier: Frontier, archive: Archive) -> None:
    frontier.remember(items(1), "tech", NOON)
    now, tries = NOW, 0
    while found := leased(frontier, now):
        tries += 1
        again = frontier.retry(found[0], f"503 for the {tries}th time", now + 60 * tries)
        assert leased(frontier, now + 60 * tries - 1) == []
        now += 60 * tries
    assert (tries, again) == (MAX_ATTEMPTS, False)
    assert state(archive, items(1)[0].id) == ("failed", f"503 for the {MAX_ATTEMPTS}th time")
    assert frontier.next_due(now) is None


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = [return_pause(times) for times in range(1, 40)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[1], pauses[-1]) == (3600.0, 4 * 3600.0, LONGEST_PAUSE)


def test_a_link_given_back_has_lost_no_attempt(frontier: Frontier) -> None:
    frontier.remember(items(1), "tech", NOON)
    for _ in range(3 * MAX_ATTEMPTS):
        (link,) = frontier.lease(1, NOW, LEASE)
        assert link.attempts == 1
        frontier.release(link.id, "the site blocks us", NOW)
    assert leased(frontier) == [items(1)[0].id]


def given_up(frontier: Frontier, end: str, now: float = NOW, reason: str = "a reason") -> str:
    """Let the one link that waits come to this end."""
    if end == "failed":
        for _ in range(MAX_ATTEMPTS):
            (link,) = leased(frontier, now)
            frontier.retry(link, reason, now)
    else:
        (link,) = leased(frontier, now)
        getattr(frontier, end)(link, reason, now)
    return link


@pytest.mark.parametrize(("end", "expected"), [("gone", "gone"), ("drop", "dropped"), ("failed", "failed")])
def test_a_link_that_was_given_up_comes_back_when_it_is_listed_again_after_growing_pauses(
    frontier: Frontier, archive: Archive, end: str, expected: str
) -> None:
    frontier.remember(items(1), "tech", NOON)
    moment = NOON
    for times in range(1, 9):
        link = given_up(frontier, end, moment.timestamp(), f"reason {times}")
        assert state(archive, link) == (expected, f"reason {times}")
        soon, later = (moment + timedelta(seconds=return_pause(times) + off) for off in (-1, 1))
        assert frontier.remember(items(1), "hot", soon) == 0
        assert leased(frontier, soon.timestamp()) == []
        assert frontier.is_given_up(link, soon.timestamp())
        assert not frontier.is_given_up(link, later.timestamp())
        assert frontier.remember(items(1), "hot", later) == 1
        assert state(archive, link) == ("waiting", f"reason {times}"), "why is on record until it is known better"
        moment = later
    assert return_pause(8) == LONGEST_PAUSE


def test_what_brought_its_article_begins_anew(frontier: Frontier, archive: Archive) -> None:
    frontier.remember(items(1), "tech", NOON)
    link = given_up(frontier, "drop")
    later = NOON + timedelta(days=1)
    frontier.remember(items(1), "tech", later)
    frontier.done(link)
    row = archive.database.connection.execute("SELECT state, given_up, last_error FROM links").fetchone()
    assert tuple(row) == ("done", 0, None)


def test_a_link_whose_article_was_lost_is_fetched_again(frontier: Frontier) -> None:
    frontier.remember(items(1), "tech", NOON)
    frontier.done(items(1)[0].id)
    assert frontier.remember(items(1), "tech", NOON) == 1


def test_a_tombstone_that_is_listed_again_is_looked_at(frontier: Frontier, archive: Archive) -> None:
    archive.keep(an_article(0), seen_at=NOON)
    for hours in (0, 2):
        report_missing(archive, an_article(0).id, NOON + timedelta(hours=hours))
    assert frontier.remember(items(1), "tech", NOON) == 1
    frontier.gone(items(1)[0].id, "removed", NOW)
    assert frontier.remember(items(1), "tech", NOON + timedelta(minutes=59)) == 0
    assert frontier.remember(items(1), "tech", NOON + timedelta(minutes=61)) == 1


@pytest.mark.parametrize(
    ("end", "reason", "returns"),
    [
        ("drop", "robots: forbidden", [False]),
        ("failed", "status-500: x", [True] * 5 + [False] * 4),
        ("drop", "redirect-elsewhere: https://news.qq.com/", [True] * 5 + [False] * 4),
        ("drop", "too-large: 21 MB", [False]),
        ("drop", "unknown-layout: x", [False]),
        ("gone", "removed: led to babygohome", [False]),
    ],
)
def test_what_passes_by_itself_comes_back_by_itself(
    frontier: Frontier, end: str, reason: str, returns: list[bool]
) -> None:
    frontier.remember(items(1), "tech", NOON)
    now = NOW
    for times, expected in enumerate(returns, 1):
        given_up(frontier, end, now, reason)
        assert frontier.revive(now + return_pause(times) - 1) == 0
        now += return_pause(times) + 1
        assert (frontier.revive(now), leased(frontier, now) != []) == (expected, expected)
        frontier.release(items(1)[0].id, None, now)
        if not expected:
            frontier.recall(items(1), "address", NOON)


def test_an_archived_article_does_not_come_back_as_a_link(frontier: Frontier, archive: Archive) -> None:
    frontier.remember(items(1), "tech", NOON)
    given_up(frontier, "drop", reason="robots: forbidden")
    archive.keep(an_article(0), seen_at=NOON)
    assert frontier.revive(NOW + LONGEST_PAUSE) == 0
    assert frontier.remember(items(1), "tech", NOON + timedelta(days=40)) == 0


@pytest.mark.parametrize("end", ["gone", "drop"])
def test_whoever_comes_too_late_gives_up_nothing_that_another_brought(
    frontier: Frontier, archive: Archive, end: str
) -> None:
    frontier.remember(items(1), "tech", NOON)
    (link,) = leased(frontier)
    frontier.done(link)
    getattr(frontier, end)(link, "removed", NOW)
    assert state(archive, link) == ("done", None)


def test_a_clock_set_back_keeps_no_link_given_up_for_years(frontier: Frontier) -> None:
    frontier.remember(items(1), "tech", NOON)
    link = given_up(frontier, "gone", NOW + 400 * 86_400)
    assert not frontier.is_given_up(link, NOW)
    assert frontier.remember(items(1), "tech", NOON) == 1


def test_a_link_that_was_given_up_by_mistake_waits_again(frontier: Frontier, archive: Archive) -> None:
    frontier.remember(items(1), "tech", NOON)
    link = given_up(frontier, "gone")
    frontier.put_back(link, "site-wide: everything is called gone", NOW + 3600)
    assert leased(frontier, NOW + 3599) == []
    assert leased(frontier, NOW + 3600) == [link]
    given_up_times = archive.database.connection.execute("SELECT given_up FROM links").fetchone()[0]
    assert given_up_times == 0


def test_a_holder_that_comes_too_late_does_not_open_what_another_finished(frontier: Frontier, archive: Archive) -> None:
    frontier.remember(items(1), "tech", NOON)
    (link,) = leased(frontier)
    frontier.done(link)
    assert frontier.retry(link, "timeout", NOW) is False
    frontier.release(link, None, NOW)
    assert state(archive, link) == ("done", None)


def test_done_stands_and_falls_with_its_article(frontier: Frontier, archive: Archive) -> None:
    frontier.remember(items(1), "tech", NOON)
    (link,) = leased(frontier)

    def fail() -> None:
        with archive.transaction():
            archive.keep(an_article(0), seen_at=NOON)
            frontier.done(link)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert state(archive, link) == ("waiting", None)
    assert archive.known([link]) == set()


def test_what_was_asked_for_by_name_is_fetched_again(frontier: Frontier) -> None:
    frontier.remember(items(2), "tech", NOON)
    frontier.done(leased(frontier)[0])
    assert frontier.recall(items(3), "asked", NOON) == 2
    assert leased(frontier) == [items(3)[0].id, items(3)[2].id]


def test_the_next_due_moment_is_told(frontier: Frontier) -> None:
    assert frontier.next_due(NOW) is None
    frontier.remember(items(1), "tech", NOON)
    assert frontier.next_due(NOW + 5) == NOW + 5
    (link,) = leased(frontier)
    assert frontier.next_due(NOW) == NOW + LEASE
    frontier.retry(link, "503", NOW + 500)
    assert frontier.next_due(NOW) == NOW + 500
    assert frontier.pending(NOW) == 0


def test_what_articles_name_is_remembered_but_starts_no_chain(frontier: Frontier, archive: Archive) -> None:
    topic, other = an_article(1).id, an_article(2).id
    for number in (1, 2):
        archive.keep(an_article(number), seen_at=NOON)
    assert frontier.gather(topic, [Item("A"), Item("B"), Item(other)], NOON) == 2
    assert leased(frontier) == ["A", "B"]
    assert frontier.gather(other, [Item("C")], NOON) == 0, "it was itself found in an article"
    archive.sighting(other, "tech", None, NOON)
    assert frontier.gather(other, [Item("C")], NOON) == 1, "a list names it, too"
    assert {link.source for link in frontier.lease(9, NOW, LEASE, sources=[other])} == {other}
    assert frontier.next_due(NOW, ["tech"]) is None


def test_requests_to_a_host_are_spaced_by_its_delay(frontier: Frontier) -> None:
    assert [frontier.reserve("new.qq.com", NOW, 2.0) for _ in range(3)] == [0.0, 2.0, 4.0]
    assert frontier.reserve("r.inews.qq.com", NOW, 2.0) == 0.0
    assert frontier.reserve("new.qq.com", NOW + 100, 2.0) == 0.0


def test_a_host_that_wants_to_be_left_alone_is(frontier: Frontier, archive: Archive) -> None:
    frontier.back_off("new.qq.com", NOW + 300)
    frontier.back_off("new.qq.com", NOW + 100)
    with Archive.existing(archive.data) as other:
        assert Frontier(other).backoff_until("new.qq.com") == NOW + 300
        assert Frontier(other).reserve("new.qq.com", NOW, 1.0) == 300.0
    assert frontier.reserve("new.qq.com", NOW, 1.0) == 301.0
    assert frontier.backoff_until("never.qq.com") == 0.0


def test_refusals_in_a_row_are_counted_by_all_processes_together(frontier: Frontier, archive: Archive) -> None:
    assert frontier.strikes("new.qq.com") == 0
    assert frontier.strike("new.qq.com", NOW) == 1
    frontier.back_off("new.qq.com", NOW + 300)
    with Archive.existing(archive.data) as other:
        assert Frontier(other).strike("new.qq.com", NOW + 10) == 1, "it rests: an answer to what was under way"
        assert Frontier(other).strike("new.qq.com", NOW + 300) == 2
    assert frontier.strikes("new.qq.com") == 2
    frontier.forgive("new.qq.com")
    assert frontier.strikes("new.qq.com") == 0
    assert frontier.backoff_until("new.qq.com") == NOW + 300, "what was promised holds"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 5)), min_size=2, max_size=20))
def test_no_two_requests_come_closer_than_the_delay_of_the_first(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[float, float]]
) -> None:
    with Archive.open(tmp_path_factory.mktemp("data")) as archive:
        frontier, now, moments = Frontier(archive), NOW, []
        for pause, delay in asked:
            now += pause
            moments.append((now + frontier.reserve("host", now, delay), delay))
    for (before, delay), (after, _) in pairwise(moments):
        assert after - before >= delay - 1e-6


def test_a_clock_set_back_keeps_no_link_and_no_host_waiting_for_hours(archive: Archive) -> None:
    frontier = Frontier(archive)
    frontier.remember([Item("a"), Item("b")], "tech", NOON)
    assert len(frontier.lease(1, NOW, 30.0)) == 1
    frontier.reserve("new.qq.com", NOW, 1.0)
    before = NOW - 6 * 3600
    assert frontier.pending(before) == 2
    assert frontier.next_due(before) == before
    assert {link.id for link in frontier.lease(9, before, 30.0)} == {"a", "b"}
    assert frontier.reserve("new.qq.com", before, 1.0) == 0.0
    assert frontier.reserve("new.qq.com", before, 1.0) == 1.0


def test_a_link_that_failed_waits_also_under_a_clock_set_back(archive: Archive) -> None:
    frontier = Frontier(archive)
    frontier.remember([Item("a")], "tech", NOON)
    frontier.lease(1, NOW, 30.0)
    frontier.retry("a", "timeout", NOW + 60)
    assert frontier.lease(1, NOW - 600, 30.0) == []
    assert [link.id for link in frontier.lease(1, NOW + 60, 30.0)] == ["a"]


def test_whose_article_a_list_says_it_is_comes_with_the_link(frontier: Frontier) -> None:
    frontier.remember([Item("A", media="城南报", media_id="8QMc"), Item("B")], "tech", NOON)
    frontier.remember([Item("A", media="别家")], "hot", NOON)
    first, second = frontier.lease(2, NOW, LEASE)
    assert (first.media, first.media_id, second.media, second.media_id) == ("城南报", "8QMc", "", "")
    frontier.done("A")
    frontier.recall([Item("A")], "address", NOON)
    assert [link.media for link in frontier.lease(2, NOW + 1, LEASE)] == ["城南报"]
