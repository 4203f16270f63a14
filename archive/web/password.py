"""The password of the page: where it comes from, and whether a request knows it."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from archive.web.errors import BadPassword

SETTING: Final = "QQNEWS_PASSWORD"
COOKIE: Final = "qqnews_session"
SHORTEST: Final = 8
"""Characters: what is shorter is guessed in a day."""


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
    """Knows who may come in: by HTTP basic authentication (any user), as a bearer token, or with our cookie."""

    def __init__(self, password: str) -> None:
        self._digest = _digest(password)
        self.session = secrets.token_urlsafe(32)
        """What the cookie of a visitor who has named the password holds; another one after each start."""

    def opens_to(self, authorization: str, cookies: Mapping[str, str]) -> bool:
        """Whether the request's header or cookie is good."""
        if hmac.compare_digest(_digest(cookies.get(COOKIE, "")), _digest(self.session)):
            return True
        return self.fits(_stated(authorization))

    def fits(self, password: str) -> bool:
        """Whether this is the password; takes as long for any other."""
        return hmac.compare_digest(_digest(password), self._digest)


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _stated(authorization: str) -> str:
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
