"""The commands ``links list`` and ``links retry``: what was not fetched, why, and once more."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import click
import orjson

from archive.cli.context import WORDS, CommandContext, common_options
from archive.cli.output import printable
from archive.errors import ExitCode
from archive.frontier.failed_links import STATES, Chosen, Standing, chosen_ids, links_without_article, try_again
from archive.store import Archive

_STATE: Final = click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="In this state only; may be repeated."
)
_REASON: Final = click.option(
    "--reason", "reasons", multiple=True, type=WORDS, help="For this reason only, such as robots or status-500."
)
_SOURCE: Final = click.option(
    "--source", "sources", multiple=True, type=WORDS, help="Listed last by this source only, such as channel:tech."
)


@click.group("links")
def links() -> None:
    """Links that have no article: those that wait, failed, are gone or were dropped; and how to try them again."""


@links.command("list")
@_STATE
@_REASON
@_SOURCE
@click.option("--limit", type=click.IntRange(min=0), help="At most so many.")
@common_options
def list_links(
    asked: CommandContext,
    states: tuple[str, ...],
    reasons: tuple[str, ...],
    sources: tuple[str, ...],
    limit: int | None,
) -> None:
    """Links that have no article, those listed last first: id, state, reason, attempts, next try, address."""
    now = datetime.now(UTC)
    with Archive.existing(asked.data) as archive:
        for each in links_without_article(archive, Chosen((), states, reasons, sources), limit):
            click.echo(_as_json(each) if asked.json else printable(_one_line(each, now)))


@links.command("retry")
@click.argument("articles", nargs=-1, metavar="[ID|ADDRESS]…")
@_STATE
@_REASON
@_SOURCE
@common_options
def retry_links(
    asked: CommandContext,
    articles: tuple[str, ...],
    states: tuple[str, ...],
    reasons: tuple[str, ...],
    sources: tuple[str, ...],
) -> None:
    """Let the next crawl fetch these links again at once, as if they had never failed.

    Exit code 22: none of them is there.
    """
    if not (articles or states or reasons or sources):
        raise click.UsageError("name links by id or address, or choose them with --state, --reason, --source")
    ids = tuple(dict.fromkeys(map(asked.resolve, articles)))
    with Archive.existing(asked.data) as archive:
        missing = _name_missing(archive, ids)
        number = 0
        if not ids or len(missing) < len(ids):
            number = try_again(archive, Chosen(ids, states, reasons, sources), time.time())
    click.echo(orjson.dumps({"retried": number}) if asked.json else f"{number} links wait for the next crawl")
    if number == 0:
        sys.exit(ExitCode.NOT_FOUND)
    if missing:
        sys.exit(ExitCode.PARTIAL)


def _name_missing(archive: Archive, ids: tuple[str, ...]) -> set[str]:
    """Say which of ``ids`` are no links that could be tried again, and why not; these ids."""
    missing = set(ids) - chosen_ids(archive, ids)
    kept, erased = archive.known(missing), archive.erased(missing)
    for each in sorted(missing):
        if each in erased:
            why = "taken down from this archive, it is not fetched again"
        elif each in kept:
            why = f"it is in the archive: 'qqnews crawl {each} --refetch' fetches it again"
        else:
            why = f"no such link: 'qqnews crawl {each}' fetches it"
        click.echo(f"qqnews: {each}: {why}", err=True)
    return missing


def _as_json(link: Standing) -> bytes:
    facts = {**asdict(link), "returns": link.returns}
    return orjson.dumps(facts, option=orjson.OPT_OMIT_MICROSECONDS)


def _one_line(link: Standing, now: datetime) -> str:
    return "  ".join((link.id, link.state, link.reason or "-", str(link.attempts), _when(link, now), link.url))


def _when(link: Standing, now: datetime) -> str:
    """When it is tried next."""
    moment = "" if link.next_try <= now else f"{link.next_try:%Y-%m-%d %H:%M} UTC"
    match link.returns:
        case "when allowed":
            return "when robots.txt allows it"
        case "when listed":
            return f"when listed after {moment}" if moment else "when listed again"
        case _:
            return moment or "now"
