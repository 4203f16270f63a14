"""What a faithful scraper must read from an article's page, in the form of the Markdown contract."""

from __future__ import annotations

from dataclasses import dataclass

from tests.site.blocks import Block, Clip, Heading, Listing, Ornament, Paragraph, Picture, Quote, Run, Table
from tests.site.channels import short_name
from tests.site.story import Story
from tests.site.writing import abstract, plain_text, write


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """An article's expected fields. ``body``: Markdown without the closing link; ``date``: Beijing time."""

    id: str
    url: str
    title: str
    date: str
    summary: str
    thumbnail: str
    author: str
    media: str
    media_id: str
    channel: str
    keywords: tuple[str, ...]
    location: str
    comment_id: str
    kind: str
    layout: str
    body: str
    pictures: tuple[str, ...]


def truth_of(story: Story) -> Truth:
    blocks = write(story)
    classic = story.layout == "classic"
    return Truth(
        id=story.id,
        url=story.url,
        title=story.title,
        date=story.date,
        summary=summary_of(story),
        thumbnail=f"{story.cover}_640330/0" if story.modern else first_image(blocks),
        author=story.account.name,
        media=story.account.name,
        media_id="" if classic else story.account.chlid,
        channel=story.id.partition("-")[0] if classic else short_name(story.channel),
        keywords=() if classic else story.keywords,
        location=story.city if story.modern else "",
        comment_id=story.comment_id,
        kind="video" if story.layout == "video" else "text",
        layout=story.layout,
        body="\n\n".join(markdown for block in blocks if (markdown := to_markdown(block, story))),
        pictures=tuple(block.address for block in blocks if isinstance(block, Picture)),
    )


def summary_of(story: Story) -> str:
    """The site's abstract; a classic page only repeats its title there, so the text's beginning stands in."""
    return plain_text(story)[:100] + "..." if story.layout == "classic" else abstract(story)


def first_image(blocks: tuple[Block, ...]) -> str:
    """The first picture of the body, else the first video's poster, else nothing."""
    pictures = [block.address for block in blocks if isinstance(block, Picture)]
    posters = [block.poster for block in blocks if isinstance(block, Clip)]
    return next(iter(pictures + posters), "")


def to_markdown(block: Block, story: Story) -> str:
    """One block as Markdown; empty for what a reader does not see."""
    match block:
        case Paragraph():
            return "".join(map(run_markdown, block.runs))
        case Heading():
            return f"{'#' * block.level} {block.text}"
        case Quote():
            return "\n>\n".join(f"> {to_markdown(paragraph, story)}" for paragraph in block.paragraphs)
        case Picture():
            alt = story.title if block.address.startswith("http://img1") else "图片"
            caption = f"\n\n*{block.caption}*" if block.caption else ""
            return f"![{alt}]({block.address}){caption}"
        case Clip():
            return f"[视频：{block.title}](https://v.qq.com/x/page/{block.vid}.html)"
        case Listing():
            marks = [f"{n}." if block.ordered else "-" for n in range(1, len(block.items) + 1)]
            return "\n".join(f"{mark} {item}" for mark, item in zip(marks, block.items, strict=True))
        case Table():
            rows = [f"| {' | '.join(row)} |" for row in block.rows]
            rule = f"| {' | '.join('---' for _ in block.rows[0])} |"
            return "\n".join([rows[0], rule, *rows[1:]])
        case Ornament():
            return ""


def run_markdown(run: Run) -> str:
    if run.href:
        return f"[{run.text}]({run.href})"
    if run.style in ("bold", "bold-by-style"):
        return f"**{run.text}**"
    return f"*{run.text}*" if run.style == "italic" else run.text
