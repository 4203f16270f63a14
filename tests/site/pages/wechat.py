"""Articles of public accounts (``mp.weixin.qq.com``): one that is there, one with a sound, one behind a check …"""

from __future__ import annotations

from tests.site.message import Reply, Request, html_reply, redirect
from tests.site.pages.forms import forms
from tests.site.world import World

HOST = "mp.weixin.qq.com"
SOUND_HOST = "res.wx.qq.com"
GOOD = "k3lWQ8Zr0xYb5TnVu1JhAg"
DELETED = "d9PfM2sEoC7wRt4XyKq6Lw"
GUARDED = "g1BvN8hUzJ5aSi0FeDc3Qx"
SPOKEN = "s7HtK2pLmV9cXe4RwBq1Ny"
OF_YESTERDAY = "y5TgN8wJkD3zUb6QaCe0Mi"
"""The keys in the addresses ``/s/<key>``."""
FORMS = forms()
"""Further pages, by their keys."""
NAMED = "n4KpY7wQe2TzXs0VbGmR9c"
"""The keys in the addresses ``/s/<key>``. The last article calls itself by its key, and by what follows."""
LONG = "__biz=MzAyNDY4MTM1Nw==&mid=2247500123&idx=2"
"""The same article's other address, ``/s?<this>``."""

TITLE = "渡口的最后一班船"
ACCOUNT = "河岸日记"
SENTENCE = "船夫解开缆绳的时候，岸上只剩下三个人和一条狗。"

ARTICLE = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title></title>
<meta property="og:title" content="{TITLE}"><meta property="og:image" content="https://mmbiz.qpic.cn/mmbiz_jpg/cover/0">
<meta property="og:description" content="一条河，两岸人。"></head><body id="activity-detail"><div id="js_article">
<h1 class="rich_media_title" id="activity-name"> {TITLE} </h1><a id="js_name"> {ACCOUNT} </a>
<div class="rich_media_content" id="js_content" style="visibility: hidden;"><p>{SENTENCE}</p>
<p><img data-src="https://mmbiz.qpic.cn/mmbiz_jpg/ferry/640?wx_fmt=jpeg"></p><p>汽笛响过，河面又宽了起来。</p></div></div>
<script>var biz = "" || "MzAxMjM0NTY3OA=="; var nickname = htmlDecode("{ACCOUNT}"); var ct = "1786000000";</script>
</body></html>"""

VOICE = "MzAxMjM0NTY3OA_42"
"""The id of the sound in the page that has one."""
_SPOKEN = ARTICLE.replace("<p>汽笛", f'<p><mpvoice name="船夫的话" voice_encode_fileid="{VOICE}"></mpvoice></p><p>汽笛')

YESTERDAY = "昨天 08:15"
PAGE_OF_YESTERDAY = ARTICLE.replace('var ct = "1786000000";', "").replace(
    f"{ACCOUNT} </a>", f'{ACCOUNT} </a><em id="publish_time">{YESTERDAY}</em>'
)

_DELETED = """<!DOCTYPE html><html><head><meta charset="utf-8"><title></title></head><body><div class="weui-msg">
<div class="weui-msg__text-area"><h2 class="weui-msg__title">该内容已被发布者删除</h2></div></div></body></html>"""


NAMED_ARTICLE = (
    ARTICLE.replace(TITLE, "对岸的灯")
    .replace("</head>", f'<meta property="og:url" content="https://{HOST}/s/{NAMED}"></head>')
    .replace(
        'var biz = "" || "MzAxMjM0NTY3OA==";',
        'var biz = "MzAyNDY4MTM1Nw==" || ""; var mid = "" || "2247500123" || ""; var idx = "2" || "" || "";',
    )
)


def answer(world: World, request: Request) -> Reply:
    """The page at an address of the host; a guarded one leads to the page that wants a human."""
    key = NAMED if LONG in request.path else request.resource.removeprefix("/s/")
    key = world.mistaken.get(f"wx-{key}", f"wx-{key}").removeprefix("wx-")
    if key == GUARDED:
        return redirect(f"https://{HOST}/mp/wappoc_appmsgcaptcha?poc_token=x&target_url=y")
    if key in FORMS:
        return html_reply(FORMS[key].body, FORMS[key].status)
    pages = {GOOD: ARTICLE, NAMED: NAMED_ARTICLE, SPOKEN: _SPOKEN, OF_YESTERDAY: PAGE_OF_YESTERDAY}
    return html_reply(pages.get(key, _DELETED).encode())


def sound(request: Request) -> Reply:
    """The file of a sound, at the host that keeps them: the head of an MP3, and the id."""
    if not request.path.startswith("/voice/getvoice?mediaid="):
        return Reply(status=404)
    return Reply(content_type="audio/mp3", body=b"ID3\x04\x00\x00\x00\x00\x00\x00" + request.path.encode())
