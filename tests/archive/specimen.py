"""A small archive with something of everything: articles, an edit, a copy, captures, a picture, an export."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from archive.article.model import Article
from archive.captures.file_checksums import note_capture_file
from archive.captures.raw_files import RawWriter, raw_files
from archive.captures.warc import Capture
from archive.frontier.links import Frontier
from archive.store import Archive
from tests.archive.frontier.test_links import Item
from tests.archive.samples import EVENING, NOON, an_article

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


def make_archive(data: Path, articles: int = 6) -> None:
    """Fill ``data``. The first article was edited, the second has a copy, the third links to the fourth."""
    with Archive.open(data) as archive:
        frontier = Frontier(archive)
        frontier.remember([Item(an_article(number).id) for number in range(articles + 2)], "tech", NOON)
        frontier.reserve("new.qq.com", NOON.timestamp(), 1.0)
        run = archive.start_run("crawl", started_at=NOON)
        kept = [a_reading(number) for number in range(articles)]
        references = write_captures(data, kept)
        for path in raw_files(data):
            note_capture_file(archive.database, path)
        with archive.transaction() as connection:
            for article, raw_ref in zip(kept, references, strict=True):
                archive.keep(article, seen_at=NOON, source="tech", rank=3, raw_ref=raw_ref)
                frontier.done(article.id)
                payload = (hashlib.sha256(page_of(article)).hexdigest(), raw_ref, article.url, NOON.isoformat())
                connection.execute("INSERT INTO payloads VALUES (?, ?, ?, ?)", payload)
            archive.keep(replace(kept[0], body="改过了的文字，读者都看得见。"), seen_at=EVENING)
            twin = replace(kept[1], id="20250212A9999900", url="https://new.qq.com/rain/a/20250212A9999900")
            archive.keep(twin, seen_at=EVENING)
            connection.execute("INSERT INTO media VALUES (?, ?, ?, ?, ?)", _picture(data))
        archive.finish_run(run, "ok", 0, {"kept": articles}, ended_at=EVENING)
    _export(data, kept)


def a_reading(number: int) -> Article:
    """One article; the third links to the fourth, as texts on the site do."""
    article = an_article(number, body=f"{own_sentence(number)}\n\n第{number}天，天气晴，渔夫补网。")
    if number != 2:
        return article
    return replace(article, body=f"{article.body}\n\n参见[前文]({an_article(3).url})，那里写得更细。")


def own_sentence(number: int) -> str:
    """A sentence that stands in this article alone."""
    return f"第{number}号渔船清早出港以后带回了{number + 31}筐银色的小鱼和{number + 7}只螃蟹。"


def page_of(article: Article) -> bytes:
    """The page as the site might send it."""
    return f"<html><h1>{article.title}</h1><p>{article.body}</p><a href='{article.url}'></a></html>".encode()


def write_captures(data: Path, articles: list[Article]) -> list[str]:
    """A WARC file with the page of each article and, last, a list that names them all; the pages' references."""
    writer = RawWriter(data, "crawl")
    references = [writer.write(_capture(article.url, page_of(article), {"id": article.id})) for article in articles]
    names = "\n".join(f"{article.id} {article.title} {article.summary}" for article in articles)
    writer.write(_capture("https://i.news.qq.com/list", names.encode(), {"source": "tech"}))
    writer.close()
    return references


def _capture(url: str, body: bytes, facts: dict[str, str]) -> Capture:
    headers = (("Content-Type", "text/html"),)
    return Capture(url=url, status=200, headers=headers, body=body, fetched_at=NOON, facts=facts)


def _picture(data: Path) -> tuple[str, str, str, int, str]:
    digest = hashlib.sha256(PICTURE).hexdigest()
    path = data / "media" / digest[:2] / f"{digest}.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(PICTURE)
    return digest, "https://inews.gtimg.com/one/1000", path.relative_to(data).as_posix(), len(PICTURE), "image/png"


def _export(data: Path, articles: list[Article]) -> None:
    folder = data / "exports" / "jsonl"
    folder.mkdir(parents=True)
    content = "".join(f'{{"id": "{it.id}", "title": "{it.title}", "body": "{it.title}"}}\n' for it in articles)
    (folder / "articles.jsonl").write_text(content, "utf-8")
    digest = hashlib.sha256(content.encode()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  articles.jsonl\n")
