"""What was taken down: known by hashes alone, refused when it comes again, blotted out where others name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from sqlite3 import Connection
from typing import Final

from archive.article import Article

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{11,63}")
_CLASSIC: Final = re.compile(r"(?<![a-z0-9])([a-z0-9]++)(\.qq\.com/a/)(\d{8})/(\d{6})(\.html?)")


def id_hash(article_id: str) -> str:
    """What the log of erasures keeps of an id."""
    return sha256(f"qqnews-erasure:{article_id}".encode()).hexdigest()


def erased_among(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of ``ids`` that were taken down."""
    if not any_erased(connection):
        return set()
    return {each for each in ids if _is_erased(connection, each)}


def any_erased(connection: Connection) -> bool:
    """Whether anything was ever taken down: nearly never, and then all questions are cheap."""
    return connection.execute("SELECT 1 FROM erasures LIMIT 1").fetchone() is not None


def _is_erased(connection: Connection, article_id: str) -> bool:
    found = connection.execute("SELECT 1 FROM erasures WHERE id_hash = ?", (id_hash(article_id),))
    return found.fetchone() is not None


def without_erased(connection: Connection, article: Article) -> Article:
    """The article, with zeros for every id in it (in a link to an article, say) that was taken down."""
    if not any_erased(connection):
        return article

    def erased(found: str) -> bool:
        return _is_erased(connection, found)

    return replace(
        article,
        title=blotted(article.title, erased),
        summary=blotted(article.summary, erased),
        body=blotted(article.body, erased),
        provenance={name: (where, blotted(text, erased)) for name, (where, text) in article.provenance.items()},
    )


def blotted(text: str, erased: Callable[[str], bool]) -> str:
    """``text`` with zeros for each id that is ``erased``; its length stays."""

    def token(match: re.Match[str]) -> str:
        return "0" * len(match[0]) if any(map(erased, longest_forms(match[0]))) else match[0]

    def classic(match: re.Match[str]) -> str:
        gone = erased(f"{match[1]}-{match[3]}-{match[4]}")
        return f"{match[1]}{match[2]}{'0' * 8}/{'0' * 6}{match[5]}" if gone else match[0]

    return _CLASSIC.sub(classic, _ID.sub(token, text))


def longest_forms(token: str) -> tuple[str, ...]:
    """The ids that a token may stand for: itself, or with the ``00`` that short forms leave out."""
    return (token, token + "00") if len(token) == 14 else (token,)


def written_forms(article_id: str) -> tuple[str, ...]:
    """The ways in which pages and lists write an id."""
    forms = [article_id]
    if len(article_id) == 16 and article_id.endswith("00"):
        forms.append(article_id[:14])
    if classic := re.fullmatch(r"[a-z0-9]+-(\d{8})-(\d{6})", article_id):
        forms.append(f"/{classic[1]}/{classic[2]}.htm")
    return tuple(forms)
