"""Pages of WeChat in all their forms, written as its servers write them, with what is put there to mislead."""

from __future__ import annotations

from html import escape
from typing import Any

KEY = "Abcdefgh_jklmnop-rstuv"
URL = f"https://mp.weixin.qq.com/s/{KEY}"
BIZ = "MzAxMjM0NTY3OA=="
ACCOUNT = "渡口晚报"
TITLE = "渡口的灯"
TIME = 1741500000
"""2025-03-09 14:00:00 in Beijing."""
BUNDLE = """<script>(function () { 'use strict'; var card = {nickname: "data-card-nickname", author: "data-author"};
  function show(t) { var nickname = "别家的号", msg_title = "广告", ct = "1", biz = "MzX"; t.nick_name = "微信广告"; }
  var html = "<a onclick=\\"var nickname = '骗子'\\">"; var __biz = "+ biz +"; // window.msg_title = '注释';
  var re = /["'{]/g, tpl = `${ show({a: "}"}) } var ct = "2";`; show(html.replace(re, '')); })();</script>"""
"""Code as it stands before a page's own data: names, strings, comments and patterns that state nothing."""


def js_decode(text: str) -> str:
    """A string as WeChat's data have it."""
    escapes = {"\\": "5c", "\r": "0d", '"': "22", "&": "26", "'": "27", "<": "3c", ">": "3e", "\n": "0a"}
    return "JsDecode('" + "".join(f"\\x{escapes[char]}" if char in escapes else char for char in text) + "')"


def literal(value: Any) -> str:
    """A value as WeChat's data have it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"'{value}' * 1"
        case str():
            return js_decode(value)
        case dict():
            return "{" + "".join(f"\n {key}: {literal(item)}," for key, item in value.items()) + "\n}"
        case list():
            return "[" + "".join(f"\n {literal(item)}," for item in value) + "\n]"
    raise TypeError(value)


def data(**more: Any) -> dict[str, Any]:
    """The usual data of a page."""
    return {
        "base_resp": {"ret": 0, "errmsg": "ok"},
        "user_name": "gh_0123456789ab",
        "nick_name": ACCOUNT,
        "title": TITLE,
        "desc": "",
        "cdn_url": "",
        "link": URL,
        "source_url": "",
        "author": "",
        "ori_create_time": TIME,
        "create_time": "2025-03-09 14:00",
        "comment_id": "4210725033188229121",
        "copyright_info": {"copyright_stat": 0},
        "bizuin": BIZ,
        "item_show_type": 0,
        "picture_page_info_list": [],
    } | more


def statement(stated: dict[str, Any]) -> str:
    """The script that states a page's data."""
    return (
        "<script>(function() { function JsDecode(str) { return str && str.replace(/\\\\x5c/g, '\\\\'); }\n"
        f"try {{ window.cgiDataNew = {literal(stated)}; }} catch (e) {{ window.bad = 'title: x'; }} }})();</script>"
    )


def page(body: str, *scripts: str, head: str = "", headline: str = TITLE, byline: str = ACCOUNT) -> bytes:
    """A page with bundles before its data; without ``headline`` and ``byline`` it shows neither."""
    shown = f'<h1 class="rich_media_title" id="activity-name"> {escape(headline)} </h1>' if headline else ""
    shown += f'<a id="js_name"> {escape(byline)} </a>' if byline else ""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}{BUNDLE}</head><body id="activity-detail">'
        f'<div id="js_article">{shown}{body}</div>{BUNDLE}{"".join(scripts)}</body></html>'
    ).encode()


def article(inner: str, *, head: str = "", headline: str = TITLE, byline: str = ACCOUNT, **more: Any) -> bytes:
    """An ordinary article."""
    content = f'<div class="rich_media_content" id="js_content" style="visibility: hidden;">{inner}</div>'
    return page(content, statement(data(**more)), head=head, headline=headline, byline=byline)


FRAME = """<div id="js_content"><div id="js_top_profile" class="profile_area_hide"><div class="wx_follow_hd">
<img src="http://mmbiz.qpic.cn/mmbiz_png/head/300?wx_fmt=png" class="wx_follow_avatar"></div>
<div class="wx_follow_nickname">渡口晚报</div></div><div class="share_notice js_share_notice_dom">
<p id="js_text_desc" class="share_notice_inner"></p></div><div class="rich_media_meta_list">
<span class="weui-hidden_abs">,</span><span id="js_ip_wording_wrp"></span><span class="weui-hidden_abs">,</span></div>
</div>"""
"""What the server renders of a short text: everything but the text."""


def text_post(words: str, *, html: str = "", user_title: str = "", **more: Any) -> bytes:
    """A short text; ``html``: the same with its links."""
    info = {"content": words, "content_noencode": html or words, "is_user_title": int(bool(user_title))}
    told = data(item_show_type=10, title=user_title or words, text_page_info=info, **more)
    chained = f"<script>window.item_show_type = '10' || ''; window.msg_title = window.title = {words!r} || '';</script>"
    return page(FRAME, chained, statement(told), headline="", byline="")


def picture_post(words: str, pictures: list[str], **more: Any) -> bytes:
    """A set of pictures with some words."""
    listed = [
        {"cdn_url": url, "watermark_info": {"cdn_url": f"{url}-w"}, "share_cover": {"cdn_url": f"{url}-s"}}
        for url in pictures
    ]
    head = f'<meta name="description" content="{js_decode(words)[10:-2]}">'
    told = data(item_show_type=8, content_noencode=words, picture_page_info_list=listed, **more)
    return page('<div id="img_swiper"></div>', statement(told), head=head, headline="", byline="")


def share_page(notice: str, *, link: str, label: str = "阅读全文", begun: str = "", **more: Any) -> bytes:
    """Somebody's words, and the card of another's article."""
    script = (
        f"document.getElementById('js_share_notice').innerHTML = {js_decode(notice)[9:-1]}.replace(/\\n/g,\"<br>\");"
    )
    card = (
        '<div class="share_media" id="js_share_content"><div class="original_account_nickname" id="js_share_author">'
        f'河对岸</div><span id="original_panel_title">对岸的灯</span><div id="js_content">{begun}</div>'
        f'<span id="js_share_source" data-url="{escape(link)}">{label}</span></div>'
    )
    body = f'<div class="original_page"><p id="js_share_notice"><script>{script}</script></p>{card}</div>'
    return page(body, statement(data(**more)))
