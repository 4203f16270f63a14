"""The command that searches. Imported when it is asked for."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

import click
import orjson

from archive.article.plain_text import visible
from archive.cli.context import CommandContext, common_options
from archive.cli.output import printable
from archive.database.article_rows import Archived
from archive.database.row_readers import decoding
from archive.errors import UnreadableRow
from archive.files.io_errors import named_sqlite_failures
from archive.search.faults import is_damage
from archive.search.index import NAME, Index, StaleIndex
from archive.search.query import Query, read_query
from archive.search.results import Hit, Limits, Order, search_articles
from archive.search.snippet import COLOURED, PLAIN, marked, snippet
from archive.search.sync import index_new, rebuild
from archive.store import Archive

_DAY: Final = click.DateTime(["%Y-%m-%d"])
_SLOW: Final = 1000
"""Articles to be indexed from which on progress is shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """A result, ready to be shown. ``cluster``: the id of its cluster of near-duplicates."""

    id: str
    published_at: str | None
    channel: str
    media: str
    title: str
    snippet: str
    url: str
    cluster: str | None
    score: float | None


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--since", type=_DAY, help="Published on this day or later (YYYY-MM-DD, Beijing).")
@click.option("--until", type=_DAY, help="Published on this day or earlier.")
@click.option("--channel", help="Of this channel only, such as tech.")
@click.option("--kind", help="Of this kind only: text, gallery, video …")
@click.option("--media", help="Of this media account only, by name or id.")
@click.option(
    "--sort",
    type=click.Choice([order.value for order in Order]),
    default=Order.RANK.value,
    help="Best first (rank) or newest first (date).",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--collapse", is_flag=True, help="One article of each cluster of near-duplicates.")
@click.option("--rebuild", "anew", is_flag=True, help="Make the index anew first.")
@common_options
def search(
    asked: CommandContext,
    words: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    sort: str,
    limit: int,
    *,
    collapse: bool,
    anew: bool,
    **limits: str | None,
) -> None:
    """Find articles by their words: title, summary, author, media, keywords and body.

    Several words must all be there; "a phrase", OR, NOT or -word, (…), title:word. Chinese is found by any part of a
    sentence, other languages by whole words or their beginnings (goog*). Full and half width, traditional and
    simplified, upper and lower case are alike. Put -- before a query that begins with -.
    """
    query = read_query(" ".join(words)) if words or not anew else None
    chosen = Limits(since=since and since.date(), until=until and until.date(), **limits)
    with asked.archive() as archive, named_sqlite_failures(asked.data / NAME):
        _bring_up_to_date(archive, anew=anew)
        if query is None:
            return
        ask = partial(_found, archive, query, Order(sort), chosen, limit, collapse=collapse)
        try:
            found = ask()
        except (sqlite3.DatabaseError, StaleIndex) as error:
            if isinstance(error, sqlite3.DatabaseError) and not is_damage(error):
                raise
            _tell_of_damage(error.reason if isinstance(error, StaleIndex) else str(error))
            rebuild(archive, _tell)
            found = ask()
    for each in found:
        click.echo(orjson.dumps(asdict(each)) if asked.json else _for_people(each))
    if not found:
        click.echo("nothing found", err=True)


def _found(archive: Archive, query: Query, order: Order, limits: Limits, limit: int, *, collapse: bool) -> list[Found]:
    with Index.open(archive.data) as index:
        hits = search_articles(index.connection, query.match, order, limits)
        return list(islice(_shown(archive, hits, query, collapse=collapse), limit))


def _tell_of_damage(fault: str) -> None:
    click.echo(f"qqnews: {NAME} was damaged ({fault}): it is made anew", err=True)


def _bring_up_to_date(archive: Archive, *, anew: bool) -> None:
    if anew:
        rebuild(archive, _tell, archive.pass_over)
        return
    try:
        left = index_new(archive, progress=_tell, on_damage=_tell_of_damage, told=archive.pass_over)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        click.echo("the index is being made by another process: results may be missing", err=True)
        return
    if left:
        click.echo(f"the index is {left} articles behind: another process is writing to it", err=True)


def _tell(done: int, left: int) -> None:
    if done + left >= _SLOW:
        click.echo(f"\rindexing: {done} of {done + left}", err=True, nl=not left)


def _shown(archive: Archive, hits: Iterable[Hit], query: Query, *, collapse: bool) -> Iterator[Found]:
    marks = COLOURED if sys.stdout.isatty() else PLAIN
    clusters = set[str]()
    for hit in hits:
        try:
            archived = archive.find(hit.article_id)
        except UnreadableRow as error:
            archive.pass_over(error)
            continue
        if archived is None or archived.status == "taken_down":
            continue
        cluster = _cluster_of(archive, hit.article_id)
        if collapse and cluster is not None:
            if cluster in clusters:
                continue
            clusters.add(cluster)
        article = archived.article
        title = marked(" ".join(article.title.split()), query.shown, marks)
        yield Found(
            id=article.id,
            published_at=article.published_at.isoformat() if article.published_at else None,
            channel=article.channel,
            media=article.media,
            title=title,
            snippet=snippet(_text(archived), query.shown, marks),
            url=article.url,
            cluster=cluster,
            score=None if hit.score is None else round(hit.score, 4),
        )


def _text(archived: Archived) -> str:
    article = archived.article
    parts = (visible(article.body), article.summary, article.author, article.media, " ".join(article.keywords))
    return "\n".join(filter(None, parts))


def _cluster_of(archive: Archive, article_id: str) -> str | None:
    query = "SELECT cluster FROM article_clusters WHERE article_id = ?"
    with decoding(archive.database.connection, "replace"):
        row = archive.database.connection.execute(query, (article_id,)).fetchone()
    return row[0] if row else None


def _for_people(found: Found) -> str:
    date = (found.published_at or "(no date)")[:10]
    first = "  ".join((found.id, date, printable(found.channel) or "-", found.title))
    return f"{first}\n    {found.snippet}"
