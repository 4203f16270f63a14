"""Secrets out of what is said and kept: passwords in addresses, and the values of variables that hold some.

What is told to people, logged, reported or written to the database passes through here where it may quote an address, a
setting or what a library said about one.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

HIDDEN: Final = "***"
"""Stands where a secret was."""
PROXY: Final = "QQNEWS_PROXY"
"""The variable that says what ``--proxy`` says: a command line can be read by everybody on the machine."""
_OPTION: Final = "--proxy"
_SECRET_SETTINGS: Final = ("QQNEWS_PASSWORD",)
_USERINFO: Final = re.compile(r"(?<=://)[^\s/?#'\"<>]*@")
_SHORTEST: Final = 3
"""Characters. What is shorter is no secret, and would be found in every other word."""


def redacted(text: str, secrets: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> str:
    """Return ``text`` without name and password of any address in it, and without what is secret in the environment.

    ``secrets``: others that are known to the caller.
    """
    # The longest first: one may hold another.
    for secret in sorted({*secrets, *secrets_in(environment)}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _USERINFO.sub(f"{HIDDEN}@", text)


def secrets_in(environment: Mapping[str, str]) -> frozenset[str]:
    """Return what is secret in an environment: names and passwords for proxies in every form in which they are sent or
    shown, and the password of the web page."""
    proxies = (value for name, value in environment.items() if _names_proxy(name))
    stated = (environment.get(name, "") for name in _SECRET_SETTINGS)
    found = {*stated, *(form for proxy in proxies for form in _credentials(proxy))}
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)


def _names_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy") and name.lower() != "no_proxy"


def _credentials(address: str) -> Iterator[str]:
    """Yield name and password as one word, the password, and both as HTTP sends them; nothing where there are none.

    An address that was written without its host has the password in the place of the port.
    """
    rest = address.partition("://")[2] or address
    both, at, _ = rest.rpartition("@")
    if not at:
        both = "" if rest.rpartition(":")[2].rstrip("/").isdecimal() or ":" not in rest else rest.rstrip("/")
    for form in {both, unquote(both)} - {""}:
        yield form
        yield form.partition(":")[2]
        yield b64encode(form.encode("utf-8", "surrogateescape")).decode()


def parts_of(address: str) -> frozenset[str]:
    """Return the parts of an address that may be secret: all behind its scheme, for a key may stand where hosts do."""
    parts = re.split(r"[/@:?&=,;#]", address.partition("://")[2])
    return frozenset(form for part in parts for form in (part, unquote(part)) if len(form) >= _SHORTEST)


def without_password(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the words of a command line without a proxy that has a password, and the variable that says it instead."""
    kept, moved, rest = list[str](), dict[str, str](), iter(words)
    for word in rest:
        if word == "--":
            return [*kept, word, *rest], moved
        name, equals, value = word.partition("=")
        if name == _OPTION:
            value = value if equals else next(rest, "")
            if any(_credentials(value)):
                moved[PROXY] = value
            else:
                kept += [word] if equals else [word, *filter(None, [value])]
            continue
        kept.append(word)
    return kept, moved
