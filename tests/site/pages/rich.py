"""originContent: an article's blocks as the HTML in ``window.DATA`` (v2 and v1), and as the page shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import count

from tests.site.blocks import Block, Clip, Heading, Listing, Ornament, Paragraph, Picture, Quote, Run, Table
from tests.site.story import Story

BODY = "color: rgb(48, 48, 48); font-size: 16px; letter-spacing: inherit; line-height: 1.75em; margin: 0px"
TITLE = "color: rgb(48, 48, 48); font-size: 20px; font-weight: bold; letter-spacing: inherit; margin: 0px"
HIDDEN = "background: rgba(1, 169, 216, 0.3); border-radius: 50%; color: transparent; height: 30px; margin: 0px"
STRONG = "color: rgb(69, 69, 69); font-weight: bold"
STYLES = (BODY, TITLE, HIDDEN, STRONG, "text-align: center", "font-style: italic")

RULE = ".rich_media_content .w%d{color:#576b95;text-decoration:none;-webkit-tap-highlight-color:#0000}"
CARD = {"a_version": "21_android_7.4.57", "i_version": "11.0_qqnews_7.4.70", "type": "ai"}


@dataclass
class Rich:
    """One article's originContent in the making: the numbered attributes that its placeholders name."""

    story: Story
    attributes: dict[str, dict[str, object]] = field(default_factory=dict)
    numbers: dict[str, Iterator[int]] = field(default_factory=dict)

    def place(self, kind: str, attribute: dict[str, object]) -> str:
        """The placeholder comment of the next attribute of this kind."""
        name = f"{kind}_{self.next(kind)}"
        self.attributes[name] = attribute
        return f"<!--{name}-->"

    def next(self, kind: str) -> int:
        return next(self.numbers.setdefault(kind, count()))

    def run(self, run: Run) -> str:
        words = escape(run.text, quote=False)
        match run.style:
            case "bold":
                return f'<strong><span leaf="">{words}</span></strong>'
            case "bold-by-style":
                return f'<span style="{STRONG}" textstyle="">{words}</span>'
            case "italic":
                return f'<em style="font-style: italic"><span leaf="">{words}</span></em>'
            case "card":
                return self.between("VERTICAL_CARD", words, CARD | {"desc": run.text})
            case "secure":
                return self.between("SECURE_LINK", words, {"url": "https://new.qq.com/"})
            case _:
                link = f'<a href="{run.href}" target="_blank">{words}</a>' if run.href else words
                return f'<span leaf="">{link}</span>'

    def between(self, kind: str, words: str, attribute: Mapping[str, object]) -> str:
        number = self.next(kind)
        self.attributes[f"{kind}_BEGIN_{number}"] = dict(attribute)
        self.attributes[f"{kind}_END_{number}"] = {"show_type": "6"}
        return f'<span leaf=""><!--{kind}_BEGIN_{number}-->{words}<!--{kind}_END_{number}--></span>'

    def runs(self, paragraph: Paragraph) -> str:
        return "".join(map(self.run, paragraph.runs))

    def picture(self, picture: Picture, caption: str) -> str:
        return self.place("IMG", image_attribute(picture, caption))

    def clip(self, clip: Clip) -> str:
        return self.place("VIDEO", clip_attribute(clip))


def v2(rich: Rich, blocks: tuple[Block, ...], style_bytes: int) -> str:
    """WeChat-style HTML, as most articles of 2024 on have it, with its style sheet at the end."""
    inner = "".join(v2_block(rich, block) for block in blocks)
    return f'<div class="rich_media_content">{inner}<style>{style_sheet(style_bytes)}</style></div>'


def v2_block(rich: Rich, block: Block) -> str:
    match block:
        case Paragraph():
            number = rich.next("EOP")
            lead = f"<!--AIPOS_{rich.next('AIPOS')}-->" if number % 4 == 3 else ""
            inner = f"{lead}{rich.runs(block)}<!--EOP_{number}-->"
            return f'<p style="{BODY}">{inner}</p><!--PARAGRAPH_{number}-->'
        case Heading():
            return f'<h{block.level} style="{TITLE}"><span leaf="">{block.text}</span></h{block.level}>'
        case Quote():
            inner = "".join(f'<p style="{BODY}">{rich.runs(paragraph)}</p>' for paragraph in block.paragraphs)
            return f"<blockquote>{inner}</blockquote>"
        case Picture():
            caption = f"<figcaption>{block.caption}</figcaption>" if block.caption else ""
            inner = f'<span leaf="">{rich.picture(block, "")}</span>{caption}'
            return f'<figure style="text-align: center">{inner}</figure>'
        case Clip():
            return f'<section style="text-align: center">{rich.clip(block)}</section>'
        case Listing():
            tag = "ol" if block.ordered else "ul"
            items = "".join(f'<li><p style="{BODY}"><span leaf="">{item}</span></p></li>' for item in block.items)
            return f'<{tag} class="list-paddingleft-1">{items}</{tag}>'
        case Table():
            rows = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in block.rows)
            return f"<section><table><tbody>{rows}</tbody></table></section>"
        case Ornament():
            return f'<section><p style="{HIDDEN}"><span leaf="">{block.text}</span></p></section>'


