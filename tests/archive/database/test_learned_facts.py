"""What is learned of an article for the first time is filled in; an edit is what `qqnews diff` can show."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.article.diff import Unchanged, differences
from archive.article.edits import classify
from archive.article.model import Article, content_hash
from archive.database.article_rows import Revision, compared
from archive.frontier.rechecks import report_missing
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.samples import EVENING, NOON, an_article
from tests.conftest import QQNEWS

HOUR = timedelta(hours=1)


def as_file(article: Article) -> Article:
    """The article as its Markdown file states it."""
    return Article(
        id=article.id,
        url=article.url,
        title=article.title,
        summary=article.summary,
        body=article.body,
        published_at=article.published_at,
        published_raw="2025-02-12 21:13:09",
        thumbnail=article.thumbnail,
    )


def kinds(archive: Archive, article: Article) -> list[str]:
    return [each.kind for each in archive.revisions(article.id)]


def assert_known(archive: Archive, article: Article) -> None:
    """The archive holds the article and its one text as if it had come from a page at once."""
    assert archive.article(article.id).article == article
    assert archive.article(article.id).content_hash == content_hash(article)
    (only,) = archive.revisions(article.id)
    assert (only.kind, only.content_hash, only.author) == ("first", content_hash(article), article.author)
    assert list(verify(archive.data, deep=True)) == []


def test_who_wrote_a_file_is_learned_from_its_page(archive: Archive) -> None:
    article = an_article()
    archive.keep(as_file(article), seen_at=NOON)
    assert archive.keep(article, seen_at=EVENING, raw_ref=None).verdict == "same"
    assert_known(archive, article)


def test_it_is_learned_from_a_capture_too(archive: Archive) -> None:
    article = an_article()
    archive.keep(as_file(article), seen_at=NOON)
    assert archive.reparse(article, read_at=EVENING, raw_ref="a").verdict == "same"
    assert archive.article(article.id).article.author == article.author
    assert kinds(archive, article) == ["first"]
    assert archive.article(article.id).content_hash == archive.revisions(article.id)[0].content_hash


def test_a_file_after_the_page_adds_only_what_the_page_lacked(archive: Archive) -> None:
    article = an_article(published_at=None, published_raw="", summary="", kind="gallery")
    archive.keep(article, seen_at=NOON)
    assert archive.take_in(as_file(an_article()), seen_at=EVENING).verdict == "same"
    now = archive.article(article.id)
    assert (now.article.published_at, now.article.summary) == (an_article().published_at, an_article().summary)
    assert (now.article.author, now.article.kind, now.article.layout) == (article.author, "gallery", "rain")
    assert kinds(archive, article) == ["first"]


def test_an_old_file_without_an_author_does_not_undo_a_newer_text(archive: Archive) -> None:
    old, new = an_article(), an_article(body="桥修好了，车又能走了。")
    archive.keep(old, seen_at=NOON)
    archive.keep(new, seen_at=EVENING)
    assert archive.take_in(as_file(old), seen_at=EVENING + HOUR).verdict == "same"
    assert archive.article(old.id).article.body == new.body
    assert kinds(archive, old) == ["first", "edited"]


def test_a_file_is_no_look_at_the_site(archive: Archive) -> None:
    article = an_article()
    archive.keep(article, seen_at=NOON)
    for moment in (EVENING, EVENING + HOUR):
        report_missing(archive, article.id, moment)
    before = archive.article(article.id)
    assert before.status == "gone"
    archive.take_in(as_file(article), seen_at=EVENING + 2 * HOUR)
    assert archive.article(article.id) == before
    assert archive.take_in(as_file(an_article(body="另一份稿子。")), seen_at=EVENING + 3 * HOUR).verdict == "changed"
    now = archive.article(article.id)
    assert (now.status, now.gone_at, now.last_seen, now.next_check) == (
        "gone",
        before.gone_at,
        before.last_seen,
        before.next_check,
    )


def test_one_text_of_two_authors_is_no_copy_once_both_are_known(archive: Archive) -> None:
    first, second = an_article(), an_article(id="20250213A0000900", author="对岸晚报")
    third = an_article(id="20250213A0000800")
    for each in (first, second, third):
        archive.keep(as_file(each), seen_at=NOON)
    assert [archive.article(each.id).copy_of for each in (first, second, third)] == [None, first.id, first.id]
    archive.keep(second, seen_at=EVENING)
    assert [archive.article(each.id).copy_of for each in (first, second, third)] == [None, None, first.id]
    for each in (third, first):
        archive.keep(each, seen_at=EVENING)
    assert [archive.article(each.id).copy_of for each in (first, second, third)] == [None, None, first.id]
    assert list(verify(archive.data, deep=True)) == []


def test_an_article_is_the_first_of_what_it_was_kept_before(archive: Archive) -> None:
    """Its page says later what that of the copy said at once."""
    first, copy = an_article(), an_article(id="20250213A0000900")
    archive.keep(as_file(first), seen_at=NOON)
    archive.keep(copy, seen_at=NOON + HOUR)
    assert archive.article(copy.id).copy_of is None
    archive.keep(first, seen_at=EVENING)
    assert [archive.article(each.id).copy_of for each in (first, copy)] == [None, first.id]


def test_another_author_is_an_edit_and_diff_shows_it(archive: Archive) -> None:
    archive.keep(an_article(), seen_at=NOON)
    assert archive.keep(an_article(author="对岸晚报"), seen_at=EVENING).verdict == "changed"
    assert archive.revisions(an_article().id)[1].changes == ("names",)
    shown = subprocess.run(
        [str(QQNEWS), "--data", str(archive.data), "diff", an_article().id], capture_output=True, text=True
    )
    assert "[-河边日报-]{+对岸晚报+}" in shown.stdout
    asked = subprocess.run([*shown.args, "--json"], capture_output=True, text=True)
    assert json.loads(asked.stdout)["author"] != []


# Short texts of few signs: what differs is a sign, a paragraph, a picture, an author or nothing at all.
TEXTS = st.lists(
    st.sampled_from(["甲乙。", "丙丁", "！", " ", "\n\n", "\n", "1,000", "ＡＢ", "AB", "“戊”", "\u200b", "?", "《己》"])
    | st.sampled_from(["a", "b"]).map(lambda name: f"\n\n![图]({f'https://inews.gtimg.com/om_bt/{name}/641'})\n\n"),
    max_size=8,
).map(lambda parts: "".join(parts).strip())
READINGS = st.builds(
    lambda title, body, author: an_article(title=title or "题", body=body, author=author),
    TEXTS,
    TEXTS,
    st.sampled_from(["", "某报", "某 报", "他报"]),
)


def shown(old: Article, new: Article) -> bool:
    """Whether `qqnews diff` of the two shows anything."""
    before, after = (
        Revision(
            article_id=each.id,
            revision=number,
            seen_at="",
            content_hash="",
            title=each.title,
            summary=each.summary,
            body=each.body,
            raw_ref=None,
            kind="first",
            changes=(),
            author=each.author,
        )
        for number, each in enumerate((old, new), 1)
    )
    parts = [part for texts in compared(before, after).values() for part in differences(*texts)]
    return any(not isinstance(part, Unchanged) for part in parts)


@settings(max_examples=1500, derandomize=True, deadline=None)
@given(READINGS, READINGS)
@example(an_article(body="甲乙。\n\n丙丁。"), an_article(body="甲乙。丙丁。"))
@example(an_article(body="甲。" * 1200), an_article(body="甲。" * 1200, author=""))
@example(an_article(author=""), an_article())
@example(an_article(author="他报"), an_article())
def test_what_diff_cannot_show_is_no_edit(old: Article, new: Article) -> None:
    if classify(old, new):
        assert shown(old, new)


def test_every_edit_of_an_archive_can_be_shown(archive: Archive) -> None:
    """Readings in any order, of pages and of files; and every revision is of another text than the one before it."""
    numbers = count(1)

    @settings(max_examples=60, derandomize=True, deadline=None)
    @given(st.lists(st.tuples(READINGS, st.booleans()), min_size=2, max_size=5))
    def check(readings: list[tuple[Article, bool]]) -> None:
        article_id = an_article(next(numbers)).id
        for hours, (reading, is_page) in enumerate(readings):
            article, moment = replace(reading, id=article_id), NOON + hours * HOUR
            if is_page:
                archive.keep(article, seen_at=moment)
            else:
                archive.take_in(as_file(article), seen_at=moment)
        for before, after in pairwise(archive.revisions(article_id)):
            assert (after.kind, bool(after.changes)) == ("edited", True)
            parts = [part for texts in compared(before, after).values() for part in differences(*texts)]
            assert any(not isinstance(part, Unchanged) for part in parts)

    check()
    assert list(verify(archive.data)) == []


OLD = Path(__file__).parent / "schemas" / "0015_ledger.sql"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An archive of a version in which the first author that a page named was an edit."""
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as connection:
        connection.executescript(OLD.read_text("utf-8"))
        for number, before in ((1, ""), (2, "对岸晚报")):
            article = an_article(number)
            connection.execute(
                "UPDATE revisions SET content_hash = ? WHERE article_id = ?",
                (content_hash(replace(article, author=before)), article.id),
            )
            connection.execute(
                """
                INSERT INTO revisions (article_id, revision, seen_at, content_hash, title, summary, body, kind, changes)
                SELECT article_id, 2, seen_at, ?, title, summary, body, 'edited', '["names"]'
                FROM revisions WHERE article_id = ?
                """,
                (content_hash(article), article.id),
            )
            connection.execute("UPDATE articles SET revision = 2 WHERE id = ?", (article.id,))
    return tmp_path


def test_edits_that_never_were_are_none_after_the_migration(old: Path) -> None:
    with Archive.existing(old) as archive:
        assert kinds(archive, an_article(1)) == ["first", "reparsed"]
        assert kinds(archive, an_article(2)) == ["first", "edited"]
        assert archive.stats()["changed"] == 1
        assert [each.author for each in archive.revisions(an_article(1).id)] == ["", None]
    shutil.rmtree(old / "raw", ignore_errors=True)
    assert [found.where for found in verify(old) if found.part == "database"] == []
