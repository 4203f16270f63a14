"""Captures that other programs replay: every address is answered with its body, though that was stored but once."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from archive.captures.payload_index import note_payloads
from archive.captures.raw_files import captures, raw_files, read_capture
from archive.captures.warc import Capture
from archive.store import Archive
from crawler.recording.capture_writer import CaptureWriter
from tests.archive.captures.test_revisits import redact
from tests.conftest import QQNEWS, clean_environment
from tests.crawler.recording.replayed import PYWB, Answer, kinds, pywb, warcio_answers, warcio_checks
from tests.site.client import ask
from tests.site.site import Site

BODIES = 200
NOON = datetime(2026, 8, 10, 12, tzinfo=UTC)
LIST = "https://i.news.qq.com/web_feed/getPCList"

with_pywb = pytest.mark.skipif(not PYWB.exists(), reason="pywb is not installed: make check-replay")


@dataclass(frozen=True)
class Crawled:
    """What two crawls and an export left, and what each address of a page answered."""

    raw: list[Path]
    exported: list[Path]
    pages: dict[str, bytes]
    kept: frozenset[str]
    """The addresses of the articles that are exported."""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """First the site gives for 200 addresses the pages of 200 other articles, then those under their own addresses."""
    folder = tmp_path_factory.mktemp("crawled")
    data = folder / "data"
    with Site(seed=11, articles=4 * BODIES) as site:
        ids = site.world.of_layout("v2", "v1", "dom")
        wrong, right, others = (ids[BODIES * part : BODIES * (part + 1)] for part in range(3))
        for key, other in zip(wrong, right, strict=True):
            site.mistake(key, other)
        # A site that mixes up most of what it is asked for would be left alone.
        (folder / "first").write_text("\n".join(key for pair in zip(wrong, others, strict=True) for key in pair))
        (folder / "then").write_text("\n".join(right))
        for words in (["crawl", str(folder / "first")], ["crawl", str(folder / "then")], ["export", "warc"]):
            options = [str(folder / "export")] if words[0] == "export" else ["--delay", "0", "--concurrency", "16"]
            command = [str(QQNEWS), "--data", str(data), *words, *options]
            subprocess.run(command, env=clean_environment(**site.environment()), capture_output=True, timeout=120)
        pages = {each.url: ask(site, each.url).body for each in captures(data) if each.status == 200}
    with Archive.existing(data) as archive:
        refs = [each.raw_ref for each in archive.articles()]
    kept = frozenset(read_capture(data, ref).url for ref in refs if ref)
    return Crawled(raw_files(data), [folder / "export/captures.warc.gz"], pages, kept)


def test_two_hundred_bodies_repeat_under_other_addresses(crawled: Crawled) -> None:
    assert (kinds(crawled.raw).count("revisit"), kinds(crawled.exported).count("revisit")) == (BODIES, BODIES)
    assert (len(crawled.pages), len(crawled.kept)) == (3 * BODIES, 2 * BODIES)
    assert len(set(crawled.pages.values())) == 2 * BODIES


def test_warcio_finds_every_body_by_what_revisits_say(crawled: Crawled) -> None:
    raw, exported = warcio_answers(crawled.raw), warcio_answers(crawled.exported)
    assert {url: raw[url] for url in crawled.pages} == {url: [_page(body)] for url, body in crawled.pages.items()}
    assert crawled.kept <= exported.keys()
    assert exported == {url: [_page(crawled.pages[url])] for url in exported}


def test_warcio_finds_nothing_wrong(crawled: Crawled) -> None:
    assert warcio_checks(crawled.raw)
    assert warcio_checks(crawled.exported)


@with_pywb
def test_pywb_answers_every_address_from_the_captures(crawled: Crawled, tmp_path: Path) -> None:
    with pywb(tmp_path / "pywb", crawled.raw) as server:
        assert {url: server.answer(url) for url in crawled.pages} == {
            url: _page(body) for url, body in crawled.pages.items()
        }


@with_pywb
def test_pywb_answers_every_address_from_the_export(crawled: Crawled, tmp_path: Path) -> None:
    with pywb(tmp_path / "pywb", crawled.exported) as server:
        assert {url: server.answer(url) for url in crawled.kept} == {
            url: _page(crawled.pages[url]) for url in crawled.kept
        }


def _page(body: bytes) -> Answer:
    return Answer(200, body)


class Recorder:
    """What the crawler writes captures with, and the database in which bodies are noted."""

    def __init__(self, data: Path) -> None:
        Archive.open(data).close()
        self.data = data
        self._writer = CaptureWriter(data, "crawl", 1 << 28)
        self._number = 0

    def record(self, url: str, body: bytes, question: bytes = b"") -> str:
        """Write a capture, a second after the one before; its reference."""
        self._number += 1
        capture = Capture(
            url=url,
            status=200,
            headers=(("Content-Type", "application/json"),),
            body=body,
            fetched_at=NOON + timedelta(seconds=self._number, microseconds=123456),
            method="POST" if question else "GET",
            request_headers=(("Content-Type", "application/json"),) if question else (),
            request_body=question,
        )
        ref = asyncio.run(self._writer.record(capture)).raw_ref
        with Archive.existing(self.data) as archive, archive.transaction():
            note_payloads(archive.database, self._writer.sync())
        return ref

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._writer.close()

    def kinds(self) -> list[str]:
        """Of the answers."""
        return [kind for kind in kinds(raw_files(self.data)) if kind in ("response", "revisit")]


@pytest.fixture
def recorded(data: Path) -> Iterator[Recorder]:
    with Recorder(data) as recorder:
        yield recorder


def test_a_list_that_answers_two_questions_alike_is_stored_for_each(recorded: Recorder) -> None:
    """An index knows it by its address and its question: by the address alone nobody would find it."""
    for question in (b'{"flush_num":1}', b'{"flush_num":2}', b'{"flush_num":1}'):
        recorded.record(LIST, b'{"data":[]}' * 99, question)
    recorded.record(f"{LIST}?again", b'{"data":[]}' * 99)
    assert recorded.kinds() == ["response", "response", "revisit", "response"]


@with_pywb
def test_pywb_answers_lists_by_their_questions(recorded: Recorder, tmp_path: Path) -> None:
    answers = {
        b'{"flush_num":1}': b'{"a":1}' * 99,
        b'{"flush_num":2}': b'{"b":1}' * 99,
        b'{"flush_num":3}': b'{"a":1}' * 99,
    }
    for _ in range(2):
        for question, body in answers.items():
            recorded.record(LIST, body, question)
    with pywb(tmp_path / "pywb", raw_files(recorded.data)) as server:
        assert {each: server.answer(LIST, post=each) for each in answers} == {
            each: _page(body) for each, body in answers.items()
        }


@with_pywb
def test_pywb_answers_one_page_by_either_scheme(recorded: Recorder, tmp_path: Path) -> None:
    pages = {
        "http://news.qq.com/a/20170222/025800.htm": b"<p>one</p>" * 99,
        "https://news.qq.com/a/20170222/025800.htm": b"<p>one</p>" * 99,
        "https://new.qq.com/rain/a/20260810A0000100?from=%E5%88%86%E4%BA%AB&a=1": b"<p>one</p>" * 99,
        "https://view.inews.qq.com/a/20260810A0000100": b"<p>one</p>" * 99,
    }
    for url, body in pages.items():
        recorded.record(url, body)
    assert recorded.kinds() == ["response", "revisit", "revisit", "revisit"]
    with pywb(tmp_path / "pywb", raw_files(recorded.data)) as server:
        assert {url: server.answer(url) for url in pages} == {url: _page(body) for url, body in pages.items()}


@with_pywb
def test_pywb_answers_with_what_a_takedown_left_of_a_body(data: Path, tmp_path: Path) -> None:
    page, url = b"<p>one</p>" * 99, "https://new.qq.com/rain/a/20260810A0000{}00"
    with Recorder(data) as first:
        held = first.record(url.format(1), page)
    with Recorder(data) as then:
        then.record(url.format(2), page)
    redact(data, held, page[:-9])
    with pywb(tmp_path / "pywb", raw_files(data)) as server:
        assert server.answer(url.format(2)) == _page(page[:-9])


def test_a_body_whose_file_is_gone_is_stored_again(data: Path) -> None:
    page, url = b"<p>one</p>" * 99, "https://new.qq.com/rain/a/20260810A0000{}00"
    with Recorder(data) as first:
        first.record(url.format(1), page)
    raw_files(data)[0].unlink()
    with Recorder(data) as then:
        refs = [then.record(url.format(number), page) for number in (2, 3)]
    assert [read_capture(data, ref).body for ref in refs] == [page, page]
    assert then.kinds() == ["response", "revisit"]
