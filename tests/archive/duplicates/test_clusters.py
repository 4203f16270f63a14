"""Which articles end up together: by their texts alone, whatever the order in which they come and go."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.article.model import Article
from archive.duplicates.clusters import leave
from archive.duplicates.rebuild import not_compared, rebuild
from archive.store import Archive
from tests.archive.duplicates.stories import edited, story
from tests.archive.samples import EVENING, NOON, an_article


def clusters(archive: Archive) -> dict[str, str]:
    return dict(map(tuple, archive.database.connection.execute("SELECT article_id, cluster FROM article_clusters")))


def keep(archive: Archive, articles: Iterable[Article]) -> None:
    with archive.transaction():
        for article in articles:
            archive.keep(article, seen_at=NOON)


def told(number: int, body: str, **facts: object) -> Article:
    return an_article(number, body=body, **facts)


def retellings(seed: int, count: int, share: float = 0.05) -> list[Article]:
    """Articles that tell three stories again and again, each time with some characters changed."""
    chance = Random(seed)
    sources = [story(chance) for _ in range(3)]
    bodies = [edited(sources[number % 3], share if number > 2 else 0, chance) for number in range(count)]
    dated = an_article().published_at
    assert dated is not None
    return [
        told(number, body, published_at=dated + timedelta(minutes=chance.randint(0, 5)))
        for number, body in enumerate(bodies)
    ]


def test_a_story_told_again_with_changes_is_in_the_cluster_of_its_source(archive: Archive) -> None:
    articles = retellings(1, 9)
    keep(archive, articles)
    found = clusters(archive)
    groups = [{found[article.id] for article in articles[start::3]} for start in range(3)]
    assert [len(group) for group in groups] == [1, 1, 1]
    assert len(set.union(*groups)) == 3


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), order=st.permutations(range(12)), gone=st.sets(st.integers(0, 11), max_size=4))
def test_clusters_do_not_depend_on_who_came_first(seed: int, order: list[int], gone: set[int]) -> None:
    articles = retellings(seed, 12, share=0.12)  # Near the border: not every pair of one story is alike.
    stay = [article for number, article in enumerate(articles) if number not in gone]
    with tempfile.TemporaryDirectory() as name:
        with Archive.open(Path(name, "one")) as archive:
            keep(archive, stay)
            expected = clusters(archive)
        with Archive.open(Path(name, "other")) as archive:
            keep(archive, [articles[number] for number in order])
            with archive.transaction() as connection:
                for number in sorted(gone):
                    leave(connection, articles[number].id)
            assert clusters(archive) == expected
        with Archive.open(Path(name, "again")) as archive:
            keep(archive, [replace(article, body=f"{article.id}号草稿") for article in articles])
            keep(archive, [articles[number] for number in order if number not in gone])
            keep(archive, [replace(articles[number], body=story(Random(99 + number))) for number in gone])
            drafts = {articles[number].id for number in gone}
            assert {each: first for each, first in clusters(archive).items() if each not in drafts} == expected
            before = clusters(archive)
            assert list(rebuild(archive.database, archive.pass_over))[-1] == 12
            assert clusters(archive) == before


def test_the_representative_is_the_earliest_then_the_source_itself_then_the_least_id(archive: Archive) -> None:
    body = "河边日报讯，" + story(Random(3))
    same = {"published_at": an_article().published_at}
    keep(archive, [told(1, body, media="山脚晚报", **same), told(2, body, media="山脚晚报", **same)])
    assert set(clusters(archive).values()) == {told(1, body).id}
    keep(archive, [told(3, body, media="河边日报", **same)])
    assert set(clusters(archive).values()) == {told(3, body).id}
    earlier = same["published_at"] and same["published_at"] - timedelta(hours=1)
    keep(archive, [told(4, body, media="山脚晚报", published_at=earlier), told(5, body, published_at=None)])
    assert set(clusters(archive).values()) == {told(4, body).id}
    assert len(clusters(archive)) == 5


def test_an_edit_takes_an_article_out_of_its_cluster_and_back(archive: Archive) -> None:
    articles = retellings(4, 6)
    keep(archive, articles)
    before = clusters(archive)
    archive.keep(replace(articles[0], body=story(Random(77))), seen_at=EVENING)
    left = clusters(archive)
    assert articles[0].id not in left
    assert articles[3].id not in left, "of two, the one that is left stands alone"
    archive.keep(articles[0], seen_at=EVENING + timedelta(hours=1))
    assert clusters(archive) == before


def test_the_one_that_held_two_together_leaves_and_they_part(archive: Archive) -> None:
    chance = Random(5)
    blocks = [story(chance, 6) for _ in range(4)]
    first, last = told(1, "\n\n".join(blocks[:3])), told(3, "\n\n".join(blocks[1:]))
    keep(archive, [first, last])
    apart = clusters(archive)
    assert apart in ({}, dict.fromkeys((first.id, last.id), first.id))
    far = told(4, "\n\n".join((blocks[3], *(story(Random(n), 6) for n in (50, 51)))))
    near = told(5, "\n\n".join(blocks))
    keep(archive, [near, far])
    assert {clusters(archive)[each.id] for each in (first, near, last)} == {first.id}
    assert far.id not in clusters(archive)
    with archive.transaction() as connection:
        leave(connection, near.id)
    assert clusters(archive) == apart


def test_articles_without_text_resemble_nothing(archive: Archive) -> None:
    keep(archive, [told(number, "![图片](https://inews.gtimg.com/x/1)", title="同一个标题") for number in range(3)])
    assert clusters(archive) == {}
    assert not_compared(archive.database.connection) == 0


def test_what_is_taken_back_was_never_compared(archive: Archive) -> None:
    articles = retellings(6, 6)
    keep(archive, articles[:3])
    try:
        with archive.transaction():
            for article in articles[3:]:
                archive.keep(article, seen_at=NOON)
            assert clusters(archive)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert clusters(archive) == {}
    keep(archive, articles[3:])
    assert len(clusters(archive)) == 6
