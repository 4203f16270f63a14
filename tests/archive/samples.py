"""Articles in our own words, and the moments at which they are seen."""

from datetime import UTC, datetime
from typing import Any

from archive.article.model import BEIJING, Article

PICTURE = "https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA"
NOON = datetime(2025, 2, 13, 4, 0, 0, tzinfo=UTC)
EVENING = datetime(2025, 2, 13, 12, 0, 0, tzinfo=UTC)

BODY = f"""　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片]({PICTURE}/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。"""


def an_article(number: int = 1, **facts: Any) -> Article:
    """An article; the number makes its id and its text its own."""
    stated: dict[str, Any] = {
        "id": f"20250212A{number:05d}00",
        "title": f"河边的第{number}个早晨",
        "summary": "春天的早晨，河边的柳树发了新芽。",
        "body": f"{BODY}\n\n第{number}天，天气晴。",
        "published_at": datetime(2025, 2, 12, 21, 13, 9, tzinfo=BEIJING),
        "published_raw": "2025-02-12 21:13:09",
        "author": "河边日报",
        "media": "河边日报",
        "media_id": "12345",
        "channel": "life",
        "keywords": ("河", "渔夫"),
        "thumbnail": f"{PICTURE}_640360/0",
        "layout": "rain",
        "provenance": {"title": ("DATA.title", f"河边的第{number}个早晨_新闻")},
    } | facts
    return Article(**{"url": f"https://new.qq.com/rain/a/{stated['id']}", **stated})
