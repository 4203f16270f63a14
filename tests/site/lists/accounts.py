"""Media accounts: who they are, and what they published, paged by an opaque ``offset_info``."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from tests.site.lists.errors import bad_parameters, comes_from_the_site
from tests.site.lists.item import flat_item
from tests.site.message import Reply, Request, json_reply
from tests.site.story import Account
from tests.site.world import World

PAGE_SIZE = 20
TABS = ("om_index", "om_article", "om_video")


def home_page(world: World, request: Request) -> Reply:
    """``GET /i/getUserHomepageInfo``: by ``chlid`` or ``guestSuid``."""
    account = asked_account(world, request)
    if account is None:
        return bad_parameters()
    shown = {
        "nick": account.name,
        "user_desc": account.motto,
        "chlid": account.chlid,
        "suid": account.suid,
        "head_url": account.icon,
        "shareImg": account.icon,
    }
    return json_reply({"ret": 0, "userinfo": shown})


def published(world: World, request: Request) -> Reply:
    """``GET /getSubNewsMixedList``: at most twenty items a page, the newest first."""
    account = asked_account(world, request)
    tab = request.query.get("tabId", "om_index")
    start = read_offset(request.query.get("offset_info", ""))
    if account is None or tab not in TABS or start is None:
        return bad_parameters()
    stories = [world.story(key) for key in world.of_account(account)]
    if tab != "om_index":
        stories = [story for story in stories if (story.layout == "video") == (tab == "om_video")]
    end = start + PAGE_SIZE
    return json_reply(
        {
            "ret": 0,
            "newslist": [flat_item(story) for story in stories[start:end]],
            "hasNext": int(end < len(stories)),
            "offsetInfo": write_offset(end),
        }
    )


def asked_account(world: World, request: Request) -> Account | None:
    """The account that the query names; None for an unknown one, or where the referer is missing."""
    if not comes_from_the_site(request):
        return None
    wanted = {request.query.get("guestSuid"), request.query.get("chlid")}
    return next((account for account in world.accounts if {account.suid, account.chlid} & wanted), None)


def write_offset(place: int) -> str:
    return urlsafe_b64encode(f"offset:{place}".encode()).decode()


def read_offset(text: str) -> int | None:
    """The place that an ``offset_info`` stands for; None for one that we never gave."""
    if not text:
        return 0
    try:
        name, _, place = urlsafe_b64decode(text).decode().partition(":")
    except ValueError:
        return None
    return int(place) if name == "offset" and place.isdecimal() else None
