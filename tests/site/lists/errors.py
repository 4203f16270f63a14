"""How the site's interfaces refuse a request: always with status 200 and an error in the JSON."""

from __future__ import annotations

from tests.site.message import Reply, Request, json_reply


def bad_parameters() -> Reply:
    return json_reply({"ret": 404, "msg": "参数错误"})


def feed_error(message: str) -> Reply:
    return json_reply({"code": 99998, "message": message, "data": None})


def comes_from_the_site(request: Request) -> bool:
    """Whether the request names a page of the site as its referer; the interfaces want one."""
    return "qq.com" in request.headers.get("referer", "")
