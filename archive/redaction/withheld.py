"""An answer of the site as it may be captured and read: without the articles that were taken down. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from archive.article.ids import blotted, ids_of_address
from archive.captures.warc import Capture, Headers
from archive.redaction.answers import cut, lists_articles

Wanted = Callable[[str], bool]


def withheld(capture: Capture, is_erased: Wanted) -> Capture | None:
    """The capture without erased articles, and with a note of how much was left out; None: it is about one of them.

    Of a list, the items about them are cut out. In another article's page their ids become zeros, and data about them
    are cut out; what its text says of them is its own.
    """
    asked = capture.facts.get("id", "")
    if is_erased(asked) or (not asked and any(map(is_erased, ids_of_address(capture.url)))):
        return None
    is_list = lists_articles(asked, capture.url)
    found = cut(capture.body, is_erased, capture.url, is_list=is_list, lines=True)
    if found.is_about:
        return None
    left = replace(
        capture,
        url=blotted(capture.url, is_erased),
        headers=_blotted(capture.headers, is_erased),
        body=found.body,
        request_headers=_blotted(capture.request_headers, is_erased),
        request_body=blotted(capture.request_body.decode("latin-1"), is_erased).encode("latin-1"),
        facts={name: blotted(value, is_erased) for name, value in capture.facts.items()},
    )
    if left == capture:
        return capture
    return replace(left, withheld=f"{found.items} items, {found.names} names of articles that were taken down")


def _blotted(headers: Headers, is_erased: Wanted) -> Headers:
    return tuple((name, blotted(value, is_erased)) for name, value in headers)
