"""The commands that keep an archive sound: verify, repair, takedown, backup. Imported when one is asked for."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from archive.backup import back_up
from archive.commands import Asked, shared
from archive.errors import ExitCode
from archive.store import Archive
from archive.verify import verify as findings_of


@click.command("verify")
@click.option("--deep", is_flag=True, help="Also read every raw capture, picture and export, byte by byte.")
@shared
def verify(asked: Asked, *, deep: bool) -> None:
    """Check the archive: database, Markdown files, raw captures, pictures and exports against each other.

    Names everything that is damaged, missing or foreign, and changes nothing. Exit code 16 if there is anything.
    """
    found = Counter[str]()
    for finding in findings_of(asked.data, deep=deep):
        found[finding.what] += 1
        click.echo(orjson.dumps(asdict(finding)) if asked.json else str(finding))
    counted = ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
    if not asked.json:
        click.echo(f"damaged: {counted}. See 'qqnews repair --dry-run'" if found else "ok: nothing is wrong")
    sys.exit(ExitCode.DAMAGED if found else ExitCode.OK)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@shared
def backup(asked: Asked, file: Path) -> None:
    """Copy the database to FILE while others go on writing; proven whole before it gets its name.

    Markdown files, raw captures and pictures are ordinary files: copy them with the tools for files, afterwards.
    """
    with Archive.existing(asked.data) as archive:
        size = back_up(archive.database, file)
        articles = archive.stats()["articles"]
    done = {"file": str(file), "bytes": size, "articles": articles}
    click.echo(orjson.dumps(done) if asked.json else f"ok: {file}, {size / 1e6:.1f} MB")
