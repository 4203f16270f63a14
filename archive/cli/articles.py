"""The commands that read the archive: list, show, diff, stats. Imported when one of them is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

import click
import orjson

from archive.article.diff import Change, Unchanged, differences, rendered
from archive.article.markdown import DATE_FORMAT, to_markdown
from archive.article.model import BEIJING
from archive.cli.context import WORDS, CommandContext, common_options
from archive.cli.output import printable
from archive.database.article_rows import Archived, Revision, columns_of, compared
from archive.database.queries import Filter
from archive.store import numbered

_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command("list")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many.")
@click.option("--channel", type=WORDS, help="Of this channel only, such as tech.")
@click.option("--since", type=_DAY, help="Published on this day or later (YYYY-MM-DD, Beijing).")
@click.option("--until", type=_DAY, help="Published on this day or earlier.")
@click.option("--kind", type=WORDS, help="Of this kind only: text, gallery, video …")
@click.option("--media", type=WORDS, help="Of this media account only, by name or id.")
@click.option("--source", type=WORDS, help="Listed by this source at any time.")
@click.option("--gone", "status", flag_value="gone", help="Only those that the site has removed.")
@click.option("--edited", is_flag=True, default=None, help="Only those that their publisher has changed.")
@common_options
def list_articles(asked: CommandContext, since: datetime | None, until: datetime | None, **wanted: Any) -> None:
    """The articles in the archive, newest first: id, date, channel, title."""
    chosen = Filter(since=since and since.date(), until=until and until.date(), **wanted)
    with asked.archive() as archive:
        for archived in archive.articles(chosen):
            click.echo(_facts_as_json(archived) if asked.json else _one_line(archived))


def _facts_as_json(archived: Archived) -> str:
    facts = columns_of(archived)
    return orjson.dumps({name: facts[name] for name in facts if name not in ("body", "provenance")}).decode()


def _one_line(archived: Archived) -> str:
    article = archived.article
    return "  ".join((article.id, _date(archived), article.channel or "-", printable(" ".join(article.title.split()))))


def _date(archived: Archived) -> str:
    published = archived.article.published_at
    return published.astimezone(BEIJING).strftime(DATE_FORMAT) if published else "(no date)"


@click.command("show")
@click.argument("article")
@click.option("--revision", type=click.IntRange(min=1), help="An earlier text, counted from 1.")
@click.option("--markdown", is_flag=True, help="The Markdown file, byte for byte.")
@common_options
def show(asked: CommandContext, article: str, revision: int | None, *, markdown: bool) -> None:
    """One article, by id or address: what is known of it, and its text."""
    if markdown and asked.json:
        raise click.UsageError("--markdown and --json exclude each other")
    with asked.archive() as archive:
        archived = archive.article(asked.resolve(article))
        revisions = archive.revisions(archived.article.id)
        if revision is not None:
            archived = _as_it_was(archived, archive.revision(archived.article.id, revision))
    if markdown:
        click.echo(to_markdown(archived.article), nl=False)
    elif asked.json:
        click.echo(orjson.dumps(columns_of(archived) | {"revisions": list(map(_about, revisions))}))
    else:
        click.echo(_for_people(archived, revisions))


def _about(revision: Revision) -> dict[str, object]:
    """When a revision was seen and what it is, without its text."""
    names = ("revision", "seen_at", "kind", "changes", "content_hash", "raw_ref")
    return {name: getattr(revision, name) for name in names}


def _as_it_was(archived: Archived, then: Revision) -> Archived:
    author = archived.article.author if then.author is None else then.author
    article = replace(archived.article, title=then.title, summary=then.summary, body=then.body, author=author)
    return replace(
        archived,
        article=article,
        revision=then.revision,
        content_hash=then.content_hash,
        raw_ref=then.raw_ref,
    )


def _for_people(archived: Archived, revisions: list[Revision]) -> str:
    article = archived.article
    exactly = article.published_precision
    about = (
        _date(archived) + (f" (to the {exactly})" if exactly in ("minute", "day") else ""),
        article.author,
        article.channel,
        f"revision {archived.revision}",
        archived.status,
    )
    copy = [f"a copy of {archived.copy_of}"] if archived.copy_of else []
    head = [article.title, " · ".join(filter(None, about)), *copy, *_history(archived, revisions), article.url]
    return printable("\n".join((*head, "", article.body)))


def _history(archived: Archived, revisions: list[Revision]) -> Iterator[str]:
    """What happened to the article since it was first seen, a line each."""
    for revision in revisions:
        if revision.is_lost:
            yield f"revision {revision.revision} lost: no copy of its text was found"
            continue
        if revision.revision == 1:
            continue
        touched = f": {', '.join(revision.changes)}" if revision.changes else ""
        yield f"revision {revision.revision} {revision.kind}, seen {revision.seen_at}{touched}"
    if archived.gone_at:
        yield f"gone since {archived.missing_since}, confirmed {archived.gone_at}; this is the last copy"
    elif archived.missing_since:
        yield f"missing since {archived.missing_since}, not yet confirmed"


@click.command("diff")
@click.argument("article")
@click.argument("old", type=click.IntRange(min=1), required=False)
@click.argument("new", type=click.IntRange(min=1), required=False)
@common_options
def diff(asked: CommandContext, article: str, old: int | None, new: int | None) -> None:
    """What changed between two revisions of an article (default: the last two), by sentence and character."""
    with asked.archive() as archive:
        revisions = archive.revisions(asked.resolve(article))
    after = numbered(revisions, new or revisions[-1].revision)
    before = numbered(revisions, old or max(1, after.revision - 1))
    found = {name: differences(*texts) for name, texts in compared(before, after).items()}
    if asked.json:
        click.echo(orjson.dumps(_comparison(before, after, found)))
    else:
        click.echo(_readable(before, after, found))


Found = dict[str, list[Change | Unchanged]]


def _comparison(before: Revision, after: Revision, found: Found) -> dict[str, object]:
    changes = {
        name: [asdict(part) if isinstance(part, Unchanged) else [asdict(piece) for piece in part] for part in parts]
        for name, parts in found.items()
    }
    return {"id": after.article_id, "old": before.revision, "new": after.revision, **changes}


def _readable(before: Revision, after: Revision, found: Found) -> str:
    coloured = sys.stdout.isatty()
    lines = [
        f"{sign} {it.article_id} revision {it.revision}, seen {it.seen_at}"
        for sign, it in (("---", before), ("+++", after))
    ]
    for name, parts in found.items():
        if any(not isinstance(part, Unchanged) for part in parts):
            lines += ["", f"{name}:", rendered(map(_safe, parts), coloured=coloured)]
    return "\n".join(lines if len(lines) > 2 else [*lines, "", "no difference"])


def _safe(part: Change | Unchanged) -> Change | Unchanged:
    if isinstance(part, Unchanged):
        return part
    return tuple(replace(piece, text=printable(piece.text)) for piece in part)


@click.command("stats")
@common_options
def stats(asked: CommandContext) -> None:
    """The archive in numbers."""
    with asked.archive() as archive:
        numbers = archive.stats()
    if asked.json:
        click.echo(orjson.dumps(numbers))
        return
    width = max(map(len, numbers))
    for name, value in numbers.items():
        click.echo(f"{name:<{width}}  {_number(value)}")


def _number(value: object) -> str:
    if isinstance(value, dict):
        return printable(", ".join(f"{name or '(none)'} {count}" for name, count in value.items()) or "-")
    return "-" if value is None else str(value)


COMMANDS: Final = (list_articles, show, diff, stats)
