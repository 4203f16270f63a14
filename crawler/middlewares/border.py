"""The border: nothing but the site is ever asked. The first step of all."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request

from crawler.guard import check_picture_url, check_url, host_of, is_picture_host


class BorderMiddleware:
    """Refuses every request that leads away from the site. Its picture hosts are asked for pictures only."""

    async def process_request(self, request: Request) -> None:
        """Raises `OffLimits`, which reaches the request's errback."""
        if request.meta.get("picture") or _asks_picture_host_for_rules(request):
            check_picture_url(request.url)
        else:
            check_url(request.url)


def _asks_picture_host_for_rules(request: Request) -> bool:
    return urlsplit(request.url).path == "/robots.txt" and is_picture_host(host_of(request.url))
