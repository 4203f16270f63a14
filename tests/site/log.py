"""The log of requests: who asked for what, when, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass

from tests.site.message import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that the site answered, or (method ``CONNECT``) a tunnel to a host that it refused."""

    time: float
    """Seconds since the epoch, when the request was complete."""
    method: str
    scheme: str
    host: str
    path: str
    """With the query."""
    status: int
    user_agent: str
    referer: str


def seen(request: Request, status: int, time: float) -> Seen:
    return Seen(
        time=time,
        method=request.method,
        scheme=request.scheme,
        host=request.host,
        path=request.path,
        status=status,
        user_agent=request.headers.get("user-agent", ""),
        referer=request.headers.get("referer", ""),
    )
