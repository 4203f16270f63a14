"""The front door: the command ``qqnews``. Commands are imported when they are called, so that help is quick."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import IO, TYPE_CHECKING

import click

from archive.cli.command_table import COMMANDS, SUMMARIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from archive.article.model import Article
    from archive.captures.warc import Capture
    from archive.monitoring.health_checks import CheckResult
    from archive.store import Archive


class FrontDoor:
    """What every command gets as ``ctx.obj``: the data directory and the wish for JSON."""

    def __init__(self, data: str | os.PathLike[str], json: bool) -> None:
        self._data = data
        self.json = json

    @property
    def data(self) -> Path:
        """The data directory."""
        from pathlib import Path

        return Path(self._data)

    def resolve(self, text: str) -> str:
        """The article id in an address or a bare id. Raises `click.BadParameter`."""
        from crawler.sites.registry import NotAnAddress, read_address

        try:
            return read_address(text).id
        except NotAnAddress as error:
            raise BadInput(str(error)) from error

    def deployment(self, data: Path) -> Iterator[CheckResult]:
        """How the jobs of the archive in ``data`` are started, and what is wrong with that."""
        from schedules.deploy.checks import examine_deployment

        return examine_deployment(data)

    def next_due(self, timetable: str, after: datetime) -> datetime:
        """The first due time after a moment, by a time-table as the archive names it. Raises ``ValueError``."""
        from schedules.timetable.due import next_due

        return next_due(timetable, after)

    def read_again(self, capture: Capture) -> Article | None:
        """The article in a raw capture, by today's parsers; None where there is none."""
        from crawler.reprocess.reextract import article_in

        return article_in(capture)

    def unknown_in(self, archive: Archive) -> Iterator[tuple[str, str]]:
        """Where raw captures hold what no row knows, and what that is."""
        from crawler.reprocess.unknown_captures import unknown_in

        return unknown_in(archive)


class BadInput(click.ClickException):
    """An argument that names no article."""

    exit_code = 20

    def show(self, file: IO[str] | None = None) -> None:
        """One line, like every other error."""
        click.echo(f"qqnews: {self.message}", file=file, err=True)


class LazyGroup(click.Group):
    """A group whose commands are imported on their first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, without importing anything."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from `SUMMARIES`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in COMMANDS])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", type=click.Path(), help="Data directory (default: QQNEWS_DATA, else ./data).")
@click.option("--json", "as_json", is_flag=True, help="JSON for machines.")
@click.version_option(package_name="qqnews")
@click.pass_context
def cli(ctx: click.Context, data: str | None, as_json: bool) -> None:
    """Scraper and archiver for Tencent News (qq.com)."""
    ctx.obj = FrontDoor(data or os.environ.get("QQNEWS_DATA") or "data", as_json)


def main() -> None:
    """Run the command line; every foreseen error is one line on standard error and an exit code of its own."""
    _hide_password()
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _show(error)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # Whatever is still buffered must go somewhere when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        sys.exit(_exit_code_of(error))


def _show(error: click.ClickException) -> None:
    """Say what is wrong with the command line, which may hold a password."""
    from io import StringIO

    from archive.redaction.secrets import redacted

    said = StringIO()
    error.show(said)
    click.echo(redacted(said.getvalue()), err=True, nl=False)


def _hide_password() -> None:
    """Start again without a proxy's password on the command line: everybody on the machine can read that."""
    if not any(word.startswith("--proxy") for word in sys.argv[1:]):
        return
    from archive.redaction.secrets import without_password

    words, moved = without_password(sys.argv[1:])
    if moved:
        os.environ.update(moved)
        own = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
        os.execv(sys.executable, [*own, *words])  # noqa: S606  (this very program)


def _exit_code_of(error: Exception) -> int:
    """Say in a line what was foreseen; of anything else, all that helps to mend it."""
    from archive.errors import ExitCode, QQNewsError
    from archive.files.readable_names import readable
    from archive.redaction.secrets import redacted

    if isinstance(error, QQNewsError):
        click.echo(readable(redacted(f"qqnews: {error}")), err=True)
        return error.exit_code
    from traceback import format_exception

    click.echo(redacted("".join(format_exception(error))), err=True, nl=False)
    return ExitCode.UNEXPECTED


if __name__ == "__main__":
    main()
