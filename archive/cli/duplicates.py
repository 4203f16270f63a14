"""The commands about near-duplicates: rebuild, list, show. Imported when one of them is asked for."""

from __future__ import annotations

from dataclasses import asdict

import click
import orjson

from archive.cli.context import CommandContext, common_options
from archive.cli.output import printable
from archive.duplicates.queries import Cluster, ClusterMember, clusters, members
from archive.duplicates.rebuild import complete, not_compared
from archive.duplicates.rebuild import rebuild as rebuild_all


@click.group("duplicates")
def duplicates() -> None:
    """The same story told twice: clusters of articles with nearly the same text. Nothing is ever deleted."""


@duplicates.command("list")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many.")
@common_options
def list_clusters(asked: CommandContext, limit: int | None) -> None:
    """The clusters, largest first: representative, number of articles, date, title."""
    with asked.archive() as archive:
        connection = archive.database.connection
        for cluster in clusters(connection, limit):
            click.echo(orjson.dumps(asdict(cluster)) if asked.json else _line_of_cluster(cluster))
        _warn(not_compared(connection))


def _warn(missing: int) -> None:
    if missing:
        click.echo(f"{missing} articles were not compared by today's rules: 'qqnews duplicates rebuild'", err=True)


def _line_of_cluster(cluster: Cluster) -> str:
    return _line(cluster.id, f"{cluster.size:>4}", cluster.published_at, cluster.title)


def _line(article_id: str, fact: str, published_at: str | None, title: str) -> str:
    return "  ".join((article_id, fact, (published_at or "(no date)")[:10], printable(" ".join(title.split()))))


@duplicates.command("show")
@click.argument("article")
@common_options
def show_cluster(asked: CommandContext, article: str) -> None:
    """The cluster of one article, by id or address: * the representative, similarity to the article, date, title."""
    with asked.archive() as archive:
        archived = archive.article(asked.resolve(article))
        found = members(archive.database.connection, archived.article.id)
    for member in found:
        click.echo(orjson.dumps(asdict(member)) if asked.json else _line_of_member(member))
    if len(found) == 1:
        click.echo("it stands alone", err=True)


def _line_of_member(member: ClusterMember) -> str:
    fact = f"{'*' if member.represents else ' '} {member.similarity:.2f}  {member.media}"
    return _line(member.id, fact, member.published_at, member.title)


@duplicates.command("rebuild")
@click.option("--missing", is_flag=True, help="Only the articles that were never compared.")
@common_options
def rebuild(asked: CommandContext, *, missing: bool) -> None:
    """Compare all articles anew. Others may go on writing; what is interrupted is finished with --missing."""
    done = 0
    with asked.archive() as archive:
        for done in (
            complete(archive.database, archive.pass_over)
            if missing
            else rebuild_all(archive.database, archive.pass_over)
        ):
            click.echo(f"\r{done} compared", err=True, nl=False)
        sizes = [cluster.size for cluster in clusters(archive.database.connection)]
    if done:
        click.echo("", err=True)
    facts = {"compared": done, "clusters": len(sizes), "articles_in_clusters": sum(sizes)}
    click.echo(orjson.dumps(facts) if asked.json else ", ".join(f"{name} {fact}" for name, fact in facts.items()))