def cell(text: str) -> str:
    return f'<td><p style="{BODY}"><span leaf="">{escape(text, quote=False)}</span></p></td>'


def v1(rich: Rich, blocks: tuple[Block, ...]) -> str:
    """The older form: bare upper-case paragraphs, pictures and videos between them."""
    return "".join(v1_block(rich, block) for block in blocks)


def v1_block(rich: Rich, block: Block) -> str:
    match block:
        case Paragraph():
            inner = "".join(map(rich.run, block.runs)).replace('<span leaf="">', "").replace("</span>", "")
            indent = "　　" if rich.story.index % 2 else ""
            return f"<P>{indent}{inner}</P>"
        case Picture():
            return rich.picture(block, block.caption)
        case Clip():
            return rich.clip(block)
        case _:
            raise ValueError(f"a v1 text has no {type(block).__name__}")


def style_sheet(length: int) -> str:
    """At least ``length`` characters of style rules that no reader sees."""
    rules = (RULE % number for number in range(1 + length // len(RULE)))
    return "a{cursor:default}" + "".join(rules)


def image_attribute(picture: Picture, caption: str) -> dict[str, object]:
    stem = picture.stem
    return {
        "bigOrigUrl": f"{stem}/0",
        "compressUrl": f"{stem}/641",
        "desc": caption,
        "fullPic": "1",
        "height": picture.height,
        "imgurl0": f"{stem}/0",
        "imgurl1000": f"{stem}/1000",
        "islong": 0,
        "origUrl": picture.address,
        "size": picture.width // 3,
        "style": {"width": "100%"},
        "thumb": f"{stem}_181x181s/0",
        "url": f"{stem}/641",
        "width": picture.width,
    }


def clip_attribute(clip: Clip) -> dict[str, object]:
    return {
        "vid": clip.vid,
        "img": clip.poster,
        "duration": f"{clip.seconds // 60:02d}:{clip.seconds % 60:02d}",
        "playurl": f"https://v.qq.com/x/page/{clip.vid}.html",
        "title": clip.title,
    }


PLACEHOLDER = re.compile(r"<!--(IMG|VIDEO|EOP|PARAGRAPH|AIPOS)_(\d+)-->|<!--[A-Z_]+_\d+-->")


def rendered(text: str, attributes: dict[str, dict[str, object]]) -> str:
    """What the page's body shows for a v2 text: placeholders carried out, styles as React writes them."""
    for style in STYLES:
        text = text.replace(style, compact(style))
    text = text.replace(' leaf=""', "").replace(' textstyle=""', "")
    return PLACEHOLDER.sub(replacement(attributes), text)


def compact(style: str) -> str:
    return style.replace(": ", ":").replace("; ", ";")


def replacement(attributes: dict[str, dict[str, object]]) -> Callable[[re.Match[str]], str]:
    def put(match: re.Match[str]) -> str:
        kind, number = match[1], match[2]
        if kind == "IMG":
            attribute = attributes[f"IMG_{number}"]
            return image(str(attribute["origUrl"]))
        if kind == "VIDEO":
            return '<div class="videoPlayerWrap"></div>'
        return "" if kind else "<!-- -->"

    return put


def image(address: str) -> str:
    return (
        '<img class="qnt-img-img qnr-img-lazy-load-img qnr-img-lazy-load-img-placeholder" '
        f'style="border-radius:6px;width:100%;height:100%" src="{address}" data-src="{address}" alt="图片"/>'
    )


V1_PART = re.compile(r"<P>(.*?)</P>|(<!--(?:IMG|VIDEO)_\d+-->)", re.DOTALL)


def rendered_v1(text: str, attributes: dict[str, dict[str, object]]) -> str:
    """The HTML a page's body shows for a v1 text: one ``div.qnt-p`` for each part."""
    parts: list[str] = []
    for match in V1_PART.finditer(text):
        inner = rendered(match[1] or match[2], attributes)
        caption = str(attributes.get((match[2] or "").strip("<!->"), {}).get("desc", ""))
        note = f'<div class="image_desc">{caption}</div>' if caption else ""
        parts.append(f'<div class="qnt-p">{inner}{note}</div>')
    return "".join(parts)
