"""When an article is looked at again, what an edit touched, and how an article becomes a tombstone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.article.decide import Absence, Judgement
from archive.article.edits import PARTS, classify
from archive.article.recheck_schedule import LADDER, Look, next_check, read_ladder
from archive.frontier.rechecks import HOLD, due_articles, report_missing, take_due
from archive.store import Archive
from tests.archive.samples import BODY, NOON, PICTURE, an_article

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PUBLISHED = datetime(2026, 8, 10, 12, tzinfo=UTC)
ARTICLE = an_article(published_at=NOON)


def looks_of_a_quiet_article() -> list[timedelta]:
    """The ages at which an article that never changes is looked at."""
    seen, history = PUBLISHED, [Look(PUBLISHED)]
    ages: list[timedelta] = []
    while due := next_check(PUBLISHED, seen, history):
        history.append(Look(due))
        seen, ages = due, [*ages, due - PUBLISHED]
    return ages


def test_a_quiet_article_is_looked_at_at_every_age_of_the_ladder() -> None:
    assert looks_of_a_quiet_article() == list(LADDER)


@pytest.mark.parametrize(
    ("age", "history", "due"),
    [
        (timedelta(minutes=10), [], HOUR),
        (5 * HOUR, [], 6 * HOUR),
        (40 * DAY, [], None),
        (6 * HOUR, [(0 * HOUR, False), (6 * HOUR, True)], 7 * HOUR),
        (8 * DAY, [(0 * HOUR, False), (7 * DAY, False), (8 * DAY, True)], 8 * DAY + HOUR),
        (20 * HOUR, [(0 * HOUR, False), (HOUR, False), (20 * HOUR, False)], 3 * DAY),
        (7 * HOUR, [(0 * HOUR, False), (6 * HOUR, True), (7 * HOUR, False)], 12 * HOUR),
    ],
    ids=[
        "just published",
        "published this morning",
        "old when first seen",
        "sooner after an edit",
        "a late edit begins the ladder anew",
        "longer after a long quiet time",
        "the edit's own ladder goes on",
    ],
)
def test_when_to_look_again(age: timedelta, history: list[tuple[timedelta, bool]], due: timedelta | None) -> None:
    seen = PUBLISHED + age
    looks = [Look(PUBLISHED + at, changed) for at, changed in history] or [Look(seen)]
    expected = PUBLISHED + due if due is not None else None
    assert next_check(PUBLISHED, seen, looks) == expected


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    published=st.none() | MOMENTS,
    looks=st.lists(st.builds(Look, MOMENTS, st.booleans()), min_size=1, max_size=6),
)
def test_the_next_look_is_always_ahead_and_the_looks_come_to_an_end(
    published: datetime | None, looks: list[Look]
) -> None:
    looks.sort(key=lambda look: look.at)
    for _ in range(3 * len(LADDER)):
        due = next_check(published, looks[-1].at, looks)
        if due is None:
            return
        assert due > looks[-1].at
        looks.append(Look(due))
    pytest.fail("an article that never changes is looked at for ever")


def test_a_ladder_is_written_as_a_row_of_ages() -> None:
    assert read_ladder("6h, 30m 2d") == (timedelta(minutes=30), 6 * HOUR, 2 * DAY)
    assert read_ladder("") == ()
    with pytest.raises(ValueError, match="no ladder"):
        read_ladder("soon")


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({}, set()),
        ({"title": "河边的第2个早晨"}, {"title", "numbers"}),
        ({"title": "江边的早晨到了"}, {"title", "numbers"}),
        ({"body": BODY.replace("春天", "夏天")}, {"lead"}),
        ({"body": BODY.replace("都来看热闹", "都来帮忙")}, {"body"}),
        ({"body": BODY + "\n\n当天捕鱼35吨。"}, {"body", "numbers"}),
        ({"body": BODY + "\n\n记者王小明到了河边。"}, {"body", "names"}),
        ({"author": "另一家日报"}, {"names"}),
        ({"body": BODY.replace(PICTURE, PICTURE + "B")}, {"pictures"}),
        ({"body": BODY.replace(f"![图片]({PICTURE}/641)\n\n", "")}, {"pictures"}),
    ],
)
def test_what_an_edit_touched(changed: dict[str, str], parts: set[str]) -> None:
    old = an_article(body=BODY)
    assert classify(old, replace(old, **changed)) == parts  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "noise",
    [
        lambda body: body.replace("，", ","),
        lambda body: body.replace("。", "。\u200b"),
        lambda body: body.replace("　　", "  "),
        lambda body: body.replace("/641", "/1000"),
        lambda body: body.replace("https://inews", "http://inews"),
    ],
)
def test_noise_is_no_edit_and_no_revision(archive: Archive, noise: Callable[[str], str]) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    noisy = replace(ARTICLE, body=noise(ARTICLE.body))
    assert noisy != ARTICLE
    assert classify(ARTICLE, noisy) == frozenset()
    assert archive.keep(noisy, seen_at=NOON + HOUR).verdict is Judgement.SAME
    assert archive.article(ARTICLE.id).article == ARTICLE


@given(st.text(), st.text())
def test_only_parts_that_exist_are_named_and_nothing_differs_from_itself(one: str, other: str) -> None:
    old, new = an_article(body=one), an_article(body=other)
    assert classify(old, new) <= set(PARTS)
    assert classify(old, old) == frozenset()
    assert classify(old, new) == classify(new, old)


def test_a_thousand_unchanged_refetches_add_no_revision(archive: Archive) -> None:
    with archive.transaction():
        for number in range(1000):
            archive.keep(ARTICLE, seen_at=NOON + number * HOUR)
    assert len(archive.revisions(ARTICLE.id)) == 1
    assert archive.article(ARTICLE.id).next_check is None


def test_an_edit_is_a_revision_that_says_what_it_touched_and_brings_the_next_look_near(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    archive.keep(ARTICLE, seen_at=NOON + 7 * DAY)
    assert archive.article(ARTICLE.id).next_check == "2025-03-15T04:00:00+00:00"
    edited = replace(ARTICLE, title="河边出了一件大事")
    archive.keep(edited, seen_at=NOON + 8 * DAY, raw_ref="b")
    first, second = archive.revisions(ARTICLE.id)
    assert (first.kind, first.changes) == ("first", ())
    assert (second.kind, second.changes[0], second.raw_ref) == ("edited", "title", "b")
    assert archive.article(ARTICLE.id).next_check == "2025-02-21T05:00:00+00:00"


def test_due_articles_are_given_to_one_process_only(archive: Archive) -> None:
    for number in range(4):
        archive.keep(an_article(number, published_at=NOON), seen_at=NOON)
    now = NOON + HOUR
    assert due_articles(archive, NOON + timedelta(minutes=59)) == []
    assert len(due_articles(archive, now)) == len(due_articles(archive, now)) == 4
    with Archive.existing(archive.data) as other:
        taken = [{each.id for each in take_due(one, now, 2)} for one in (archive, other, archive)]
    assert [len(each) for each in taken] == [2, 2, 0]
    assert not taken[0] & taken[1]
    assert len(take_due(archive, now + HOLD)) == 4


def test_a_removal_is_believed_after_two_answers_an_hour_apart(archive: Archive) -> None:
    path = archive.keep(ARTICLE, seen_at=NOON).path
    file = path.read_bytes()

    def missing(minutes: int) -> Absence:
        return report_missing(archive, ARTICLE.id, NOON + timedelta(minutes=minutes))

    assert missing(60) is Absence.NOTED
    assert archive.article(ARTICLE.id).status == "live"
    assert archive.article(ARTICLE.id).next_check == "2025-02-13T06:00:00+00:00"
    assert missing(70) is missing(119) is missing(1) is Absence.EARLY
    assert missing(120) is Absence.GONE
    now = archive.article(ARTICLE.id)
    assert (now.status, now.missing_since, now.gone_at) == (
        "gone",
        "2025-02-13T05:00:00+00:00",
        "2025-02-13T06:00:00+00:00",
    )
    assert missing(300) is Absence.STILL
    assert archive.article(ARTICLE.id).gone_at == "2025-02-13T06:00:00+00:00"
    assert (now.article, path.read_bytes(), len(archive.revisions(ARTICLE.id))) == (ARTICLE, file, 1)


def test_a_tombstone_that_comes_back_lives_again(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    for hours in (1, 3):
        report_missing(archive, ARTICLE.id, NOON + hours * HOUR)
    assert archive.article(ARTICLE.id).next_check == "2025-02-13T11:00:00+00:00"
    assert archive.keep(ARTICLE, seen_at=NOON + 7 * HOUR).verdict is Judgement.SAME
    now = archive.article(ARTICLE.id)
    assert (now.status, now.missing_since, now.gone_at) == ("live", None, None)


def test_an_accident_between_two_good_answers_is_forgotten(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    report_missing(archive, ARTICLE.id, NOON + HOUR)
    archive.keep(ARTICLE, seen_at=NOON + 2 * HOUR)
    assert report_missing(archive, ARTICLE.id, NOON + 9 * HOUR) is Absence.NOTED


def test_what_is_not_archived_cannot_go_missing(archive: Archive) -> None:
    assert report_missing(archive, ARTICLE.id, NOON) is Absence.UNKNOWN


def test_a_mended_parser_makes_a_reparsed_revision_and_no_edit(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON, raw_ref="a")
    due = archive.article(ARTICLE.id).next_check
    mended = replace(ARTICLE, body=ARTICLE.body + "\n\n漏读的一段。", author="渔夫老周")
    kept = archive.reparse(mended, read_at=NOON + DAY, raw_ref="a")
    assert (kept.verdict, kept.revision) == (Judgement.CHANGED, 2)
    assert [each.kind for each in archive.revisions(ARTICLE.id)] == ["first", "reparsed"]
    now = archive.article(ARTICLE.id)
    assert (now.article, now.next_check, now.last_seen) == (mended, due, "2025-02-13T04:00:00+00:00")
    assert "漏读的一段" in kept.path.read_text("utf-8")
    assert archive.keep(mended, seen_at=NOON + DAY).verdict is Judgement.SAME


def test_a_fact_beside_the_text_is_mended_without_a_revision(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON, raw_ref="a")
    kept = archive.reparse(replace(ARTICLE, location="杭州", thumbnail=""), read_at=NOON + DAY, raw_ref="a")
    assert kept.verdict is Judgement.SAME
    now = archive.article(ARTICLE.id)
    assert (now.article.location, now.article.thumbnail, now.revision) == ("杭州", "", 1)
    assert 'thumbnail: ""' in kept.path.read_text("utf-8")
