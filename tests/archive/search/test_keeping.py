"""The index follows the archive: edits, takedowns, crashes, damage, other processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.database.article_rows import Archived
from archive.search import sync as keeping
from archive.search.index import NAME, Index
from archive.search.query import read_query
from archive.search.results import Order, search_articles
from archive.search.sync import forget, index_new, rebuild
from archive.store import Archive
from archive.takedown.takedown import take_down
from tests.archive.samples import EVENING, NOON, an_article


def found(archive: Archive, query: str) -> set[str]:
    with Index.open(archive.data) as index:
        return {hit.article_id for hit in search_articles(index.connection, read_query(query).match, Order.DATE)}


def keep(archive: Archive, numbers: Iterable[int]) -> None:
    with archive.transaction():
        for number in numbers:
            archive.keep(an_article(number), seen_at=NOON)


def is_sound(data: Path) -> bool:
    """Whether the index would still find what deletion needs: FTS5's own check of its structure."""
    with closing(sqlite3.connect(data / NAME)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def dump(data: Path) -> list[tuple[object, ...]]:
    """Every token of the index with its rows: what a rebuilt index must be equal to."""
    with closing(sqlite3.connect(data / NAME)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.tokens USING fts5vocab(main, words, instance)")
        numbers = dict(connection.execute("SELECT number, article_id FROM entries").fetchall())
        rows = connection.execute("SELECT term, doc, col, offset FROM temp.tokens")
        return sorted((term, numbers[doc], col, offset) for term, doc, col, offset in rows)


def test_edits_move_with_the_article(archive: Archive) -> None:
    article = an_article(1)
    keep(archive, [1, 2])
    assert index_new(archive) == 0
    archive.keep(replace(article, body="山脚的石匠。", title="石匠"), seen_at=EVENING)
    archive.keep(replace(article, body="湖心的画家。", title="画家"), seen_at=EVENING + timedelta(hours=1))
    assert found(archive, "石匠") == set()
    index_new(archive)
    assert found(archive, "石匠") == set()
    assert found(archive, "画家") == {article.id}
    assert found(archive, "渔夫 body:老周") == {an_article(2).id}
    followed = dump(archive.data)
    rebuild(archive)
    assert dump(archive.data) == followed
    assert is_sound(archive.data)


def test_facts_that_become_known_later_are_found(archive: Archive) -> None:
    bare = an_article(1, summary="", author="", media="", keywords=(), channel="", published_at=None)
    archive.keep(bare, seen_at=NOON)
    index_new(archive)
    archive.keep(replace(bare, summary="石匠的故事", keywords=("石匠",), published_at=EVENING), seen_at=EVENING)
    index_new(archive)
    assert found(archive, "summary:石匠 keywords:石匠") == {bare.id}
    followed = dump(archive.data)
    rebuild(archive)
    assert dump(archive.data) == followed


def test_seeing_an_article_again_is_no_change(archive: Archive) -> None:
    keep(archive, [1, 2])
    index_new(archive)
    query = "SELECT max(seq) FROM article_changes"
    before = archive.database.connection.execute(query).fetchone()[0]
    archive.keep(an_article(1), seen_at=EVENING)
    assert archive.database.connection.execute(query).fetchone()[0] == before


def test_a_crash_leaves_the_index_behind_and_never_wrong(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(archive, range(10))
    monkeypatch.setattr(keeping, "BATCH", 3)
    put, done = Index.put, 0

    def dies(index: Index, archived: Archived) -> None:
        nonlocal done
        done += 1
        if done == 5:
            raise KeyboardInterrupt
        put(index, archived)

    monkeypatch.setattr(Index, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        index_new(archive)
    assert found(archive, "渔夫") == {an_article(number).id for number in range(3)}
    index_new(archive)
    assert found(archive, "渔夫") == {an_article(number).id for number in range(10)}


def test_what_was_not_committed_is_not_found(archive: Archive) -> None:
    def interrupted() -> None:
        with archive.transaction():
            archive.keep(an_article(1), seen_at=NOON)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    index_new(archive)
    assert found(archive, "渔夫") == set()


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_index_is_made_anew(archive: Archive, content: bytes) -> None:
    keep(archive, range(3))
    index_new(archive)
    (archive.data / NAME).write_bytes(content)
    for suffix in ("-wal", "-shm"):
        (archive.data / f"{NAME}{suffix}").unlink(missing_ok=True)
    index_new(archive)
    assert len(found(archive, "渔夫")) == 3


def test_an_index_of_something_else_is_made_anew(archive: Archive) -> None:
    keep(archive, range(3))
    with closing(sqlite3.connect(archive.data / NAME)) as other, other:
        other.execute("CREATE TABLE state (mine TEXT)")
    index_new(archive)
    assert len(found(archive, "渔夫")) == 3


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE state SET made_by = 'an older version'",
        "UPDATE state SET seen = seen + 1000",
        "DELETE FROM entries WHERE number = (SELECT min(number) FROM entries)",
        "UPDATE entries SET digest = zeroblob(8)",
    ],
)
def test_an_index_that_does_not_fit_is_made_anew(archive: Archive, damage: str) -> None:
    keep(archive, range(3))
    index_new(archive)
    with closing(sqlite3.connect(archive.data / NAME)) as index, index:
        index.execute(damage)
    archive.keep(replace(an_article(1), body="山脚的石匠。"), seen_at=EVENING)
    assert index_new(archive) == 0
    assert found(archive, "石匠") == {an_article(1).id}
    assert len(found(archive, "河边")) == 3


def test_another_writer_only_makes_it_late(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.search.index.WAIT_SECONDS", 0.05)
    keep(archive, range(3))
    index_new(archive)
    keep(archive, range(3, 6))
    with closing(sqlite3.connect(archive.data / NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert index_new(archive) == 3
        assert len(found(archive, "渔夫")) == 3
    assert index_new(archive) == 0


def content(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data.glob(f"{NAME}*"))


def test_a_forgotten_article_leaves_no_trace_in_the_file(archive: Archive) -> None:
    keep(archive, range(5))
    secret = replace(an_article(9), body="乌拉特后旗的xylophonist先生", title="绝密", keywords=("鸢尾花",))
    archive.keep(secret, seen_at=NOON)
    index_new(archive)
    traces = [trace.encode() for trace in (secret.id, "xylophonist", "鸢尾")]
    assert all(trace in content(archive.data) for trace in traces)
    assert forget(archive, secret.id) == 1
    assert not any(trace in content(archive.data) for trace in traces)
    assert forget(archive, secret.id) == 0
    assert len(found(archive, "渔夫")) == 5


def test_a_takedown_reaches_the_index_and_the_clusters(archive: Archive) -> None:
    keep(archive, range(1, 4))
    secret = replace(
        an_article(9), body="湖心的画家在磨坊旁边画了一幅从来没有人见过的大画。" * 5, title="磨坊旁边的大画"
    )
    archive.keep(secret, seen_at=NOON)
    archive.keep(replace(secret, id="20250212A0009900", url="https://new.qq.com/rain/a/20250212A0009900"), seen_at=NOON)
    index_new(archive)
    taken = take_down(archive, secret.id, "a court's order", EVENING)
    assert taken.left == {}
    assert taken.opaque == {}
    index_new(archive)
    assert found(archive, "磨坊") == {"20250212A0009900"}
    tables = archive.database.connection.execute(
        "SELECT * FROM article_clusters UNION SELECT article_id, doc FROM near_articles"
    )
    assert secret.id not in {value for row in tables for value in row}
