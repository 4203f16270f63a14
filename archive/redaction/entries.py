"""Articles that list others: topics, cards, questions. The entry of one that was taken down is taken out. Pure.

A list's words about an article are the article's own title and abstract; what an ordinary text says of an article that
it links to is the text's, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from archive.article.ids import ids_of_address

LISTS: Final = ("topic", "card", "question")
"""Kinds of articles whose bodies are lists of others."""

_LINK: Final = r"\[((?:\\.|[^\]\\\n])*)\]\(([^)\s]*)\)"
_ITEM: Final = re.compile(rf"\s*(?:-|\d+\.) {_LINK}\s*")
_PARAGRAPH: Final = re.compile(_LINK)
LEAST: Final = 4
"""Characters of what an entry says, to be found again elsewhere: less may be anybody's words."""

Wanted = Callable[[str], bool]
"""Whether an article, by its id, is one of those that are to go."""


def without_entries(body: str, is_wanted: Wanted) -> tuple[str, list[str]]:
    """The body of a list without the entries of some articles, and the words of these entries."""
    blocks, words = list[str](), list[str]()
    for block in _without_answers(body.split("\n\n"), is_wanted, words):
        lines = [line for line in block.split("\n") if not _is_entry(_ITEM, line, is_wanted, words)]
        if lines or not block:
            blocks.append("\n".join(lines))
        elif blocks and blocks[-1].startswith("#"):
            blocks.pop()  # A section goes with its last entry.
    return "\n\n".join(blocks), words


def _without_answers(blocks: list[str], is_wanted: Wanted, words: list[str]) -> list[str]:
    """The blocks without answers to a question: a linked title that stands alone, and the abstract below it."""
    left, is_abstract = list[str](), False
    for block in blocks:
        if _PARAGRAPH.fullmatch(block):
            is_abstract = _is_entry(_PARAGRAPH, block, is_wanted, words)
            left += [] if is_abstract else [block]
        elif is_abstract:
            words.append(block)
            is_abstract = False
        else:
            left.append(block)
    return left


def _is_entry(form: re.Pattern[str], text: str, is_wanted: Wanted, words: list[str]) -> bool:
    found = form.fullmatch(text)
    if found is None or not any(map(is_wanted, ids_of_address(found[2]))):
        return False
    words.append(re.sub(r"\\(\W)", r"\1", found[1]))
    return True


def without_words(text: str, words: Sequence[str]) -> str:
    """A summary that was made of a list's first words, with zeros for those of entries, be they cut off at its end."""
    for each in (each for each in words if len(each) >= LEAST):
        text = text.replace(each, "0" * len(each))
        whole = text.removesuffix("...")
        cut = next((n for n in range(len(each) - 1, LEAST - 1, -1) if whole.endswith(each[:n])), 0)
        if cut and whole != text:
            text = f"{whole[:-cut]}{'0' * cut}..."
    return text
