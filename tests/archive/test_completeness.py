"""The completeness ledger: polls, and the gaps between them."""

from archive.completeness import open_gaps
from archive.store import Archive


def test_open_gaps_say_between_which_moments_articles_may_be_missing(archive: Archive) -> None:
    times = ("2025-02-13T01:00:00+00:00", "2025-02-13T05:30:00+00:00", "2025-02-13T05:40:00+00:00")
    insert = (
        "INSERT INTO gaps (source, after_at, before_at, most, found_at, closed_at, known_until) VALUES (?,?,?,?,?,?,?)"
    )
    with archive.transaction() as connection:
        connection.execute(insert, ("channel:tech", *times[:2], 12, times[2], None, times[0]))
        connection.execute(insert, ("channel:world", *times[:2], 3, times[2], times[2], times[0]))
    assert [str(gap) for gap in open_gaps(archive)] == [
        "channel:tech: between 2025-02-13 01:00 and 2025-02-13 05:30 UTC up to 12 articles may be missing"
    ]
