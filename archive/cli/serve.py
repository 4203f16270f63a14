"""The command that serves the web page. Imported when it is asked for."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import orjson

from archive.cli.context import CommandContext, common_options
from archive.database.migrations import known_migrations
from archive.database.schema import applied_migrations
from archive.store import Archive
from archive.web.errors import PasswordNeeded, WebMissing
from archive.web.security.access import LOOPBACK
from archive.web.security.password import SETTING, Door, read_password

PORT: Final = 8399
_LIBRARIES: Final = ("datasette", "uvicorn", "markdown_it")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: any that is free.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help=f"Its first line is the password or token (else {SETTING}). Needed where others can reach the page.",
)
@click.option(
    "--allow-host", multiple=True, metavar="NAME", help="A name by which browsers may call, behind a proxy, say."
)
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
@common_options
def serve(
    asked: CommandContext, host: str, port: int, password_file: Path | None, allow_host: tuple[str, ...], *, show: bool
) -> None:
    """The archive in a browser: articles, what changed and what was removed, the hot ranking, search, how it fares.

    Nothing can be changed there. Only this machine can reach it, unless --host says otherwise and a password protects
    it. Ends with Ctrl-C or SIGTERM.
    """
    password = read_password(password_file, os.environ)
    is_local = host in LOOPBACK
    if password is None and not is_local:
        raise PasswordNeeded(host)
    try:
        from archive.web.routes import Site
        from archive.web.server import application, listen, run
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in _LIBRARIES:
            raise
        raise WebMissing(library) from error
    _bring_up_to_date(asked.data)
    names = frozenset(each.lower() for each in allow_host)
    hosts = LOOPBACK | names if is_local else names or None
    app = application(
        Site(asked.data, _resolved(asked.resolve), asked.next_due),
        hosts=hosts,
        door=Door(password) if password else None,
    )
    listening = listen(host, port)
    address = _address(host, listening.getsockname()[1])

    def begun() -> None:
        told = orjson.dumps({"address": address, "data": str(asked.data)}).decode()
        click.echo(told if asked.json else f"{asked.data} is served at {address}")
        if show:
            webbrowser.open(address)

    run(app, listening, begun, is_proxied=bool(names))


def _bring_up_to_date(data: Path) -> None:
    """An archive of an earlier version lacks what the pages read. Raises as ``Archive.existing``."""
    Archive.to_read(data).close()
    if len(applied_migrations(data / "archive.db")) < len(known_migrations()):
        Archive.existing(data).close()


def _resolved(resolve: Callable[[str], str]) -> Callable[[str], str | None]:
    def resolved(text: str) -> str | None:
        try:
            return resolve(text)
        except click.ClickException:
            return None

    return resolved


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
