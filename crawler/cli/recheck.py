"""The command ``recheck``: look again at articles that are due, for edits and removals."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import click
import orjson

from archive.cli.context import CommandContext, common_options
from archive.errors import UnreadableRow
from archive.frontier.rechecks import DueArticle, due_articles, take_due
from archive.store import Archive
from crawler.engine.job import Prepared, carry_out, idle_is_ok, site_options, use_proxy
from crawler.engine.run import CrawlPlan
from crawler.sites.registry import NotAnAddress, read_address

MOST = 5000
"""Articles looked at in one run: they are ours for an hour, which at the default pace is enough for 3,600."""


@click.command("recheck")
@click.option("--limit", type=click.IntRange(min=1), help="Look at so many articles at most.")
@click.option("--dry-run", is_flag=True, help="Show which articles are due; fetch nothing.")
@click.option("--raw/--no-raw", default=None, help="Keep what the site answers as raw captures (default: yes).")
@site_options
@common_options
def recheck(asked: CommandContext, limit: int | None, *, dry_run: bool, **options: Any) -> None:
    """Look again at young articles: an edit becomes a revision, a removal a tombstone.

    Articles are due 1 hour, 6 hours, 1, 3, 7 and 30 days after they were published or edited (QQNEWS_LADDER). A
    removal is believed after two answers an hour apart, if the site still has articles like it; the last copy stays.
    """
    if dry_run:
        _show_due(asked, limit)
        return
    use_proxy(options["proxy"])

    def prepare(archive: Archive) -> Prepared:
        due = list(_addressed(asked, take_due(archive, datetime.now(UTC), min(limit or MOST, MOST))))
        return CrawlPlan(tuple(each.url for each in due)), Counter(due=len(due))

    sys.exit(carry_out(asked, "recheck", prepare, options, judge=idle_is_ok))


def _show_due(asked: CommandContext, limit: int | None) -> None:
    with asked.archive() as archive:
        due = list(_addressed(asked, due_articles(archive, datetime.now(UTC), limit)))
    for each in due:
        click.echo(orjson.dumps({"id": each.id, "url": each.url}) if asked.json else f"{each.id}  {each.url}")
    click.echo(f"{len(due)} due", err=True)


def _addressed(asked: CommandContext, due: Iterable[DueArticle]) -> Iterator[DueArticle]:
    """Those whose address can be asked; a row with another one is named."""
    for each in due:
        try:
            read_address(each.url)
        except NotAnAddress as error:
            asked.pass_over(UnreadableRow("articles", each.id, "url", error.reason))
        else:
            yield each
