"""The command ``reextract``. Imported when it is asked for."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Any

import click
import orjson

from archive.article.diff import differences, rendered
from archive.captures.raw_files import captures
from archive.cli.context import CommandContext, common_options
from archive.errors import CaptureLost, ExitCode
from archive.files.readable_names import readable
from archive.store import Archive
from crawler.reprocess.reextract import Difference, Findings, Reextraction, Wanted

_DAY = click.DateTime(["%Y-%m-%d"])
_TEXTS = ("title", "summary", "body")


@click.command("reextract")
@click.option("--since", type=_DAY, help="Captured on this day or later (YYYY-MM-DD, UTC).")
@click.option("--until", type=_DAY, help="Captured on this day or earlier.")
@click.option("--layout", default="", help="Only articles of this page layout.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Only this article; may be repeated.")
@click.option("--apply", is_flag=True, help="Make the changes: revisions of kind 'reparsed', what was lost regained.")
@common_options
def reextract(
    asked: CommandContext,
    since: datetime | None,
    until: datetime | None,
    layout: str,
    ids: tuple[str, ...],
    *,
    apply: bool,
) -> None:
    """Read raw captures again with today's parsers: show per field what would change, or make the change.

    Nothing is fetched. Captures of which no row knows give what they hold: articles (the parser was broken then, or the
    database was lost), earlier texts, removals. What is damaged is named on standard error and passed over.
    """
    now = datetime.now(UTC)
    wanted = Wanted(frozenset(map(asked.resolve, ids)), layout)
    days = (since.date() if since else None, until.date() if until else None)
    with asked.archive() as archive:
        run = archive.begin_run("reextract", started_at=now) if apply else None
        lost = list[CaptureLost]()
        found = _read_again(archive, wanted, days, now, lost, apply=apply)
        code = _exit_code(found, lost)
        if run is not None:
            archive.finish_run(run, code.word, code, found.counts, ended_at=datetime.now(UTC))
    if asked.json:
        click.echo(orjson.dumps(_as_json(found, apply=apply), default=str))
    else:
        click.echo(_for_people(found, apply=apply))
    sys.exit(code)


def _read_again(
    archive: Archive,
    wanted: Wanted,
    days: tuple[date | None, date | None],
    now: datetime,
    lost: list[CaptureLost],
    *,
    apply: bool,
) -> Findings:
    def tell(error: CaptureLost) -> None:
        lost.append(error)
        click.echo(f"qqnews: {readable(str(error))}", err=True)

    found = captures(archive.data, since=days[0], until=days[1], on_loss=tell)
    return Reextraction(archive, wanted, now).run(found, apply=apply)


def _exit_code(found: Findings, lost: list[CaptureLost]) -> ExitCode:
    if found.counts["unreadable"]:
        return ExitCode.CHANGED
    if lost:
        return ExitCode.PARTIAL if found.counts["pages"] else ExitCode.FAILED
    return ExitCode.OK if found.counts["pages"] else ExitCode.EMPTY


def _as_json(found: Findings, *, apply: bool) -> dict[str, Any]:
    samples = [{"id": it.id, "field": it.field, "old": it.old, "new": it.new} for it in found.samples]
    return {
        **found.counts,
        "applied": apply,
        "fields": dict(found.fields),
        "samples": samples,
        "unreadable_ids": found.unreadable,
    }


def _for_people(found: Findings, *, apply: bool) -> str:
    lines = [f"{name:<14}{count}" for name, count in found.fields.most_common()]
    for sample in found.samples:
        lines += ["", f"{sample.id} {sample.field}:", _shown(sample)]
    lines += [f"unreadable: {line}" for line in found.unreadable]
    n = found.counts
    would = "" if apply else "would be "
    summary = (
        f"{n['pages']} pages of {n['captures']} captures: {n['compared']} compared, {n['changed']} {would}changed, "
        f"{n['regained']} articles {would}regained, {n['regained_texts']} texts and {n['removals']} removals of known "
        f"ones, {n['unreadable']} not read any more, {n['still_unread']} still unread"
    )
    return "\n".join([*lines, *([""] if lines else []), summary])


def _shown(sample: Difference) -> str:
    if sample.field in _TEXTS:
        return rendered(differences(sample.old, sample.new), coloured=sys.stdout.isatty())
    return f"{sample.old!s} → {sample.new!s}"
