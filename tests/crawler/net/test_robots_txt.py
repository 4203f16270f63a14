"""What an answer for robots.txt means, before any request is judged by it."""

from __future__ import annotations

import pytest

from crawler.net.robots_txt import MOST_BYTES, NO_RULES, RulesUnknown, rules_by_status
from tests.site.pages import notices

RULES = b"User-agent: *\nDisallow: /rain/\n"


@pytest.mark.parametrize(
    "body",
    [
        RULES,
        b"\xef\xbb\xbf" + RULES,
        RULES.replace(b"\n", b"\r"),
        b"# \xc4\xe3\xba\xc3\n\n  disallow : /x\n",
        b"Sitemap: https://news.qq.com/sitemap/index.xml\n",
        b"\x00\xff garbage\n" + RULES,
        b"<!-- served by mistake -->\n" + RULES,
    ],
)
def test_what_holds_a_rule_is_rules(body: bytes) -> None:
    assert b":" in rules_by_status(200, body)


@pytest.mark.parametrize("body", [b"", b" \r\n\n", b"# nothing is forbidden here\n", b"\xef\xbb\xbf"])
def test_nothing_said_is_nothing_forbidden(body: bytes) -> None:
    assert rules_by_status(200, body) == NO_RULES


@pytest.mark.parametrize(
    "body",
    [
        bytes(range(256)) * 64,
        notices.captcha(),
        notices.unknown_layout(),
        notices.thin(),
        b"please come back later",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"true",
        b"[1, 2]",
        b'{"ret": 0, "data": []}',
        '{"code": 99998, "message": "系统繁忙"}'.encode(),
        b'{"ret": 429}',
        b'{"code": 503}',
    ],
)
def test_anything_else_is_no_permission(body: bytes) -> None:
    with pytest.raises(RulesUnknown):
        rules_by_status(200, body)


@pytest.mark.parametrize("body", ['{"ret":404,"msg":"参数错误"}'.encode(), b'{"code": "403"}', b' {"errcode": 410}\n'])
def test_an_interface_s_own_not_found_counts_as_the_status(body: bytes) -> None:
    assert rules_by_status(200, body) == NO_RULES


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_no_file_is_no_rule_whatever_its_page_says(status: int) -> None:
    assert rules_by_status(status, b"Disallow: /") == NO_RULES


@pytest.mark.parametrize("status", [429, 500, 501, 502, 503, 504, 567, 304])
def test_a_failure_is_no_permission_whatever_its_page_says(status: int) -> None:
    with pytest.raises(RulesUnknown, match=str(status)):
        rules_by_status(status, b"User-agent: *\nAllow: /\n")


def test_a_file_without_an_end_is_read_up_to_a_bound() -> None:
    assert len(rules_by_status(200, RULES + b"Disallow: /a\n" * MOST_BYTES)) == MOST_BYTES
