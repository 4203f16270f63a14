"""The border: nothing but the site is ever asked. The first step of all."""

from __future__ import annotations

from scrapy import Request

from crawler.guard import check_url


class BorderMiddleware:
    """Refuses every request that leads away from the site."""

    async def process_request(self, request: Request) -> None:
        """Raises `OffLimits`, which reaches the request's errback."""
        check_url(request.url)
