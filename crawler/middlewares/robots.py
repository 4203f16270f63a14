"""robots.txt: asked once of each host in a run, before anything else, and judged for all who wait for it.

Scrapy's own lets the second and every later waiter through, see docs/decisions/0010-robots-shared-answer.md.
"""

from __future__ import annotations

import asyncio
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from crawler.middlewares.host_backoff import HostBackingOff
from crawler.net.interruptible_sleep import Stopped
from crawler.net.redirects import is_farewell
from crawler.net.robots_txt import MOST_REDIRECTS, NO_RULES, RulesUnknown, rules_by_status
from crawler.net.url_policy import host_of

FOR_RULES: Final = "for_rules"
"""The key in ``request.meta`` of requests for a robots.txt: they need no permission."""


TIMEOUT: Final = 15.0
"""Seconds: everything waits for this small file."""
TRIES_AGAIN: Final = 1
"""A failure that passes at once should not cost a whole run."""


class RobotsForbid(IgnoreRequest):
    """The host's robots.txt forbids this address to us."""

    def __init__(self, url: str) -> None:
        super().__init__(f"robots.txt of {host_of(url)} forbids it")


class RobotsUnknown(IgnoreRequest):
    """The host's robots.txt could not be read, so nothing is fetched from there in this run."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"robots.txt of {host_of(url)}: {why}")


class RobotsMiddleware:
    """Lets through what a host's rules allow."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._timeout = min(TIMEOUT, crawler.settings.getfloat("DOWNLOAD_TIMEOUT"))
        self._answers: dict[str, asyncio.Task[RobotParser]] = {}
        self._delays: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured("robots.txt is not obeyed")
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises `RobotsForbid` and `RobotsUnknown`; `HostBackingOff` and `Stopped` if they cannot be asked now."""
        if FOR_RULES in request.meta:
            return
        try:
            rules = await self._rules(request.url)
        except RulesUnknown as error:
            raise RobotsUnknown(request.url, str(error)) from error
        if not rules.allowed(request.url, self._agent):
            raise RobotsForbid(request.url)

    async def allows(self, url: str) -> bool:
        """Whether the rules that hold now allow an address; False where they cannot be learned."""
        try:
            return (await self._rules(url)).allowed(url, self._agent)
        except (RulesUnknown, HostBackingOff, Stopped):
            return False

    def crawl_delay(self, host: str) -> float:
        """Seconds between two requests that a host's robots.txt asks for; 0.0 where it does not, or is not read yet."""
        return self._delays.get(host, 0.0)

    async def _rules(self, url: str) -> RobotParser:
        """The rules of a host: whoever comes first asks for them, all others wait for the same answer."""
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.netloc}/robots.txt"
        if place not in self._answers:
            self._answers[place] = asyncio.create_task(self._asked(place))
        answer = self._answers[place]
        try:
            # Whoever is cancelled while waiting does not take the answer from the others.
            return await asyncio.shield(answer)
        except (HostBackingOff, Stopped):
            # That says nothing of the rules. Whoever comes after the rest asks for them anew.
            if self._answers.get(place) is answer:
                del self._answers[place]
            raise

    async def _asked(self, place: str) -> RobotParser:
        host = host_of(place)
        try:
            rules = ProtegoRobotParser(await self._text(place), None)
            self._delays[host] = max(rules.crawl_delay(self._agent) or 0.0, self._delays.get(host, 0.0))
            return rules
        except (RulesUnknown, HostBackingOff, Stopped):
            raise
        except Exception as error:  # Whatever it was: without rules nothing is allowed, and all who wait learn why.
            raise RulesUnknown(str(error)) from error

    async def _text(self, place: str) -> bytes:
        """The text of a robots.txt, also from where a redirect leads. Raises `RulesUnknown`, and download errors."""
        for _ in range(1 + MOST_REDIRECTS):
            response = await self._download(place)
            if not 300 <= response.status < 400:
                return rules_by_status(response.status, response.body)
            location = (response.headers.get("Location") or b"").decode("latin-1")
            if not location:
                break
            place = urljoin(place, location)
            if is_farewell(place):
                return NO_RULES
        raise RulesUnknown("endless redirects")

    async def _download(self, url: str) -> Response:
        engine = self._crawler.engine
        if engine is None:
            raise RulesUnknown("the crawl is over")
        meta = {FOR_RULES: True, "download_timeout": self._timeout, "max_retry_times": TRIES_AGAIN}
        return await engine.download_async(Request(url, callback=NO_CALLBACK, meta=meta))
