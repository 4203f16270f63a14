"""What was taken down does not come back, by whatever door: lists, topics, pages, files, old captures, reports."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.captures.gzip_members import GzipMember, members
from archive.captures.raw_files import captures, raw_files
from archive.captures.warc import WITHHELD, Capture, digest_of
from archive.store import Archive
from archive.verify.verify import DamageKind, verify
from tests.archive.takedown.keepings import left_of
from tests.conftest import QQNEWS, Called, clean_environment
from tests.site.pages.topic import FIRST
from tests.site.site import Site
from tests.site.story import Story
from tests.site.writing import abstract

TOPIC = f"https://new.qq.com/zt/template/?id={FIRST}"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One in which articles link to the one that goes."""
    with Site(seed=8, articles=60) as running:
        yield running


def sources(site: Site) -> tuple[str, ...]:
    """Every kind of source; each lists the article that is to go."""
    story = gone(site)
    tag = next(tag for tag, word in site.world.tags.items() if word == story.keywords[0])
    channel = story.channel.removeprefix("news_news_")
    named = (f"account:{story.account.suid}", f"tag:{tag}", f"search:{story.keywords[0]}", f"channel:{channel}")
    return ("hot", "hot-modules", "sitemap", "page:https://news.qq.com/ch/" + channel, *named)


def gone(site: Site) -> Story:
    """The article that is taken down: a topic lists it, it is hot, and on its channel's page."""
    return site.world.story(site.world.of_layout("v2")[2])


def words_of(story: Story) -> list[str]:
    return [story.title, abstract(story).removesuffix("...")[:40]]


