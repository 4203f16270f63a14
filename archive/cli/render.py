"""The command ``render``: the Markdown tree, written again from the database."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson

from archive.article.markdown import to_markdown
from archive.cli.context import CommandContext, common_options
from archive.database.article_rows import Archived
from archive.files.io_errors import named_disk_failures
from archive.files.regular_files import is_regular, read_regular
from archive.media.picture_copies import copies, media_of, with_local_pictures
from archive.store import Archive

BATCH = 100
"""Files put in their places together."""


@click.command("render")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--media", type=click.Choice(["site", "local"]), default="site", help="Whose addresses pictures have.")
@click.option("--to", "directory", type=click.Path(path_type=Path, file_okay=False), help="Write the tree there.")
@common_options
def render(asked: CommandContext, ids: tuple[str, ...], media: str, directory: Path | None) -> None:
    """Write the Markdown files of these articles, or of all, again from the database.

    With --to they go into a tree of their own. There, --media local lets pictures point to their copies (see
    'media fetch'), by relative paths; those without a copy keep the site's address.
    """
    if media == "local" and directory is None:
        raise click.UsageError("--media local needs --to: the archive's own files keep the site's addresses")
    with asked.archive() as archive:
        wanted = [archive.article(asked.resolve(text)) for text in ids] or archive.every_article()
        if directory is None:
            counts = _in_place(archive, wanted)
        else:
            counts = _elsewhere(archive, wanted, directory, local=media == "local")
    total: dict[str, Any] = {"files": counts["files"], "written": counts["written"]}
    click.echo(orjson.dumps(total) if asked.json else f"ok: {total['files']} files, {total['written']} written")


def _in_place(archive: Archive, wanted: Iterable[Archived]) -> Counter[str]:
    counts = Counter[str]()
    for batch in _batches(wanted):
        with archive.transaction():
            for archived in batch:
                content = to_markdown(archived.article).encode()
                counts["files"] += 1
                if not archive.database.tree.holds(archived.markdown_path, content):
                    archive.database.tree.stage(archived.markdown_path, content)
                    counts["written"] += 1
    return counts


def _elsewhere(archive: Archive, wanted: Iterable[Archived], directory: Path, *, local: bool) -> Counter[str]:
    counts, data = Counter[str](), archive.data.absolute()
    for archived in wanted:
        article, path = archived.article, directory.absolute() / archived.markdown_path
        if local:
            article = with_local_pictures(article, copies(archive, media_of(article)), data, path)
        counts["files"] += 1
        counts["written"] += _written(path, to_markdown(article).encode())
    return counts


def _written(path: Path, content: bytes) -> bool:
    """Write a file unless it is there as it should be."""
    with named_disk_failures(path):
        if is_regular(path) and path.stat().st_size == len(content) and read_regular(path, len(content)) == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with aside.open("xb") as file:
                file.write(content)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    return True


def _batches(wanted: Iterable[Archived]) -> Iterator[list[Archived]]:
    waiting = iter(wanted)
    while batch := list(islice(waiting, BATCH)):
        yield batch
