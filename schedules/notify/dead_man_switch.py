"""The dead-man's switch: an address that is called while all is well. Who watches it misses the call."""

from __future__ import annotations

import threading
import urllib.request
from http.client import HTTPException
from typing import Final

from archive.redaction.secrets import parts_of, redacted

SECONDS: Final = 10.0
"""The call is given up after that."""


def ping(url: str, told: str = "") -> str:
    """Call the address, with a text if there is something to tell; why that failed, or ''. Bounded in time.

    Nothing of the address, which is a secret, is in what is returned.
    """
    outcome = [f"no answer within {SECONDS:.0f} s"]

    def call() -> None:
        outcome[0] = _call(url, told)

    # A server that sends a byte now and then keeps to every limit of a socket: the thread is left to it.
    caller = threading.Thread(target=call, name="ping", daemon=True)
    if any(thread.name == "ping" for thread in threading.enumerate()):
        return "the last call has not come back yet"
    caller.start()
    caller.join(SECONDS)
    return redacted(outcome[0], parts_of(url))


def failure_of(url: str) -> str:
    """The address that tells of a failure, as healthchecks.io and those like it have it."""
    address, mark, query = url.partition("?")
    return f"{address.rstrip('/')}/fail{mark}{query}"


def _call(url: str, told: str) -> str:
    if not url.startswith(("http://", "https://")):
        return "its address is none of the web"
    try:
        request = urllib.request.Request(url, data=told.encode() or None, headers={"User-Agent": "qqnews"})  # noqa: S310
        with urllib.request.build_opener().open(request, timeout=SECONDS) as answer:
            answer.read(1000)
    except (OSError, HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