@pytest.fixture(scope="module")
def whole(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawled archive as it was before the takedown."""
    return tmp_path_factory.mktemp("for-ever")


@pytest.fixture
def taken(whole: Path, data: Path, site: Site, qqnews: Callable[..., Called]) -> Path:
    """The archive after the takedown; ``whole/before`` is as it was."""
    if not (whole / "before").exists():
        listed = [word for name in sources(site) for word in ("--source", name)]
        assert qqnews("crawl", "--delay", "0", TOPIC, *listed).code in (0, 11)
        assert left_of(data, gone(site).id, words_of(gone(site)))
        shutil.copytree(data, whole / "before")
        done = qqnews("takedown", gone(site).id, "--reason", "order 7", "--yes")
        assert done.code == 0, done.out + done.err
        shutil.copytree(data, whole / "after")
    else:
        shutil.copytree(whole / "after", data)
    assert left_of(data, gone(site).id, words_of(gone(site))) == {}
    return data


def since(data: Path, whole: Path) -> Iterator[Capture]:
    """The captures that were made after the takedown."""
    before = {path.name for path in raw_files(whole / "after")}
    yield from (each for each in captures(data) if each.raw_ref.partition(":")[0] not in before)


def test_lists_of_every_kind_are_captured_without_it(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    story = gone(site)
    ranks = {key: place for place, key in enumerate(site.world.ranking(), 1)}
    for name in sources(site):
        assert qqnews("crawl", "--delay", "0", "--refetch", "--limit", "1", "--source", name).code in (0, 11), name
    assert left_of(taken, story.id, words_of(story)) == {}
    assert list(verify(taken, deep=True)) == []
    lists = [each for each in since(taken, whole) if each.facts.get("kind") == "list"]
    short = {each.facts["source"] for each in lists if each.withheld}
    assert short == set(sources(site)), "each said that it left something out"
    for each in lists:
        if each.body[:1] == b"{":
            json.loads(each.body)
        assert ("articles that were taken down" in each.withheld) == bool(each.withheld)
    with closing(sqlite3.connect(taken / "archive.db")) as database:
        seen = database.execute("SELECT article_id, rank FROM sightings WHERE source = 'hot'").fetchall()
        assert dict(seen) == {key: ranks[key] for key, _ in seen}, "places are counted with it"
        assert story.id not in {row[0] for row in database.execute("SELECT id FROM links")}


def test_answers_that_are_broken_off_are_blotted_and_not_quoted(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    for path in ("getPCList", "getTagInfo", "hot_ranking_list", "getSubNewsMixedList"):
        site.fault(path, "broken_json")
    for name in sources(site):
        qqnews("crawl", "--delay", "0", "--refetch", "--limit", "1", "--source", name)
    broken = [each for each in since(taken, whole) if each.withheld and not _is_json(each.body)]
    # The hot ranking comes in pages: the first of them, of which a half is left here, does not hold the story.
    assert {each.facts["source"].partition(":")[0] for each in broken} >= {"tag", "account"}
    assert left_of(taken, gone(site).id, [gone(site).title[:-3]]) == {}
    assert list(verify(taken, deep=True)) == []


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def test_a_record_says_what_it_lacks_and_its_digests_are_those_of_what_is_there(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    qqnews("crawl", "--delay", "0", "--refetch", "--limit", "1", "--source", "sitemap")
    newest = set(raw_files(taken)) - {taken / "raw" / each.name for each in raw_files(whole / "after")}
    records = [each.record for path in newest for each in members(path) if isinstance(each, GzipMember)]
    said = [each for each in records if WITHHELD in each.headers and b"<urlset" in each.body]
    (found,) = said
    assert found.headers[WITHHELD] == "1 items, 0 names of articles that were taken down"
    assert found.headers["WARC-Payload-Digest"] == f"sha256:{digest_of(found.body)}"
    assert dict(found.http_headers)["Content-Length"] == str(len(found.body))
    assert b"withheld: 1 items" in b"".join(each.body for each in records if each.kind == "metadata")
    others = [key for key in site.world.in_sitemap() if key != gone(site).id]
    assert found.body.count(b"<loc>") == len(others)
    assert all(key.encode() in found.body for key in others)


def test_a_topic_that_lists_it_is_kept_without_its_entry(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    report = json.loads(qqnews("--json", "crawl", "--delay", "0", "--refetch", TOPIC).out)
    assert report["counts"]["same"] == 1, "what the takedown left of it is what is read now"
    assert left_of(taken, gone(site).id, words_of(gone(site))) == {}
    with Archive.existing(taken) as archive:
        topic = archive.article(FIRST)
        assert topic.revision == 1
        assert topic.article.body.count("](https://new.qq.com/") == 3
    assert list(verify(taken, deep=True)) == []


def test_a_page_that_links_to_it_keeps_its_words_and_loses_the_id(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    with Archive.existing(whole / "before") as archive:
        linking = [each.article for each in archive.articles() if f"/{gone(site).id})" in each.article.body]
    texts = [each for each in linking if each.kind == "text"]
    assert texts, "articles of this site link to the one that goes"
    report = json.loads(qqnews("--json", "crawl", "--delay", "0", "--refetch", *(each.id for each in texts)).out)
    assert report["counts"]["same"] == len(texts)
    assert left_of(taken, gone(site).id, []) == {}
    with Archive.existing(taken) as archive:
        for each in texts:
            assert archive.article(each.id).article.body == each.body.replace(gone(site).id, "0" * 16)
    pages = [each for each in since(taken, whole) if each.facts.get("id") in {it.id for it in texts} and each.withheld]
    assert pages


def test_asked_for_again_it_is_refused_and_nothing_says_which_it_was(
    taken: Path, site: Site, qqnews: Callable[..., Called], tmp_path: Path
) -> None:
    story = gone(site)
    named = tmp_path / "addresses.txt"
    named.write_text(f"{story.url}\n")
    site.forget_requests()
    for target in (story.id, story.url, f"https://view.inews.qq.com/a/{story.id}", str(named)):
        refused = qqnews("crawl", "--delay", "0", "--refetch", target)
        assert (refused.code, story.id in refused.out + refused.err) == (20, False)
        assert "taken down" in refused.err
    page = qqnews("crawl", "--delay", "0", "--source", f"page:https://news.qq.com/rain/a/{story.id}")
    assert (page.code, story.id in page.out + page.err) == (20, False)
    assert [each for each in site.requests() if story.id in each.path] == []
    assert left_of(taken, story.id, words_of(story)) == {}


def test_a_dry_run_does_not_show_it(taken: Path, site: Site, qqnews: Callable[..., Called]) -> None:
    for name in sources(site):
        shown = qqnews("crawl", "--delay", "0", "--dry-run", "--refetch", "--source", name)
        assert gone(site).id not in shown.out + shown.err, name


def test_a_file_of_it_is_neither_taken_in_nor_named(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called], tmp_path: Path
) -> None:
    (old,) = (whole / "before" / "articles").rglob(f"{gone(site).id}.md")
    topic = next((whole / "before" / "articles").rglob(f"{FIRST}.md"))
    for file in (old, topic):
        shutil.copy(file, tmp_path / file.name)
    refused = qqnews("ingest", str(tmp_path / old.name))
    assert (refused.code, gone(site).id in refused.out + refused.err) == (20, False)
    assert qqnews("ingest", str(tmp_path / topic.name)).code == 0
    assert left_of(taken, gone(site).id, words_of(gone(site))) == {}
    assert list(verify(taken)) == []


def test_old_files_that_are_put_back_are_found_and_erased(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    (old,) = (whole / "before" / "articles").rglob(f"{gone(site).id}.md")
    shutil.copy(old, taken / old.relative_to(whole / "before"))
    renamed = taken / "articles" / "2026" / "08" / "renamed.md"
    shutil.copy(old, renamed)
    for file in raw_files(whole / "before"):
        shutil.copy(file, taken / "raw" / file.name.replace("-crawl-", "-old-"))
    with Archive.existing(whole / "before") as archive:
        assert not archive.erased([gone(site).id])
    found = {(each.what, each.where) for each in verify(taken, deep=True)}
    assert any(where.startswith("erasures/") for what, where in found if what is DamageKind.FOREIGN)
    again = qqnews("--json", "reextract", "--apply")
    assert gone(site).id not in again.out
    assert json.loads(again.out)["changed"] == 0
    mended = qqnews("repair")
    assert (mended.code, gone(site).id in mended.out + mended.err) == (0, False)
    assert left_of(taken, gone(site).id, words_of(gone(site))[:1]) == {}
    assert list(verify(taken, deep=True)) == []


def test_a_database_from_before_is_rid_of_it_again(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    for suffix in ("", "-wal", "-shm"):
        (taken / f"archive.db{suffix}").unlink(missing_ok=True)
    shutil.copy(whole / "before" / "archive.db", taken / "archive.db")
    assert [each.where for each in verify(taken) if each.where.startswith("erasures/")]
    assert gone(site).id not in qqnews("repair").out
    assert left_of(taken, gone(site).id, words_of(gone(site))) == {}
    assert list(verify(taken, deep=True)) == []


def test_an_increment_on_an_old_export_does_not_name_it(
    taken: Path, whole: Path, site: Site, qqnews: Callable[..., Called], tmp_path: Path
) -> None:
    assert qqnews("--data", str(whole / "before"), "export", "jsonl", str(tmp_path / "base"), "--revisions").code == 0
    done = qqnews("export", "jsonl", str(taken / "exports" / "more"), "--since-export", str(tmp_path / "base"))
    assert done.code == 0, done.err
    assert left_of(taken, gone(site).id, words_of(gone(site))) == {}


def test_taken_down_while_its_page_is_under_way_it_is_nowhere_named(
    whole: Path, data: Path, taken: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    shutil.rmtree(data)
    story = gone(site)
    site.fault(story.id, "slow", seconds=8)
    command = [str(QQNEWS), "--data", str(data), "crawl", "--delay", "0", "--media", story.id]
    site.forget_requests()
    with subprocess.Popen(command, env=clean_environment(**site.environment()), stdout=subprocess.DEVNULL) as process:
        while not any(story.id in each.path for each in site.requests()):
            assert process.poll() is None
        assert qqnews("takedown", story.id, "--reason", "order 7", "--yes").code == 0
    assert left_of(data, story.id, words_of(story)) == {}


def test_an_address_that_leads_to_it_now_leaves_no_trace_of_it(
    taken: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    other = site.world.of_layout("v2")[-1]
    site.fault(other, "redirect", location=gone(site).url)
    qqnews("crawl", "--delay", "0", "--refetch", other)
    with closing(sqlite3.connect(taken / "archive.db")) as database:
        told = database.execute("SELECT state, last_error FROM links WHERE id = ?", (other,)).fetchone()
    assert told[0] == "dropped"
    assert left_of(taken, gone(site).id, words_of(gone(site))) == {}


def test_an_archive_made_anew_beside_the_log_of_erasures_honours_it(
    taken: Path, site: Site, qqnews: Callable[..., Called]
) -> None:
    for path in taken.iterdir():
        if path.name != "erasures.jsonl":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert qqnews("crawl", "--delay", "0", gone(site).id).code == 20
    assert qqnews("crawl", "--delay", "0", "--source", "hot").code in (0, 11)
    assert left_of(taken, gone(site).id, words_of(gone(site))) == {}


def test_a_job_of_the_time_table_that_asks_for_it_does_not_name_it(
    taken: Path, site: Site, call: Callable[..., Called], tmp_path: Path
) -> None:
    jobs = tmp_path / "jobs.toml"
    jobs.write_text(f'[again]\ncommand = "crawl --delay 0 {gone(site).url}"\nevery = "1h"\n')
    assert call("schedule", "once", "again", "--jobs", str(jobs)).code == 20
    (report,) = (taken / "runs").glob("*-again.json")
    assert f"rain/a/{'0' * 16}" in report.read_text()
    assert left_of(taken, gone(site).id, words_of(gone(site))) == {}
