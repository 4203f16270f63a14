"""The ways a person goes, in a real browser, over an archive that was crawled from the loopback site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from archive.article.model import BEIJING
from archive.runs.due_times import DueTimes
from archive.store import Archive
from tests.archive.samples import an_article
from tests.archive.web.client import get
from tests.archive.web.serving import CHROMIUM, Served, browsing, serving
from tests.archive.web.world import Past, crawled, ranked
from tests.site.site import Site

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

ACTS = "window.acted = (window.acted || 0) + 1"
HOSTILE = f"""<script>{ACTS}</script><img src=x onerror="{ACTS}"><svg onload="{ACTS}"></svg>

[链接](javascript:{ACTS}) <a href="javascript:{ACTS}" onclick="{ACTS}">x</a> <iframe srcdoc="<script>{ACTS}</script>">

\u202e反写的文字\u2066 "onmouseover="{ACTS}

|{"很宽的一格|" * 60}
|{"---|" * 60}
|{"格|" * 60}"""
HOSTILE_ID = an_article(77).id
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}


@dataclass
class World:
    served: Served
    past: Past
    data: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("browser") / "data"
    with Site(seed=7, articles=24, now=datetime.now(BEIJING).isoformat(timespec="seconds")) as site:
        past = crawled(data, site)
    ranked(data)
    with Archive.existing(data) as archive:
        archive.keep(an_article(77, title=HOSTILE[:200], body=HOSTILE, author=ACTS), seen_at=datetime.now(UTC))
        ledger = DueTimes(archive)
        ledger.watch("hot", "*/10 * * * * Asia/Shanghai", datetime.now(UTC))
        ledger.end_run(ledger.start_run("hot", None, datetime.now(UTC)), "blocked", 12, {}, datetime.now(UTC))
    with serving(data) as served:
        yield World(served, past, data)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@dataclass
class Visit:
    """A page and everything that it complained of or asked of others."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@contextmanager
def visiting(world: World, browser: Browser, **options: str | bool | dict[str, int]) -> Iterator[Visit]:
    """A visitor with nothing remembered. Pictures of other sites are asked of nobody."""
    context = browser.new_context(**{"locale": "zh-CN", "base_url": world.served.address, **options})  # type: ignore[arg-type]
    page = context.new_page()
    visit = Visit(page)
    page.on("console", lambda message: visit.complaints.append(message.text))
    page.on("dialog", lambda dialog: visit.complaints.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))

    def stop(route):  # type: ignore[no-untyped-def]
        visit.foreign.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith(world.served.address), stop)
    yield visit
    context.close()


def title_of(world: World, article_id: str) -> str:
    with Archive.existing(world.data) as archive:
        return archive.article(article_id).article.title


def test_an_article_is_found_by_search_and_by_browsing(world: World, browser: Browser) -> None:
    title = title_of(world, world.past.written)
    with visiting(world, browser) as visit:
        page = visit.page
        page.goto("/")
        page.get_by_label("搜索文章，或输入文章地址").fill(f'"{title[:6]}"')
        page.keyboard.press("Enter")
        assert page.locator("mark").first.inner_text() in title
        page.get_by_role("link", name=title, exact=True).first.click()
        assert page.locator("h1").inner_text() == title
        page.goto("/")
        page.get_by_role("navigation", name="主菜单").get_by_role("link", name="频道").click()
        page.locator("main table th a").first.click()
        assert page.locator("article.entry").count() >= 1
        page.locator("article.entry .headline a").first.click()
        assert page.locator(".text p, .text figure").count() >= 1
        page.goto(f"/search?q={quote(f'https://view.inews.qq.com/a/{world.past.written}')}")
        assert page.url.endswith(f"/article/{world.past.written}")
        assert (visit.complaints, visit.foreign) == ([], [])


def test_what_changed_is_seen_side_by_side(world: World, browser: Browser) -> None:
    with visiting(world, browser) as visit:
        page = visit.page
        page.goto("/edits")
        page.locator(f'a[href^="/article/{world.past.titled}/changes"]').first.click()
        new = title_of(world, world.past.titled)
        removed, added = page.locator("del").all_inner_texts(), page.locator("ins").all_inner_texts()
        assert removed
        assert all(piece in new for piece in added)
        assert added
        page.goto(f"/article/{world.past.written}")
        page.get_by_role("link", name="看看改了什么").click()
        assert "更新：" in "".join(page.locator("ins").all_inner_texts())
        assert visit.complaints == []


def test_what_is_broken_and_what_was_removed_is_seen(world: World, browser: Browser) -> None:
    with visiting(world, browser, locale="en-GB") as visit:
        page = visit.page
        page.goto("/status")
        assert (
            "The last run of hot ended with code 12 (blocked: the site refused us)."
            in page.locator(".troubles").inner_text()
        )
        page.get_by_role("link", name="Removals", exact=True).click()
        page.get_by_role("link", name=title_of(world, world.past.removed)).click()
        assert "The site has removed this article" in page.get_by_role("note").first.inner_text()
        assert page.locator(".text").inner_text().strip()
        assert visit.complaints == []


