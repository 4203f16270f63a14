"""The words of walls: of pages that say an article is gone, and of pages that keep robots out."""

from __future__ import annotations

import re
from typing import Final

_THING = r"(?:文章|内容|新闻|页面|网页|网址|链接|地址|帖子|视频|资讯|信息|资源)"
_BY = r"(?:已经?)?(?:被|由|遭)?(?:发布者|作者|用户|原作者|管理员|平台|系统|发送人)?"
_LOST = r"(?:删除|移除|下线|下架|屏蔽|撤回|撤销|失效|过期|关闭|封禁)"
_AWAY = (
    rf"(?:不存在|不见了|找不到了?|没有找到|未找到|走丢了|飞走了|{_BY}{_LOST}|(?:暂时)?无法(?:查看|访问|显示|浏览|打开))"
)


def _phrases(pattern: str) -> re.Pattern[str]:
    """What may stand inside a phrase (``.{0,8}``) ends with the clause, so that no phrase swallows an article."""
    return re.compile(pattern.replace(".{", "[^。！？!?，,；;：:]{"), re.I)


PHRASES_OF_REMOVED: Final = _phrases(
    rf"(?:您|你|所)(?:要|所|想|正在)*(?:访问|查看|浏览|寻找|请求|打开|找)的{_THING}?(?:可能)?{_AWAY}(?:或{_AWAY})*"
    rf"|(?:该|此|本|这篇|当前|抱歉|对不起)[，, ]*{_THING}(?:可能)?{_AWAY}(?:或{_AWAY})*"
    rf"|{_THING}(?:可能)?(?:不存在|已(?:经)?被?(?:发布者|作者)?(?:删除|下线|失效)|没有找到|找不到了?)"
    rf"|(?:该|此|本){_THING}因.{{0,16}}(?:无法查看|已?被?删除|不予显示)"
    r"|(?<!\d)404(?!\d)(?: - 腾讯网| Not Found)?|(?:page )?not found|(?:帮助|让).{0,14}(?:孩子|宝贝)回家",
)
"""What a wall says of an article that is gone. Taken out of a wall's text, next to nothing is left."""

PHRASES_OF_BLOCKED: Final = _phrases(
    r"(?:为了?|为保护|为保障|为确保)(?:您|你|帐号|账号|网络|访问).{0,16}安全[，, ]*"
    r"|请(?:您|先|在下方|继续|重新|手动|按照?提示|点击)*(?:完成|通过|进行|输入|填写|拖动|滑动|点击).{0,8}"
    r"(?:验证码?|滑块|拼图|图中.{0,6}(?:文字|字符|汉字)|图片中的字符).{0,16}"
    r"|(?:拖动|滑动)(?:下方|左边|右侧)?.{0,4}(?:滑块|拼图).{0,10}"
    r"|(?:完成|通过)(?:安全|人机|滑动|身份)?验证(?:后|，|,).{0,16}|验证后(?:即可|可|才能)?(?:继续|查看|访问|阅读).{0,8}"
    r"|(?:系统)?检测到(?:您|你).{0,30}|(?:您|你)的(?:访问|请求|操作|网络|IP).{0,12}(?:异常|频繁|受限|被?(?:拦截|拒绝|阻断|限制)).{0,12}"
    r"|(?:访问|请求|操作)(?:过于|太)频繁|(?:当前)?(?:网络|访问)?环境异常|安全验证|人机验证|滑动验证"
    r"|请(?:先|您|重新)*(?:登录|登陆)(?:后|才能|以|再)?(?:继续|查看|阅读|访问|腾讯|QQ|帐号|账号|您的).{0,6}|请先登[录陆]|登录后(?:即可|可|才能)?(?:继续|查看|阅读|访问).{0,10}|扫码登录|QQ登录|微信登录"
    r"|请(?:您)?(?:在|使用|用)?(?:手机)?(?:微信|QQ|腾讯新闻)(?:客户端|APP)(?:中|内)?(?:打开|查看|阅读).{0,10}"
    r"|(?:您|你)(?:当前|正在)?(?:使用)?的?浏览器(?:版本)?(?:过低|太旧|不支持).{0,16}|请(?:您)?升级.{0,10}浏览器.{0,10}"
    r"|(?:系统|服务器?|网络)(?:繁忙|异常|维护中?|正忙).{0,12}|请(?:您)?(?:稍后|刷新|重新).{0,8}(?:重试|再试|访问|尝试)"
    r"|Just a moment|Access Denied|Forbidden",
)
"""What a wall says of itself, to its reader's face."""

