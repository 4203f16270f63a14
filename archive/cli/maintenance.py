"""The commands that keep an archive sound: verify, repair, takedown, backup. Imported when one is asked for."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from archive.cli.context import CommandContext, common_options
from archive.database.backup import back_up
from archive.database.row_readers import decoding
from archive.errors import ExitCode
from archive.files.readable_names import readable
from archive.identity import ensure_meant
from archive.repair.repair import repair as mend
from archive.runs.directory_lock import exclusive
from archive.takedown.takedown import TakedownResult, take_down, traces_of
from archive.verify.verify import DamageKind, is_cut_off_from_captures
from archive.verify.verify import verify as findings_of


@click.command("verify")
@click.option("--deep", is_flag=True, help="Also read every raw capture, picture and export, byte by byte.")
@common_options
def verify(asked: CommandContext, *, deep: bool) -> None:
    """Check the archive: database, Markdown files, raw captures, pictures and exports against each other.

    Names everything that is damaged, missing or foreign, and mends nothing. Exit code 16 if there is anything.
    """
    found = Counter[str]()
    for finding in findings_of(asked.data, deep=deep, unknown_in=asked.unknown_in):
        found[finding.what] += 1
        shown = replace(finding, where=readable(finding.where), detail=readable(finding.detail))
        click.echo(orjson.dumps(asdict(shown)) if asked.json else str(shown))
    if found:
        cure = _cure(found)
        _conclude(asked, f"damaged: {cure}", cure)
        sys.exit(ExitCode.DAMAGED)
    hint = "no row refers to a raw capture: 'qqnews verify --deep' says what they hold"
    hint = hint if not deep and is_cut_off_from_captures(asked.data) else ""
    _conclude(asked, f"ok: nothing is wrong{hint and f'; {hint}'}", hint)


def _cure(found: Counter[str]) -> str:
    counted = ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
    cures = ["'qqnews repair' mends it, 'qqnews repair --dry-run' says how"] if set(found) - {DamageKind.UNREAD} else []
    cures += ["'qqnews reextract --apply' takes in what is unread"] if found[DamageKind.UNREAD] else []
    return f"{counted}: {'; '.join(cures)}"


def _conclude(asked: CommandContext, said: str, complaint: str) -> None:
    """The last line for people. Machines, who count the lines, are told a complaint on standard error."""
    if not asked.json:
        click.echo(said)
    elif complaint:
        click.echo(f"qqnews: {complaint}", err=True)


@click.command("repair")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--backup", type=click.Path(path_type=Path, exists=True), help="Where lost rows may be found.")
@click.option("--accept", is_flag=True, help="Take rows as they stand where no copy gives back what was written.")
@common_options
def repair(asked: CommandContext, *, dry_run: bool, backup: Path | None, accept: bool) -> None:
    """Restore what is damaged from whichever copy is good; damaged things go to damaged/, nothing is deleted.

    Says of each thing what was done, or that nothing here can help; exit code 16 if there is any of the latter.
    """
    helpless = done = 0
    now = datetime.now(UTC)
    ensure_meant(asked.data / "archive.db")  # Where a job asks for it, no archive is made of what stands there.
    with exclusive(asked.data):
        steps = mend(asked.data, now, backup=backup, read=asked.read_again, accept=accept, dry_run=dry_run)
        for step in steps:
            helped = step.act is not None
            done, helpless = done + helped, helpless + (not helped)
            where, how = readable(step.where), readable(step.how)
            line = {"where": where, "how": how, "mended": helped and not dry_run}
            said = f"{'' if helped else 'not mended: '}{where}: {how}"
            click.echo(orjson.dumps(line) if asked.json else said)
    said = f"{'to be mended' if dry_run else 'mended'}: {done}, beyond repair: {helpless}"
    _conclude(asked, said, said if helpless else "")
    sys.exit(ExitCode.DAMAGED if helpless else ExitCode.OK)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@common_options
def backup(asked: CommandContext, file: Path) -> None:
    """Copy the database to FILE while others go on writing; proven whole before it gets its name.

    Markdown files, raw captures and pictures are ordinary files: copy them with the tools for files, afterwards.
    """
    with asked.archive() as archive:
        size = back_up(archive.database, file)
        articles = archive.stats()["articles"]
    done = {"file": readable(file), "bytes": size, "articles": articles}
    click.echo(orjson.dumps(done) if asked.json else f"ok: {done['file']}, {size / 1e6:.1f} MB")


def _agrees(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # Nobody is there to answer.
        return False


@click.command("takedown")
@click.argument("article")
@click.option(
    "--reason", required=True, help="Why: kept in the log of erasures (the article's name is blotted out of it)."
)
@click.option("--copies", is_flag=True, help="Also take down the articles that have the same text.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
def takedown(asked: CommandContext, article: str, reason: str, *, copies: bool, yes: bool) -> None:
    """Remove an article, by id or address, from everything below the data directory, and prove that it is gone.

    It is neither fetched nor kept again, and later lists are captured without it. Other articles stay as they are:
    where they name it, its id becomes zeros; topics, cards and questions lose their entry for it. Articles that tell
    nearly the same are named: they stay readable. Exports below ``exports`` are rewritten without it, or removed and
    named. What lies elsewhere (exports, backups, a git history) is for you to remove.
    """
    article_id = asked.resolve(article)
    ensure_meant(asked.data / "archive.db")
    if not yes and not _agrees(f"Erase {article_id} from {asked.data} for good?"):
        raise click.UsageError("nothing was erased: say yes, or add --yes where nobody can be asked")
    # What is not UTF-8 is erased like any other text.
    with (
        exclusive(asked.data),
        asked.archive() as archive,
        decoding(archive.database.connection, "surrogateescape"),
    ):
        chosen = [article_id, *(traces_of(archive, article_id)[1] if copies else ())]
        ended = [take_down(archive, each, reason, datetime.now(UTC)) for each in chosen]
    others = [copy for copy in ended[0].copies if copy not in chosen]
    for each in ended:
        near = [asdict(one) for one in each.near_duplicates if one.id not in (*chosen, *others)]
        found = asdict(each) | {"copies": others, "near_duplicates": near}
        click.echo(orjson.dumps(found) if asked.json else _proof(each, near))
    if others:
        click.echo(f"qqnews: the same text stays as {', '.join(others)}: --copies takes it down too", err=True)
    if repository := _repository(asked.data):
        click.echo(f"qqnews: {repository} is a git repository: its history may still hold the article", err=True)
    sys.exit(ExitCode.DAMAGED if any(each.left or each.opaque for each in ended) else ExitCode.OK)


def _proof(taken: TakedownResult, near: list[dict[str, str]]) -> str:
    """What was removed, what the search for the rest came to, and which articles tell nearly the same."""
    removed = ", ".join(f"{count} {what}" for what, count in sorted(taken.removed.items())) or "nothing was left"
    hits = f"{sum(taken.left.values())} hits" + (" as far as can be told" if taken.opaque else "")
    lines = [
        f"removed: {removed}",
        *(f"{name}: {how}" for name, how in taken.exports.items()),
        f"searched {taken.searched} files for the id and {taken.sentences} sentences: {hits}",
        *(f"still there: {name} ({count} hits)" for name, count in taken.left.items()),
        *(f"could not be looked into wholly: {name} ({why})" for name, why in taken.opaque.items()),
        *(f"stays readable: {each['id']} {each['title']} (a near-duplicate)" for each in near),
    ]
    return "\n".join(lines)


def _repository(data: Path) -> Path | None:
    there = data.absolute()
    return next((each for each in (there, *there.parents) if (each / ".git").exists()), None)