def test_a_feed_is_found_and_subscribed_to(world: World, browser: Browser) -> None:
    with visiting(world, browser) as visit:
        visit.page.goto("/")
        links = visit.page.locator('link[rel="alternate"][type="application/atom+xml"]')
        paths = [links.nth(place).get_attribute("href") or "" for place in range(links.count())]
    assert len(paths) == 3
    for path in paths:
        found = feedparser.parse(get(world.served.address, path).text)
        assert not found.bozo
        assert found.entries
    removed = feedparser.parse(get(world.served.address, "/feeds/removals.atom").text)
    assert [entry.link for entry in removed.entries] == [f"{world.served.address}article/{world.past.removed}"]


def test_the_ranking_is_a_picture_and_a_table_that_say_the_same(world: World, browser: Browser) -> None:
    with visiting(world, browser) as visit:
        visit.page.goto("/hot")
        numbers = visit.page.locator("svg .line text").all_text_contents()
        keys = visit.page.locator("table .key").all_inner_texts()
        assert sorted(numbers) == sorted(keys)
        assert len(keys) >= 5
        assert visit.page.get_by_role("img", name=re.compile("热榜排名变化图")).count() == 1


def test_pictures_are_shown_from_the_archive_and_nobody_else_is_asked(world: World, browser: Browser) -> None:
    with Archive.existing(world.data) as archive:
        shown = next(it.article.id for it in archive.articles() if "![" in it.article.body)
    with visiting(world, browser) as visit:
        visit.page.goto(f"/article/{shown}")
        images = visit.page.locator(".text img")
        for place in range(images.count()):
            images.nth(place).scroll_into_view_if_needed()
            assert images.nth(place).evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        assert "张来自本存档的副本" in visit.page.locator(".pictures").inner_text()
        assert (visit.complaints, visit.foreign) == ([], [])


def test_a_hostile_article_does_nothing(world: World, browser: Browser) -> None:
    with visiting(world, browser) as visit:
        page = visit.page
        for path in (f"/article/{HOSTILE_ID}", "/?channel=life", f"/search?q={quote('反写')}", "/edits"):
            page.goto(path)
            for link in page.locator("main a").all()[:40]:
                assert re.match(r"https?://|/|#|\?", link.get_attribute("href") or "")
            page.mouse.move(300, 300)
            assert page.evaluate("window.acted") is None
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.complaints == []
        page.goto(f"/article/{HOSTILE_ID}")
        assert "反写的文字" in page.locator(".text").inner_text()
        assert page.locator(".source a").bounding_box()["x"] < 400  # type: ignore[index]


def test_all_can_be_done_by_keyboard(world: World, browser: Browser) -> None:
    with visiting(world, browser) as visit:
        page = visit.page
        page.goto("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
        page.keyboard.press("Enter")
        for _ in range(30):
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            if page.evaluate("document.activeElement.matches('article.entry .headline a')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/article/*")
        assert page.locator("article.story").count() == 1


PATHS = ["/", "/channels", "/hot", "/search?q=" + quote("的"), "/edits", "/removals", "/status", "/archive"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_no_barriers(world: World, browser: Browser, locale: str, scheme: str) -> None:
    """axe finds nothing, whatever the language and the colours; half of the pages with each."""
    article = f"/article/{world.past.titled}"
    paths = [*PATHS, article, f"{article}/changes", f"/article/{HOSTILE_ID}", "/search?q=(", "/archive?sql=select+1"]
    half = paths[::2] if (locale == "zh-CN") == (scheme == "light") else paths[1::2]
    with visiting(world, browser, locale=locale, color_scheme=scheme, bypass_csp=True) as visit:
        for path in half:
            visit.page.goto(path)
            found = Axe().run(visit.page, options=AXE).response["violations"]
            serious = [
                (each["id"], [node["html"][:120] for node in each["nodes"][:3]])
                for each in found
                if each["impact"] in ("serious", "critical", "moderate")
            ]
            assert serious == [], path


def test_a_phone_shows_every_page_without_moving_it_sideways(world: World, browser: Browser) -> None:
    with visiting(world, browser, viewport={"width": 360, "height": 740}) as visit:
        article = f"/article/{world.past.titled}"
        for path in (*PATHS, article, f"{article}/changes", f"{article}/alike", f"/article/{HOSTILE_ID}"):
            visit.page.goto(path)
            assert visit.page.evaluate("document.documentElement.scrollWidth") == 360, path
        assert visit.complaints == []


def test_the_language_can_be_changed_and_stays(world: World, browser: Browser) -> None:
    with visiting(world, browser) as visit:
        page = visit.page
        page.goto("/?channel=life")
        page.get_by_role("link", name="English").click()
        assert "channel=life" in page.url
        page.get_by_role("link", name="Status").click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("h1").inner_text().startswith("Status")
