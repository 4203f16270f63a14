"""Text as the index has it: overlapping pairs of Chinese characters, words of the rest. Pure.

``腾讯AI财报`` becomes ``腾 腾讯 讯 ai 财 财报 报``: pairs never reach over a comma, and the characters at a run's ends
stand alone, so that ``讯AI财`` is the phrase ``讯 ai 财`` and no beginning of a pair has to be looked for.
"""

from __future__ import annotations

import re
from operator import add
from typing import Final

VERSION: Final = 2
"""Of the tokens. An index made by other rules is made anew."""

_RUN: Final = re.compile(
    r"(?P<characters>(?:[^\W_\x00-\u2e7f]++|[\u2190-\u2bff\U0001f000-\U0001faff]++)++)|[^\W\d_\u2e80-\U0010ffff]+|\d+"
)


def tokenize(folded: str) -> list[str]:
    """The tokens of a folded text, in reading order; of articles and queries alike."""
    tokens: list[str] = []
    for found in _RUN.finditer(folded):
        run = found[0]
        tokens.append(run[0] if found["characters"] else run)
        if _has_pairs(found):
            tokens += map(add, run, run[1:])
            tokens.append(run[-1])
    return tokens


def characters(folded: str) -> set[str]:
    """The characters that are not parts of words: what can be searched one by one."""
    return set[str]().union(*(found[0] for found in _RUN.finditer(folded) if found["characters"]))


def open_ended(folded: str) -> list[str]:
    """The tokens of a text whose first run may have begun before it, and whose last one may go on after it."""
    tokens, runs = tokenize(folded), list(_RUN.finditer(folded))
    if runs and _has_pairs(runs[-1]):
        del tokens[-1]
    if runs and _has_pairs(runs[0]):
        del tokens[0]
    return tokens


def is_character(token: str) -> bool:
    """Whether a token is one character that is no word: of an open-ended text, it may begin a pair or end one."""
    found = _RUN.fullmatch(token)
    return found is not None and found["characters"] is not None and len(token) == 1


def _has_pairs(run: re.Match[str]) -> bool:
    return run["characters"] is not None and len(run[0]) > 1


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
