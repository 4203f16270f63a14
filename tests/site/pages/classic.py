"""The page of 2013 to 2019 on the site hosts (``/a/YYYYMMDD/NNNNNN.htm``): GB 18030, called gb2312."""

from __future__ import annotations

from html import escape

from tests.site.blocks import Block, Listing, Paragraph, Picture, Run
from tests.site.pages.skeleton import attribute, fill
from tests.site.story import SITES, Story
from tests.site.writing import write

INDENT = '<p style="TEXT-INDENT: 2em">'


def page(story: Story) -> bytes:
    site, day, number = story.id.split("-")
    filled = fill(
        "classic",
        title=attribute(story.title),
        quoted=story.title.replace("\\", "\\\\").replace("'", "\\'"),
        heading=escape(story.title, quote=False),
        site=site,
        site_name=SITES[site],
        id=day + number,
        path=f"{day}/{number}",
        published=f"{story.published:%Y年%m月%d日%H:%M}",
        media=story.account.name,
        comment_id=story.comment_id,
        body="\n".join(part(block, story) for block in write(story)),
    )
    return filled.decode().encode("gb18030")


def part(block: Block, story: Story) -> str:
    match block:
        case Paragraph():
            return f"{INDENT}{''.join(run(part) for part in block.runs)}</p>"
        case Picture() if block.address.startswith("http:"):
            button = '<div class="mbArticleShareBtn"><span>转播到腾讯微博</span></div>'
            picture = f'<img alt="{attribute(story.title)}" src="{block.address}" />'
            return f'<div class="mbArticleSharePic">{button}{picture}</div>'
        case Picture():
            return f'<p align="center"><img src="{block.address.removeprefix("https:")}" /></p>'
        case Listing():
            tag = "ol" if block.ordered else "ul"
            return f"<{tag}>{''.join(f'<li>{item}</li>' for item in block.items)}</{tag}>"
        case _:
            raise ValueError(f"a classic page has no {type(block).__name__}")


def run(part: Run) -> str:
    words = escape(part.text, quote=False)
    if part.style == "bold":
        return f"<strong>{words}</strong>"
    if part.style != "stock":
        return words
    link = '<a class="a-tips-Article-QQ" href="http://stockhtm.finance.qq.com/" target="_blank">'
    return f"<!--keyword--><span>{link}<!--/keyword-->{words}<!--keyword--></a></span><!--/keyword-->"
