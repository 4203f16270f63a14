"""The channel feed (``getPCList``) and the hot modules, which speak the same language."""

from __future__ import annotations

import orjson

from tests.site.channels import CHANNELS
from tests.site.lists.errors import comes_from_the_site, feed_error
from tests.site.lists.item import feed_item
from tests.site.message import Reply, Request, json_reply
from tests.site.world import World

CARD_SIZE = 3
HOT_MODULES = 40


def channel_feed(world: World, request: Request) -> Reply:
    """``POST /web_feed/getPCList``: one page of a channel, by ``flush_num``."""
    asked = feed_question(request)
    if isinstance(asked, Reply):
        return asked
    return feed_reply(world, list(world.in_channel(str(asked["channel_id"]))), asked)


def hot_modules(world: World, request: Request) -> Reply:
    """``POST /web_feed/getHotModuleList``: what the editors put in front."""
    asked = feed_question(request)
    if isinstance(asked, Reply):
        return asked
    return feed_reply(world, list(world.ranking()[:HOT_MODULES]), asked)


def feed_question(request: Request) -> dict[str, object] | Reply:
    """The JSON body of a sound question, or the refusal of another."""
    if request.method != "POST" or not comes_from_the_site(request):
        return feed_error("request forbidden")
    try:
        asked = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return feed_error("invalid body")
    if not isinstance(asked, dict) or asked.get("channel_id") not in CHANNELS:
        return feed_error("channel not found")
    return asked


def feed_reply(world: World, ids: list[str], asked: dict[str, object]) -> Reply:
    size = max(1, min(int(str(asked.get("item_count", 12))), 50))
    number = max(1, int(str(asked.get("flush_num", 1))))
    last = max(1, -(-len(ids) // size))
    # Some channels go on repeating their last page, others run dry: both are how a reader reaches the end.
    if number > last and list(CHANNELS).index(str(asked["channel_id"])) % 2:
        number = last
    page = [world.story(key) for key in ids[(number - 1) * size : number * size]]
    if number == 1:
        carded, rest = page[:CARD_SIZE], page[CARD_SIZE:]
        items = [card(world, [story.id for story in carded])] if carded else []
        items += [feed_item(story) for story in rest]
        items.append(tag_entry(world))
    else:
        items = [feed_item(story) for story in page]
    return json_reply(envelope(items))


def card(world: World, ids: list[str]) -> dict[str, object]:
    """The aggregate card (525): its own id is that of the first article inside."""
    items = [feed_item(world.story(key), in_card=True) for key in ids]
    return {"id": ids[0], "articletype": "525", "title": "热点精选", "pic_style": 31, "sub_item": items}


def tag_entry(world: World) -> dict[str, object]:
    """An entry that is no article (123): it leads to a tag page."""
    tag, word = next(iter(world.tags.items()))
    address = f"https://news.qq.com/tag/{tag}"
    return {
        "id": f"TAG{tag[:8]}",
        "articletype": "123",
        "title": word,
        "pic_style": 0,
        "link_info": {"url": address},
    }


def envelope(items: list[dict[str, object]]) -> dict[str, object]:
    return {
        "data": items,
        "ad_list": "",
        "trace_id": "",
        "fixed_nums": 0,
        "is_deleted": 0,
        "code": 0,
        "message": "",
        "timestamp": "",
        "hot_list": None,
        "plugin_audio": None,
        "native_ad_data": None,
    }
