"""``make reference``: docs/reference/commands.md, from what every command says of itself with ``--help``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from qqnews import cli

PAGE: Final = Path(__file__).parents[3] / "docs/reference/commands.md"
MANY: Final = 10
"""Lines of options from which on they are not shown again."""
WIDTH: Final = 100
"""Columns of a help text: what a code block shows without a scroll bar."""
HEAD: Final = """# Commands

Written by `make reference` from `--help`; a test says when it is stale. `--data` and `--json` may stand before or
behind the command. Exit codes: [Exit codes and verdicts](exit-codes.md); variables: [Settings](settings.md).
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    root = click.Context(cli, info_name="qqnews", terminal_width=WIDTH, **cli.context_settings)
    return "\n".join([HEAD, _block(cli.get_help(root)), *_commands_of(cli, root)])


def _commands_of(group: click.Group, context: click.Context) -> Iterator[str]:
    """Yield a section for each command in a group, and for those in its groups.

    Options that are those of an earlier command of the group, as the formats of exports have them, stand there once.
    """
    shown: dict[str, str] = {}
    for name, command in ((name, group.get_command(context, name)) for name in group.list_commands(context)):
        assert command is not None
        within = click.Context(command, info_name=name, parent=context, **command.context_settings)
        text, mark, options = command.get_help(within).partition("\nOptions:\n")
        alike = shown.setdefault(options, within.command_path) if options.count("\n") > MANY else within.command_path
        yield f"{'#' * (2 + within.command_path.count(' ') - 1)} {within.command_path}\n"
        if alike == within.command_path:
            yield _block(text + mark + options)
        else:
            yield _block(text.rstrip()) + f"\nOptions: those of `{alike}`.\n"
        if isinstance(command, click.Group):
            yield from _commands_of(command, within)


def _block(text: str) -> str:
    return f"```text\n{text.strip()}\n```\n"


if __name__ == "__main__":
    main()
