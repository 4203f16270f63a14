"""Keeping: what becomes of a reading in the rows, in the revisions and in the Markdown tree."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.article.decide import Judgement
from archive.article.markdown import from_markdown, to_markdown
from archive.article.model import content_hash
from archive.database.queries import Filter
from archive.errors import ArticleNotFound, ExitCode, UnsafeId
from archive.store import Archive
from tests.archive.samples import EVENING, NOON, an_article

ARTICLE = an_article()


def counts(archive: Archive) -> tuple[object, ...]:
    stats = archive.stats()
    return stats["articles"], stats["revisions"], stats["sightings"]


def everything(archive: Archive) -> list[str]:
    """Every row of every table but for the times of looking, and every file with its bytes."""
    rows = [
        str({key: row[key] for key in row.keys() if key not in ("last_seen", "next_check")})  # noqa: SIM118
        for table in ("articles", "revisions", "sightings", "links")
        for row in archive.database.connection.execute(f"SELECT * FROM {table}")
    ]
    files = sorted(path for path in (archive.data / "articles").rglob("*") if path.is_file())
    return rows + [f"{path} {path.read_bytes()!r}" for path in files]


def test_a_new_article_is_kept_as_row_revision_and_file(archive: Archive) -> None:
    kept = archive.keep(ARTICLE, seen_at=NOON, source="tech", raw_ref="a.warc.gz:7")
    assert (kept.id, kept.verdict, kept.revision) == (ARTICLE.id, Judgement.NEW, 1)
    assert kept.path == archive.data / "articles/2025/02" / f"{ARTICLE.id}.md"
    assert kept.path.read_text("utf-8") == to_markdown(ARTICLE)
    archived = archive.article(ARTICLE.id)
    assert archived.article == ARTICLE
    assert (archived.status, archived.copy_of, archived.raw_ref) == ("live", None, "a.warc.gz:7")
    assert archived.first_seen == archived.last_seen == "2025-02-13T04:00:00+00:00"
    (revision,) = archive.revisions(ARTICLE.id)
    assert (revision.title, revision.body, revision.raw_ref) == (ARTICLE.title, ARTICLE.body, "a.warc.gz:7")


def test_published_at_is_kept_with_beijing_s_offset(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    row = archive.database.connection.execute("SELECT published_at, keywords FROM articles").fetchone()
    assert tuple(row) == ("2025-02-12T21:13:09+08:00", '["河","渔夫"]')


def test_a_moment_given_in_another_zone_is_kept_as_beijing_s(archive: Archive) -> None:
    archive.keep(replace(ARTICLE, published_at=datetime(2025, 2, 12, 13, 13, 9, tzinfo=UTC)), seen_at=NOON)
    row = archive.database.connection.execute("SELECT published_at FROM articles").fetchone()
    assert row[0] == "2025-02-12T21:13:09+08:00"


def test_keeping_the_same_ten_times_adds_nothing(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON, source="hot", rank=3, raw_ref="first")
    before = everything(archive)
    for hour in range(1, 10):
        kept = archive.keep(ARTICLE, seen_at=NOON + timedelta(hours=hour), source="hot", rank=3, raw_ref="later")
        assert kept.verdict is Judgement.SAME
    assert everything(archive) == before
    assert archive.article(ARTICLE.id).last_seen == "2025-02-13T13:00:00+00:00"


def test_an_earlier_reading_that_arrives_late_does_not_turn_last_seen_back(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=EVENING)
    archive.keep(ARTICLE, seen_at=NOON)
    assert archive.article(ARTICLE.id).last_seen == "2025-02-13T12:00:00+00:00"


def test_a_changed_text_is_a_revision_and_the_earlier_one_stays(archive: Archive) -> None:
    first = archive.keep(ARTICLE, seen_at=NOON)
    edited = replace(ARTICLE, title="改过的题目", body="改过的文字。")
    second = archive.keep(edited, seen_at=EVENING)
    assert (second.verdict, second.revision, second.path) == (Judgement.CHANGED, 2, first.path)
    assert archive.article(ARTICLE.id).article == edited
    assert [(it.revision, it.title) for it in archive.revisions(ARTICLE.id)] == [(1, ARTICLE.title), (2, "改过的题目")]
    assert first.path.read_text("utf-8") == to_markdown(edited)
    assert archive.article(ARTICLE.id).first_seen == "2025-02-13T04:00:00+00:00"


def test_a_text_changed_back_is_a_third_revision(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    archive.keep(replace(ARTICLE, body="改过。"), seen_at=NOON)
    kept = archive.keep(ARTICLE, seen_at=EVENING)
    assert (kept.verdict, kept.revision) == (Judgement.CHANGED, 3)
    assert [it.body for it in archive.revisions(ARTICLE.id)] == [ARTICLE.body, "改过。", ARTICLE.body]


def test_the_same_text_under_another_id_is_a_copy_pointing_at_the_first(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    for number in (2, 3):
        other = replace(ARTICLE, id=f"20250213A{number:05d}00", media="别的报纸")
        kept = archive.keep(other, seen_at=EVENING)
        assert kept.verdict is Judgement.COPY
        assert kept.path.exists()
        assert archive.article(other.id).copy_of == ARTICLE.id


def test_the_file_stays_where_it_was_first_written(archive: Archive) -> None:
    first = archive.keep(ARTICLE, seen_at=NOON)
    moved = replace(ARTICLE, body="改过。", published_at=ARTICLE.published_at and datetime(2026, 7, 1, tzinfo=UTC))
    assert archive.keep(moved, seen_at=EVENING).path == first.path
    assert [path.name for path in archive.data.rglob("*.md")] == [first.path.name]


def test_the_month_is_beijing_s_and_that_of_first_sight_where_no_date_is_known(archive: Archive) -> None:
    new_year = datetime(2024, 12, 31, 17, 0, tzinfo=UTC)
    assert "articles/2025/01/" in str(archive.keep(an_article(1, published_at=new_year), seen_at=NOON).path)
    assert "articles/2025/02/" in str(archive.keep(an_article(2, published_at=None), seen_at=NOON).path)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_text("torn")], ids=["missing", "torn"])
def test_a_harmed_file_is_mended_by_the_next_reading(archive: Archive, harm: Callable[[Path], object]) -> None:
    path = archive.keep(ARTICLE, seen_at=NOON).path
    harm(path)
    assert archive.keep(ARTICLE, seen_at=EVENING).verdict is Judgement.SAME
    assert path.read_text("utf-8") == to_markdown(ARTICLE)


def test_a_file_taken_in_again_changes_nothing(archive: Archive) -> None:
    path = archive.keep(ARTICLE, seen_at=NOON).path
    before = everything(archive)
    kept = archive.keep(from_markdown(path.read_text("utf-8")).to_article(ARTICLE.id), seen_at=EVENING)
    assert kept.verdict is Judgement.SAME
    assert everything(archive) == before


def test_a_later_reading_fills_in_what_was_not_known(archive: Archive) -> None:
    bare = replace(ARTICLE, channel="", summary="", keywords=(), provenance={})
    archive.keep(bare, seen_at=NOON)
    kept = archive.keep(replace(ARTICLE, location="杭州", thumbnail="https://a.example/x.jpg"), seen_at=EVENING)
    assert kept.verdict is Judgement.SAME
    now = archive.article(ARTICLE.id).article
    assert now == replace(ARTICLE, location="杭州")
    assert kept.path.read_text("utf-8") == to_markdown(now)


def test_half_a_character_and_null_bytes_do_not_stop_keeping(archive: Archive) -> None:
    kept = archive.keep(replace(ARTICLE, title="坏\ud83d\x00字", body="\udfff\x00"), seen_at=NOON)
    assert archive.article(ARTICLE.id).article.title == "坏\ufffd\x00字"
    assert kept.path.read_text("utf-8") == to_markdown(archive.article(ARTICLE.id).article)
    assert (
        archive.keep(replace(ARTICLE, title="坏\ud83d\x00字", body="\udfff\x00"), seen_at=NOON).verdict
        is Judgement.SAME
    )


@pytest.mark.parametrize("bad", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\n", "a" * 65, "河", "a\x00"])
def test_an_id_that_must_not_name_a_file_is_refused(archive: Archive, bad: str) -> None:
    with pytest.raises(UnsafeId) as caught:
        archive.keep(an_article(id=bad, url="https://new.qq.com/"), seen_at=NOON)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert counts(archive) == (0, 0, 0)


def test_a_naive_time_is_refused(archive: Archive) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        archive.keep(ARTICLE, seen_at=NOON.replace(tzinfo=None))


def test_ranks_are_kept_over_time_and_repetitions_are_not(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON, source="hot", rank=3)
    at = [NOON + timedelta(hours=hour) for hour in range(1, 7)]
    told = [
        archive.sighting(ARTICLE.id, source, rank, moment)
        for moment, (source, rank) in zip(
            at,
            [("hot", 3), ("hot", 1), ("tech", None), ("tech", None), ("hot", None), ("hot", 3)],
            strict=True,
        )
    ]
    assert told == [False, True, True, False, False, True]
    rows = archive.database.connection.execute("SELECT source, rank FROM sightings ORDER BY rowid")
    assert [tuple(row) for row in rows] == [("hot", 3), ("hot", 1), ("tech", None), ("hot", 3)]


def test_known_tells_kept_ids_from_others(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    assert archive.known([ARTICLE.id, "20250212A9999900"]) == {ARTICLE.id}
    assert archive.known([]) == set()
    assert archive.known(str(number) for number in range(100_000)) == set()


def test_what_is_not_there_is_named(archive: Archive) -> None:
    archive.keep(ARTICLE, seen_at=NOON)
    with pytest.raises(ArticleNotFound, match="no X in this archive"):
        archive.article("X")
    with pytest.raises(ArticleNotFound):
        archive.revisions("X")
    with pytest.raises(ArticleNotFound, match="revision 2"):
        archive.revision(ARTICLE.id, 2)


def test_articles_are_chosen_by_every_filter(archive: Archive) -> None:
    days = [datetime(2025, 2, day, 0, 30, tzinfo=NOON.tzinfo) for day in (10, 11, 12)]
    for number, (day, channel) in enumerate(zip(days, ("tech", "life", "tech"), strict=True), 1):
        article = an_article(number, published_at=day, channel=channel, kind="video" if number == 3 else "text")
        archive.keep(article, seen_at=NOON, source=f"source-{channel}")
    archive.keep(an_article(4, published_at=None, media="另一家", media_id="9"), seen_at=NOON)

    def chosen(**wanted: object) -> list[int]:
        found = archive.articles(Filter(**wanted))  # type: ignore[arg-type]
        return [int(it.article.id[9:14]) for it in found]

    assert chosen() == [3, 2, 1, 4]
    assert chosen(limit=2) == [3, 2]
    assert chosen(limit=0) == []
    assert chosen(channel="tech") == [3, 1]
    assert chosen(channel="tech", kind="text") == [1]
    assert chosen(media="另一家") == chosen(media="9") == [4]
    assert chosen(source="source-life") == [2]
    assert chosen(since=date(2025, 2, 11)) == [3, 2]
    assert chosen(until=date(2025, 2, 11)) == [2, 1]
    assert chosen(since=date(2025, 2, 11), until=date(2025, 2, 11)) == [2]
    assert chosen(until=date.max) == chosen()
    assert chosen(status="gone") == []


def test_articles_are_read_one_by_one(archive: Archive) -> None:
    with archive.transaction():
        for number in range(300):
            archive.keep(an_article(number), seen_at=NOON)
    some = archive.articles()
    first = next(some)
    archive.keep(an_article(999), seen_at=NOON)
    assert len({first.article.id, *(it.article.id for it in some)}) == 300


def test_runs_are_noted_from_start_to_end(archive: Archive) -> None:
    run = archive.start_run("tech", started_at=NOON, due_at=NOON)
    archive.finish_run(run, "ok", ExitCode.OK, {"new": 3}, ended_at=EVENING)
    row = dict(archive.database.connection.execute("SELECT * FROM runs").fetchone())
    assert (row["job"], row["verdict"], row["exit_code"], row["counts"]) == ("tech", "ok", 0, '{"new":3}')
    assert (row["started_at"], row["ended_at"]) == ("2025-02-13T04:00:00+00:00", "2025-02-13T12:00:00+00:00")
    assert archive.start_run("tech", started_at=EVENING) != run


READINGS = st.tuples(st.sampled_from("ABC"), st.sampled_from(["甲。", "乙。", "丙。"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(READINGS, max_size=12))
def test_any_history_can_be_told_from_the_revisions(
    tmp_path_factory: pytest.TempPathFactory, readings: list[tuple[str, str]]
) -> None:
    with Archive.open(tmp_path_factory.mktemp("data")) as archive:
        told: dict[str, list[str]] = {}
        for name, body in readings:
            archive.keep(an_article(id=name, title="题", body=body), seen_at=NOON)
            history = told.setdefault(name, [])
            if history[-1:] != [body]:
                history.append(body)
        for name, history in told.items():
            assert [it.body for it in archive.revisions(name)] == history
            archived = archive.article(name)
            assert (archived.article.body, archived.revision) == (history[-1], len(history))
            assert (archive.data / archived.markdown_path).read_text("utf-8") == to_markdown(archived.article)
            original = archived.copy_of and archive.article(archived.copy_of)
            assert not original or original.copy_of != name


def test_who_said_it_first_is_kept_beside_the_text(archive: Archive) -> None:
    reprint = an_article(source_account="河岸日记", source_url="https://mp.weixin.qq.com/s/Abcdefgh_jklmnop-rstuv")
    assert content_hash(reprint) == content_hash(an_article())
    assert to_markdown(reprint) == to_markdown(an_article())
    archive.keep(an_article(), seen_at=NOON)
    columns = "SELECT source_account, source_url FROM articles"
    assert tuple(archive.database.connection.execute(columns).fetchone()) == (None, None)
    assert archive.keep(reprint, seen_at=NOON).verdict == "same"
    assert archive.article(reprint.id).article == reprint
    archive.keep(an_article(), seen_at=NOON)
    assert archive.article(reprint.id).article == reprint
