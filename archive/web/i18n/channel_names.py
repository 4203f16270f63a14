"""Chinese names of the site's channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CHANNELS: Final[Mapping[str, str]] = {
    "antip": "抗疫",
    "astro": "星座",
    "auto": "汽车",
    "baby": "育儿",
    "comic": "动漫",
    "cul": "文化",
    "digi": "数码",
    "edu": "教育",
    "emotion": "情感",
    "ent": "娱乐",
    "esport": "电竞",
    "fashion": "时尚",
    "finance": "财经",
    "food": "美食",
    "games": "游戏",
    "health": "健康",
    "history": "历史",
    "house": "房产",
    "life": "生活",
    "mil": "军事",
    "milite": "军事",
    "nba": "NBA",
    "news": "要闻",
    "politics": "时政",
    "science": "科学",
    "society": "社会",
    "sports": "体育",
    "tech": "科技",
    "travel": "旅游",
    "world": "国际",
}
"""Channels by the site's own names; others are shown as they are."""
