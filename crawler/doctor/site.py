"""What lies between us and the site: proxies, certificates, the network, the clock, and one live page."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, TypeVar
from urllib.parse import urlsplit

from archive.errors import ExitCode, QQNewsError
from archive.frontier.links import Frontier
from archive.monitoring.health_checks import CheckResult, Level
from archive.store import Archive
from crawler.items import Ending, Page, Setback
from crawler.settings import QQNEWS_DELAY, USER_AGENT
from crawler.sites.registry import Address, read_address

HOST: Final = "new.qq.com"
EXAMPLE: Final = "20250212A090WZ00"
"""The page that is fetched where the archive has none to offer."""
SECONDS: Final = 15.0
"""For one answer, the look-up of the name included."""
FETCH: Final = 60.0
"""For the live page, with robots.txt and the pace between them."""
CLOCK: Final = 60.0
"""Seconds by which our clock may differ from the site's."""

T = TypeVar("T")


class NoAnswer(Exception):
    """It did not come in time."""


def examine_site(article: str | None, data: Path) -> Iterator[CheckResult]:
    """Everything between us and the site. ``article``: an id whose page is fetched, where one is known.

    The pace and the rests of hosts are those of the archive in ``data``.
    """
    yield from proxies()
    yield certificates()
    if (until := resting_until(data)) > time.time():
        end = datetime.fromtimestamp(until, UTC)
        said = f"{HOST} told us to stay away until {end:%Y-%m-%d %H:%M} UTC: it was not asked"
        yield CheckResult("network", Level.ABSENT, said, "look again after that")
        return
    try:
        take_turn(data)
        headers = in_time(SECONDS, _answer)
    except (NoAnswer, OSError, HTTPException) as error:
        yield network_finding(error)
        return
    yield CheckResult("network", Level.FINE, f"{HOST} answers")
    yield clock_finding(headers.get("Date"), datetime.now(UTC))
    yield live_page(read_address(article or EXAMPLE), data)


def resting_until(data: Path) -> float:
    """The Unix time until which the site is to be left alone, by the archive in ``data``; 0.0 without one."""
    try:
        with Archive.to_read(data) as archive:
            return Frontier(archive).backoff_until(HOST)
    except QQNewsError:
        return 0.0  # That it cannot be used was found already.


def take_turn(data: Path) -> None:
    """Wait for our turn to ask the site. Raises ``NoAnswer`` where too many others wait for theirs."""
    from crawler.engine.fetch_once import shares_manners

    if not shares_manners(data):
        return
    try:
        with Archive.existing(data) as archive:
            seconds = Frontier(archive).reserve(HOST, time.time(), QQNEWS_DELAY)
    except QQNewsError as error:
        raise NoAnswer(f"no turn could be taken: {error}") from error
    if seconds > SECONDS:
        raise NoAnswer(f"crawls of this archive are asking it: our turn comes in {seconds:.0f} s")
    time.sleep(seconds)


