"""The last resort: a redesigned page is read all the same and marked; what is no clear article is not guessed at."""

from __future__ import annotations

import pytest

from crawler.sites import generic
from crawler.sites.normalise import normalise
from crawler.sites.page import Changed, NotAnArticle
from crawler.sites.qq.read_page import read_page

URL = "https://new.qq.com/rain/a/20260810A01ABC00"
SENTENCE = "天还没亮，城南旧书市场的门口已经排起了长队，有人为了挑几本旧书，凌晨四点就出了门。"
PARAGRAPHS = [f"{number}. {SENTENCE}" for number in range(1, 9)]


def redesigned(paragraphs: list[str], head: str = "", furniture: str = "", title: str = "旧书市场重新开张") -> bytes:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}_腾讯新闻</title>{head}</head>'
        f'<body><header><a href="https://news.qq.com/">首页</a></header><main><h1>{title}</h1>'
        f"<article>{text}</article></main>{furniture}</body></html>"
    ).encode()


def test_a_redesigned_page_is_read_and_marked() -> None:
    head = '<meta property="article:published_time" content="2027-01-02 10:00:00">'
    raw = read_page(redesigned([*PARAGRAPHS, "尾声：<b>书</b>都卖完了，市场下周再开，摊主们说要多进一些。"], head), URL)
    assert (raw.layout, raw.notes) == ("generic", ("generic",))
    article = normalise(raw)
    assert article.title == "旧书市场重新开张"
    assert article.published_raw == "2027-01-02 10:00:00"
    assert article.body.count(SENTENCE) == len(PARAGRAPHS)
    assert "**书**" in article.body


def test_without_the_extra_it_is_an_unknown_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generic, "find_spec", lambda name: None)
    with pytest.raises(Changed):
        read_page(redesigned(PARAGRAPHS), URL)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(redesigned(PARAGRAPHS[:2]), id="too-little-text"),
        pytest.param(redesigned([f'<a href="/a/{n}">{SENTENCE}</a>' for n in range(40)]), id="a-list-of-links"),
        pytest.param(
            redesigned(PARAGRAPHS, '<meta property="og:url" content="https://example.org/news/1">'), id="another-site"
        ),
        pytest.param(redesigned(PARAGRAPHS, '<link rel="canonical" href="//news.example.org/1">'), id="another-site-2"),
        pytest.param(redesigned(PARAGRAPHS, title="安全验证"), id="titled-as-a-wall"),
        pytest.param(
            redesigned([f"{n}. 系统检测到您的网络环境存在异常，为了您的帐号安全，请完成安全验证。" for n in range(9)]),
            id="speaks-as-a-wall",
        ),
    ],
)
def test_what_is_no_clear_article_is_not_guessed_at(page: bytes) -> None:
    with pytest.raises(NotAnArticle):
        read_page(page, URL)


def test_an_article_on_captchas_is_guessed_at_too() -> None:
    text = ["验证码的历史要从二十年前说起，那时人机验证还要人辨认歪歪扭扭的字母。", *PARAGRAPHS]
    assert read_page(redesigned(text, title="验证码二十年"), URL).layout == "generic"
