"""How every command is asked: the data directory, the wish for JSON, the reading of ids. Imports next to nothing."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from archive.failures import named_failures

if TYPE_CHECKING:
    from datetime import datetime

    from archive.article import Article
    from archive.warc import Capture

_DATA: Final = click.option("--data", type=click.Path(path_type=Path), help="The data directory.")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="JSON for machines.")


class Words(click.ParamType[str]):
    """Text as the archive can hold it: a terminal of another encoding hands over what is none."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is."""
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f"{value!r} is not UTF-8", param, ctx)
        return value


WORDS: Final = Words()


class FrontDoor(Protocol):
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


@dataclass(frozen=True, slots=True)
class Asked:
    """How a command was called: the data directory, the wish for JSON, and what other rooms of the house know."""

    data: Path
    json: bool
    resolve: Callable[[str], str]
    read_again: Callable[[Capture], Article | None]
    """Reads a raw capture with today's parsers."""
    next_due: Callable[[str, datetime], datetime]
    """Computes due times; see `archive.monitoring.health.NextDue`."""


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, which takes ``Asked`` first, ``--data`` and ``--json`` and a quiet end of pipes.

    Both options may also stand before the command's name, where the front door reads them.
    """

    def wrapped(door: FrontDoor, /, *, data: Path | None, as_json: bool, **options: Any) -> None:
        asked = Asked(data or door.data, as_json or door.json, door.resolve, door.read_again, door.next_due)
        with quiet_pipe(), named_failures(asked.data):
            command(asked, **options)

    functools.update_wrapper(wrapped, command)
    return _DATA(_JSON(click.pass_obj(wrapped)))


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """A reader that goes away (``| head``) ends the command without a word; there may be none from the beginning."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer must go somewhere when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
