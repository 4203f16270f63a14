"""The password of the page: where it comes from, and whether a request knows it."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from archive.web.errors import BadPassword

SETTING: Final = "QQNEWS_PASSWORD"
COOKIE: Final = "qqnews_session"
SHORTEST: Final = 8
"""Characters: what is shorter is guessed in a day."""
MOST_SESSIONS: Final = 1000
"""Logins that are remembered; beyond, the oldest is forgotten."""


def read_password(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """The password in the first line of the file, else in the environment, else None. Raises ``BadPassword``."""
    if file is None:
        return _sound(environment[SETTING], SETTING) if SETTING in environment else None
    try:
        return _sound(file.read_text("utf-8").partition("\n")[0].rstrip("\r"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPassword(str(file), getattr(error, "strerror", None) or "it is no text") from error


def _sound(password: str, where: str) -> str:
    if len(password) < SHORTEST:
        raise BadPassword(where, f"it must have at least {SHORTEST} characters")
    return password


class Door:
    """Knows who may come in: by HTTP basic authentication (any user), as a bearer token, or with a cookie of ours."""

    def __init__(self, password: str) -> None:
        self._digest = _digest(password)
        self._sessions: dict[bytes, None] = {}
        """Digests of what cookies hold, the oldest first. Another start knows none of them."""

    def fits(self, password: str) -> bool:
        """Whether this is the password; takes as long for any other."""
        return hmac.compare_digest(_digest(password), self._digest)

    def begin_session(self) -> str:
        """Return what the cookie of a visitor who has named the password is to hold."""
        session = secrets.token_urlsafe(32)
        self._sessions[_digest(session)] = None
        if len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return session

    def knows(self, sessions: Iterable[str]) -> bool:
        """Whether one of these was begun here and not ended."""
        return any(_digest(each) in self._sessions for each in sessions)

    def end_sessions(self, sessions: Iterable[str]) -> None:
        """Whoever holds one of these must name the password again."""
        for each in sessions:
            self._sessions.pop(_digest(each), None)


def stated_password(authorization: str) -> str:
    """The password in an Authorization header; '' where there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
