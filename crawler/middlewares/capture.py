"""Evidence: what the site answered is written down before anybody reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from archive.warc import Capture
from crawler.ledger import ledger_of

RAW_REF = "raw_ref"
"""The key in ``request.meta`` under which the next steps find the capture's reference."""


class CaptureMiddleware:
    """Records the answer to every request for a page or a list, whatever its status. Rules for robots are none, and of
    a picture is noted where its copy lies, once it is known to be one.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._ledger = ledger_of(crawler)
        run_id = crawler.settings.getint("QQNEWS_RUN_ID")
        self._run = {"job": crawler.settings["QQNEWS_JOB"], **({"run": str(run_id)} if run_id else {})}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """The same response, its reference noted in the request."""
        recorder = self._ledger.recorder if self._ledger is not None else None
        if recorder is not None and (facts := _facts(request)):
            capture = _capture(request, response, {**facts, **self._run})
            request.meta[RAW_REF] = await recorder.record(capture)
        return response


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
