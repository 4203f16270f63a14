"""What an archive holds, by content: two archives with the same state differ for no reader."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from archive.database.queries import Filter
from archive.search.index import NAME, Index
from archive.store import Archive
from archive.verify.verify import DamageKind, verify

Thing = tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Everything that counts, each as often as it is there; and what is wrong with it."""

    things: Counter[Thing]
    wrong: tuple[str, ...] = ()

    def missing_from(self, other: State) -> list[Thing]:
        """What is here and not there."""
        return sorted((self.things - other.things).elements())


def state_of(data: Path) -> State:
    """Rows, Markdown files, exports and what can be found in a search; without times and places of captures."""
    with Archive.existing(data) as archive:
        things: Counter[Thing] = Counter()
        for it in archive.articles(Filter()):
            article = it.article
            said = (article.url, article.title, article.summary, article.body, str(article.published_at))
            about = (article.author, article.media, article.channel, article.kind, article.layout)
            things[
                "article", article.id, *said, *about, it.content_hash, str(it.revision), str(it.copy_of), it.status
            ] += 1
            for then in archive.revisions(article.id):
                things["revision", article.id, str(then.revision), then.kind, then.title, then.summary, then.body] += 1
        for kind, query in _ROWS.items():
            things.update((kind, *map(str, row)) for row in archive.database.connection.execute(query))
    if (data / NAME).exists():
        with closing(Index.open(data)) as index:
            rows = index.connection.execute("SELECT article_id, hex(digest) FROM entries")
            things.update(("indexed", *row) for row in rows)
    for path in (*(data / "articles").rglob("*.md"), *filter(Path.is_file, (data / "exports").rglob("*"))):
        things["file", path.relative_to(data).as_posix(), sha256(path.read_bytes()).hexdigest()] += 1
    return State(things, tuple(_wrong(data)))


_ROWS = {
    "link": "SELECT id, state FROM links",
    "sighting": "SELECT article_id, source, rank FROM sightings",
    "picture": "SELECT url, sha256 FROM pictures",
    "media": "SELECT sha256, path, bytes, mime FROM media",
    "cluster": "SELECT article_id, cluster FROM article_clusters",
    "erasure": "SELECT id_hash, reason, finished_at IS NULL FROM erasures",
}


def _wrong(data: Path) -> list[str]:
    """What verifying finds, but for what every crash leaves: the torn end of a dead process's captures, files aside."""
    return [
        str(each)
        for each in verify(data, deep=True)
        if each.what is not DamageKind.LEFTOVER and not (each.part == "captures" and each.what is DamageKind.TORN)
    ]
