"""What is known of an article before its text is written, drawn from seed and index: identity, account, time."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from random import Random
from typing import Literal

from tests.site import words
from tests.site.words import pick, say

BEIJING = timezone(timedelta(hours=8), "+08:00")
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Layout = Literal["v2", "v1", "dom", "video", "static", "classic"]
"""``v2``, ``v1``: the page of 2024 on, by the version of its originContent; ``dom``: the same page without it;
``video``: the same with only a video; ``static``: 2018 to April 2024; ``classic``: the GBK page before."""

MODERN: tuple[Layout, ...] = ("v2",) * 60 + ("v1",) * 16 + ("dom",) * 5 + ("video",) * 4
OLD: tuple[Layout, ...] = ("static",) * 10 + ("classic",) * 5

SITES = {"tech": "科技", "finance": "财经", "news": "新闻", "sports": "体育", "ent": "娱乐", "edu": "教育"}
"""The hosts that served classic pages, with the names they gave themselves."""

CMS_PREFIXES = ("TWF", "SPO", "FIN", "ENT", "NEW", "TEC")

# The stride has no factor in common with the space: ids look scattered and never meet.
ID_STRIDE, ID_SPACE = 7919, 36**4


@dataclass(frozen=True, slots=True)
class Account:
    """A media account: its name, numeric id (``chlid``), opaque id (``suid``), avatar and motto."""

    name: str
    chlid: str
    suid: str
    icon: str
    motto: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article. Its text is written when it is asked for (`tests.site.writing.write`)."""

    seed: int
    index: int
    origin: int
    """The index whose text it carries: its own, or that of the article it copies."""
    id: str
    layout: Layout
    title: str
    account: Account
    channel: str
    published: datetime
    keywords: tuple[str, ...]
    cover: str
    """Address of the cover picture without size suffix."""
    city: str
    comment_id: str
    related: str
    """Id of another article that this one may link to."""
    body_edition: int = 0
    title_edition: int = 0
    noise: int = 0
    """Moves the counters of the page and nothing a reader reads."""

    @property
    def modern(self) -> bool:
        """Whether it stands on the server-rendered page of 2024 on, the only kind that lists carry."""
        return self.layout in MODERN

    @property
    def date(self) -> str:
        """``YYYY-MM-DD HH:MM:SS``, Beijing time. A classic page knows no seconds."""
        return self.published.strftime("%Y-%m-%d %H:%M:%S")

    @property
    def url(self) -> str:
        """The canonical address."""
        if self.layout == "classic":
            site, day, number = self.id.split("-")
            return f"https://{site}.qq.com/a/{day}/{number}.htm"
        return f"https://new.qq.com/rain/a/{self.id}"


def addresses_of(story: Story) -> tuple[str, ...]:
    """Every address under which the site has the article, the canonical one first."""
    if story.layout == "classic":
        return (story.url, story.url.replace("https:", "http:"))
    places = [
        "https://news.qq.com/rain/a/{0}",
        "https://view.inews.qq.com/a/{0}",
        "https://view.inews.qq.com/k/{0}?web_channel=wap&openApp=false",
        "https://xw.qq.com/cmsid/{0}",
        "https://kuaibao.qq.com/s/{0}",
    ]
    if story.layout == "static":
        folder = story.id[:8]
        places += [f"https://new.qq.com/omn/{folder}/{{0}}.html", f"https://new.qq.com/cmsn/{folder}/{{0}}.html"]
    return (story.url, *(place.format(story.id) for place in places))


def picture_key(*facts: object) -> str:
    """A key like those of the site's picture store, its own for every list of facts."""
    digest = sha256("/".join(map(str, facts)).encode()).digest()
    return "O" + urlsafe_b64encode(digest).decode().rstrip("=") + "QAA"


def video_id(rng: Random) -> str:
    return pick(rng, "abcdefhjklmnpqrstuvwxyz") + "".join(pick(rng, DIGITS.lower()) for _ in range(10))


def draw_account(seed: int, number: int) -> Account:
    """The ``number``-th media account; names are numbered where the words run out."""
    rng = Random(f"{seed}/account/{number}")
    suffix = "" if number < len(words.MEDIA) * len(words.CITIES) else str(number)
    name = words.CITIES[number % len(words.CITIES)] + words.MEDIA[number // 2 % len(words.MEDIA)] + suffix
    suid = urlsafe_b64encode(rng.randbytes(14)).decode().replace("-", "x").replace("_", "y")
    return Account(
        name=name,
        chlid=str(20_000_000 + seed % 1000 * 1000 + number),
        suid="8QM" + suid[3:],
        icon=f"https://inews.gtimg.com/om_ls/{picture_key(seed, 'icon', number)}_200200/0",
        motto=words.sentence(rng),
    )


def draw_layout(rng: Random, *, modern: bool) -> Layout:
    return pick(rng, MODERN if modern else MODERN + OLD)


def draw_time(rng: Random, layout: Layout, index: int, now: datetime) -> datetime:
    """When it was published: the newest a few minutes before ``now``, older layouts in their own years."""
    if layout == "static":
        return datetime(2018, 3, 1, tzinfo=BEIJING) + timedelta(seconds=int(rng.random() * 193_000_000))
    if layout == "classic":
        return datetime(2013, 1, 5, tzinfo=BEIJING) + timedelta(minutes=int(rng.random() * 2_890_000))
    return now - timedelta(seconds=index * 390 + int(rng.random() * 300))


def draw_id(rng: Random, layout: Layout, index: int, published: datetime) -> str:
    """An id of the layout's time; no two indexes ever share one."""
    scattered = index * ID_STRIDE % ID_SPACE
    day = published.strftime("%Y%m%d")
    if layout == "classic":
        return f"{pick(rng, list(SITES))}-{day}-{index % 1_000_000:06d}"
    if layout == "static" and index % 4 == 0:
        return f"{pick(rng, CMS_PREFIXES)}{day}{index % 1_000_000:06d}00"
    tail = "".join(DIGITS[scattered // 36**place % 36] for place in (3, 2, 1, 0))
    return f"{day}{'V' if layout == 'video' else 'A'}0{tail}00"


def draw_title(seed: int, origin: int, edition: int) -> str:
    return say(Random(f"{seed}/title/{origin}/{edition}"), words.TITLES)
