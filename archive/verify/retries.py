"""Checks while takedowns and repairs go on: what they have half done is no damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from archive.alone import wait_until_free, was_held_since
from archive.verify.findings import Finding


def again_if_disturbed(data: Path, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a check finds; where a takedown or repair was at work meanwhile, what it finds when that has ended.

    Raises ``MenderAtWork`` where one takes too long.
    """
    told = set[Finding]()
    while True:
        since = wait_until_free(data)
        for finding in check():
            if was_held_since(data, since):
                break
            if finding not in told:
                told.add(finding)
                yield finding
        else:
            return
