"""Which address gives what: a function from a request to a reply, host by host."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from urllib.parse import quote

from tests.site.channels import CHANNELS
from tests.site.lists import accounts, feed, finding, hot
from tests.site.lists.sitemap import sitemap
from tests.site.message import TEXT, Reply, Request, html_reply, redirect
from tests.site.pages import notices, page, simple_news, topic, wechat
from tests.site.pictures import picture
from tests.site.story import SITES, Story
from tests.site.world import World

ARTICLE_ID = re.compile(r"(?<=/)(?:[A-Z]{3})?20\d{6}[0-9A-Z]{6,8}(?=[./]|$)")
CLASSIC = re.compile(r"/+a/(\d{8})/(\d{6})\.htm")
ROBOTS = "User-agent: *\nDisallow: /search/\nDisallow: /preview/\nSitemap: https://news.qq.com/sitemap/index.xml\n"

PICTURE_HOSTS = ("inews.gtimg.com", "img1.gtimg.com", "puui.qpic.cn", "mat1.gtimg.com")
ARTICLE_HOSTS = ("new.qq.com", "news.qq.com", "view.inews.qq.com", "inews.qq.com")
MOBILE_HOSTS = ("xw.qq.com", "kuaibao.qq.com")
INTERFACES: dict[str, Callable[[World, Request], Reply]] = {
    "/web_feed/getPCList": feed.channel_feed,
    "/web_feed/getHotModuleList": feed.hot_modules,
    "/gw/event/hot_ranking_list": hot.hot_ranking,
    "/gw/event/pc_hot_ranking_list": hot.pc_hot_ranking,
    "/i/getUserHomepageInfo": accounts.home_page,
    "/getSubNewsMixedList": accounts.published,
    "/web_backend/v2/getTagInfo": finding.tag_page,
    "/gw/pc_search/result": finding.search,
    "/getQQNewsSpecialListItems": topic.listed,
    "/getSimpleNews": simple_news.answer,
}
INTERFACE_HOSTS = ("i.news.qq.com", "r.inews.qq.com", "openapi.inews.qq.com")

FRONT_PAGE = 30
"""Articles on a channel's page."""
CACHE_BYTES = 32_000_000
TYPICAL_PAGE = 20_000


