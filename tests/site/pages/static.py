"""The static page of March 2018 to April 2024 (``/omn/…``, ``/cmsn/…``, ``/rain/a/…``)."""

from __future__ import annotations

import json
from datetime import timedelta
from html import escape

from tests.site.blocks import Block, Clip, Listing, Paragraph, Picture, Run
from tests.site.channels import short_name
from tests.site.pages.rain import video
from tests.site.pages.skeleton import attribute, fill
from tests.site.story import Story
from tests.site.writing import abstract, write

LEAD_UNTIL = 2019
"""The last year in which a page had a lead of its own."""


def page(story: Story) -> bytes:
    built = story.published + timedelta(hours=13)
    return fill(
        "static",
        title=attribute(story.title),
        heading=escape(story.title, quote=False),
        keywords=attribute(",".join((story.title, *story.keywords))),
        description=attribute(abstract(story)),
        built=f"{built.month}/{built.day}/{built.year}, {built:%I:%M:%S %p}",
        data=json.dumps(data(story), ensure_ascii=False, indent="\t\t"),
        body="\n".join(f"            {part}" for part in body(story)),
    )


def data(story: Story) -> dict[str, object]:
    """``window.DATA`` with the keys that pages of its year had."""
    year = story.published.year
    values: dict[str, object] = {
        "article_id": story.id[3:17] if story.id[0].isalpha() else story.id[:14],
        "article_type": "0",
        "title": story.title,
    }
    if year >= 2020:
        values["abstract"] = None
    values |= {"catalog1": short_name(story.channel), "catalog2": f"{short_name(story.channel)}_zonghe"}
    if year <= 2020:
        values["introduction"] = lead(story).text if has_lead(story) else ""
    values |= {
        "media": story.account.name,
        "media_id": story.account.chlid,
        "pubtime": story.date,
        "comment_id": story.comment_id,
        "tags": (";" if year < 2020 else ",").join(story.keywords),
        "political": 0,
        "artTemplate": None,
        "FztCompetition": None,
        "FCompetitionName": None,
    }
    if year >= 2021:
        values |= {"is_deleted": 0, "apubTpl": "default"}
    return values | {"cms_id": story.id, "videoArr": []}


def has_lead(story: Story) -> bool:
    return story.published.year <= LEAD_UNTIL and story.index % 2 == 0


def lead(story: Story) -> Paragraph:
    return next(block for block in write(story) if isinstance(block, Paragraph))


def body(story: Story) -> list[str]:
    """The parts of ``.content-article``; the lead stands in its own box where the page has one."""
    blocks = list(write(story))
    parts: list[str] = []
    if has_lead(story):
        first = lead(story)
        blocks.remove(first)
        parts.append(f'<div class="introduction">{runs(first)}</div>')
    return parts + [part(block, "　　" if story.index % 3 == 0 else "") for block in blocks]


def part(block: Block, indent: str) -> str:
    match block:
        case Paragraph():
            return f'<p class="one-p">{indent}{runs(block)}</p>'
        case Picture():
            caption = f'<i class="desc">{block.caption}</i>' if block.caption else ""
            address = block.address.removeprefix("https:")
            return f'<p class="one-p"><img class="content-picture" src="{address}">{caption}\n            </p>'
        case Clip():
            entry = json.dumps(video(block), ensure_ascii=False)
            script = f"<script>window.DATA.videoArr.push({entry})</script>"
            return f'<div class="videoPlayerWrap"></div>\n            {script}'
        case Listing():
            return f"<ul>{''.join(f'<li>{item}</li>' for item in block.items)}</ul>"
        case _:
            raise ValueError(f"a static page has no {type(block).__name__}")


def runs(paragraph: Paragraph) -> str:
    return "".join(map(run, paragraph.runs))


def run(part: Run) -> str:
    words = escape(part.text, quote=False)
    if part.href:
        return f'<a href="{part.href}" target="_blank">{words}</a>'
    return f"<strong>{words}</strong>" if part.style == "bold" else words
