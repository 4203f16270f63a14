"""The commands ``media fetch`` and ``media missing``: copies of pictures and sounds."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from typing import Any

import click
import orjson

from archive.cli.context import CommandContext, common_options
from archive.media.picture_copies import missing_pictures
from archive.store import Archive
from crawler.engine.job import Prepared, carry_out, idle_is_ok, site_options, use_proxy
from crawler.engine.run import CrawlPlan, Pictures


@click.group("media")
def media() -> None:
    """Copies of the articles' pictures and sounds: fetch them, list those that are missing."""


@media.command("fetch")
@click.option("--limit", type=click.IntRange(min=1), help="Fetch at most so many.")
@click.option("--again", is_flag=True, help="Also those that failed of late, or too often.")
@site_options
@common_options
def fetch(asked: CommandContext, limit: int | None, *, again: bool, **options: Any) -> None:
    """Fetch the pictures and sounds of archived articles that have no copy yet; each is kept once, by its bytes."""
    use_proxy(options["proxy"])

    def prepare(archive: Archive) -> Prepared:
        return CrawlPlan(pictures=Pictures(limit=limit, again=again)), Counter()

    sys.exit(carry_out(asked, "media", prepare, options, judge=idle_is_ok))


@media.command("missing")
@common_options
def missing(asked: CommandContext) -> None:
    """The pictures and sounds that could not be had: article, address, tries, reason."""
    with asked.archive() as archive:
        for each in missing_pictures(archive):
            line = f"{each.article_id}  {each.url}  {each.tries}  {each.reason}"
            click.echo(orjson.dumps(asdict(each)) if asked.json else line)
