"""Finding articles by a tag or by words."""

from __future__ import annotations

from tests.site.lists.errors import bad_parameters, comes_from_the_site
from tests.site.lists.item import flat_item
from tests.site.message import Reply, Request, json_reply
from tests.site.story import Story
from tests.site.world import World
from tests.site.writing import abstract

SEARCH_PAGE = 10
TAG_LIMIT = 30


def tag_page(world: World, request: Request) -> Reply:
    """``GET /web_backend/v2/getTagInfo?tagId=``: the newest articles of a tag, without further pages."""
    word = world.tags.get(request.query.get("tagId", ""))
    if word is None or not comes_from_the_site(request):
        return bad_parameters()
    articles = [tag_item(world.story(key)) for key in world.tagged(word)]
    tab = {"tabId": "article", "articleList": articles[:TAG_LIMIT]}
    data = {"name": word, "lead": f"关于{word}的报道", "tabs": [tab], "article_count": len(articles)}
    return json_reply({"code": 0, "message": "", "data": data})


def tag_item(story: Story) -> dict[str, object]:
    return {
        "id": story.id,
        "title": story.title,
        "desc": abstract(story),
        "publish_time": story.date,
        "link_info": {"url": story.url},
    }


def search(world: World, request: Request) -> Reply:
    """``POST /gw/pc_search/result`` (form): articles with every word of ``query``, ten a page."""
    form = request.form
    page = form.get("page", "0")
    if request.method != "POST" or not form.get("query") or not page.isdecimal() or not comes_from_the_site(request):
        return bad_parameters()
    found = world.matching(form["query"])
    start = int(page) * SEARCH_PAGE
    shown = found[start : start + SEARCH_PAGE]
    sections = [{"secType": 1, "newsList": [flat_item(world.story(key))]} for key in shown]
    return json_reply({"ret": 0, "secList": sections, "hasMore": int(start + SEARCH_PAGE < len(found))})
