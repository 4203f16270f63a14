"""A crawled site: one article of each kind goes, and everything that is kept of the others is as before.

``make takedowns`` does the same with every article of a site of 200.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archive.takedown.keepings import Keepings, Row, read_keepings
from tests.site.pages.topic import FIRST
from tests.tools.takedowns import crawled, take_down_one


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("site") / "whole"
    crawled(data, articles=40)
    return data


@pytest.fixture(scope="module")
def before(whole: Path) -> Keepings:
    return read_keepings(whole)


def _is_copy(row: Row, before: Keepings) -> bool:
    return row["copy_of"] is not None or any(each["copy_of"] == row["id"] for each in before.rows["articles"])


ROLES: dict[str, Callable[[Row, Keepings], bool]] = {
    "a topic": lambda row, before: row["id"] == FIRST,
    "in a topic": lambda row, before: any(
        row["id"] in each["body"] for each in before.rows["articles"] if each["kind"] == "topic"
    ),
    "a linker": lambda row, before: row["kind"] == "text" and "](https://new.qq.com/rain/a/" in row["body"],
    "linked to": lambda row, before: any(
        f"/{row['id']})" in each["body"] for each in before.rows["articles"] if each["kind"] == "text"
    ),
    "a copy": _is_copy,
    "a near-duplicate": lambda row, before: (
        row["id"] in {each["article_id"] for each in before.rows["article_clusters"]} and not _is_copy(row, before)
    ),
    "an old page": lambda row, before: row["layout"] == "legacy",
}


@pytest.mark.parametrize("role", ROLES)
def test_one_of_each_kind_goes_and_the_others_stay(whole: Path, before: Keepings, tmp_path: Path, role: str) -> None:
    article = next(row["id"] for row in before.rows["articles"] if ROLES[role](row, before))
    take_down_one(whole, before, article, tmp_path)