class Routes:
    """Answers every request to the site's hosts, from the world as it is at that moment."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.robots: dict[str, str] = {}
        """What single hosts say in robots.txt instead of the usual."""
        style_bytes = world.plan.style_bytes
        size = CACHE_BYTES // (TYPICAL_PAGE + 2 * style_bytes)
        self._page = lru_cache(maxsize=size)(lambda story: article_reply(story, style_bytes))
        hosts: dict[str, Callable[[Request], Reply]] = {"www.qq.com": self.portal}
        hosts |= dict.fromkeys((f"{site}.qq.com" for site in SITES), self.classic)
        hosts |= dict.fromkeys(ARTICLE_HOSTS, self.article)
        hosts |= dict.fromkeys(MOBILE_HOSTS, self.mobile)
        hosts |= dict.fromkeys(INTERFACE_HOSTS, self.interface)
        hosts |= dict.fromkeys(PICTURE_HOSTS, self.picture)
        hosts[wechat.HOST] = lambda request: wechat.answer(self.world, request)
        hosts[wechat.SOUND_HOST] = wechat.sound
        self._hosts = hosts

    def knows(self, host: str) -> bool:
        return host in self._hosts

    def answer(self, request: Request) -> Reply:
        """The site's own answer, or a stranger's page for a host that is not the site's."""
        if not self.knows(request.host):
            return stranger(request)
        if request.resource == "/robots.txt":
            date = (("Date", formatdate(usegmt=True)),)  # Elsewhere nobody reads it.
            return Reply(content_type=TEXT, headers=date, body=self.robots.get(request.host, ROBOTS).encode())
        return self._hosts[request.host](request)

    def article(self, request: Request) -> Reply:
        """``/rain/a/``, ``/omn/``, ``/cmsn/``, ``/a/``, ``/k/``: the article whose id is in the path."""
        path = request.resource
        if path.startswith("/sitemap/") and request.host == "news.qq.com":
            return sitemap(self.world, path)
        if path.startswith("/ch/"):
            return self.front_page(path.removeprefix("/ch/").strip("/"))
        if path.startswith("/zt/template"):
            return topic.page()
        if path == "/notfound.htm":
            return html_reply(notices.not_found())
        if CLASSIC.fullmatch(path):
            return self.classic(request)
        match = ARTICLE_ID.search(path)
        if match is None:
            return html_reply(notices.not_found(), 404)
        if path.startswith(("/omn/", "/cmsn/")) and not path.endswith(".html"):
            return html_reply(notices.shell())
        story = self.world.find(full_id(match[0]))
        if (
            story
            and story.modern
            and story.index % 3 == 0
            and path.startswith("/rain/")
            and request.host == "new.qq.com"
        ):
            return redirect(f"{request.scheme}://news.qq.com{request.path}", 301)
        return self.page(story, request)

    def front_page(self, short: str) -> Reply:
        """``/ch/<name>``: a channel's page, for those who read links."""
        channel = next((key for key, (name, _) in CHANNELS.items() if name == short), None)
        if channel is None:
            return html_reply(notices.not_found(), 404)
        stories = map(self.world.story, self.world.in_channel(channel)[:FRONT_PAGE])
        return html_reply(notices.front_page(CHANNELS[channel][1], stories))

    def classic(self, request: Request) -> Reply:
        """``/a/YYYYMMDD/NNNNNN.htm`` on the site hosts."""
        match = CLASSIC.fullmatch(request.resource)
        if match is None:
            return html_reply(notices.not_found(), 404)
        site = request.host.partition(".")[0]
        return self.page(self.world.find(f"{site}-{match[1]}-{match[2]}"), request)

    def page(self, story: Story | None, request: Request) -> Reply:
        """The article's page, or the way in which the site says that there is none."""
        if story is None:
            return redirect(notices.GONE)
        farewell = self.world.farewells.get(story.id)
        if farewell == "babygohome":
            return redirect(notices.GONE)
        if farewell == "notfound":
            return redirect(f"{notices.NOT_FOUND}?uri={quote(request.url, safe='')}")
        reply = self._page(self.world.standing_for(story))
        return replace(reply, body=notices.marked_deleted(reply.body)) if farewell else reply

    def mobile(self, request: Request) -> Reply:
        """The phone's addresses lead to the PC page; what is not there, to the phone's own 404."""
        path = request.resource
        if path == "/404.html":
            return html_reply(notices.not_found())
        ids = ARTICLE_ID.findall(path)
        if not ids or self.world.find(full_id(ids[-1])) is None:
            return redirect("https://xw.qq.com/404.html")
        return redirect(f"https://new.qq.com/rain/a/{full_id(ids[-1])}")

    def interface(self, request: Request) -> Reply:
        answer = INTERFACES.get(request.resource)
        return Reply(status=404) if answer is None else answer(self.world, request)

    def picture(self, request: Request) -> Reply:
        content_type, body = picture(request.host + request.path)
        return Reply(content_type=content_type, body=body)

    def portal(self, request: Request) -> Reply:
        if request.path.startswith("/babygohome/"):
            return html_reply(notices.babygohome())
        return html_reply(notices.notice("腾讯网", "腾讯网首页"))


def full_id(found: str) -> str:
    """The id in its longest form: a 14-character one gets its ``00``."""
    return found + "00" if len(found) == 14 else found


def article_reply(story: Story, style_bytes: int) -> Reply:
    charset = "GB2312" if story.layout == "classic" else "utf-8"
    return Reply(content_type=f"text/html; charset={charset}", body=page(story, style_bytes))


def stranger(request: Request) -> Reply:
    """What any other host answers: a tunnel is refused; a plain page is a bait that must never be kept."""
    if request.method == "CONNECT":
        return Reply(status=502, content_type=TEXT, body=b"no such host\n")
    return html_reply(notices.notice("别处的页面", "这一页不属于腾讯新闻。"))
