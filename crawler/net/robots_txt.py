"""What an answer for robots.txt means (RFC 9309). Pure.

- 2xx with rules: these rules; empty or only comments: there are none
- 2xx with something else (a captcha, a page, bytes that are no text): nobody knows the rules, so nothing is allowed.
  An error of the site's interfaces, sent with 200, counts as the status that it names
- 4xx, or the site's page for what is not there: there are no rules, everything is allowed
- 429, 5xx, an endless redirect, no answer at all: nothing is allowed
"""

from __future__ import annotations

import re
from typing import Final

import orjson

MOST_REDIRECTS: Final = 5
MOST_BYTES: Final = 512 * 1024
"""What lies beyond is not read: more than anybody needs for rules, less than would hold us up."""

NO_RULES: Final = b""

_RECORD: Final = re.compile(
    rb"^[ \t]*(?:user[- ]?agents?|dis+al+ow|al+ow|crawl[- ]?delay|site-?map|host|request-rate|visit-time|noindex"
    rb"|content-signal)[ \t]*:",
    re.I | re.M,
)
_CODES: Final = ("ret", "code", "errCode", "errcode", "status")


class RulesUnknown(Exception):
    """An answer that tells no rules; the text says why."""


def rules_in(body: bytes) -> bytes:
    """The rules in the body of an answer that claims to hold them. Raises `RulesUnknown`."""
    text = body[:MOST_BYTES].removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")
    if _RECORD.search(text):
        return text
    lines = [line for line in map(bytes.strip, text.split(b"\n")) if line and not line.startswith(b"#")]
    if not lines:
        return NO_RULES
    if (code := _error_code(text)) is not None:
        return rules_by_status(code, NO_RULES)
    raise RulesUnknown(f"answered with something else than rules: {lines[0][:60].decode('utf-8', 'replace')!r}")


def rules_by_status(status: int, body: bytes) -> bytes:
    """The rules in an answer of this status, which is no redirect. Raises `RulesUnknown`."""
    if 200 <= status < 300:
        return rules_in(body)
    if 400 <= status < 500 and status != 429:
        return NO_RULES
    raise RulesUnknown(f"answered {status}")


def _error_code(text: bytes) -> int | None:
    """The status that an interface's error in place of a file names."""
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    found = [str(answer[key]) for key in _CODES if key in answer] if isinstance(answer, dict) else []
    return next((int(code) for code in found if re.fullmatch(r"[45]\d\d", code)), None)
