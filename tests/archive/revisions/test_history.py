"""Which captures the rows of an article do not know yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.captures.capture_index import Indexed
from archive.revisions.history import not_taken_in
from archive.store import Archive
from tests.archive.samples import an_article

FIRST = datetime(2026, 3, 1, 8, 0, 0, 400_000, tzinfo=UTC)
LAST = FIRST + timedelta(days=1)


def captured(at: datetime) -> Indexed:
    return Indexed(at, f"{at:%H%M%S%f}.warc.gz:0:1", f"{at:%H%M%S%f}.warc.gz:0:1")


@pytest.mark.parametrize("apart", [timedelta(milliseconds=300), timedelta(hours=3)], ids=["same-second", "hours"])
def test_what_was_captured_before_the_first_look_or_after_the_last_is_not_taken_in(
    archive: Archive, apart: timedelta
) -> None:
    looks = [captured(FIRST), captured(LAST + timedelta(milliseconds=1))]
    for number, look in enumerate(looks):
        archive.keep(an_article(body=f"第{number}版正文。"), seen_at=look.at, raw_ref=look.raw_ref)
    known, revisions = archive.find(an_article().id), archive.revisions(an_article().id)
    between = captured(FIRST + timedelta(hours=5))
    early, late = captured(looks[0].at - apart), captured(looks[1].at + apart)
    assert not_taken_in([early, *looks, between, late], known, revisions) == [early, late]
