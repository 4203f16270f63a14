"""Every function over the text of an article takes a time that grows with it, whatever the text is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive.article import diff as compare
from archive.article import edits as changes
from archive.article import markdown
from archive.article import model as article
from archive.article import plain_text as plain
from archive.article.front_matter import read_front_matter
from archive.article.ids import blotted
from archive.article.matching import MOST, opcodes
from archive.duplicates.comparable_text import ComparableText
from archive.errors import NotOurMarkdown
from archive.export.select import filters
from archive.export.select import personal_data as masks
from archive.media import picture_copies as media
from archive.search.query import LONGEST, BadQuery, read_query
from archive.search.snippet import PLAIN, marked, snippet
from archive.search.tokenizer import characters, tokenize
from archive.takedown.traces import own_sentences
from archive.web import markdown_html as reader
from archive.web.security.access import LONGEST_FORM
from archive.web.security.cookies import cookies_named
from tests.archive.samples import an_article
from tests.linear import UNITS, slow_inputs

BASE = an_article(1)


def written_and_read(text: str) -> None:
    whole = markdown.to_markdown(replace(BASE, title=f"题{text[:200]}", body=text, summary=text))
    assert markdown.from_markdown(whole).body == text


def read_as_a_file(text: str) -> None:
    for whole in (text, f"---\ntitle: x\n---\n\n{text}", f"---\n{text}"):
        try:
            markdown.from_markdown(whole)
        except NotOurMarkdown:
            continue


def fingerprint(text: str) -> None:
    found = ComparableText.of(text)
    assert found.signature is not None
    assert len(found.facts) == found.form.count("N")


def asked(text: str) -> None:
    try:
        read_query(text[:LONGEST])
    except BadQuery:
        return


def edited(text: str) -> str:
    """The text with a change at each tenth of it, and at its end."""
    step = max(len(text) // 10, 1)
    return "改".join(text[place : place + step] for place in range(0, len(text), step)) + "完"


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "visible": plain.visible,
    "fold": plain.fold_with_places,
    "hash": lambda text: article.content_hash(replace(BASE, body=text, title=text)),
    "pictures": lambda text: article.pictures_in(text),
    "local pictures": lambda text: media.with_local_pictures(
        replace(BASE, body=text), {}, Path("/data"), Path("/data/a.md")
    ),
    "classify": lambda text: changes.classify(replace(BASE, body=text), replace(BASE, body=edited(text))),
    "compare": lambda text: compare.differences(text, edited(text)),
    "compare turned": lambda text: compare.differences(text, text[::-1]),
    "compare shifted": lambda text: compare.differences(f"。{text}", f"{text[7:]}！{text[:7]}"),
    "Markdown": written_and_read,
    "Markdown of others": read_as_a_file,
    "near-duplicates": fingerprint,
    "tokens": lambda text: (tokenize(plain.fold(text)), characters(plain.fold(text))),
    "snippet": lambda text: snippet(text, ["渔夫", "a", "b*", "x y"], PLAIN),
    "marks": lambda text: marked(text, ["渔夫", "a", "鱼"], PLAIN),
    "query": asked,
    "export filters": lambda text: (filters.visible(text), filters.han_share(text), filters.line_marks(text)),
    "masks": lambda text: masks.masked(f"{text} 1234 a@b", Counter()),
    "erased ids": lambda text: blotted(text, lambda _: False),
    "sentences": lambda text: own_sentences([text], [text], lambda _: set()),
    "cookies": lambda text: cookies_named("a", text[:LONGEST_FORM]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_four_times_the_text_takes_no_more_than_eight_times_the_time(name: str) -> None:
    assert slow_inputs(FUNCTIONS[name], 6_000) == []


def test_the_page_shows_any_text_in_a_time_that_grows_with_it() -> None:
    short = tuple(unit for unit in UNITS if len(unit) < 3)
    assert slow_inputs(lambda text: reader.as_html(text, {}, lambda path: path), 1_500, short) == []


@pytest.mark.parametrize("number", [2, 3, 26, 5000])
def test_sequences_of_any_kind_are_compared_in_a_time_that_grows_with_them(number: int) -> None:
    """Few different items, many, each once; every second one changed, none in common."""

    def compared(text: str) -> None:
        items = [str(place * 7919 % number) for place in range(len(text))]
        for other in (
            [item if place % 2 else f"!{item}" for place, item in enumerate(items)],
            items[::-1],
            items[len(items) // 2 :] + items[: len(items) // 2],
            [f"?{item}" for item in items],
        ):
            check(items, other)

    assert slow_inputs(compared, 3_000, ("x",)) == []


def check(one: list[str], other: list[str]) -> None:
    """The way leads from the one to the other, and says equal of what is."""
    here = there = 0
    for kind, begin, end, begin_there, end_there in opcodes(one, other):
        assert (begin, begin_there) == (here, there)
        here, there = end, end_there
        assert (kind == "equal") <= (one[begin:end] == other[begin_there:end_there])
    assert (here, there) == (len(one), len(other))


def test_long_sequences_are_compared_by_what_stands_once_in_each() -> None:
    one = [f"{place}" if place % 10 == 0 else "same" for place in range(2_000)]
    other = [*one[:700], *("new" for _ in range(5)), *one[900:]]
    assert len(one) * len(other) > MOST
    equal = sum(end - begin for kind, begin, end, _, _ in opcodes(one, other) if kind == "equal")
    assert equal == 1_800


def test_a_front_matter_of_brackets_is_read_or_refused(tmp_path: Path) -> None:
    for unit in ("[", "{", "- ", "? ", "&a ", "*a ", "!!a ", '"', "'", "|\n", "a: "):
        try:
            read_front_matter(f"---\n{unit * 300}\n---\n\nx")
        except NotOurMarkdown:
            continue
