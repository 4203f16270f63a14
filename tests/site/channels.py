"""The channels of 2026: id, short name, name to show."""

from __future__ import annotations

CHANNELS: dict[str, tuple[str, str]] = {
    "news_news_home": ("home", "首页"),
    "news_news_top": ("news", "要闻"),
    "news_news_bj": ("bj", "北京"),
    "news_news_tech": ("tech", "科技"),
    "news_news_finance": ("finance", "财经"),
    "news_news_fx": ("fx", "AI"),
    "news_news_qa": ("qa", "热问"),
    "news_news_edu": ("edu", "教育"),
    "news_news_world": ("world", "国际"),
    "news_news_mil": ("milite", "军事"),
    "news_news_ent": ("ent", "娱乐"),
    "news_news_sports": ("sports", "体育"),
    "news_news_nba": ("nba", "NBA"),
    "news_news_auto": ("auto", "汽车"),
    "news_news_house": ("house", "房产"),
    "news_news_antip": ("health", "健康"),
    "news_news_video": ("video", "视频"),
    "news_news_game": ("games", "游戏"),
    "news_news_digi": ("digi", "数码"),
    "news_news_nchupin": ("chupin", "眼界"),
    "news_news_football": ("football", "足球"),
    "news_news_kepu": ("kepu", "科学"),
    "news_news_esport": ("esport", "电竞"),
    "news_news_history": ("history", "历史"),
    "news_news_baby": ("baby", "育儿"),
    "news_news_lic": ("finance_licai", "理财"),
    "news_news_istock": ("finance_stock", "证券"),
    "news_news_weather": ("weather", "天气"),
}
FEEDS = tuple(channel for channel in CHANNELS if channel not in ("news_news_home", "news_news_top"))
"""The channels that an article can belong to; home and top show a choice from all of them."""


def short_name(channel: str) -> str:
    """The name a page uses for the channel (``catalog1``)."""
    return CHANNELS[channel][0]
