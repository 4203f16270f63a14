"""The loopback site's world: every article there is, the newest first, and what happens to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Literal

from tests.site import words
from tests.site.channels import FEEDS
from tests.site.story import (
    Account,
    Layout,
    Story,
    draw_account,
    draw_id,
    draw_layout,
    draw_time,
    draw_title,
    picture_key,
)
from tests.site.truth import Truth, truth_of
from tests.site.words import pick

Part = Literal["body", "title", "noise"]
Farewell = Literal["babygohome", "notfound", "is_deleted"]
"""How the site says that an article is gone: a redirect to the page of lost children (since 2021), to
``notfound.htm`` (before), or the page itself with ``is_deleted: 1``."""

SITEMAP_SIZE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a world is made from; equal plans make equal worlds, byte for byte."""

    seed: int = 1
    articles: int = 200
    accounts: int = 12
    now: str = "2026-08-10T20:00:00+08:00"
    """The newest article is a few minutes older."""
    style_bytes: int = 400
    """Length of the style sheet inside each v2 page; on the live site about 75,000."""


class World:
    """Articles by id. A world is changed only by `edit`, `remove`, `restore` and `publish`."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.accounts = tuple(draw_account(self.plan.seed, number) for number in range(self.plan.accounts))
        self.farewells: dict[str, Farewell] = {}
        self.mistaken: dict[str, str] = {}
        """Articles in whose place the site gives another one."""
        self._now = datetime.fromisoformat(self.plan.now)
        self._stories: dict[str, Story] = {}
        self._by_index: list[str] = []
        for _ in range(self.plan.articles):
            self._add(self._draw(len(self._by_index)))
        self._newest_first: list[str] | None = None

    def __len__(self) -> int:
        return len(self._stories)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id there ever was, the removed ones too, the newest first."""
        if self._newest_first is None:
            order = sorted(self._stories.values(), key=lambda story: (story.published, story.id), reverse=True)
            self._newest_first = [story.id for story in order]
        return tuple(self._newest_first)

    def story(self, article_id: str) -> Story:
        """The article as it stands now. Raises `KeyError` for an unknown id."""
        return self._stories[article_id]

    def find(self, article_id: str) -> Story | None:
        return self._stories.get(article_id)

    def standing_for(self, story: Story) -> Story:
        """The article that the site gives where this one is asked for: itself, unless it mistakes it for another."""
        return self._stories[self.mistaken.get(story.id, story.id)]

    def truth(self, article_id: str) -> Truth:
        """What a faithful scraper must read from the article's page as it stands now."""
        return truth_of(self._stories[article_id])

    def living(self) -> Iterator[Story]:
        """The articles that are not removed, the newest first."""
        return (self._stories[key] for key in self.ids if key not in self.farewells)

    def of_layout(self, *layouts: Layout) -> tuple[str, ...]:
        """Ids of the living articles that stand on pages of these layouts."""
        return tuple(story.id for story in self.living() if story.layout in layouts)

    def in_channel(self, channel: str) -> tuple[str, ...]:
        """Ids that the channel's feed lists, newest first; ``news_news_top`` shows a choice of everything."""
        modern = (story for story in self.living() if story.modern)
        if channel in ("news_news_top", "news_news_home"):
            return tuple(story.id for story in modern if story.index % 3 == 0)
        return tuple(story.id for story in modern if story.channel == channel)

    def of_account(self, account: Account) -> tuple[str, ...]:
        """Ids that the account's home page lists: modern and static articles, the newest first."""
        return tuple(story.id for story in self.living() if story.account == account and story.layout != "classic")

    def ranking(self, channel: str = "") -> tuple[str, ...]:
        """Ids in the order of the hot ranking, at most a hundred."""
        listed = [story for story in self.living() if story.modern and channel in ("", story.channel)]
        listed.sort(key=lambda story: (-heat(story), story.id))
        return tuple(story.id for story in listed[:100])

    @cached_property
    def tags(self) -> dict[str, str]:
        """Tag id → word."""
        return {picture_key(self.plan.seed, "tag", word)[1:12] + "=": word for word in words.THINGS}

    def tagged(self, word: str) -> tuple[str, ...]:
        return tuple(story.id for story in self.living() if story.modern and word in story.keywords)

    def matching(self, query: str) -> tuple[str, ...]:
        """Ids of articles whose title or keywords hold every word of the query."""
        wanted = query.split()
        return tuple(
            story.id
            for story in self.living()
            if story.layout != "classic" and all(word in story.title or word in story.keywords for word in wanted)
        )

    def in_sitemap(self) -> tuple[str, ...]:
        """Ids that the sitemap lists: all with a ``/rain/a/`` address, the removed ones too."""
        return tuple(key for key in self.ids if self._stories[key].layout != "classic")

    def edit(self, article_id: str, part: Part = "body") -> None:
        """Change an article: its text, its title, or only its counters (``noise``).

        Raises `KeyError` for an unknown id, `ValueError` for the text of an article that is only a video.
        """
        story = self._stories[article_id]
        if part == "body" and story.layout == "video":
            raise ValueError(f"{article_id} is a video, without a text to edit")
        if part == "body":
            story = replace(story, body_edition=story.body_edition + 1)
        elif part == "noise":
            story = replace(story, noise=story.noise + 1)
        else:
            edition = story.title_edition + 1
            title = draw_title(story.seed, story.origin, edition)
            story = replace(story, title_edition=edition, title=title)
        self._stories[article_id] = story

    def remove(self, article_id: str, farewell: Farewell = "babygohome") -> None:
        """Take an article down; lists no longer name it, the sitemap still does. Raises `KeyError` if unknown."""
        self.farewells[self._stories[article_id].id] = farewell

    def restore(self, article_id: str) -> None:
        self.farewells.pop(article_id, None)

    def mistake(self, article_id: str, other: str | None) -> None:
        """From now on give another article's page in place of this one's; None: its own again.

        Raises `KeyError` for an unknown id; those of WeChat's articles (``wx-…``) are taken as they come.
        """
        if other is None:
            self.mistaken.pop(article_id, None)
            return
        for key in (article_id, other):
            if not key.startswith("wx-") and key not in self._stories:
                raise KeyError(key)
        self.mistaken[article_id] = other

    def publish(self, count: int = 1, *, copy_of: str = "") -> tuple[str, ...]:
        """Add articles at the head of the lists, each newer than all before; their ids.

        With ``copy_of`` they repeat that article's text, title, pictures and account under ids of their own.
        """
        made = tuple(self._add(self._fresh(copy_of)) for _ in range(count))
        self._newest_first = None
        return made

    def _add(self, story: Story) -> str:
        self._stories[story.id] = story
        self._by_index.append(story.id)
        return story.id

    def _fresh(self, copy_of: str) -> Story:
        index = len(self._by_index)
        model = self._stories[copy_of] if copy_of else None
        story = self._draw(index, layout=model.layout if model else None, fresh=True)
        if model is None:
            return story
        return replace(story, origin=model.origin, title=model.title, account=model.account, cover=model.cover)

    def _draw(self, index: int, *, layout: Layout | None = None, fresh: bool = False) -> Story:
        rng = Random(f"{self.plan.seed}/story/{index}")
        layout = layout or draw_layout(rng, modern=fresh)
        age = self.plan.articles - 1 - index if fresh else index
        published = draw_time(rng, layout, age, self._now)
        if layout == "classic":
            published = published.replace(second=0)
        return Story(
            seed=self.plan.seed,
            index=index,
            origin=index,
            id=draw_id(rng, layout, index, published),
            layout=layout,
            title=draw_title(self.plan.seed, index, 0),
            account=pick(rng, self.accounts),
            channel=pick(rng, FEEDS),
            published=published,
            keywords=tuple(rng.sample(words.THINGS, 3)),
            cover=f"https://inews.gtimg.com/{pick(rng, ('om_ls', 'news_ls'))}/{picture_key(self.plan.seed, index)}",
            city=pick(rng, words.CITIES),
            comment_id=f"1{published:%y%m%d}{index:09d}",
            related=self._neighbour(index),
        )

    def _neighbour(self, index: int) -> str:
        """Id of an earlier article that a text may link to; empty for the first, and in place of a classic one."""
        neighbour = self._by_index[index // 2] if index else ""
        return "" if "-" in neighbour else neighbour


def heat(story: Story) -> int:
    """The article's score in the hot ranking; has nothing to do with its age."""
    return 100_000 + story.index * 7919 % 99_991 * 17
