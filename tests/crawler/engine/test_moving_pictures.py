"""Pictures that move and sounds: the page's still picture is shown, what moves and sounds is kept and copied."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from archive.article.model import Article
from archive.media.picture_copies import copies, media_of
from archive.store import Archive
from crawler.net.url_policy import OffLimits, check_picture_url, check_rules_url, check_url
from crawler.sites.normalise import normalise
from crawler.sites.qq.layouts.placeholders import read_placeholders
from crawler.sites.registry import read_page
from tests.archive.samples import NOON
from tests.conftest import Called
from tests.crawler.archived import rows
from tests.crawler.sites.good_pages import rain_page
from tests.site.pages import wechat
from tests.site.pictures import picture
from tests.site.site import Site

Run = Callable[..., Called]
STILL = "https://inews.gtimg.com/om_bt/Ogif/641"
MOVING = "https://inews.gtimg.com/om_bt/Ogif/0"
SPOKEN = f"https://mp.weixin.qq.com/s/{wechat.SPOKEN}"
VOICE = f"https://res.wx.qq.com/voice/getvoice?mediaid={wechat.VOICE}"


@pytest.mark.parametrize(
    ("attributes", "still", "moving"),
    [
        ({"origUrl": STILL, "isGif": 1, "gifUrl": MOVING, "gifSize": 9}, STILL, MOVING),
        ({"origUrl": STILL, "isGif": 1, "gifUrl": "//inews.gtimg.com/om_bt/Ogif/0"}, STILL, MOVING),
        ({"origUrl": STILL, "gifUrl": MOVING}, STILL, MOVING),
        ({"origUrl": STILL, "isGif": "1"}, STILL, MOVING),
        ({"url": STILL, "isgif": True, "gifUrl": ""}, STILL, MOVING),
        ({"img": {"imgurl641": {"imgurl": STILL}, "isGif": "1", "gifUrl": MOVING}}, STILL, MOVING),
        ({"all": {"img": {"imgurl641": {"imgurl": STILL}}}, "isGif": 1}, STILL, MOVING),
        ({"origUrl": STILL, "isGif": 0}, STILL, ""),
        ({"origUrl": STILL}, STILL, ""),
        ({"origUrl": MOVING, "isGif": 1, "gifUrl": MOVING}, MOVING, ""),
        ({"origUrl": "https://mmbiz.qpic.cn/a/640", "isGif": 1}, "https://mmbiz.qpic.cn/a/640", ""),
        ({"origUrl": STILL, "gifUrl": "javascript:x"}, STILL, ""),
        ({"origUrl": STILL, "gifUrl": {"x": 1}, "isGif": "2"}, STILL, ""),
    ],
)
def test_a_gif_has_the_address_at_which_it_moves(attributes: dict[str, Any], still: str, moving: str) -> None:
    (shown,) = read_placeholders({"IMG_0": attributes})["IMG_0"]
    assert (shown.url, shown.animation) == (still, moving)  # type: ignore[union-attr]


def with_gif() -> Article:
    page = rain_page("渡口", "前。", extra="<!--IMG_0--><!--IMG_1-->")
    attributes = (
        f'{{"IMG_0":{{"origUrl":"{STILL}","isGif":1,"gifUrl":"{MOVING}"}},'
        '"IMG_1":{"origUrl":"https://inews.gtimg.com/om_bt/Ojpg/641"}}'
    )
    body = page.body.replace(b'"originAttribute":{}', f'"originAttribute":{attributes}'.encode())
    return normalise(read_page(body, page.url))


def test_the_markdown_shows_the_still_picture_and_the_archive_knows_the_moving_one(data: Path, qqnews: Run) -> None:
    article = with_gif()
    assert f"![图片]({STILL})" in article.body
    assert MOVING not in article.body
    assert article.animations == {STILL: MOVING}
    with Archive.open(data) as archive:
        archive.keep(article, seen_at=NOON)
        assert archive.article(article.id).article == article
    told = json.loads(qqnews("show", article.id, "--json").out)
    assert told["animations"] == {STILL: MOVING}


def test_media_fetch_copies_both(qqnews: Run, site: Site, data: Path) -> None:
    article = with_gif()
    with Archive.open(data) as archive:
        archive.keep(article, seen_at=NOON)
    ended = qqnews("media", "fetch", "--json", "--delay", "0")
    assert (ended.code, ended.counts["pictures"]) == (0, 3)
    with Archive.existing(data) as archive:
        there = copies(archive, media_of(article))
    assert set(there) == {STILL, MOVING, "https://inews.gtimg.com/om_bt/Ojpg/641"}
    for url, path in there.items():
        assert (data / path).read_bytes() == picture(url.removeprefix("https://"))[1]


def test_a_takedown_erases_the_copy_that_moves_unless_another_article_shows_it(qqnews: Run, data: Path) -> None:
    first = with_gif()
    second = Article(
        id="20260811A01ABC00", url="https://new.qq.com/rain/a/20260811A01ABC00", title="二", body=first.body,
        animations=first.animations,
    )  # fmt: skip
    with Archive.open(data) as archive:
        archive.keep(first, seen_at=NOON)
        archive.keep(second, seen_at=NOON)
    assert qqnews("media", "fetch", "--delay", "0").code == 0
    for each, left in ((first, 3), (second, 0)):
        assert qqnews("takedown", each.id, "--reason", "test", "--yes").code == 0
        assert rows(data, "SELECT count(*) FROM pictures") == [(left,)]
        assert len([path for path in (data / "media").rglob("*") if path.is_file()]) == left


def test_a_crawl_with_media_keeps_the_sound_of_a_voice(qqnews: Run, site: Site, data: Path) -> None:
    qqnews("crawl", SPOKEN, "--media", "--json", "--delay", "0")
    with Archive.existing(data) as archive:
        (article,) = [each.article for each in archive.articles()]
        path = copies(archive, [VOICE])[VOICE]
    assert f"[语音：船夫的话]({VOICE})" in article.body
    assert path.endswith(".mp3")
    content = (data / path).read_bytes()
    assert sha256(content).hexdigest() in path
    assert content.startswith(b"ID3")
    assert rows(data, "SELECT mime FROM media") == [("audio/mpeg",)]
    assert qqnews("verify").code == 0
    to = data.parent / "local"
    assert qqnews("render", "--media", "local", "--to", str(to)).code == 0
    (file,) = to.rglob("*.md")
    link = file.read_text().partition("[语音：船夫的话](")[2].partition(")")[0]
    assert (file.parent / link).read_bytes() == content


@pytest.mark.parametrize(("fault", "reason"), [("changed", "a page"), ("binary", "no known type of sound")])
def test_what_is_no_sound_is_listed_as_missing(
    qqnews: Run, fresh_site: Site, data: Path, fault: str, reason: str
) -> None:
    fresh_site.fault(VOICE.removeprefix("https:"), fault)
    qqnews("crawl", SPOKEN, "--media", "--delay", "0")
    missing = [json.loads(line) for line in qqnews("media", "missing", "--json").out.splitlines()]
    assert reason in {each["url"]: each["reason"] for each in missing}[VOICE]


@pytest.mark.parametrize(
    ("url", "open_"),
    [
        (VOICE, True),
        ("http://res.wx.qq.com/voice/getvoice?mediaid=a", True),
        ("https://res.wx.qq.com/mmbizappmsg/x.js", False),
        ("https://res.wx.qq.com/voice/getvoice", False),
        ("https://res.wx.qq.com.example.org/voice/getvoice?mediaid=a", False),
        ("https://u@res.wx.qq.com/voice/getvoice?mediaid=a", False),
    ],
)
def test_the_host_of_sounds_is_open_for_sounds_only(url: str, *, open_: bool) -> None:
    with pytest.raises(OffLimits):
        check_url(url)
    if open_:
        assert check_picture_url(url) == "res.wx.qq.com"
    else:
        with pytest.raises(OffLimits):
            check_picture_url(url)


def test_the_rules_of_the_host_of_sounds_are_asked_for() -> None:
    assert check_rules_url("https://res.wx.qq.com/robots.txt") == "res.wx.qq.com"
