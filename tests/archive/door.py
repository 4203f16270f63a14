"""A small front door, so that the archive's commands can be called as a user calls them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from archive.article.model import Article
from archive.captures.warc import Capture
from archive.cli.articles import COMMANDS
from archive.errors import QQNewsError
from archive.store import Archive


@dataclass(frozen=True)
class Door:
    data: Path
    json: bool

    def resolve(self, text: str) -> str:
        return text.rpartition("/")[2]

    def read_again(self, capture: Capture) -> Article | None:
        return None

    def next_due(self, timetable: str, after: datetime) -> datetime:
        raise ValueError(timetable)

    def unknown_in(self, archive: Archive) -> list[tuple[str, str]]:
        return []


@click.group(commands=list(COMMANDS))
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def door(context: click.Context, *, data: Path, as_json: bool) -> None:
    context.obj = Door(data, as_json)


def main() -> None:
    try:
        door()
    except QQNewsError as error:
        print(f"qqnews: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
