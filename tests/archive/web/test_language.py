"""Every word is there in both languages, and a visitor gets the one that he reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import archive.web
from archive.search.query import BadQuery, read_query
from archive.web.i18n.language import Language, chosen_language
from archive.web.i18n.translations import WORDS

WEB = Path(archive.web.__file__).parent


def test_templates_and_pages_say_only_words_that_are_there() -> None:
    sources = [*WEB.glob("templates/*.html"), *WEB.rglob("*.py")]
    said = {
        key
        for path in sources
        for key in re.findall(r"""\bsay\(\s*f?"([^"{}]+)"[,)]""", path.read_text("utf-8"))
        if not key.endswith(" ")
    }
    assert len(said) > 100
    assert said - set(WORDS) == set()


def test_both_languages_take_the_same_facts() -> None:
    for key, (chinese, english) in WORDS.items():
        assert set(re.findall(r"\{(\w+)\}", chinese)) == set(re.findall(r"\{(\w+)\}", english)), key
        assert all((chinese, english)), key


@pytest.mark.parametrize(
    ("args", "remembered", "accepted", "expected"),
    [
        ({}, "", "", "en"),
        ({}, "", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ({}, "", "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ({}, "", "de, zh-TW;q=0.3, *;q=0.1", "zh"),
        ({}, "", "zh;q=broken,,;;", "en"),
        ({}, "zh", "en", "zh"),
        ({"lang": "en"}, "zh", "zh", "en"),
        ({"lang": "xx"}, "<b>", "zh", "zh"),
    ],
)
def test_the_address_counts_most_then_the_cookie_then_the_browser(
    args: dict[str, str], remembered: str, accepted: str, expected: str
) -> None:
    assert chosen_language(args, remembered, accepted) == expected


@pytest.mark.parametrize("query", ["(", ")", '"', "a OR", "OR a", "AND", "NOT", "-a", "()", "!!", "x" * 1001, "(" * 40])
def test_what_is_wrong_with_a_query_is_told_in_chinese(query: str) -> None:
    with pytest.raises(BadQuery) as told:
        read_query(query)
    assert re.search("[\u4e00-\u9fff]", Language.ZH.reason(told.value.reason))
    assert Language.EN.reason(told.value.reason) == told.value.reason
