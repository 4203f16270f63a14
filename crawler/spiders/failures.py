"""What a failed download means for its link."""

from __future__ import annotations

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from archive.errors import Erased
from archive.frontier.links import Leased
from crawler.items import Ending, Setback
from crawler.middlewares.host_backoff import HostBackingOff
from crawler.middlewares.robots import RobotsForbid, RobotsUnknown
from crawler.net.download import CertificateRefused, TooLarge
from crawler.net.interruptible_sleep import Stopped
from crawler.net.url_policy import OffLimits
from crawler.recording.archive_writer import now

RULES_AGAIN = 300.0
"""Seconds until a link is tried again for which the rules could not be read."""


def setback_of(link: Leased, error: BaseException) -> Setback:
    """The setback that a failed download means."""
    if isinstance(error, HostBackingOff):
        return Setback(link, Ending.POSTPONED, "host-resting", str(error), error.until)
    if isinstance(error, Stopped):
        return Setback(link, Ending.POSTPONED, "stopped", str(error))
    if isinstance(error, RobotsUnknown):
        # The link is no offender: it waits for another run, which asks again.
        return Setback(link, Ending.POSTPONED, "robots-unknown", str(error), now() + RULES_AGAIN)
    if isinstance(error, IgnoreRequest):
        reason = "too-large" if "DOWNLOAD_MAXSIZE" in str(error) else "robots"
        return Setback(link, Ending.DROPPED, reason, str(error))
    for kind, ending, reason in _ERRORS:
        if isinstance(error, kind):
            return Setback(link, ending, reason, str(error))
    return Setback(link, Ending.RETRIED, "error", f"{type(error).__name__}: {error}")


ERASED = "erased"
"""The reason of what was taken down. Nothing that is written down may say which article that was."""


_ERRORS: tuple[tuple[type[Exception], Ending, str], ...] = (
    (Erased, Ending.DROPPED, ERASED),
    (OffLimits, Ending.DROPPED, "off-limits"),
    (TooLarge, Ending.DROPPED, "too-large"),
    (CertificateRefused, Ending.RETRIED, "certificate"),
    (CannotResolveHostError, Ending.RETRIED, "unknown-host"),
    (DownloadConnectionRefusedError, Ending.RETRIED, "no-connection"),
    (DownloadTimeoutError, Ending.RETRIED, "timeout"),
    (ResponseDataLossError, Ending.RETRIED, "truncated"),
    (DownloadFailedError, Ending.RETRIED, "connection-lost"),
)


NOT_ASKED: tuple[type[Exception], ...] = (HostBackingOff, RobotsForbid, RobotsUnknown, Stopped)
"""The errors that keep a request from being sent."""


FAILURES: tuple[type[Exception], ...] = (IgnoreRequest, *(kind for kind, _, _ in _ERRORS))
"""Every error by which a download fails."""
