"""The command ``doctor``: look for what is wrong, and say what to do about it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Final, Protocol

import click
import orjson

from archive.cli.context import CommandContext, common_options
from archive.cli.output import printable
from archive.errors import ExitCode, QQNewsError
from archive.monitoring.health_checks import CheckResult, Level, examine_archive
from archive.redaction.secrets import PROXY, redacted
from archive.store import Archive
from crawler.doctor.pages import examine_pages
from crawler.engine.job import use_proxy

_SIGNS: Final = {Level.FINE: "ok", Level.NOTE: "note", Level.ABSENT: "?", Level.WARNING: "!", Level.ERROR: "!!"}


class KnowsTheClock(Protocol):
    """The front door: it knows the room that we must not."""

    def deployment(self, data: Path) -> Iterable[CheckResult]:
        """How the jobs are started, and what is wrong with that."""


@click.command("doctor")
@click.option("--pages", is_flag=True, help="Show what each extractor says of each page.")
@click.option("--offline", is_flag=True, help="Leave the network alone.")
@click.option("--proxy", metavar="URL", envvar=PROXY, help=f"Go through this proxy (default: {PROXY}).")
@click.argument("places", nargs=-1, metavar="[DIR|FILE|URL]…")
@common_options
def doctor(asked: CommandContext, places: tuple[str, ...], *, pages: bool, offline: bool, proxy: str | None) -> None:
    """Look for what is wrong with this installation: a line for each thing, and the cure. Nothing is changed.

    Exit code 0: nothing is wrong; 14: something is to be mended or could not be looked at; 15: the work cannot be
    done.

    With --pages: in saved pages, directories of them, or pages fetched by address, shown field by field. A page's
    address is read off a meta.json beside it, or off the page itself.
    """
    use_proxy(proxy)
    if pages or places:
        if not pages:
            raise click.UsageError("pages are examined with --pages DIR|FILE|URL…")
        if not places:
            raise click.UsageError("--pages wants directories, files or addresses")
        sys.exit(examine_pages(asked, places))
    levels = Counter[Level]()
    for found in _findings(asked.data, offline=offline):
        # What a library says of a proxy or a certificate may quote the whole address.
        finding = replace(found, what=redacted(found.what))
        levels[finding.level] += 1
        click.echo(orjson.dumps(asdict(finding)) if asked.json else "\n".join(_lines(finding)))
    if not asked.json:
        click.echo(f"\n{_summary(levels)}", err=True)
    sys.exit(_verdict(levels))


def _findings(data: Path, *, offline: bool) -> Iterator[CheckResult]:
    door: KnowsTheClock = click.get_current_context().obj
    yield from chain(examine_archive(data), door.deployment(data))
    if not offline:
        # The engine is slow to import.
        from crawler.doctor.site import examine_site

        yield from examine_site(_newest_article(data), data)


def _newest_article(data: Path) -> str | None:
    """An article that the site should still have, if we have one."""
    query = "SELECT id FROM articles WHERE status = 'live' ORDER BY rowid DESC LIMIT 1"
    try:
        with Archive.to_read(data) as archive:
            row = archive.database.connection.execute(query).fetchone()
    except QQNewsError:
        return None  # That was found already.
    return str(row[0]) if row else None


def _lines(finding: CheckResult) -> Iterator[str]:
    yield printable(f"{_SIGNS[finding.level]:<5}{finding.area:<14}{finding.what}")
    if finding.cure:
        yield printable(f"{'':<19}→ {finding.cure}")


def _summary(levels: Counter[Level]) -> str:
    words = {Level.ERROR: "errors", Level.WARNING: "warnings", Level.ABSENT: "not to be looked at now"}
    said = [f"{levels[level]} {word}" for level, word in words.items() if levels[level]]
    return ", ".join(said) or "nothing is wrong"


def _verdict(levels: Counter[Level]) -> ExitCode:
    if levels[Level.ERROR]:
        return ExitCode.FAILED
    return ExitCode.PARTIAL if levels[Level.WARNING] + levels[Level.ABSENT] else ExitCode.OK
