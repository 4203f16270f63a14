"""The text of an article: blocks drawn from the seed, in the vocabulary that the article's layout has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random

from tests.site import words
from tests.site.blocks import (
    Block,
    Clip,
    Heading,
    Listing,
    Ornament,
    Paragraph,
    Picture,
    Quote,
    Run,
    Style,
    Table,
)
from tests.site.story import Layout, Story, picture_key, video_id
from tests.site.words import pick, say, sentence, sentences

Maker = Callable[[Random, Story, int], tuple[Block, ...]]

SHORTEST, LONGEST = 60, 3000
# A classic page has no abstract; its text must be longer than the hundred characters taken from it.
SHORTEST_CLASSIC = 160
ABSTRACT = 90
"""Characters of text in an abstract."""


@lru_cache(maxsize=512)
def write(story: Story) -> tuple[Block, ...]:
    """The article's blocks: 60 to 3,000 characters of text, most articles well under a thousand."""
    rng = Random(f"{story.seed}/text/{story.origin}")
    if story.layout == "video":
        return (_clip(rng, story, 0)[0],)
    blocks = list(_blocks(rng, story))
    if story.body_edition:
        _revise(blocks, story)
    return tuple(blocks)


def plain_text(story: Story) -> str:
    """The text of paragraphs and list items, joined by one space: what an abstract is cut from."""
    return " ".join(_texts(write(story)))


@lru_cache(maxsize=4096)
def abstract(story: Story) -> str:
    """The site's own abstract: the text's beginning, sections glued, cut with three dots."""
    if story.layout == "video":
        return sentence(Random(f"{story.seed}/abstract/{story.origin}"))
    text = plain_text(story)[: 2 * ABSTRACT].replace(" ", "")
    return text if len(text) <= ABSTRACT else text[:ABSTRACT] + "..."


