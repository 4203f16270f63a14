"""Special topics: a page that loads its list by script, and the interface that gives it."""

from __future__ import annotations

from tests.site.message import Reply, Request, html_reply, json_reply
from tests.site.world import World

FIRST = "20260801T0AAAA00"
SECOND = "20260801T0BBBB00"
"""Ids of two topics; each names the other among its articles."""


def page() -> Reply:
    """``/zt/template/?id=…``: nothing but a mounting point."""
    return html_reply(
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>专题_腾讯新闻</title></head><body>'
        '<div id="app"></div><script src="//mat1.gtimg.com/pingjs/zt/template.js"></script></body></html>'.encode()
    )


def members(world: World, topic: str) -> tuple[str, ...]:
    """Ids of the articles that a topic lists, the other topic left out."""
    return world.of_layout("v2")[:3] if topic == FIRST else world.of_layout("v2")[3:5]


def listed(world: World, request: Request) -> Reply:
    """``getQQNewsSpecialListItems``."""
    topic = request.query.get("id", "")
    if topic not in (FIRST, SECOND):
        return Reply(status=404)
    other = SECOND if topic == FIRST else FIRST
    articles = [{"id": key, "title": world.story(key).title} for key in members(world, topic)]
    return json_reply(
        {
            "ret": 0,
            "title": f"专题：{'河的上游' if topic == FIRST else '河的下游'}",
            "intro": "从源头到入海口，一路上的人和事。",
            "pub_time": "2026-08-01 09:00:00",
            "idlist": [
                {"section": "沿途", "newslist": articles},
                {"section": "另见", "newslist": [{"id": other, "title": "另一个专题", "articletype": "100"}]},
            ],
        }
    )
