"""One fault at one random point of one command, the same command again, and what that did to the archive."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.site.site import Site
from tests.tools.faults.commands import COMMANDS, IN_AIR, Command, Run, arguments_of, runner
from tests.tools.faults.state import State, state_of
from tests.tools.faults.zygote import Ended, Zygote

FAULTS = {"kill -9": 0, "ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}


@dataclass
class Row:
    """One line of the table: a fault, a command, and what came of all tries."""

    fault: str
    command: str
    tries: int = 0
    lost: int = 0
    """Articles, revisions, links, files … that the again_if_disturbed run has and this one has not."""
    doubled: int = 0
    """The other way round; and pages fetched twice beyond those in flight."""
    torn: int = 0
    """What verifying finds wrong afterwards."""
    unclear: int = 0
    """Failures without one clear line and a documented exit code (a killed process says nothing)."""
    recovered: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Undisturbed:
    """A command's archive before and after a run in which nothing went wrong."""

    template: Path
    after: State
    calls: int
    pages: Counter[str]


class Bench:
    """One worker: a site, a zygote and a directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._undisturbed: dict[str, Undisturbed] = {}

    def __enter__(self) -> Bench:
        self.site = Site(seed=7, articles=60).__enter__()
        self.zygote = Zygote(self.folder)
        self.run: Run = runner(self.zygote, self.site)
        return self

    def __exit__(self, *_: object) -> None:
        self.zygote.__exit__(None, None, None)
        self.site.stop()

    def again_if_disturbed(self, command: Command) -> Undisturbed:
        """Made once for each command."""
        if command.name not in self._undisturbed:
            self._undisturbed[command.name] = self._run_undisturbed(command)
        return self._undisturbed[command.name]

    def _run_undisturbed(self, command: Command) -> Undisturbed:
        template = self.folder / command.name.replace(" ", "-") / "data"
        template.parent.mkdir()
        command.prepare(template, self.run, self.site)
        with self.copy(template) as data:
            ended, pages = self.call(command, data)
            if ended.code != 0:
                raise RuntimeError(f"{command.name} again_if_disturbed: {ended}")
            return Undisturbed(template, state_of(data), ended.calls, pages)

    def trial(self, command: Command, fault: str, chance: Random, row: Row) -> None:
        """Break the command at a random one of its writing calls, run it again, and count into ``row``."""
        expected = self.again_if_disturbed(command)
        # A read-only disk is read-only from the start.
        at = 1 if fault == "EROFS" else chance.randint(1, expected.calls)
        with self.copy(expected.template) as data:
            broken, first = self.call(command, data, FAULT_AT=str(at), FAULT_ERRNO=str(FAULTS[fault]))
            ended, second = self.call(command, data, **dict(command.again))
            found = state_of(data) if (data / "archive.db").exists() else State(Counter())
        row.tries += 1
        lost, doubled = expected.after.missing_from(found), found.missing_from(expected.after)
        twice = (_visits(first + second) - _visits(expected.pages)).total()
        row.lost += len(lost)
        row.doubled += len(doubled) + max(0, twice - IN_AIR)
        row.torn += len(found.wrong)
        row.unclear += fault != "kill -9" and broken.code != 0 and not broken.is_clear
        whole = not lost and not doubled and not found.wrong and ended.code == 0
        row.recovered += whole
        if not whole or twice > IN_AIR or (fault != "kill -9" and broken.code != 0 and not broken.is_clear):
            what = [str(each)[:160] for each in (*lost[:2], *doubled[:2], *found.wrong[:3])]
            row.notes.append(
                f"{fault} at call {at} of {command.name}: {_said(broken)} then {_said(ended)}; {twice} twice; {what}"
            )

    def call(self, command: Command, data: Path, **variables: str) -> tuple[Ended, Counter[str]]:
        """Run it; and how often each page was asked for."""
        self.site.forget_requests()
        ended = self.run(data, *arguments_of(command, data), **variables)
        return ended, Counter(seen.host + seen.path for seen in self.site.requests() if "/a/" in seen.path)

    def copy(self, template: Path) -> _Copy:
        """A copy of what a command starts from."""
        return _Copy(template, self.folder)


def _said(ended: Ended) -> str:
    return f"{ended.code} {ended.out[-200:]!r} {ended.err[-1200:]!r}"


def _visits(pages: Counter[str]) -> Counter[str]:
    """How often each article was visited: its page may stand at two addresses, of which one leads to the other."""
    visits: Counter[str] = Counter()
    for path, count in pages.items():
        name = path.partition("?")[0].rpartition("/")[2].partition(".")[0]
        visits[name[:14]] = max(visits[name[:14]], count)
    return visits


class _Copy:
    """A copy of a template, gone when it is left."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder

    def __enter__(self) -> Path:
        self._place = tempfile.TemporaryDirectory(dir=self._folder)
        target = Path(self._place.name) / "here"
        shutil.copytree(self._template.parent, target)
        return target / "data"

    def __exit__(self, *_: object) -> None:
        self._place.cleanup()


@dataclass(frozen=True, slots=True)
class Try:
    """One fault for one command; seed and number decide where it strikes."""

    fault: str
    command: Command
    seed: int
    number: int

    @property
    def chance(self) -> Random:
        return Random(f"{self.seed}/{self.fault}/{self.command.name}/{self.number}")


def tries(count: int, seed: int, only: str = "") -> Iterator[Try]:
    """``count`` of every fault for every command where ``only`` is in the two names; first one of each, then the next.

    However early it ends, each fault and command has had its share.
    """
    for number in range(count):
        for command in COMMANDS:
            for fault in FAULTS:
                # A read-only disk is read-only from the start: there is one way only.
                if only in f"{fault} {command.name}" and not (fault == "EROFS" and number):
                    yield Try(fault, command, seed, number)
