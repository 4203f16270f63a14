"""Exports of captures: files that others replay without the archive, whatever the archive's own captures are like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.captures.gzip_members import group_at
from archive.captures.raw_files import RawWriter, raw_files
from archive.captures.revisits import target_for
from archive.captures.warc import Capture, RevisitTarget, read_ref
from archive.export.pipeline import export, merge
from archive.export.request import ExportRequest
from archive.export.write.checksums import SUMS, write_sums
from archive.store import Archive
from archive.takedown.leftovers import look_into
from archive.takedown.reappeared import reappeared
from archive.takedown.takedown import take_down
from archive.takedown.traces import Traces
from archive.verify.verify import verify
from tests.archive.captures.test_revisits import of_earlier_version, redact
from tests.archive.export.samples import SEEN, articles
from tests.archive.export.trees import tree
from tests.crawler.recording.replayed import PYWB, Answer, kinds, pywb, warcio_answers, warcio_checks

MADE = articles()
PAGE = "<p>同一页，写得很长。</p>".encode() * 40
TECH = ExportRequest(channel=("tech",))
"""Every third article, beginning with the first."""


def captured(
    archive: Archive, number: int, *, first: str = "", target: RevisitTarget | None = None, **changed: object
) -> str:
    """A capture of an article's page in a file of its own, an hour after that of the one before; its reference."""
    facts: dict[str, object] = {
        "url": MADE[number].url,
        "status": 200,
        "headers": (("Content-Type", "text/html"),),
        "body": PAGE,
        "fetched_at": SEEN + timedelta(hours=number, microseconds=7),
        "facts": {"id": MADE[number].id, "kind": "page"},
    }
    capture = Capture(**(facts | changed))  # type: ignore[arg-type]
    writer = RawWriter(archive.data, f"job{number}")
    ref = writer.write(capture, target_for(capture, archive.data, first) if first else target)
    writer.close()
    with archive.transaction() as connection:
        connection.execute("UPDATE articles SET raw_ref = ? WHERE id = ?", (ref, MADE[number].id))
    return ref


@pytest.fixture
def target(changing: Archive) -> str:
    """The capture of the second article, which the exports here leave out."""
    return captured(changing, 1)


def exported(archive: Archive, folder: Path, wish: ExportRequest = TECH) -> list[Path]:
    export(archive, "warc", folder, wish)
    return [folder / "captures.warc.gz"]


def answers_of(files: list[Path]) -> dict[str, list[bytes]]:
    return {url: [each.body for each in found] for url, found in warcio_answers(files).items()}


def test_the_target_comes_along_where_it_was_not_chosen(changing: Archive, target: str, tmp_path: Path) -> None:
    for number in (3, 6):
        captured(changing, number, first=target)
    files = exported(changing, tmp_path / "x")
    assert kinds(files).count("response") == 1
    assert answers_of(files) == {MADE[number].url: [PAGE] for number in (1, 3, 6)}
    assert warcio_checks(files)


def test_a_span_that_begins_after_the_target_is_whole(changing: Archive, target: str, tmp_path: Path) -> None:
    captured(changing, 30, first=target)
    since = (MADE[30].published_at or SEEN) - timedelta(hours=1)
    files = exported(changing, tmp_path / "x", ExportRequest(since=since.isoformat()))
    assert answers_of(files) == {MADE[number].url: [PAGE] for number in (1, 30)}


def test_a_revisit_of_an_earlier_version_is_given_the_name_of_its_target(
    changing: Archive, target: str, tmp_path: Path
) -> None:
    of_earlier_version(changing.data, captured(changing, 3, first=target))
    files = exported(changing, tmp_path / "x")
    assert answers_of(files) == {MADE[number].url: [PAGE] for number in (1, 3)}
    assert warcio_checks(files)
    (row,) = [each for each in _rows(tmp_path / "x") if each["url"] == MADE[3].url]
    assert row["raw_digest"] == read_ref(target).digest


def test_what_a_takedown_blotted_is_written_with_its_digest_of_now(
    changing: Archive, target: str, tmp_path: Path
) -> None:
    captured(changing, 3, first=target)
    left = PAGE.replace("同".encode(), b"000") + b"<p>longer</p>"
    redact(changing.data, target, left)
    captured(changing, 0, body=b"<p>another</p>" * 40)
    files = exported(changing, tmp_path / "x", ExportRequest())
    assert answers_of(files) == {
        MADE[0].url: [b"<p>another</p>" * 40],
        MADE[1].url: [left],
        MADE[3].url: [left],
    }
    assert "revisit" not in kinds(files), "it would name a digest that its target does not have"
    assert warcio_checks(files)


def test_a_revisit_that_others_would_not_resolve_is_written_with_its_body(changing: Archive, tmp_path: Path) -> None:
    url = "https://i.news.qq.com/web_feed/getPCList"
    listed = read_ref(captured(changing, 1, method="POST", request_body=b"{}", url=url))
    headers = group_at(changing.data, listed)[0].record.headers
    # As an earlier version wrote it: what it refers to answered a posted question.
    captured(changing, 3, target=RevisitTarget(listed, url, headers["WARC-Date"]))
    files = exported(changing, tmp_path / "x")
    assert (kinds(files).count("response"), kinds(files).count("revisit")) == (1, 0)
    assert answers_of(files) == {MADE[3].url: [PAGE]}
    assert warcio_checks(files)