def in_time(seconds: float, call: Callable[[], T]) -> T:
    """What ``call`` returns or raises. Raises ``NoAnswer`` if it takes longer; it is then left to itself."""
    done: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

    def work() -> None:
        try:
            done.put((call(), None))
        except Exception as error:  # Raised again below, in the thread that asked.
            done.put((None, error))

    threading.Thread(target=work, daemon=True).start()
    try:
        value, error = done.get(timeout=seconds)
    except Empty:
        raise NoAnswer(f"no answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # It is None only where there is an error, or None was returned.


def proxies() -> Iterator[CheckResult]:
    """The proxies that the environment names: whether they can be understood, and reached."""
    named = {kind: url for kind, url in urllib.request.getproxies().items() if kind in ("http", "https", "all")}
    if not named:
        yield CheckResult("proxy", Level.FINE, "none is named, the site is asked directly")
    for kind, url in sorted(named.items()):
        yield _proxy(f"{kind}_proxy", url)


def _proxy(name: str, url: str) -> CheckResult:
    cure = f"set {name} to http://HOST:PORT, or unset it; then install cron's line or the units again"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host, port = None, 0
    if not host or "://" not in url:
        return CheckResult("proxy", Level.ERROR, f"{name} is no address of a proxy", cure)
    try:
        in_time(5, lambda: socket.create_connection((host, port), timeout=5).close())
    except (NoAnswer, OSError) as error:
        return CheckResult("proxy", Level.ERROR, f"{name}: {host}:{port} cannot be reached ({error})", cure)
    return CheckResult("proxy", Level.FINE, f"{name}: {host}:{port} can be reached")


def certificates() -> CheckResult:
    """The authorities that certificates are checked against."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        place = os.environ.get(name)
        if place and not Path(place).exists():
            return CheckResult("certificates", Level.ERROR, f"{name}={place} does not exist", f"mend or unset {name}")
    context = ssl.create_default_context()
    try:
        if place := os.environ.get("SSL_CERT_FILE"):
            context.load_verify_locations(place)
    except (OSError, ssl.SSLError) as error:
        cure = "SSL_CERT_FILE is to name a file of certificates (PEM)"
        return CheckResult("certificates", Level.ERROR, f"SSL_CERT_FILE cannot be read ({error})", cure)
    known = context.cert_store_stats()["x509_ca"]
    if not known and not os.environ.get("SSL_CERT_DIR") and not _has_directory():
        return CheckResult("certificates", Level.ERROR, "no authority is known", "install the system's ca-certificates")
    return CheckResult("certificates", Level.FINE, f"{known or 'a directory of'} authorities are known")


def _has_directory() -> bool:
    directory = ssl.get_default_verify_paths().capath
    return bool(directory and any(Path(directory).iterdir()))


def _answer() -> Message:
    """The headers of the site's robots.txt, whatever its status."""
    request = urllib.request.Request(f"https://{HOST}/robots.txt", headers={"User-Agent": USER_AGENT})
    try:
        # `urlopen` would go on with the proxies of its first call.
        with urllib.request.build_opener().open(request, timeout=SECONDS) as answer:
            headers: Message = answer.headers
            return headers
    except urllib.error.HTTPError as error:
        return error.headers


def network_finding(error: Exception) -> CheckResult:
    """Why the site did not answer: no network, which says nothing of this installation, or something to be mended."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLError):
        cure = "if a proxy opens what is encrypted, name its authority with SSL_CERT_FILE; else somebody listens in"
        return CheckResult("network", Level.ERROR, f"the certificate of {HOST} cannot be trusted ({cause})", cure)
    if "Tunnel connection failed" in str(cause):
        cure = "ask whoever keeps the proxy, or give it a name and password: http://USER:PASSWORD@HOST:PORT"
        return CheckResult("network", Level.ERROR, f"the proxy does not let us through ({cause})", cure)
    cure = "look at the cable, the firewall, the name server; behind a proxy set http_proxy and https_proxy"
    return CheckResult("network", Level.ABSENT, f"{HOST} cannot be reached ({cause})", cure)


def clock_finding(date: str | None, now: datetime) -> CheckResult:
    """Our clock beside the one of the site (the header ``Date``)."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return CheckResult("clock", Level.NOTE, "the site did not say what time it is", "compare it yourself")
    off = (now - theirs).total_seconds()
    if abs(off) <= CLOCK:
        return CheckResult("clock", Level.FINE, f"{abs(off):.0f} s from the site's")
    said = f"our clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the site's"
    return CheckResult("clock", Level.ERROR, said, "let the machine keep its time: timedatectl set-ntp true")


def live_page(address: Address, data: Path) -> CheckResult:
    """One page, fetched with all the crawler's manners and read: nothing is kept."""
    from crawler.doctor.pages import PageToSee, examine
    from crawler.engine.fetch_once import fetch_pages, shares_manners

    if not shares_manners(data):
        time.sleep(QQNEWS_DELAY)  # The crawler does not know that we asked for something just now.
    try:
        answer = in_time(FETCH, lambda: fetch_pages([address], data)).get(address.id)
    except NoAnswer as error:
        return CheckResult("live page", Level.ABSENT, f"{address.url}: {error}", "try again later")
    if isinstance(answer, Setback) and answer.ending is Ending.GONE:
        return CheckResult("live page", Level.FINE, f"{address.url}: the site says that it is gone ({answer.reason})")
    if not isinstance(answer, Page):
        why = f"{answer.reason}: {answer.detail}" if answer else "nothing came of it"
        cure = "if it lasts: 'qqnews doctor --pages ADDRESS' with another page; a refusal passes by itself"
        return CheckResult("live page", Level.WARNING, f"{address.url} was not fetched ({why})", cure)
    found = examine(PageToSee(address.url, answer.body, answer.url, status=answer.status))
    if found.outcome == "article":
        return CheckResult("live page", Level.FINE, f"{address.url} was fetched and read (layout {found.layout})")
    if found.exit_code is ExitCode.EMPTY:
        return CheckResult("live page", Level.FINE, f"{address.url} was fetched; the site says: {found.outcome}")
    cure = f"'qqnews doctor --pages {address.url}' shows what is read of it; update qqnews"
    return CheckResult("live page", Level.WARNING, f"{address.url}: {found.outcome}", cure)
