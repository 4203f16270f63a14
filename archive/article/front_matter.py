"""Front matter read and written through python-frontmatter.

``frontmatter.loads(text, handler=QQNewsHandler())`` and ``frontmatter.dumps(post, handler=QQNewsHandler())``
give the same bytes back; the defaults of python-frontmatter do not.
"""

from __future__ import annotations

import re
from typing import Any, Final, Self

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler

from archive.article import shallow_yaml
from archive.article.yaml_writer import emit, whole_file
from archive.errors import NotOurMarkdown


def read_front_matter(text: str) -> tuple[dict[str, object], str]:
    """The front matter of a file, and its content. Raises ``NotOurMarkdown``."""
    if not _HANDLER.detect(text):
        raise NotOurMarkdown("no front matter between two lines of ---")
    try:
        post = frontmatter.loads(text, handler=_HANDLER)
    except yaml.YAMLError as error:
        raise NotOurMarkdown(f"front matter is not YAML ({' '.join(str(error).split())})") from error
    except shallow_yaml.NotShallow as error:
        raise NotOurMarkdown(f"its front matter has {error}") from error
    return post.metadata, post.content


class _Kept(str):
    """A body that python-frontmatter cannot strip: its indents and its last newline belong to it."""

    __slots__ = ()

    def strip(self, chars: str | None = None, /) -> Self:
        return self


class QQNewsHandler(BaseHandler):
    """For python-frontmatter: reads and writes files of the sample's form without changing a byte."""

    FM_BOUNDARY = re.compile(r"^---$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "---"

    def detect(self, text: str) -> bool:
        """Whether the text begins with front matter that also ends."""
        return text.startswith("---\n") and "\n---\n" in text[3:]

    def split(self, text: str) -> tuple[str, str]:
        """Front matter, and the body without the blank line before it."""
        front_matter, end, content = text[3:].partition("\n---\n")
        if not text.startswith("---\n") or not end:
            raise ValueError("no front matter")
        return front_matter + "\n", _Kept(content.removeprefix("\n"))

    def load(self, fm: str) -> dict[str, Any]:
        """Strings as strings, ``true`` and ``false`` as booleans; nothing becomes a number or a date."""
        loaded = shallow_yaml.load(fm)
        return loaded if isinstance(loaded, dict) else {}

    def export(self, metadata: dict[str, object], **_: object) -> str:
        """The lines of the front matter, in the order of ``metadata``."""
        return emit(metadata)

    def format(self, post: frontmatter.Post, **_: object) -> str:
        """The whole file."""
        return whole_file(self.export(post.metadata), post.content)


_HANDLER: Final = QQNewsHandler()