PHRASES_OF_BLANK: Final = _phrases(
    r"(?:系统|服务器?)(?:开小差了?|错误|出错)"
    r"|(?:页面|内容)?(?:正在)?(?:努力)?加载中?(?:，请稍候|中)?|请(?:开启|启用).{0,6}JavaScript.{0,12}"
    r"|You need to enable JavaScript to run this app|Loading|(?<!\d)50[0-4] [A-Z][a-z]+ [A-Za-z ]+",
)
"""What stands where a text is still to come, or where a server failed over it: no refusal."""

FURNITURE: Final = re.compile(
    r"返回(?:腾讯网?|新闻)?(?:首页|上一页)?|\d+ ?秒?(?:钟|后)?(?:自动)?(?:跳转|返回)(?:到?首页)?"
    r"|去验证|点击刷新|刷新(?:页面)?|重试|确定"
    r"|提交|看不清|换一张|腾讯(?:新闻|网|公益)|抱歉|对不起|很|非常|温馨?提示|系统提示|提示|错误(?:代码|码)?"
    r"|出错(?:了|啦)|查看更多|首页|哎呀|nginx(?:/[\d.]+)?",
    re.I,
)
"""What stands on walls beside their words."""

BLOCKED_TITLE: Final = re.compile(
    r"(?:腾讯(?:安全|防水墙|网|新闻)?[\s_|·-]*)?(?:安全验证|访问验证|人机验证|身份验证|滑动验证|验证码|请输入验证码|请完成(?:安全)?验证|验证中心|访问受限|访问被拒绝?|拒绝访问"
    r"|访问(?:过于|太)?频繁|环境异常|系统(?:提示|繁忙|维护)|服务器繁忙|(?:用户|QQ|微信|统一|快速)?登录|登录页|浏览器(?:升级|版本过低)(?:提示)?|升级(?:您的)?浏览器"
    r"|WAF|安全(?:拦截|防护)|拦截(?:提示|页面)|网站(?:维护|防火墙)(?:中|提示)?)"
    r"|Just a moment\.*|Access Denied|Attention Required!?.*|Security Check|Request (?:Blocked|Rejected)"
    r"|(?:HTTP (?:Error )?)?(?:401|403|429|501|503|567)\b.{0,40}"
    r"|(?:T-?Sec[- ]?)?WAF.*",
    re.I,
)
ERROR_TITLE: Final = re.compile(
    r"系统错误|服务器错误|Welcome to (?:nginx|OpenResty|CentOS)!?|(?:HTTP (?:Error )?)?(?:400|50\d)\b.{0,40}", re.I
)
"""The same of pages of servers that failed, or that nobody has set up."""
REMOVED_TITLE: Final = re.compile(
    r"(?:404[\s_-]*(?:腾讯网|Not Found|页面.*|错误页?面?|找不到.*)?|(?:HTTP )?404\b.{0,40})"
    r"|(?:腾讯(?:公益|首页|网)[\s_·|-]*)*宝贝回家(?:[\s_·|-].*)?"
    rf"|(?:抱歉[，,]?|对不起[，,]?)?(?:您(?:要|所)?访问的)?{_THING}{_AWAY}|出错(?:了|啦)|错误页面?|(?:page )?not found",
    re.I,
)
"""Titles no article has: matched as a whole, without the site's tail."""

MACHINE: Final = re.compile(
    r"t?captcha|verify_?code|vcode|seccode|safe_?verify|(?<![a-z])waf(?![a-z])|antispider|poc_token|geetest|recaptcha|turnstile",
    re.I,
)
"""What the machinery of a captcha is called."""

GATE: Final = re.compile(
    rf"{MACHINE.pattern}|(?<![a-z])(?:pt)?login\d?(?![a-z])|(?<![a-z])(?:verify|passport|validate)(?![a-z])", re.I
)
"""What the hosts and paths are called that a visitor is sent to who is to prove that he is human, or to log in."""

CAPTCHA: Final = re.compile(
    r"安全验证|人机验证|验证码|滑动验证|拖动滑块|访问(?:过于|太)?频繁|请求(?:过于|太)频繁|操作(?:过于|太)?频繁|访问受限|TCaptcha|captcha",
    re.I,
)
REMOVED: Final = re.compile(
    rf"404 - 腾讯网|404 Not Found|宝贝回家|{_THING}(?:不存在|没有找到|找不到|已(?:经)?(?:被)?(?:删除|下线|失效))"
    rf"|您(?:要|所)?访问的{_THING}(?:不存在|已|找不到)|page not found",
    re.I,
)
REFUSED: Final = re.compile(
    r"请(?:先|您|重新)*登录|扫码登录|浏览器版本(?:过低|太旧)|升级.{0,8}浏览器"
    r"|Forbidden|Service Unavailable|Too Many Requests|Access Denied|请求.{0,8}(?:拦截|威胁|阻断)"
    r"|防火墙|(?:系统|服务器?)(?:繁忙|维护)|system busy|环境异常",
    re.I,
)
"""For pages of no known layout and without a text: one such word is enough."""
