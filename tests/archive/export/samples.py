"""A small archive with everything in it that an export may meet, in our own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from archive.article.model import BEIJING, Article
from archive.store import Archive
from tests.archive.samples import PICTURE, an_article

START = datetime(2025, 1, 28, 0, 30, tzinfo=BEIJING)
SEEN = datetime(2025, 3, 1, 4, 0, tzinfo=UTC)
CHANNELS = ("tech", "life", "finance")
NASTY = "引号\"逗号,换行\r\n单\r制表\t竖线| {{< x >}} <b> \u2028 😀 \\ '; --"
BODY = NASTY.replace("{{<", "{{\\<")
"""As a body holds it: what Hugo would take for its own is escaped there."""


def a_text(number: int) -> str:
    """Two hundred signs that resemble those of no other number."""
    drawn = Random(number)
    paragraphs = ["".join(drawn.choice(_SIGNS) for _ in range(100)) + "。" for _ in range(2)]
    return f"{paragraphs[0]}\n\n![图片]({PICTURE}{number:04}/641)\n\n{paragraphs[1]}"


_SIGNS = "".join(map(chr, range(0x4E00, 0x5E00)))


def articles(count: int = 40) -> list[Article]:
    """So many articles over some months and channels; one without a date, one with nasty signs, two alike, two
    nearly."""
    made = [
        an_article(
            number,
            published_at=START + timedelta(days=number, minutes=number),
            channel=CHANNELS[number % 3],
            media=f"第{number % 4}日报",
            media_id=str(number % 4),
            author=f"记者{number % 5}",
            body=a_text(number),
        )
        for number in range(count)
    ]
    made[3] = replace(made[3], published_at=None, published_raw="")
    made[5] = replace(made[5], title=NASTY, body=f"{BODY}\n\n{made[5].body}", keywords=('逗,号"', "二"))
    made[8] = replace(made[7], id=made[8].id, url=made[8].url, published_at=made[8].published_at)
    made[14] = replace(made[14], body=made[13].body.replace("。", "。河水很凉。", 1))
    return made


def filled(data: Path, count: int = 40) -> Archive:
    """An archive of these articles, two of them edited since."""
    archive = Archive.open(data)
    made = articles(count)
    with archive.transaction():
        for number, article in enumerate(made):
            archive.keep(article, seen_at=SEEN, source="hot" if number % 2 else "channel:tech", rank=number)
    later = SEEN + timedelta(hours=5)
    for number in (10, 11):
        archive.keep(replace(made[number], body=made[number].body + "\n\n又下起了雨，河水涨到三米。"), seen_at=later)
    return archive
