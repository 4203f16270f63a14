"""The hot ranking, paged by ``ids_hash`` and ``offset``."""

from __future__ import annotations

from hashlib import sha1

from tests.site.lists.errors import bad_parameters, comes_from_the_site
from tests.site.lists.item import flat_item
from tests.site.message import Reply, Request, json_reply
from tests.site.world import World, heat

STEP = 20
"""Ranks in an answer, however many were asked for."""


def hot_ranking(world: World, request: Request) -> Reply:
    """``GET /gw/event/hot_ranking_list``: the app's list."""
    return ranking_reply(world, request)


def pc_hot_ranking(world: World, request: Request) -> Reply:
    """``GET /gw/event/pc_hot_ranking_list``: its twin for the PC; wants a referer."""
    if not comes_from_the_site(request):
        return bad_parameters()
    return ranking_reply(world, request)


def ranking_reply(world: World, request: Request) -> Reply:
    query = request.query
    size, offset = query.get("page_size", str(STEP)), query.get("offset", "0")
    if not (size.isdecimal() and offset.isdecimal()):
        return bad_parameters()
    ids = world.ranking("news_news_ent" if query.get("rank_id") == "ent" else "")
    ids_hash = sha1("".join(ids).encode()).hexdigest()
    start, end = int(offset), int(offset) + min(int(size), STEP)
    if start and query.get("ids_hash") != ids_hash:
        return bad_parameters()
    ranked = [ranked_item(world, ids[place], place + 1) for place in range(start, min(end, len(ids)))]
    listed = [*([] if start else [placeholder()]), *ranked]
    part = {"ids_hash": ids_hash, "has_more": int(end < len(ids)), "newslist": listed}
    return json_reply({"ret": 0, "idlist": [part]})


def placeholder() -> dict[str, object]:
    """The first element: an explanation (560), no article."""
    return {
        "id": "TIP2022091400389800",
        "articletype": "560",
        "title": "腾讯新闻用户最关注的热点，每十分钟更新一次",
        "url": "https://view.inews.qq.com/a/TIP2022091400389800",
    }


def ranked_item(world: World, article_id: str, rank: int) -> dict[str, object]:
    story = world.story(article_id)
    event = {"id": story.id, "title": story.title, "ranking": rank, "hotScore": heat(story)}
    return flat_item(story) | {"hotEvent": event}
