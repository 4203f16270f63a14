"""An article: as a reader sees it, as a file, its other texts, and what is nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from archive.article.markdown import to_markdown
from archive.article.model import Article
from archive.database.article_rows import Archived, Revision
from archive.database.parameters import by_number
from archive.duplicates.queries import members
from archive.errors import ArticleNotFound, Erased
from archive.media.picture_copies import copies, pictures_of
from archive.redaction.erasures import erased_among
from archive.store import SAFE_ID, Archive
from archive.web.http import Answer, BadRequest, File, Page, PageRequest, Redirect
from archive.web.markdown_html import as_html

MOST_ALIKE: Final = 20
"""Articles of a cluster that are compared with the one asked about."""


def article(asked: PageRequest, archive: Archive) -> Answer:
    """The article, or one of its earlier texts."""
    found = wanted(asked, archive)
    revisions = archive.revisions(found.article.id)
    number = numbered(asked.arg("revision"), revisions, found.revision)
    shown = found.article if number == found.revision else _as_it_was(found.article, revisions, number)
    known = copies(archive, pictures_of(shown))
    say = asked.language.say
    text = as_html(shown.body, known, picture_address, remote=say("picture elsewhere"), table=say("table"))
    return Page(
        template="article.html",
        pictures=True,
        context={
            "archived": found,
            "article": shown,
            "revisions": revisions,
            "number": number,
            "is_lost": any(each.is_lost for each in revisions if each.revision == number),
            "text": text,
            "copies": _copies_of(archive, found),
            "cluster": _cluster(archive, found.article.id),
        },
    )


def markdown(asked: PageRequest, archive: Archive) -> Answer:
    """The Markdown file."""
    found = wanted(asked, archive)
    name = {"content-disposition": f'inline; filename="{found.article.id}.md"'}
    content = to_markdown(found.article).encode()
    return File(content=content, content_type="text/markdown; charset=utf-8", headers=name)


def alike(asked: PageRequest, archive: Archive) -> Answer:
    """The article's cluster of near-duplicates, and how near each is."""
    found = wanted(asked, archive)
    connection = archive.database.connection
    cluster = _cluster(archive, found.article.id)
    near = members(connection, found.article.id, MOST_ALIKE)
    size = connection.execute(_SIZE, (cluster["id"],)).fetchone()[0] if cluster else 1
    context = {"archived": found, "members": near, "size": size, "copies": _copies_of(archive, found)}
    return Page(template="alike.html", context=context)


def by_address(asked: PageRequest, archive: Archive) -> Answer:
    """To the article that an address or id names."""
    text = asked.arg("address") or ""
    found = asked.resolve(text)
    if found is None:
        raise BadRequest("no address")
    return Redirect(f"/article/{quote(found)}")


def wanted(asked: PageRequest, archive: Archive) -> Archived:
    """The article that the path names. Raises ``ArticleNotFound``, or ``Erased`` if it was taken down."""
    article_id = asked.places["id"]
    if not SAFE_ID.fullmatch(article_id):
        raise ArticleNotFound(article_id)
    found = archive.find(article_id)
    if (found and found.status == "taken_down") or erased_among(archive.database.connection, [article_id]):
        raise Erased
    if found is None:
        raise ArticleNotFound(article_id)
    return found


def numbered(text: str | None, revisions: Sequence[Revision], otherwise: int) -> int:
    """The number of a revision that is there. Raises ``ArticleNotFound``."""
    if text is None:
        return otherwise
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number not in [revision.revision for revision in revisions]:
        raise ArticleNotFound(revisions[0].article_id, number)
    return number


def picture_address(path: str) -> str:
    """The address under which we show the copy of a picture, whose path is ``media/<aa>/<sha256>.<ext>``."""
    return f"/media/{PurePosixPath(path).name}"


def _as_it_was(article: Article, revisions: Sequence[Revision], number: int) -> Article:
    then = next(revision for revision in revisions if revision.revision == number)
    title = article.title if then.is_lost else then.title
    author = article.author if then.author is None else then.author
    return replace(article, title=title, summary=then.summary, body=then.body, author=author)


def _copies_of(archive: Archive, found: Archived) -> list[dict[str, str | None]]:
    """Articles of exactly the same content, the first of them included, this one left out."""
    first = found.copy_of or found.article.id
    rows = archive.database.connection.execute(_COPIES, by_number(first, found.article.id))
    return [dict(row) for row in rows]


def _cluster(archive: Archive, article_id: str) -> dict[str, str] | None:
    """The id of the article's cluster; None if it stands alone."""
    query = "SELECT cluster AS id FROM article_clusters WHERE article_id = ?"
    row = archive.database.connection.execute(query, (article_id,)).fetchone()
    return dict(row) if row else None


_COPIES: Final = """
    SELECT id, title, media, published_at FROM (
        SELECT * FROM articles WHERE id = ?1 UNION ALL SELECT * FROM articles WHERE copy_of = ?1
    ) WHERE id <> ?2 AND status <> 'taken_down' ORDER BY published_at, id LIMIT 50
"""
_SIZE: Final = "SELECT count(*) FROM article_clusters WHERE cluster = ?"
