"""Text as the index has it: overlapping pairs of Chinese characters, words of the rest. Pure.

``腾讯AI财报`` becomes ``腾讯 讯 ai 财报 报``: the last character of a run stands alone, so that each character begins
exactly one token and pairs never reach over a comma.
"""

from __future__ import annotations

import re
from operator import add
from typing import Final

VERSION: Final = 1
"""Of the tokens. An index made by other rules is made anew."""

_RUN: Final = re.compile(
    r"(?P<characters>(?:[^\W_\x00-\u2e7f]+|[\u2190-\u2bff\U0001f000-\U0001faff]+)+)|[^\W\d_\u2e80-\U0010ffff]+|\d+"
)


def segment(folded: str) -> list[str]:
    """The tokens of a folded text, in reading order; of articles and queries alike."""
    tokens: list[str] = []
    for found in _RUN.finditer(folded):
        run = found[0]
        if found["characters"] is None:
            tokens.append(run)
        else:
            tokens += map(add, run, run[1:])
            tokens.append(run[-1])
    return tokens


def characters(folded: str) -> set[str]:
    """The characters that are not parts of words: what can be searched one by one."""
    return set[str]().union(*(found[0] for found in _RUN.finditer(folded) if found["characters"]))


def open_ended(folded: str) -> tuple[list[str], bool]:
    """The tokens of a text that may go on after its end, and whether the last of them is only a beginning."""
    tokens = segment(folded)
    runs = list(_RUN.finditer(folded))
    if not runs or runs[-1]["characters"] is None:
        return tokens, False
    return (tokens, True) if len(runs[-1][0]) == 1 else (tokens[:-1], False)


def pattern(word: str) -> re.Pattern[str]:
    """What finds a word of a query again where its tokens were found: whole words, any signs between runs.

    A ``*`` at its end stands for the rest of a word.
    """
    parts = [_bounded(found, found.end() < len(word) and word[found.end()] == "*") for found in _RUN.finditer(word)]
    return re.compile(r"[\W_]*".join(parts))


def _bounded(found: re.Match[str], goes_on: bool) -> str:
    run = re.escape(found[0])
    if found["characters"]:
        return run
    same = r"\d" if found[0].isdecimal() else r"[^\W\d_\u2e80-\U0010ffff]"
    return f"(?<!{same}){run}" if goes_on else f"(?<!{same}){run}(?!{same})"
