"""Evidence: what the site answered is written down before anybody reads it, without what was taken down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from archive.captures.warc import Capture
from archive.errors import Erased
from archive.redaction.erasures import lawful_capture
from crawler.recording.archive_writer import ArchiveWriter, archive_writer_of

RAW_REF = "raw_ref"
FETCHED_AT = "fetched_at"
"""The key in ``request.meta`` under which the next steps find the capture's reference."""
WITHHELD = "withheld"
"""The key under which they find what was left out of it; whoever reads the answer as it came must not quote it."""


class CaptureMiddleware:
    """Records the answer to every request for a page or a list, whatever its status. Rules for robots are none, and of
    a picture is noted where its copy lies, once it is known to be one.

    Of a page, what was written down is also what is read: nothing that comes later can know more of an article that
    was taken down. A list is read as it came, for it counts places; the spider leaves such articles out.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._ledger = archive_writer_of(crawler)
        run_id = crawler.settings.getint("QQNEWS_RUN_ID")
        self._run = {"job": crawler.settings["QQNEWS_JOB"], **({"run": str(run_id)} if run_id else {})}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """The response, its capture's reference and moment noted in the request.

        Raises `archive.errors.Erased` for an answer about an article that was taken down.
        """
        if self._ledger is None or not (facts := _facts(request)):
            return response
        capture = await self._kept(self._ledger, _capture(request, response, {**facts, **self._run}))
        # A time that is told relative to this moment must be the same whenever the capture is read again.
        request.meta[FETCHED_AT] = capture.fetched_at
        request.meta[RAW_REF] = capture.raw_ref or None
        request.meta[WITHHELD] = capture.withheld
        if not capture.withheld or facts["kind"] == "list":
            return response
        return response.replace(url=capture.url, headers=Headers(capture.headers), body=capture.body)

    async def _kept(self, ledger: ArchiveWriter, capture: Capture) -> Capture:
        if ledger.recorder is not None:
            return await ledger.recorder.record(capture)
        found = await ledger.ask(lambda archive, frontier: lawful_capture(archive.database.connection, capture))
        if found is None:
            raise Erased
        return found


def _facts(request: Request) -> dict[str, str]:
    """What the request was for; nothing for what is not to be captured."""
    asked = request.cb_kwargs
    if link := asked.get("link"):
        return {"kind": "page", "id": link.id, "source": link.source}
    if course := asked.get("course"):
        return {"kind": "list", "source": course.source.name}
    return {}


def _capture(request: Request, response: Response, facts: dict[str, str]) -> Capture:
    return Capture(
        url=response.url,
        status=response.status,
        headers=pairs(response.headers),
        body=response.body,
        fetched_at=datetime.now(UTC),
        method=request.method,
        request_headers=pairs(request.headers),
        request_body=request.body,
        facts=facts,
    )


def pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Scrapy's headers as a capture has them."""
    return tuple((name, value) for name, value in headers.to_tuple_list())
