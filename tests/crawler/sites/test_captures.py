"""Real pages, where they are at hand beside the project: equal to what was written by hand from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest

from archive.article.markdown import from_markdown, to_markdown
from crawler.sites.normalise import normalise
from crawler.sites.qq.read_page import read_page

SHARED = Path(__file__).parents[3].parent / "shared"
CAPTURES = {
    "rain_20260810A04WOP00.html": "https://news.qq.com/rain/a/20260810A04WOP00",
    "static_20201130A0G1JJ00.html": "https://new.qq.com/omn/20201130/20201130A0G1JJ00.html",
    "static_TWF2020041300303000.html": "https://new.qq.com/omn/TWF20200/TWF2020041300303000.html",
    "tech_20161014_006270.html": "http://tech.qq.com/a/20161014/006270.htm",
}
PLACEHOLDER = re.compile(r"<!--(IMG_\d+)-->")
ENCODINGS = {"tech_20161014_006270.html": ("utf-8", "gb18030")}


def shared(name: str) -> Path:
    """A file beside the project; the test is skipped where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/{name} not present")
    return path


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_comes_out_as_written_by_hand(name: str) -> None:
    page = shared(f"captures/pages/{name}").read_bytes()
    expected = shared(f"captures/expected/{name.removesuffix('.html')}.md").read_text()
    for encoding in ENCODINGS.get(name, ("utf-8",)):
        body = page.decode().encode(encoding)
        assert to_markdown(normalise(read_page(body, CAPTURES[name]))) == expected


def test_the_kuaibao_capture_is_a_video() -> None:
    body = shared("captures/pages/kuaibao_20171129V077OD00_content.json").read_bytes()
    raw = read_page(body, "https://kuaibao.qq.com/s/20171129V077OD00")
    article = normalise(raw)
    assert (raw.layout, article.kind, article.media_id) == ("kuaibao", "video", "5602580")
    assert [(video.vid, video.duration) for video in raw.bodies[0].videos] == [("r0511mdvh04", "00:02:24")]
    assert str(article.published_at) == "2017-11-29 10:31:46+08:00"


# The sample's article in each shape it may have had as a page: the words come from the sample itself.


def bold(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text, quote=False))


def v2_block(block: str) -> str:
    if picture := re.fullmatch(r"!\[图片\]\((.+)\)", block):
        return f'<section nodeleaf=""><img src="{picture[1]}"></section>'
    if block.startswith("> "):
        return f'<blockquote><p><span leaf="">{bold(block[2:])}</span></p></blockquote>'
    return f'<p style="margin: 0px"><span leaf="">{bold(block)}</span></p>'


def v1_block(block: str) -> str:
    quote = block.startswith("> ")
    paragraph = f"<P>　　{bold(block.removeprefix('> '))}</P>"
    return f"<blockquote>{paragraph}</blockquote>" if quote else paragraph


def rendered(html: str) -> str:
    """As the server renders it: every picture twice named and with an alternative text."""
    html = re.sub(r'<img src="(.+?)">', r'<img class="qnt-img-img" src="\1" data-src="\1" alt="图片"/>', html)
    return html.replace(' leaf=""', "").replace("<P>", '<div class="qnt-p">').replace("</P>", "</div>")


def origin(blocks: list[str], form: Callable[[str], str]) -> tuple[str, dict[str, dict[str, str]]]:
    """``originContent.text`` with its pictures as placeholders, and ``originAttribute``."""
    attributes: dict[str, dict[str, str]] = {}
    parts = []
    for block in blocks:
        if picture := re.fullmatch(r"!\[图片\]\((.+)\)", block):
            name = f"IMG_{len(attributes)}"
            attributes[name] = {"origUrl": picture[1], "desc": "", "bigOrigUrl": picture[1].replace("/641", "/0")}
            parts.append(f"<!--{name}-->" if form is v1_block else f'<section nodeleaf=""><!--{name}--></section>')
        else:
            parts.append(form(block))
    return "".join(parts), attributes


def sample_page(shape: str) -> tuple[bytes, str, str]:
    """The page, its address, and the file it must become."""
    text = shared("sample.md").read_text()
    sample = from_markdown(text)
    blocks = sample.body.split("\n\n")
    data: dict[str, object] = {"title": sample.title, "desc": sample.summary, "pubtime": sample.published_raw}
    body = "".join(map(v2_block, blocks))
    if shape != "DOM":
        html, attributes = origin(blocks, v1_block if shape == "v1" else v2_block)
        wrapped = html if shape == "v1" else f'<div class="rich_media_content">{html}<style>a{{}}</style></div>'
        data |= {"originContent": {"text": wrapped, "version": shape}, "originAttribute": attributes}
        body = PLACEHOLDER.sub(lambda found: f'<img src="{attributes[found[1]]["origUrl"]}">', html)
    script = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    title = escape(sample.title)
    page = (
        f'<!DOCTYPE html><html lang="zh-CN"><head><title>{title}_腾讯新闻</title>'
        f'<meta property="og:image" content="{sample.thumbnail}" /><meta charset="utf-8" />'
        f"<script>\n  window.DATA = {script};\n</script></head><body id='dc-normal-body'>"
        f'<h1 id="article-title">{title}</h1><div id="article-content">'
        f'<div class="comps-contentify-wrap"><div class="rich_media_content">{rendered(body)}</div></div></div>'
        "</body></html>"
    )
    return page.encode(), sample.url, text


@pytest.mark.parametrize("shape", ["v2", "v1", "DOM"])
def test_the_sample_comes_out_byte_for_byte(shape: str) -> None:
    page, url, sample = sample_page(shape)
    raw = read_page(page, url)
    assert to_markdown(normalise(raw)).encode() == sample.encode()
    assert raw.bodies[0].where == ("DOM" if shape == "DOM" else "DATA.originContent")
    assert raw.notes == ()
