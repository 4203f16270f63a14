"""What an answer for robots.txt means, before Scrapy's own middleware reads it (RFC 9309).

- 2xx: the rules; more of them are in the way of a redirect, followed up to five times within the site
- 4xx: there are no rules, everything is allowed
- 5xx, an endless redirect, no answer at all: nobody knows the rules, so nothing is allowed. That holds for this run;
  the next one asks again. (Scrapy by itself would take it for permission.)
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse

from crawler.guard import host_of

MOST_REDIRECTS = 5
NO_RULES = b""
NOTHING_ALLOWED = b"User-agent: *\nDisallow: /\n"


class RobotsAnswerMiddleware:
    """Turns every answer for robots.txt into one that means what it should."""

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}
        """Hosts whose rules could not be learned in this run, and why not."""

    def why_unknown(self, url: str) -> str:
        """Why the rules for an address could not be learned; "" if they were."""
        return self.unknown.get(host_of(url), "")

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """The rules; or a request for the place where they are."""
        if not _asks_for_rules(request):
            return response
        if 300 <= response.status < 400:
            return self._redirected(request, response)
        if 400 <= response.status < 500 and response.status != 429:
            return _rules(request, NO_RULES)
        if 200 <= response.status < 300:
            return response
        return self._unknown(request, f"answered {response.status}")

    async def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """No answer: no permission."""
        return self._unknown(request, str(exception)) if _asks_for_rules(request) else None

    def _redirected(self, request: Request, response: Response) -> Response | Request:
        location = (response.headers.get("Location") or b"").decode("latin-1")
        hops = request.meta.get("robots_hops", 0) + 1
        if not location or hops > MOST_REDIRECTS:
            return self._unknown(request, "endless redirects")
        meta = {**request.meta, "robots_hops": hops, "robots_for": _for(request)}
        return request.replace(url=urljoin(request.url, location), meta=meta, dont_filter=True)

    def _unknown(self, request: Request, why: str) -> Response:
        self.unknown[_for(request)] = why
        return _rules(request, NOTHING_ALLOWED)


def _asks_for_rules(request: Request) -> bool:
    return "robots_for" in request.meta or urlsplit(request.url).path == "/robots.txt"


def _for(request: Request) -> str:
    """The host whose rules are asked for, also after a redirect to another one."""
    first: str = request.meta.get("robots_for", "")
    return first or host_of(request.url)


def _rules(request: Request, body: bytes) -> Response:
    return TextResponse(request.url, body=body, encoding="utf-8", request=request)
