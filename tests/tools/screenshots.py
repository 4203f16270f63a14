"""``make screenshots``: pictures of the web page for the docs, of generated articles only."""

from __future__ import annotations

import struct
import sys
import tempfile
import zlib
from datetime import UTC, datetime
from io import BytesIO
from math import sin
from pathlib import Path
from random import Random

from PIL import Image
from playwright.sync_api import Browser

from archive.article.model import BEIJING
from archive.media.picture_copies import keep_picture, pictures_of
from archive.store import Archive
from tests.archive.web.serving import CHROMIUM, browsing, serving
from tests.archive.web.world import Past, crawled, ranked
from tests.site.pictures import png_chunk
from tests.site.site import ROOT, Site

FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 150_000
"""Bytes of a picture."""
DESKTOP, PHONE = {"width": 1120, "height": 760}, {"width": 390, "height": 760}


def main() -> None:
    if CHROMIUM is None:
        sys.exit("there is no chromium on this machine")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with Site(seed=7, articles=36, now=datetime.now(BEIJING).isoformat(timespec="seconds")) as site:
            past = crawled(data, site, media=False)
        ranked(data)
        illustrated(data)
        with serving(data) as served, browsing() as browser:
            for name, path, facts in views(data, past):
                take(browser, served.address, name, path, facts)


def views(data: Path, past: Past) -> list[tuple[str, str, dict[str, object]]]:
    """Name, path, and how it is looked at."""
    with Archive.existing(data) as archive:
        article = max(
            (it.article for it in archive.articles()), key=lambda it: (it.body[:600].count("!["), len(it.body))
        )
    return [
        ("newest", "/", {"viewport": DESKTOP}),
        ("newest-phone", "/", {"viewport": PHONE, "color_scheme": "dark"}),
        ("article", f"/article/{article.id}", {"viewport": DESKTOP, "color_scheme": "dark"}),
        ("article-phone", f"/article/{article.id}", {"viewport": PHONE}),
        ("changes", f"/article/{past.written}/changes", {"viewport": DESKTOP}),
        ("hot", "/hot", {"viewport": DESKTOP, "locale": "en-GB"}),
        ("status", "/status", {"viewport": DESKTOP, "color_scheme": "dark", "locale": "en-GB"}),
    ]


def take(browser: Browser, address: str, name: str, path: str, facts: dict[str, object]) -> None:
    """One picture; the longer it is, the more it weighs."""
    context = browser.new_context(**{"locale": "zh-CN", "base_url": address, **facts})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(path)
    page.wait_for_load_state("networkidle")
    target = FOLDER / f"{name}.png"
    drawn = Image.open(BytesIO(page.screenshot()))
    drawn.convert("RGB").quantize(96, dither=Image.Dither.NONE).save(target, optimize=True)
    context.close()
    size = target.stat().st_size
    print(f"{target.relative_to(ROOT)}  {size / 1000:.0f} kB")
    if size > LARGEST:
        sys.exit(f"{target} is larger than {LARGEST} bytes")


def illustrated(data: Path) -> None:
    """Put hills under a sky in the place of the site's grey squares."""
    with Archive.existing(data) as archive:
        for archived in list(archive.articles()):
            for number, url in enumerate(pictures_of(archived.article)):
                drawn = hills(Random(f"{archived.article.id}/{number}"))
                keep_picture(archive, url, archived.article.id, drawn, datetime.now(UTC))


def hills(chance: Random, width: int = 480, height: int = 300) -> bytes:
    """A PNG of three rows of hills; few colours, so that it packs well."""
    sky, tint = chance.choice(((214, 224, 226), (232, 222, 204), (205, 214, 228))), chance.uniform(0, 3)
    palette = [sky] + [
        tuple(int(part * shade) for part in (150 + 30 * sin(tint), 165, 150 - 20 * sin(tint)))
        for shade in (1, 0.75, 0.5)
    ]
    waves = [(chance.uniform(20, 60), chance.uniform(60, 160), chance.uniform(0, 6)) for _ in range(3)]
    lines = [
        [height * (0.45 + 0.17 * row) - high * sin(x / long + start) / 2 for x in range(width)]
        for row, (high, long, start) in enumerate(waves)
    ]
    rows = b"".join(b"\x00" + bytes(sum(line[x] < y for line in lines) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(colour) for colour in palette)
    parts = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts) + png_chunk(b"IEND", b"")


if __name__ == "__main__":
    main()
