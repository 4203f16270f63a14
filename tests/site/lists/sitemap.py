"""The sitemap of news.qq.com: an index, and files of ``/rain/a/`` addresses, those of removed articles too."""

from __future__ import annotations

import re

from tests.site.message import XML, Reply
from tests.site.world import World

FILE_SIZE = 1000
FIRST_NUMBER = 1_700_000_000
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
FILE = re.compile(r"/sitemap/sitemap_(\d{10})\.xml")


def sitemap(world: World, path: str) -> Reply:
    """The index, or the file that the path names; 404 for a file that is not there."""
    if path == "/sitemap/index.xml":
        return index(world)
    match = FILE.fullmatch(path)
    number = int(match[1]) - FIRST_NUMBER if match else -1
    ids = world.in_sitemap()[number * FILE_SIZE : (number + 1) * FILE_SIZE] if number >= 0 else ()
    return urls(world, ids) if ids else Reply(status=404)


def index(world: World) -> Reply:
    files = range(-(-len(world.in_sitemap()) // FILE_SIZE))
    address = "https://news.qq.com/sitemap/sitemap_{}.xml"
    entries = [f"<sitemap><loc>{address.format(FIRST_NUMBER + number)}</loc></sitemap>" for number in files]
    return xml("sitemapindex", entries)


def urls(world: World, ids: tuple[str, ...]) -> Reply:
    stories = (world.story(key) for key in ids)
    return xml(
        "urlset",
        [
            f"<url><loc>https://news.qq.com/rain/a/{story.id}</loc><lastmod>{story.published.isoformat()}</lastmod></url>"
            for story in stories
        ],
    )


def xml(root: str, entries: list[str]) -> Reply:
    inner = "\n".join(entries)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n{inner}\n</{root}>\n'
    return Reply(content_type=XML, body=text.encode())
