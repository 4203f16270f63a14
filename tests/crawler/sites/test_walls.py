"""What is no article is never stored as one, and no good page is taken for a wall."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.sites.normalise import normalise
from crawler.sites.page import Blocked, Changed, NotAnArticle, Removed, Thin
from crawler.sites.registry import read_page
from tests.crawler.sites.good_pages import GOOD, GoodPage, rain_page
from tests.site.pages import account
from tests.site.pages.account import URL

WALLS = Path(__file__).parents[2] / "pages" / "walls"
OUTCOMES = {"removed": Removed, "blocked": Blocked, "thin": Thin}


def cases() -> Iterator[Path]:
    yield from sorted(WALLS.iterdir())


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_a_wall_has_its_outcome(case: Path) -> None:
    meta = json.loads((case / "meta.json").read_text(encoding="utf-8"))
    page = next(case.glob("page.*")).read_bytes()
    with pytest.raises(NotAnArticle) as refusal:
        read_page(page, meta["url"], status=meta["status"])
    assert type(refusal.value) is OUTCOMES[meta["outcome"]], refusal.value
    assert refusal.value.url == meta["url"]
    assert refusal.value.evidence


def test_there_are_enough_forms_of_walls() -> None:
    assert len(list(cases())) >= 30


def test_good_odd_pages_are_enough() -> None:
    assert len(GOOD) >= 300


@pytest.mark.parametrize("page", GOOD, ids=lambda page: page.name)
def test_a_good_page_is_not_refused(page: GoodPage) -> None:
    raw = read_page(page.body, page.url)
    assert raw.layout == page.layout
    article = normalise(raw)
    assert article.title == page.title
    assert article.body == page.markdown


def test_words_of_walls_in_a_longer_text_refuse_nothing() -> None:
    text = "客服回应称，页面提示“请完成安全验证后继续访问”是系统误判，目前已经恢复，用户可以照常登录。"
    page = rain_page("购票网站误判用户，回应来了", text)
    assert normalise(read_page(page.body, page.url)).body == text


def test_a_captcha_pictured_in_an_article_is_a_picture() -> None:
    page = rain_page(
        "老式验证码为什么消失了",
        "图里是二十年前的验证码。",
        extra='<p><img src="https://inews.gtimg.com/om_bt/captcha/641"><a href="https://captcha.qq.com/">演示</a></p>',
    )
    assert "captcha/641" in normalise(read_page(page.body, page.url)).body


@pytest.mark.parametrize(("value", "gone"), [("1", True), ("true", True), ('"1"', True), ("0", False), ("null", False)])
def test_the_data_say_whether_it_is_deleted(value: str, *, gone: bool) -> None:
    page = rain_page("一则旧闻", "正文还在。")
    body = page.body.replace(b"window.DATA = {", f'window.DATA = {{"is_deleted": {value},'.encode(), 1)
    if gone:
        with pytest.raises(Removed):
            read_page(body, page.url)
    else:
        assert read_page(body, page.url).title


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Thin),
        (405, Thin),
        (500, Thin),
        (502, Thin),
        (404, Removed),
        (410, Removed),
        (451, Removed),
        *((status, Blocked) for status in (401, 403, 429, 501, 503, 567)),
    ],
)
@pytest.mark.parametrize("url", ["https://new.qq.com/rain/a/20260810A01ABC00", URL])
def test_only_a_refusal_s_status_is_one(status: int, outcome: type[NotAnArticle], url: str) -> None:
    with pytest.raises(NotAnArticle) as refusal:
        read_page(b"<html><body>x</body></html>", url, status=status)
    assert type(refusal.value) is outcome


@pytest.mark.parametrize("url", ["https://new.qq.com/rain/a/20260810A01ABC00", URL])
def test_a_long_page_that_is_not_understood_is_not_hostile(url: str) -> None:
    """Words of walls stand in the heads and scripts of any page."""
    head = (
        "<p>请登录</p><p>扫码登录</p><p>系统繁忙时请用验证码</p><p>防火墙</p><script>var captcha = 'TCaptcha';</script>"
    )
    page = (
        f"<html><head><title>新版</title></head><body>{head}{'<div>改版以后的文字放在别处。</div>' * 60}</body></html>"
    )
    with pytest.raises(Changed):
        read_page(page.encode(), url)


def test_a_page_that_proves_itself_is_our_fault_where_its_text_is_not_found() -> None:
    with pytest.raises(Changed):
        read_page(account.page('<div class="new-frame"></div>', account.statement(account.data())), URL)


def test_a_message_that_is_hidden_says_nothing() -> None:
    hidden = '<div style="display: none"><div class="weui-msg">环境异常，完成验证后即可继续访问</div></div>'
    post = account.picture_post("灯有三盏。", ["https://mmbiz.qpic.cn/1/0"])
    assert read_page(post.replace(b'<div id="img_swiper">', f'{hidden}<div id="img_swiper">'.encode()), URL).title
