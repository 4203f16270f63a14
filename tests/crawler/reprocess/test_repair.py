"""``qqnews repair`` after a real crawl: what no copy holds is read again from the page as it came."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from archive.errors import ExitCode
from archive.store import Archive
from tests.conftest import Called
from tests.site.site import Site

Run = Callable[..., Called]


def test_lost_facts_are_read_again_from_the_page_as_it_came(
    call: Run, crawl: Run, fresh_site: Site, data: Path
) -> None:
    keys = fresh_site.world.of_layout("v2")[:3]
    assert crawl(*keys).code == 0
    with Archive.existing(data) as archive:
        before = [archive.article(key) for key in keys]
    # Facts that neither the Markdown file nor a revision has; more than one, so that no flipped bit explains them.
    with closing(sqlite3.connect(data / "archive.db")) as other, other:
        other.execute("UPDATE articles SET author = 'nobody', media_id = '0', channel = 'x' WHERE id = ?", (keys[1],))
    assert call("verify").code == ExitCode.DAMAGED
    fresh_site.forget_requests()
    mended = call("repair")
    assert (mended.code, mended.err) == (0, ""), mended.out
    assert f"articles/{keys[1]}: restored from its raw capture" in mended.out
    assert fresh_site.requests() == []
    with Archive.existing(data) as archive:
        assert [archive.article(key) for key in keys] == before
    assert call("verify", "--deep").code == 0


def test_a_crawl_of_nothing_but_what_was_taken_down_is_bad_input(
    call: Run, crawl: Run, fresh_site: Site, data: Path
) -> None:
    (key,) = fresh_site.world.of_layout("v2")[:1]
    assert crawl(key).code == 0
    assert call("takedown", key, "--reason", "order 7", "--yes").code == 0
    fresh_site.forget_requests()
    again = call("crawl", key)
    assert again.code == ExitCode.BAD_INPUT
    assert again.out.startswith("bad input: 0 kept. None of the 1 inputs could be used"), again.out
    assert "taken down" in again.err
    assert fresh_site.requests() == []
