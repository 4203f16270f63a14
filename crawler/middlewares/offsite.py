"""The border: nothing but the site is ever asked. The first step of all."""

from __future__ import annotations

from scrapy import Request

from crawler.middlewares.robots import FOR_RULES
from crawler.net.url_policy import check_picture_url, check_rules_url, check_url


class OffsiteMiddleware:
    """Refuses every request that leads away from the site. Its picture hosts are asked for pictures only."""

    async def process_request(self, request: Request) -> None:
        """Raises `OffLimits`, which reaches the request's errback."""
        if FOR_RULES in request.meta:
            check_rules_url(request.url)
        elif request.meta.get("picture"):
            check_picture_url(request.url)
        else:
            check_url(request.url)