def test_a_revisit_whose_target_is_lost_is_named(changing: Archive, target: str, tmp_path: Path) -> None:
    lost = captured(changing, 3, first=target)
    captured(changing, 6)
    (changing.data / "raw" / read_ref(target).file).unlink()
    files = exported(changing, tmp_path / "x")
    assert (tmp_path / "x/missing.txt").read_text() == f"{lost}\n"
    assert answers_of(files) == {MADE[6].url: [PAGE]}
    assert warcio_checks(files)


def test_an_export_says_what_it_is_and_is_the_same_again(changing: Archive, target: str, tmp_path: Path) -> None:
    captured(changing, 3, first=target)
    (file,) = exported(changing, tmp_path / "x")
    exported(changing, tmp_path / "y")
    assert tree(tmp_path / "x") == tree(tmp_path / "y")
    with file.open("rb") as opened:
        lead = next(iter(ArchiveIterator(opened)))
        said = dict(line.split(": ", 1) for line in lead.content_stream().read().decode().splitlines())
    assert lead.rec_type == "warcinfo"
    assert lead.rec_headers.get_header("WARC-Filename") == "captures.warc.gz"
    assert lead.rec_headers.get_header("WARC-Date") == "2025-03-01T07:00:00.000007Z"
    assert said["software"].startswith("qqnews/")
    assert (said["format"], said["conformsTo"][-10:]) == ("WARC File Format 1.1", "/warc-1.1/")
    assert "export.json" in said["description"]


def test_an_increment_refers_to_its_base_and_merges_to_the_full_file(
    changing: Archive, target: str, tmp_path: Path
) -> None:
    exported(changing, tmp_path / "base", ExportRequest())
    captured(changing, 3, first=target)
    export(changing, "warc", tmp_path / "more", ExportRequest(), (tmp_path / "base",))
    files = [tmp_path / name / "captures.warc.gz" for name in ("base", "more")]
    assert kinds(files[1:]).count("revisit") == 1
    assert answers_of(files) == {MADE[number].url: [PAGE] for number in (1, 3)}
    merge((tmp_path / "base", tmp_path / "more"), tmp_path / "merged")
    exported(changing, tmp_path / "full", ExportRequest())
    assert tree(tmp_path / "merged") == tree(tmp_path / "full")


def test_the_base_of_an_earlier_version_has_no_warcinfo(changing: Archive, target: str, tmp_path: Path) -> None:
    (file,) = exported(changing, tmp_path / "base", ExportRequest())
    content = file.read_bytes()
    file.write_bytes(content[-sum(each["length"] for each in _rows(tmp_path / "base")) :])
    (tmp_path / "base" / SUMS).unlink()
    write_sums(tmp_path / "base", {})
    assert kinds([file])[0] == "response"
    captured(changing, 3, first=target)
    export(changing, "warc", tmp_path / "more", ExportRequest(), (tmp_path / "base",))
    merge((tmp_path / "base", tmp_path / "more"), tmp_path / "merged")
    exported(changing, tmp_path / "full", ExportRequest())
    assert tree(tmp_path / "merged") == tree(tmp_path / "full")


def test_an_erased_target_leaves_its_address_in_no_revisit(changing: Archive, target: str, tmp_path: Path) -> None:
    captured(changing, 3, first=target)
    exported(changing, changing.data / "exports/x", ExportRequest())
    ended = take_down(changing, MADE[1].id, "asked", SEEN + timedelta(days=2))
    assert (ended.left, ended.opaque) == ({}, {})
    files = [*raw_files(changing.data), changing.data / "exports/x/captures.warc.gz"]
    assert [path.name for path in files if look_into(path, Traces(MADE[1].id)).hits] == []
    assert list(verify(changing.data, deep=True)) == []
    for found in (files[:-1], files[-1:], exported(changing, tmp_path / "anew")):
        assert answers_of(found)[MADE[3].url] == [PAGE], "what others rest on stays, and they find it"
    assert warcio_checks([tmp_path / "anew/captures.warc.gz"])


def test_an_old_file_whose_revisit_names_an_erased_article_is_told(
    changing: Archive, target: str, tmp_path: Path
) -> None:
    captured(changing, 3, first=target)
    old = raw_files(changing.data)[-1]
    before = old.read_bytes()
    take_down(changing, MADE[1].id, "asked", SEEN + timedelta(days=2))
    old.write_bytes(before)
    assert reappeared(changing) == [MADE[1].id]


@pytest.fixture
def served(changing: Archive, target: str, tmp_path: Path) -> dict[str, list[Path]]:
    """The second article's page under two other addresses, first by an earlier version; then that article goes."""
    of_earlier_version(changing.data, captured(changing, 3, first=target))
    base = exported(changing, tmp_path / "base")
    captured(changing, 6, first=target)
    export(changing, "warc", tmp_path / "more", ExportRequest(), (tmp_path / "base",))
    increment = [*base, tmp_path / "more/captures.warc.gz"]
    take_down(changing, MADE[1].id, "asked", SEEN + timedelta(days=2))
    return {"increment": increment, "after a takedown": exported(changing, tmp_path / "anew")}


@pytest.mark.skipif(not PYWB.exists(), reason="pywb is not installed: make check-replay")
@pytest.mark.parametrize("which", ["increment", "after a takedown"])
def test_pywb_answers_from_it(served: dict[str, list[Path]], tmp_path: Path, which: str) -> None:
    urls = [MADE[3].url, MADE[6].url]
    with pywb(tmp_path / "pywb", served[which]) as server:
        assert {url: server.answer(url) for url in urls} == dict.fromkeys(urls, Answer(200, PAGE))


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, (folder / "data/captures.jsonl").read_text().splitlines())
