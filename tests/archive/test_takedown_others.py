"""A takedown takes what is the article's and leaves to others what is theirs, however they are related to it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.search.keeping import catch_up
from archive.store import Archive
from archive.takedown.take_down import Taken, take_down
from archive.verify import verify
from tests.archive import relations as them
from tests.archive.keepings import Keepings, check_others, left_of, read_keepings

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("relations") / "data"
    them.make_relations(data)
    return data


@pytest.fixture(scope="module")
def before(whole: Path) -> Keepings:
    assert list(verify(whole, deep=True)) == []
    return read_keepings(whole)


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "data")
    return tmp_path / "data"


def taken(data: Path, article_id: str) -> Taken:
    with Archive.existing(data) as archive:
        return take_down(archive, article_id, "order 7", NOW)


def own_words(before: Keepings, article_id: str) -> list[str]:
    """Title, list summary and sentence, as far as no other article has them."""
    rows = {row["id"]: row for row in before.rows["articles"]}
    said = [them.title_of(article_id), them.summary_in_list(article_id), them.own_sentence(article_id)]
    others = [
        f"{row['title']}{row['body'] if row['kind'] == 'text' else ''}"
        for key, row in rows.items()
        if key != article_id
    ]
    return [each for each in said if not any(each in other for other in others)]


@pytest.mark.parametrize("article_id", them.IDS)
def test_each_in_turn_goes_and_leaves_the_others_as_they_were(data: Path, before: Keepings, article_id: str) -> None:
    ended = taken(data, article_id)
    assert (ended.left, ended.opaque) == ({}, {})
    assert left_of(data, article_id, own_words(before, article_id)) == {}
    assert list(verify(data, deep=True)) == []
    check_others(before, read_keepings(data), article_id)
    with Archive.existing(data) as archive:
        assert catch_up(archive) == 0
    assert set(read_keepings(data).entries) == set(before.entries) - {article_id}
