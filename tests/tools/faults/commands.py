"""The commands that write, each with an archive on which it has something to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from archive.article.markdown import to_markdown
from archive.captures.raw_files import raw_files
from archive.store import Archive
from tests.archive.samples import NOON, an_article
from tests.archive.specimen import a_reading, make_archive, own_sentence
from tests.site.site import Site
from tests.tools.faults.zygote import Ended, Zygote

ARTICLES = 12
IN_AIR = 4
"""Pages that a crawl at one request per host has under way at most."""

Run = Callable[..., Ended]


@dataclass(frozen=True, slots=True)
class Command:
    """One command that writes. ``prepare`` fills the data directory; ``again`` are variables for later calls."""

    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Path, Run, Site], None]
    again: tuple[tuple[str, str], ...] = ()
    """For the call after a crash: what a crashed recheck held is due again only when its hour is over."""


CRAWL = ("crawl", "--source", "channel:kepu", "--source", "channel:finance", "--delay", "0")


def _nothing(data: Path, run: Run, site: Site) -> None:
    """A crawl makes its archive itself."""


def _files(data: Path, run: Run, site: Site) -> None:
    folder = data.parent / "hugo"
    folder.mkdir(exist_ok=True)
    for number in range(2 * ARTICLES):
        article = an_article(number, body=f"第{number}篇，从旧的站点来。")
        (folder / f"{article.id}.md").write_text(to_markdown(article), "utf-8")


def _crawled(data: Path, run: Run, site: Site) -> None:
    once = data.parent.parent / "crawled" / "data"
    if not once.exists():
        ended = run(once, *CRAWL)
        if ended.code != 0:
            raise RuntimeError(f"crawl: {ended}")
    shutil.copytree(once, data)


def _due(data: Path, run: Run, site: Site) -> None:
    _crawled(data, run, site)
    with Archive.existing(data) as archive, archive.transaction() as connection:
        connection.execute("UPDATE articles SET next_check = '2020-01-01T00:00:00+00:00'")


def _misread(data: Path, run: Run, site: Site) -> None:
    """As if today's parser read other titles than the one which was in use then."""
    _crawled(data, run, site)
    with Archive.existing(data) as archive:
        for it in list(archive.articles()):
            wrong = replace(it.article, title=f"误读：{it.article.title}")
            archive.reparse(wrong, read_at=datetime.now(UTC), raw_ref=it.raw_ref or "")


def _unrendered(data: Path, run: Run, site: Site) -> None:
    _crawled(data, run, site)
    for path in (data / "articles").rglob("*.md"):
        path.write_text("to be written again")


def _specimen(data: Path, run: Run, site: Site) -> None:
    make_archive(data)


def _many(data: Path, run: Run, site: Site) -> None:
    """Enough for more than one batch; every second article tells the story of the one before it."""
    with Archive.open(data) as archive:
        for number in range(3 * ARTICLES):
            story = "".join(own_sentence(number // 2 * 10 + place) for place in range(6))
            archive.keep(an_article(number, body=f"{story}第{number}天。"), seen_at=NOON)


def _damaged(data: Path, run: Run, site: Site) -> None:
    make_archive(data)
    folder = data / "articles/2025/02"
    (folder / f"{an_article(1).id}.md").write_text("damaged")
    (folder / f"{an_article(2).id}.md").unlink()
    (data / "raw/notes.txt").write_text("not ours")
    (path,) = raw_files(data)
    os.truncate(path, path.stat().st_size - 9)
    with Archive.existing(data) as archive:
        archive.database.connection.execute("DROP TRIGGER seal_articles_UPDATE")
        archive.database.connection.execute("UPDATE articles SET body = 'x' WHERE id = ?", (an_article(0).id,))


COMMANDS = (
    Command("crawl", CRAWL, _nothing),
    Command("ingest", ("ingest", "HUGO"), _files),
    Command("recheck", ("recheck", "--delay", "0"), _due, (("FAULT_CLOCK", "7200"),)),
    Command("reextract", ("reextract", "--apply"), _misread),
    Command("media fetch", ("media", "fetch", "--delay", "0"), _crawled),
    Command("render", ("render",), _unrendered),
    Command("repair", ("repair",), _damaged),
    Command("takedown", ("takedown", a_reading(3).id, "--reason", "order 7", "--yes"), _specimen),
    Command("backup", ("backup", "BACKUP"), _specimen),
    Command("search --rebuild", ("search", "--rebuild"), _many),
    Command("duplicates", ("duplicates", "rebuild"), _many),
    Command("export", ("export", "csv", "EXPORT"), _many),
)


def arguments_of(command: Command, data: Path) -> tuple[str, ...]:
    """The arguments, with the places that depend on the directory filled in."""
    places = {"HUGO": str(data.parent / "hugo"), "BACKUP": str(data / "backups" / "one.db")}
    places["EXPORT"] = str(data / "exports" / "csv")
    return tuple(places.get(each, each) for each in command.arguments)


def runner(zygote: Zygote, site: Site) -> Run:
    """Runs a command against the site; more variables by name."""

    def run(data: Path, *arguments: str, **variables: str) -> Ended:
        known = {**site.environment(), "QQNEWS_DISK_FLOOR": "0"}
        return zygote.run(data, *arguments, variables={**known, **variables})

    return run
