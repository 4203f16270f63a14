"""Good pages that look suspicious: short, odd, old ones, and those whose words are a wall's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import orjson

RAIN = "https://new.qq.com/rain/a/20260810A01ABC00"
STATIC = "https://new.qq.com/omn/20201130/20201130A0G1JJ00.html"
OLD = "https://tech.qq.com/a/20161014/006270.htm"
WECHAT = "https://mp.weixin.qq.com/s/Abcdefgh_jklmnop-rstuv"
PICTURE = "https://inews.gtimg.com/om_bt/Oabc/641"


@dataclass(frozen=True, slots=True)
class GoodPage:
    """A page, and what it must become."""

    name: str
    url: str
    layout: str
    body: bytes
    title: str
    markdown: str


CONTENTS: tuple[tuple[str, str, str], ...] = (
    # name, title, text: one paragraph a line
    ("flash", "突发", "央行宣布降准。"),
    ("one-word", "快讯", "无"),
    ("two-characters", "比分", "三比二"),
    ("digits", "今日水位", "12.5"),
    ("captcha-news", "12306今日起取消图形验证码", "12306今日起取消图形验证码。"),
    (
        "captcha-explained",
        "验证码",
        "验证码最初是为了分辨人和机器。\n今天的安全验证多半在后台完成，人机验证不再要人拖动滑块。",
    ),
    ("captcha-quoted", "登录时总要验证？", "有网友反映，登录时页面总是提示“请完成安全验证”，客服回应称正在排查。"),
    ("captcha-fraud", "警方提醒：别把验证码告诉任何人", "骗子说：请输入验证码。警方说：挂断。"),
    ("tcaptcha", "TCaptcha 升级", "防水墙的 TCaptcha 本周升级，captcha 的通过率有所提高。"),
    ("frequent", "访问过于频繁，一公司起诉对手", "原告称，被告的程序访问过于频繁，服务器繁忙长达三天。"),
    ("missing-children", "宝贝回家", "“宝贝回家”的志愿者今天又送一个孩子回家。"),
    (
        "missing-children-long",
        "宝贝回家十年",
        "十年里，宝贝回家网站帮助走失的孩子回家，志愿者遍布全国。\n这是他们的故事。",
    ),
    ("four-oh-four", "404", "一架编号 404 的旧飞机今天退役，机组成员合影留念。"),
    ("not-found", "Not Found", "乐队 Not Found 的新专辑今天上架。"),
    ("page-missing-art", "页面不存在", "展览《页面不存在》在城南开幕，展出三十件与网络有关的作品。"),
    ("deleted-title", "他删除了十万条微博", "他说，删除之后反而轻松了。"),
    (
        "deleted-post",
        "某明星发文道歉，随后内容已被删除",
        "截至发稿，该明星的道歉内容已被删除，工作室未作回应，粉丝众说纷纭。",
    ),
    ("deleted-short", "微博回应", "微博回应：该文章已被删除，系作者自行操作。"),
    ("login", "请登录", "诗人的新作《请登录》出版，收录短诗四十首。"),
    ("login-guide", "如何查社保", "请登录当地人社局网站，按页面提示操作即可。"),
    ("upgrade", "浏览器升级战", "三家公司都说你的浏览器版本过低，其实只是想推销自己的。"),
    ("busy", "系统繁忙的一天", "早高峰，地铁系统繁忙，多条线路限流。"),
    ("firewall", "村里的防火墙", "一道八百年的防火墙在这个村里保存完好，专家称罕见。"),
    ("forbidden", "Forbidden", "影片 Forbidden 定档，导演说故事发生在故宫。"),
    ("loading", "正在加载", "港口的货轮正在加载集装箱，预计明早启航。"),
    ("offline", "这款游戏已下线", "运营五年的游戏昨晚已下线，玩家在广场上告别。"),
    ("blocked", "账号被封", "平台称，因违规无法查看的账号共有三千个。"),
    ("environment", "环境异常潮湿", "连日阴雨，库房环境异常潮湿，工作人员给书箱垫上木板。"),
    ("symbols", "？！", "……"),
    ("english", "Hello", "A short note in English, nothing more."),
    ("emoji", "🎉", "🎉🎉🎉"),
    ("quotation", "“”", "“好。”"),
    ("dash", "——", "——完——"),
    ("brackets", "【快讯】", "【快讯】三号线恢复运营。"),
    ("repeat", "重要的事说三遍", "下雨。\n下雨。\n下雨。"),
    ("title-with-site", "腾讯新闻发布报告", "腾讯新闻今天发布年度报告。"),
    ("title-error", "出错了", "裁判承认第七局的判罚出错了，比赛结果不变。"),
    ("title-hint", "提示", "气象台提示：今夜有雨。"),
    ("title-security", "安全验证", "电梯的安全验证今天完成，居民下周可以使用。"),
    ("title-login", "登录月球", "探测器成功登录月球背面，传回第一张照片。"),
    ("ip", "你的IP会显示在这里", "多家平台宣布显示用户所在地，你的IP会显示为省份。"),
    ("old-words", "讣告", "先生昨夜辞世。"),
    ("numbers", "开奖", "01 05 12 23 30 33 特 08"),
    ("long", "长文", "\n".join(f"第{n}段，旧书市场天还没亮就有人排队，等着挑几本旧书。" for n in range(600))),
    ("very-long-paragraph", "一口气", "天还没亮就有人在门口排队，" * 3000 + "门开了。"),
    ("count-of-shops", "开店", "1500 家店"),
    ("json-like", "接口", '接口返回 {"ret":404,"msg":"参数错误"}，工程师连夜修复。'),
    ("nginx", "Welcome to nginx 的故事", "每个站长都见过 Welcome to nginx 这行字，今天它满二十岁了。"),
    ("pinyin", "Qing Ming", "Qing ming shi jie yu fen fen."),
    ("traditional", "臺北今晨有雨", "臺北今晨有雨，午後轉晴。"),
    ("minority", "བཀྲ་ཤིས་བདེ་ལེགས།", "བཀྲ་ཤིས་བདེ་ལེགས།"),
    ("apology", "抱歉", "他只说了两个字：“抱歉。”"),
    ("retry", "再试一次", "失败后，她说：请再试一次。第二次，她跳过了一米九。"),
    ("app-only", "微信里打开的店", "店主说，请在微信里下单，当天送到。"),
    ("expired", "链接已过期：一种新骗术", "骗子会先说链接已过期，再发来新的链接，民警提醒不要点。"),
    ("slider", "拖动滑块的艺术", "艺术家请观众拖动滑块，改变投影里的季节。"),
    ("verify", "完成验证后，疫苗即可上市", "专家说，完成三期验证后，疫苗即可上市。"),
    ("busy-lines", "对不起，您拨打的用户正忙", "这句话的配音者今年七十岁了。"),
    ("noscript", "关掉脚本的一天", "记者关掉 JavaScript 上网一天，一半网站请他启用 JavaScript 再来。"),
)


def paragraphs(text: str) -> list[str]:
    return text.split("\n")


def rain_page(
    title: str, text: str, *, name: str = "rain", extra: str = "", v1: bool = False, desc: str = ""
) -> GoodPage:
    """A page of 2024 on, with its data."""
    tag = "P" if v1 else "p"
    inner = "".join(f"<{tag}>{escape(line, quote=False)}</{tag}>" for line in paragraphs(text)) + extra
    origin = inner if v1 else f'<div class="rich_media_content">{inner}</div>'
    data = {
        "title": title,
        "desc": desc,
        "pubtime": "2026-08-10 17:10:33",
        "media": "城南报",
        "cms_id": "20260810A01ABC00",
        "originContent": {"text": origin, "version": "v1" if v1 else "v2"},
        "originAttribute": {},
    }
    page = (
        f"<!DOCTYPE html><html><head><title>{escape(title)}_腾讯新闻</title><script>window.DATA = "
        f"{orjson.dumps(data).decode().replace('<', chr(92) + 'u003c')};</script></head><body>"
        f'<h1 id="article-title">{escape(title)}</h1><div id="article-content">'
        f'<div class="comps-contentify-wrap">{origin}</div></div><div id="captcha" hidden></div>'
        '<script src="https://turing.captcha.qcloud.com/TCaptcha.js"></script></body></html>'
    )
    return GoodPage(name, RAIN, "rain", page.encode(), title, "")


def dom_page(name: str, title: str, text: str) -> GoodPage:
    """The same without the text in its data."""
    inner = "".join(f'<div class="qnt-p">{escape(line, quote=False)}</div>' for line in paragraphs(text))
    page = (
        f"<!DOCTYPE html><html><head><title>{escape(title)}_腾讯新闻</title>"
        f'<meta property="og:title" content="{escape(title)}_腾讯新闻">'
        '<meta property="article:published_time" content="2026-08-10 17:10:33"></head><body>'
        f'<h1 id="article-title">{escape(title)}</h1><div id="article-content">{inner}</div></body></html>'
    )
    return GoodPage(name, RAIN, "rain", page.encode(), title, "")


def static_page(name: str, title: str, text: str) -> GoodPage:
    """A page of 2018 to 2024."""
    data = orjson.dumps({"title": title, "pubtime": "2020-12-01 10:46:16", "cms_id": "20201130A0G1JJ00"}).decode()
    inner = "".join(f'<p class="one-p">{escape(line, quote=False)}</p>' for line in paragraphs(text))
    page = (
        f"<!DOCTYPE html><html><head><title>{escape(title)}_腾讯新闻</title><script>window.DATA = {data}</script>"
        f'</head><body><div class="LEFT"><h1>{escape(title)}</h1><div class="content-article">{inner}'
        '<div id="Status"></div></div></div></body></html>'
    )
    return GoodPage(name, STATIC, "static", page.encode(), title, "")


def legacy_page(name: str, title: str, text: str) -> GoodPage:
    """A page of 2013 to 2019, in GB 18030, with line breaks in place of paragraphs."""
    inner = "<br><br>".join(escape(line, quote=False) for line in paragraphs(text))
    quoted = title.replace("\\", "\\\\").replace("'", "\\'")
    page = (
        f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>{escape(title)}'
        "_科技_腾讯网</title><script>ARTICLE_INFO = window.ARTICLE_INFO || {site: 'tech', title: '"
        f"{quoted}', pubtime: '2016年10月14日07:17'}}</script></head><body>"
        f"<div class='hd'><h1>{escape(title)}</h1></div>"
        f'<div id="Cnt-Main-Article-QQ" bosszone="content">{inner}</div></body></html>'
    )
    return GoodPage(name, OLD, "legacy", page.encode("gb18030"), title, "")


def wechat_page(name: str, title: str, text: str) -> GoodPage:
    """A page of WeChat."""
    inner = "".join(f"<p><span>{escape(line, quote=False)}</span></p>" for line in paragraphs(text))
    page = (
        f'<!DOCTYPE html><html><head><meta property="og:title" content="{escape(title)}"><title>{escape(title)}</title>'
        '</head><body id="activity-detail"><div class="rich_media_content" id="js_content" style="visibility: hidden;">'
        f"{inner}</div><p class='weui-msg' style='display:none'>完成验证后即可继续访问</p>"
        '<script>var ct = "1584675000"; var nickname = htmlDecode("城南报");</script></body></html>'
    )
    return GoodPage(name, WECHAT, "wechat", page.encode(), title, "")


def _good() -> Iterator[GoodPage]:
    makers = {
        "rain-v2": lambda name, title, text: rain_page(title, text, name=name),
        "rain-v1": lambda name, title, text: rain_page(title, text, name=name, v1=True),
        "rain-dom": dom_page,
        "static": static_page,
        "legacy": legacy_page,
        "wechat": wechat_page,
    }
    for layout, make in makers.items():
        for name, title, text in CONTENTS:
            page = make(f"{layout}-{name}", title, text)
            yield GoodPage(page.name, page.url, page.layout, page.body, title, plain_markdown(text, layout))
        page = make(f"{layout}-pictures-only", "一组照片", "@")
        picture = f'><img src="{PICTURE}"><'.encode()
        in_data = picture.replace(b"<", rb"\u003c").replace(b'"', rb"\"")
        shown = page.body.replace(b">@<", picture).replace(rb">@\u003c", in_data)
        yield GoodPage(page.name, page.url, page.layout, shown, "一组照片", f"![图片]({PICTURE})")


def plain_markdown(text: str, layout: str) -> str:
    """The text's paragraphs as Markdown. Nothing in them needs escaping."""
    return ("  \n" if layout == "legacy" else "\n\n").join(paragraphs(text))


GOOD = tuple(_good())
