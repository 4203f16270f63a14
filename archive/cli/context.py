"""How every command is asked: the data directory, the wish for JSON, the reading of ids. Imports next to nothing."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from archive.errors import ExitCode
from archive.files.io_errors import named_failures

if TYPE_CHECKING:
    from datetime import datetime

    from archive.article.model import Article
    from archive.captures.warc import Capture
    from archive.errors import UnreadableRow
    from archive.store import Archive

_DATA: Final = click.option("--data", type=click.Path(path_type=Path), help="The data directory.")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="JSON for machines.")


class TextParam(click.ParamType[str]):
    """Text as the archive can hold it: a terminal of another encoding hands over what is none."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is."""
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f"{value!r} is not UTF-8", param, ctx)
        return value


WORDS: Final = TextParam()


class Application(Protocol):
    """What the front door puts into ``ctx.obj``."""

    @property
    def data(self) -> Path: ...
    @property
    def json(self) -> bool: ...
    def resolve(self, text: str) -> str:
        """The article id in an address or bare id."""

    def next_due(self, timetable: str, after: datetime) -> datetime:
        """The first due time after a moment, by a time-table as the archive names it."""

    def read_again(self, capture: Capture) -> Article | None:
        """The article in a raw capture, by today's parsers."""

    def unknown_in(self, archive: Archive) -> Iterable[tuple[str, str]]:
        """Where raw captures hold what no row knows, and what that is."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """How a command was called: the data directory, the wish for JSON, and what other rooms of the house know."""

    data: Path
    json: bool
    resolve: Callable[[str], str]
    read_again: Callable[[Capture], Article | None]
    """Reads a raw capture with today's parsers."""
    next_due: Callable[[str, datetime], datetime]
    """Computes due times; see `archive.monitoring.health.NextDue`."""
    unknown_in: Callable[[Archive], Iterable[tuple[str, str]]]
    """Where raw captures hold what no row knows, and what that is."""
    unreadable: dict[str, UnreadableRow] = field(default_factory=dict)
    """What was said of rows that could not be read and were passed over: then a command is never wholly ok."""

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        """The archive, which is there already. Rows in it that cannot be read are named and passed over."""
        from archive.store import Archive

        with Archive.existing(self.data) as archive:
            archive.pass_over = self.pass_over
            yield archive

    def pass_over(self, error: UnreadableRow) -> None:
        """Name a row that cannot be read, once."""
        if str(error) not in self.unreadable:
            self.unreadable[str(error)] = error
            click.echo(f"qqnews: {error}", err=True)


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, which takes ``CommandContext`` first, ``--data`` and ``--json`` and a quiet end of pipes.

    Both options may also stand before the command's name, where the front door reads them.
    """

    def wrapped(door: Application, /, *, data: Path | None, as_json: bool, **options: Any) -> None:
        asked = CommandContext(
            data or door.data, as_json or door.json, door.resolve, door.read_again, door.next_due, door.unknown_in
        )
        with _never_wholly_ok(asked), ignore_broken_pipe(), named_failures(asked.data):
            command(asked, **options)

    functools.update_wrapper(wrapped, command)
    return _DATA(_JSON(click.pass_obj(wrapped)))


@contextmanager
def _never_wholly_ok(asked: CommandContext) -> Iterator[None]:
    """A command that passed rows over ends as partly done, if nothing worse befell it."""
    code: str | int | None = None
    try:
        yield
    except SystemExit as ended:
        code = ended.code
    if code or asked.unreadable:
        sys.exit(code or ExitCode.PARTIAL)


@contextmanager
def ignore_broken_pipe() -> Iterator[None]:
    """A reader that goes away (``| head``) ends the command without a word; there may be none from the beginning."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer must go somewhere when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
