"""The command ``export``: one word per format, and ``merge``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import orjson

from archive.cli.context import WORDS, CommandContext, common_options
from archive.export.format_registry import FORMATS
from archive.export.pipeline import Summary, export, merge
from archive.export.request import DEDUPLICATE, ExportRequest

_DAY: Final = click.DateTime(["%Y-%m-%d"])
_FOLDER: Final = click.Path(path_type=Path)


class Formats(click.Group):
    """A group whose commands are formats; a word that is none is answered with their names."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As usual, with a line that helps."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            ctx.fail(f"there is no format {args[0]!r}: choose from {', '.join(FORMATS)}, or merge")
        return super().resolve_command(ctx, args)


@click.group("export", cls=Formats)
def export_group() -> None:
    """Write a dataset: qqnews export FORMAT DIR. The same archive gives the same bytes."""


def _option(name: str, help_text: str, **kind: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(name, help=help_text, **(kind if "is_flag" in kind else {"type": WORDS, **kind}))


_OPTIONS: Final = (
    _option("--since", "Published on this day or later (YYYY-MM-DD, Beijing).", type=_DAY),
    _option("--until", "Published on this day or earlier.", type=_DAY),
    _option("--first-seen-since", "Fetched first on this day or later.", type=_DAY),
    _option("--first-seen-until", "Fetched first on this day or earlier.", type=_DAY),
    _option("--changed-since", "New, edited or found gone on this day or later.", type=_DAY),
    _option("--changed-until", "New, edited or found gone on this day or earlier.", type=_DAY),
    _option("--channel", "Of this channel; may be repeated, like those below.", multiple=True),
    _option("--media", "Of this media account, by name or id.", multiple=True),
    _option("--source", "Listed by this source at any time.", multiple=True),
    _option("--account", "Of the media account with this id.", multiple=True),
    _option("--kind", "Of this kind: text, gallery, video …", multiple=True),
    _option("--status", "live or gone; both without it.", type=click.Choice(["live", "gone"]), multiple=True),
    _option("--search", "With all these words, each just as it is, in title, summary or text."),
    _option("--limit", "Of all these, the newest so many.", type=click.IntRange(1, 1 << 62)),
    _option(
        "--deduplicate",
        "One article of each content (exact), of each cluster of near duplicates, too (near).",
        type=click.Choice(DEDUPLICATE),
        default="none",
    ),
    _option("--representatives", "Short for --deduplicate near.", is_flag=True),
    _option("--revisions", "Every text an article had, too.", is_flag=True),
    _option("--pictures", "The pictures' addresses and copies, too.", is_flag=True),
    _option("--no-text", "Facts only, no texts.", is_flag=True),
    _option("--columns", "Only these columns of articles, with commas between."),
    _option("--split", "train, validation, test: hash[:80,10,10] or time:DAY,DAY."),
    _option("--filter", "min-length=N, max-length=N, han=SHARE, boilerplate[=N], mask.", multiple=True),
    _option(
        "--since-export",
        "Only what is new, changed or gone since this export; name its increments after it.",
        type=_FOLDER,
        multiple=True,
    ),
)


_DAYS: Final = ("since", "until", "first_seen_since", "first_seen_until", "changed_since", "changed_until")
_NAMED: Final = ("channel", "media", "source", "account", "kind", "status")


def _as_wish(options: dict[str, Any]) -> ExportRequest:
    days: dict[str, Any] = {name: _day(options[name]) for name in _DAYS}
    named: dict[str, Any] = {name: tuple(sorted(set(options[name]))) for name in _NAMED}
    columns = options["columns"]
    return ExportRequest(
        **days,
        **named,
        search=options["search"],
        limit=options["limit"],
        deduplicate=_deduplicate(options),
        filters=tuple(sorted(options["filter"])),
        split=options["split"],
        columns=tuple(sorted({name.strip() for name in columns.split(",")})) if columns else (),
        text=not options["no_text"],
        revisions=options["revisions"],
        pictures=options["pictures"],
    )


def _deduplicate(options: dict[str, Any]) -> str:
    if options["representatives"] and options["deduplicate"] == "exact":
        raise click.UsageError("--representatives is short for --deduplicate near: say one of them")
    return "near" if options["representatives"] else str(options["deduplicate"])


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None


def _command_for(name: str, about: str) -> click.Command:
    def run(asked: CommandContext, /, folder: Path, since_export: tuple[Path, ...], **options: Any) -> None:
        with _clearing_away(), asked.archive() as archive:
            _tell(asked, export(archive, name, folder, _as_wish(options), since_export))

    run.__doc__ = f"Into DIR: {about}."
    command = common_options(run)
    for option in reversed(_OPTIONS):
        command = option(command)
    return click.command(name, short_help=about)(click.argument("folder", metavar="DIR", type=_FOLDER)(command))


@export_group.command("merge", short_help="a full export of a base and its increments")
@click.argument("folders", metavar="BASE INCREMENT…", type=_FOLDER, nargs=-1, required=True)
@click.option("--to", "target", metavar="DIR", type=_FOLDER, required=True, help="Where the full export goes.")
@common_options
def merge_exports(asked: CommandContext, folders: tuple[Path, ...], target: Path) -> None:
    """Put a base and its increments together: the full export, byte for byte, that the archive would have given."""
    with _clearing_away():
        _tell(asked, merge(folders, target))


@contextmanager
def _clearing_away() -> Iterator[None]:
    """A command that is told to end clears away what is half done."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(asked: CommandContext, summary: Summary) -> None:
    mended = summary.manifest.facts["texts"]["mended"]
    if mended:
        click.echo(f"qqnews: {mended} texts were not UTF-8 or held NUL: these signs became U+FFFD", err=True)
    if unreadable := summary.manifest.facts.get("unreadable"):
        left_out = ", ".join(f"{count} {table}" for table, count in unreadable.items())
        click.echo(f"qqnews: left out, since they cannot be read: {left_out}", err=True)
    if asked.json:
        facts = {"folder": os.fsencode(summary.folder).decode(errors="replace"), "id": summary.id, "rows": summary.rows}
        click.echo(orjson.dumps({**facts, **summary.manifest.facts}))
        return
    rows = ", ".join(f"{count} {name}" for name, count in summary.rows.items())
    left_out = f"; left out as unreadable: {left_out}" if unreadable else ""
    click.echo(f"{summary.folder}: {rows or str(summary.manifest.facts['articles']) + ' articles'}{left_out}")


for _name, (_, _about) in FORMATS.items():
    export_group.add_command(_command_for(_name, _about))
