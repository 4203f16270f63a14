"""The server-rendered page of 2024 on (``/rain/a/<ID>``): ``window.DATA``, and the same text in the body."""

from __future__ import annotations

from html import escape

import orjson

from tests.site.blocks import Clip
from tests.site.channels import CHANNELS, short_name
from tests.site.pages.rich import Rich, rendered, rendered_v1, v1, v2
from tests.site.pages.skeleton import attribute, fill
from tests.site.story import Story
from tests.site.writing import abstract, write

WRAP = "comps-contentify-wrap comps-contentify-pc-wrap"

NAVIGATION = orjson.dumps(
    {
        "channelConfig": {
            "channelNav": [
                {
                    "_auto_id": str(number),
                    "channel_id": channel,
                    "is_local": "0",
                    "link": "",
                    "name_cn": name,
                    "name_en": short,
                }
                for number, (channel, (short, name)) in enumerate(CHANNELS.items(), 1)
            ]
        }
    }
)


def page(story: Story, style_bytes: int) -> bytes:
    rich = Rich(story)
    text, body = content(rich, style_bytes)
    description = abstract(story)
    return fill(
        "rain",
        title=attribute(story.title),
        keywords=attribute(",".join(story.keywords)),
        description=attribute(description),
        id=story.id,
        cover=story.cover,
        media=story.account.name,
        published=story.date,
        minute=story.date[:16],
        channel=short_name(story.channel),
        city=story.city,
        suid=story.account.suid,
        icon=story.account.icon,
        heading=escape(story.title, quote=False),
        question=f"{story.keywords[0]}为什么受到关注？",
        data=script_json(data(story, rich, text)),
        navigation=NAVIGATION,
        body=body,
    )


def content(rich: Rich, style_bytes: int) -> tuple[dict[str, object] | None, str]:
    """``originContent`` (none where the layout has none) and the HTML of ``#article-content``."""
    blocks = write(rich.story)
    if rich.story.layout in ("v1", "video"):
        text = v1(rich, blocks)
        body = f'<div class="{WRAP}">{rendered_v1(text, rich.attributes)}</div>'
        return {"directory": {"ai_list": [], "enable": 0}, "text": text, "version": "v1"}, body
    text = v2(rich, blocks, style_bytes)
    body = f'<div class="{WRAP} comps-contentify-arbitrary-wrap">{rendered(text, rich.attributes)}</div>'
    if rich.story.layout == "dom":
        return None, body
    return {"directory": {"ai_list": [], "enable": 1}, "text": text, "version": "v2"}, body


def data(story: Story, rich: Rich, text: dict[str, object] | None) -> dict[str, object]:
    """``window.DATA``, its keys in the order of the live page."""
    summary = abstract(story)
    channel = short_name(story.channel)
    kind = "4" if story.layout == "video" else "0"
    own = {} if text is None else {"originContent": text, "originAttribute": rich.attributes}
    return {
        "url": f"https://view.inews.qq.com/a/{story.id}",
        "article_id": story.id,
        "atype": kind,
        "article_type": kind,
        "title": story.title,
        "desc": summary,
        "iNewsRecommendLevel": 1,
        "abstract": summary,
        "catalog1": channel,
        "ad_channel_sign": channel,
        "introduction": "",
        "media": story.account.name,
        "media_id": story.account.chlid,
        "pubtime": story.date,
        "comment_id": story.comment_id,
        "political": 0,
        "cmsId": story.id,
        "cms_id": story.id,
        "closeAllAd": 0,
        "closeAllFavorite": False,
        **own,
        **data_tail(story),
        "videoArr": [video(block) for block in write(story) if isinstance(block, Clip)],
    }


def data_tail(story: Story) -> dict[str, object]:
    """The keys after the text: who, where, counters, and switches that say nothing of the article."""
    return {
        "selfDeclare": {"declare": "", "id": 0},
        "userAddress": story.city,
        "card": card(story),
        "interationCount": {"like": story.noise, "collect": 0, "share": 4 + 7 * story.noise},
        "payment_info": {},
        "article_is_pay": False,
        "payment_column_info_v1": {
            "is_column_pay": False,
            "read_count_all": 0,
            "is_column_article_pay": False,
        },
        "tag_info_item": {},
        "contentWordsNum": len(abstract(story)),
        "extra_property": {"FeedbackDetailDisableInsert": 0, "zanSkinType": ""},
        "relateWelfare": {},
        "aiSwitch": True,
        "final_declarations": [],
        "wechat_atype": 0,
        "aiFirstQuestion": {"source": "algo", "text": f"{story.keywords[0]}为什么受到关注？"},
        "isOversize": False,
    }


def card(story: Story) -> dict[str, object]:
    account = story.account
    return {
        "chlid": account.chlid,
        "chlname": account.name,
        "desc": account.motto,
        "icon": account.icon,
        "msgEntry": 1,
        "update_frequency": "0",
        "vip_type": "0",
        "vip_type_new": "0",
        "suid": account.suid,
        "liveInfo": {},
        "cpLevel": 1,
    }


def video(clip: Clip) -> dict[str, object]:
    """One entry of ``videoArr``; the description is what a screen reader says, not a title."""
    minutes, seconds = divmod(clip.seconds, 60)
    spoken = f"视频：{clip.title}，时长约{minutes}分{seconds}秒"
    return {"title": clip.title, "vid": clip.vid, "img": clip.poster, "desc": spoken}


def script_json(value: object) -> bytes:
    """Compact JSON that may stand inside a script element, escaped as the site does it."""
    text = orjson.dumps(value)
    return text.replace(b"&", b"\\u0026").replace(b"<", b"\\u003c").replace(b">", b"\\u003e")
