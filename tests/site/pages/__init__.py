"""The pages: one module per layout, each a function from an article to the bytes of its page."""

from __future__ import annotations

from tests.site.pages import classic, rain, static
from tests.site.story import Story


def page(story: Story, style_bytes: int) -> bytes:
    """The article's page in its own layout; a classic page is in GB 18030, all others in UTF-8."""
    if story.layout == "static":
        return static.page(story)
    if story.layout == "classic":
        return classic.page(story)
    return rain.page(story, style_bytes)
