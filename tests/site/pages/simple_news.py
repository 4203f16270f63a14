"""The interface that gives an article's text by itself: ``GET /getSimpleNews?id=``."""

from __future__ import annotations

from tests.site.message import Reply, Request, json_reply
from tests.site.pages.rich import Rich, v1, v2
from tests.site.story import Story
from tests.site.world import World
from tests.site.writing import abstract, write


def answer(world: World, request: Request) -> Reply:
    """The article's text with its title and time; for one that is not there, the interfaces' error."""
    story = world.find(request.query.get("id", ""))
    if story is None or not story.modern or story.id in world.farewells:
        return json_reply({"ret": 404, "msg": "参数错误"})
    return json_reply(simple_news(world.standing_for(story)))


def simple_news(story: Story) -> dict[str, object]:
    rich, blocks = Rich(story), write(story)
    text = v1(rich, blocks) if story.layout in ("v1", "video") else v2(rich, blocks, 0)
    return {
        "ret": 0,
        "id": story.id,
        "title": story.title,
        "pubtime": story.date,
        "source": story.account.name,
        "chlid": story.account.chlid,
        "commentid": story.comment_id,
        "abstract": abstract(story),
        "content": {"text": text},
        "attribute": rich.attributes,
    }
