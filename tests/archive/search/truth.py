"""What a search is measured by: LIKE over the folded texts, and words chosen from them at random."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from random import Random

from archive.article.model import Article
from archive.article.plain_text import fold, visible

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def readable(article: Article) -> str:
    """Everything of an article that is searched, folded; a mark stands between its parts."""
    parts = (article.title, article.summary, article.author, article.media, *article.keywords, visible(article.body))
    return fold("\x1f\n".join(parts).replace("\x1f", " ｜ "))


def like_table(articles: Iterable[Article]) -> sqlite3.Connection:
    """A table ``plain (id, text)`` in memory."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE plain (id TEXT, text TEXT)")
    connection.executemany("INSERT INTO plain VALUES (?, ?)", ((each.id, readable(each)) for each in articles))
    return connection


def holding(texts: dict[str, str], word: str) -> set[str]:
    """As `found_by_like`, thirty times as fast; the bench shows on some words that it is the same."""
    folded = fold(word)
    return {each for each, text in texts.items() if folded in text}


def found_by_like(connection: sqlite3.Connection, word: str) -> set[str]:
    """The ids of all texts that have the word."""
    escaped = re.sub(r"([%_\\])", r"\\\1", fold(word))
    query = r"SELECT id FROM plain WHERE text LIKE '%' || ? || '%' ESCAPE '\'"
    return {row[0] for row in connection.execute(query, (escaped,))}


def random_words(texts: list[str], count: int, chance: Random) -> list[str]:
    """Parts of Chinese sentences, of 1 to 8 characters: each length as often."""
    words: list[str] = []
    while len(words) < count:
        runs = _CHINESE.findall(chance.choice(texts))
        length = chance.randint(1, 8)
        if long := [run for run in runs if len(run) >= length]:
            run = chance.choice(long)
            start = chance.randrange(len(run) - length + 1)
            words.append(run[start : start + length])
    return words