def _texts(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block.text
        elif isinstance(block, Listing):
            yield from block.items


def _blocks(rng: Random, story: Story) -> Iterator[Block]:
    shortest = SHORTEST_CLASSIC if story.layout == "classic" else SHORTEST
    wanted = shortest + int((LONGEST - shortest) * rng.random() ** 3)
    written = 0
    if story.layout == "classic":
        yield _classic_picture(story)
    while written < wanted:
        paragraph = _paragraph(rng, story, min(wanted - written, 40 + int(rng.random() * 160)))
        written += len(paragraph.text)
        yield paragraph
        if written < wanted:
            yield from _interlude(rng, story, written)


def _interlude(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    """What stands between two paragraphs: mostly nothing."""
    makers = INTERLUDES[story.layout]
    chosen = int(rng.random() * 100)
    for share, maker in makers:
        chosen -= share
        if chosen < 0:
            return maker(rng, story, place)
    return ()


def _revise(blocks: list[Block], story: Story) -> None:
    """Replace the first paragraph, as an editor would who learned more."""
    rng = Random(f"{story.seed}/edit/{story.index}/{story.body_edition}")
    first = next(number for number, block in enumerate(blocks) if isinstance(block, Paragraph))
    blocks[first] = Paragraph((Run("更新：" + sentences(rng, SHORTEST)),))


def _paragraph(rng: Random, story: Story, characters: int) -> Paragraph:
    text = sentences(rng, characters)
    dressed = DRESSES[story.layout].get(int(rng.random() * 20))
    if dressed is None or (dressed == "plain" and not story.related):
        return Paragraph((Run(text),))
    if dressed == "plain":
        address = f"https://new.qq.com/rain/a/{story.related}"
        return Paragraph((Run("此前报道："), Run(say(rng, words.TITLES), href=address)))
    if dressed in ("bold", "bold-by-style", "italic"):
        return Paragraph((Run(sentence(rng), dressed), Run(text)))
    return Paragraph((Run(sentence(rng) + "说到"), Run(pick(rng, words.THINGS), dressed), Run("，" + text)))


def _picture(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    caption = say(rng, words.CAPTIONS) if rng.random() < 0.3 else ""
    if story.layout == "static" and story.published.year < 2022:
        stem = f"https://inews.gtimg.com/newsapp_bt/0/{10_000_000_000 + int(rng.random() * 10**9)}"
    else:
        stem = f"https://inews.gtimg.com/om_bt/{picture_key(story.seed, 'picture', story.origin, place)}"
    if story.layout == "static":
        return (Picture(f"{stem}/1000", caption),)
    wide = rng.random() < 0.3
    return (Picture(f"{stem}/{'1000' if wide else '641'}", caption, 641 if wide else 602),)


def _classic_picture(story: Story) -> Picture:
    rng = Random(f"{story.seed}/head-picture/{story.origin}")
    site = story.id.partition("-")[0]
    folders = "/".join(str(int(rng.random() * 256)) for _ in range(3))
    return Picture(f"http://img1.gtimg.com/{site}/pics/hv1/{folders}/{130_000_000 + story.origin}.jpg")


def _old_picture(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    return (Picture(f"https://inews.gtimg.com/newsapp_bt/0/{1_000_000_000 + int(rng.random() * 10**8)}/641"),)


def _heading(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    return (Heading(2 if rng.random() < 0.7 else 3, say(rng, words.HEADINGS)),)


def _numbered(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    """A section's title in bold under an invisible number."""
    number = str(1 + place // 400)
    return (Ornament(number), Paragraph((Run(say(rng, words.HEADINGS), "bold"),)))


def _quote(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    paragraphs = 1 + int(rng.random() * 2)
    return (Quote(tuple(Paragraph((Run(sentences(rng, 30)),)) for _ in range(paragraphs))),)


def _listing(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    ordered = story.layout != "static" and rng.random() < 0.4
    return (Listing(ordered, tuple(sentence(rng) for _ in range(2 + int(rng.random() * 3)))),)


def _table(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    rows = [("地点", "项目", "数量")]
    for _ in range(2 + int(rng.random() * 3)):
        count = pick(rng, words.NUMBERS) + pick(rng, words.UNITS)
        rows.append((pick(rng, words.CITIES), pick(rng, words.THINGS), count))
    return (Table(tuple(rows)),)


def _clip(rng: Random, story: Story, place: int) -> tuple[Block, ...]:
    vid = video_id(rng)
    poster = f"https://puui.qpic.cn/qqvideo_ori/0/{vid}_496_280/0"
    title = story.title if story.layout == "video" else say(rng, words.TITLES)
    return (Clip(vid, title, poster, 20 + int(rng.random() * 600)),)


INTERLUDES: dict[Layout, tuple[tuple[int, Maker], ...]] = {
    "v2": (
        (22, _picture),
        (7, _heading),
        (6, _numbered),
        (6, _quote),
        (5, _listing),
        (3, _table),
        (3, _clip),
    ),
    "v1": ((30, _picture),),
    "dom": ((25, _picture), (7, _heading), (6, _quote), (5, _listing)),
    "static": ((30, _picture), (4, _listing), (3, _clip)),
    "classic": ((12, _old_picture), (4, _listing)),
    "video": (),
}
"""What may stand between paragraphs, per layout, in hundredths."""

_MODERN: dict[int, Style] = {
    0: "bold",
    1: "bold",
    2: "bold-by-style",
    3: "italic",
    4: "card",
    5: "secure",
    6: "plain",
}
DRESSES: dict[Layout, dict[int, Style]] = {
    "v2": _MODERN,
    "v1": {0: "bold", 1: "bold", 2: "card", 3: "secure"},
    "dom": {0: "bold", 1: "bold-by-style", 2: "italic"},
    "static": {0: "bold", 1: "bold", 2: "bold", 3: "plain"},
    "classic": {0: "bold", 1: "stock", 2: "stock"},
    "video": {},
}
"""How one paragraph in twenty is dressed, per layout; ``plain`` stands for a link to an earlier report."""
