"""What is kept of articles, read without the product's own judgement; and what must be so after one was taken down."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.article.model import Article, content_hash
from archive.captures.raw_files import captures
from archive.captures.warc import Capture
from archive.export.write.dataset import Exported

LISTS = ("topic", "card", "question")
_NOT_KEPT = (
    "seals",
    "sqlite_sequence",
    "erasures",
    "article_changes",
    "_sqlite_migrations",
    "article_clusters",
    "capture_files",
    "runs",
)
_NEAR = ("near_texts", "near_bands", "near_articles")
_IDS = ("id", "article_id")
Row = dict[str, Any]


def forms(article_id: str) -> tuple[str, ...]:
    """The ways in which these tests' articles name one, the longest first."""
    if article_id.count("-") == 2 and not article_id.startswith("wx-"):
        site, day, number = article_id.split("-")
        return (article_id, f"{site}.qq.com/a/{day}/{number}", f"/{site}/{day}{number}")
    if article_id.startswith("wx-"):
        return (article_id, article_id[3:])
    if re.fullmatch(r"[A-Z]{3}\d{16}", article_id):
        return (article_id, f"{article_id[:17]}0I")
    return (article_id, article_id[:14]) if not article_id.isdigit() else (article_id,)


def without(text: str, article_id: str) -> str:
    """A text of another's as it must read: zeros for the id, and nothing else."""
    for form in (each for each in forms(article_id) if each in text):
        if form.startswith("/") or ".qq.com/" in form:
            kept = re.match(r"/?[a-z]+(?:\.qq\.com/a)?/", form)
            assert kept is not None
            zeros = kept[0] if kept[0].startswith("/") is False else f"/{'0' * (len(kept[0]) - 2)}/"
            text = text.replace(form, zeros + re.sub(r"\d", "0", form[kept.end() :]))
        else:
            text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(form)}(?![0-9A-Za-z])", "0" * len(form), text)
    return text


def is_in(text: str, article_id: str) -> bool:
    return without(text, article_id) != text


@dataclass
class Keepings:
    """Everything below a data directory, by keeping."""

    rows: dict[str, list[Row]]
    captures: dict[str, Capture]
    files: dict[str, bytes]
    exports: dict[str, dict[str, list[Row]]]
    entries: dict[str, tuple[Any, ...]]


def read_keepings(data: Path) -> Keepings:
    """Read it all."""
    found = {each.raw_ref.rpartition(":")[0]: each for each in captures(data)}
    folders = ("articles", "media", "runs", "exports/notes", "exports/markdown/content")
    files = {
        path.relative_to(data).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted((data / folder).rglob("*"))
        if path.is_file()
    }
    return Keepings(_rows(data / "archive.db"), found, files, _exports(data), _entries(data / "search.db"))


def _rows(path: Path) -> dict[str, list[Row]]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')] for name in tables}


def _entries(path: Path) -> dict[str, tuple[Any, ...]]:
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        return {row[1]: tuple(row) for row in database.execute("SELECT * FROM entries")}


def _exports(data: Path) -> dict[str, dict[str, list[Row]]]:
    found: dict[str, dict[str, list[Row]]] = {}
    for folder in sorted((data / "exports").glob("*/export.json")):
        exported = Exported(folder.parent)
        tables = {part.table for part in exported.manifest.parts}
        found[folder.parent.name] = {
            table.name: [dict(zip(table.names, row, strict=True)) for row in exported.rows(table)]
            for table in exported.manifest.tables
            if table.name in tables
        }
    return found


def check_others(before: Keepings, after: Keepings, article_id: str) -> None:
    """Everybody else is as before: byte for byte, but for the id, which became zeros."""
    _check_rows(before, after, article_id)
    _check_captures(before, after, article_id)
    for name, content in before.files.items():
        if (expected := _expected_file(name, content, before, article_id)) is not None:
            assert after.files.get(name) == expected, name
    for name, tables in before.exports.items():
        for table, rows in tables.items():
            _check_table(f"{name}/{table}", rows, after.exports[name][table], article_id, before)
    kept = {other: entry for other, entry in before.entries.items() if other != article_id}
    changed = {row["id"] for row in before.rows["articles"] if row["kind"] in LISTS and is_in(row["body"], article_id)}
    assert {each: after.entries.get(each) for each in kept if each not in changed} == {
        each: entry for each, entry in kept.items() if each not in changed
    }


def _check_rows(before: Keepings, after: Keepings, article_id: str) -> None:
    for table, rows in before.rows.items():
        if table in _NOT_KEPT or table in _NEAR:
            continue
        _check_table(table, rows, after.rows[table], article_id, before)
    near = [row for row in before.rows["near_articles"] if row["article_id"] != article_id]
    assert {row["article_id"] for row in after.rows["near_articles"]} == {row["article_id"] for row in near}
    mine = {row["cluster"] for row in before.rows["article_clusters"] if row["article_id"] == article_id}
    rest = [row for row in before.rows["article_clusters"] if row["cluster"] not in mine]
    assert [row for row in after.rows["article_clusters"] if row in rest] == rest


def _check_table(name: str, rows: list[Row], now: list[Row], article_id: str, before: Keepings) -> None:
    expected = Counter(_frozen(each) for row in rows if (each := _expected(name, row, article_id, before)) is not None)
    found = Counter(_frozen(_comparable(name, row)) for row in now)
    assert found == expected, (name, list((expected - found).items())[:2], list((found - expected).items())[:2])


def _frozen(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)


def _comparable(name: str, row: Row) -> Row:
    """Without what a takedown must change: the first of copies, who stands for a cluster, who shows a picture."""
    table = name.rpartition("/")[2]
    dropped = {"copy_of", "cluster", "rowid"}
    if "/" not in name:
        dropped |= {"pictures": {"article_id"}, "media": {"url"}}.get(table, set())
    return {key: value for key, value in row.items() if key not in dropped}


def _expected(name: str, row: Row, article_id: str, before: Keepings) -> Row | None:
    table = name.rpartition("/")[2]
    if table == "pictures" and "/" not in name:
        return _comparable(name, row) if _shown_by_others(row["url"], article_id, before) else None
    if table == "media":
        urls = [each["url"] for each in before.rows["pictures"] if each["sha256"] == row["sha256"]]
        stays = not urls or any(_shown_by_others(url, article_id, before) for url in urls)
        return _comparable(name, row) if stays else None
    if any(row.get(key) == article_id for key in _IDS):
        return None
    if table == "payloads":
        owner = before.captures[row["raw_ref"].rpartition(":")[0]]
        is_needed = sum(each.body == owner.body for each in before.captures.values()) > 1
        if owner.facts.get("id") == article_id and not is_needed:
            return None
    return _comparable(name, _without_in_row(table, row, article_id, before))


def _without_in_row(table: str, row: Row, article_id: str, before: Keepings) -> Row:
    owner = row.get("article_id", row.get("id"))
    known = next((each for each in before.rows["articles"] if each["id"] == owner), None)
    now, kind = dict(row), known["kind"] if known else ""
    if table in ("articles", "revisions") and kind in LISTS and is_in(str(row.get("body")), article_id):
        title = next(each["title"] for each in before.rows["articles"] if each["id"] == article_id)
        now["body"] = without_entry(row["body"], article_id)
        now["summary"] = row["summary"].replace(title, "0" * len(title))
    now = {key: without(value, article_id) if isinstance(value, str) else value for key, value in now.items()}
    if now != row and now.get("content_hash") and known:
        texts = {"title": now["title"] or "", "body": now["body"] or "", "author": known["author"]}
        now["content_hash"] = content_hash(Article(id="", url="", **texts))
    return now


def without_entry(body: str, article_id: str) -> str:
    """The body of a list without the entry, its abstract, and the heading of a section that had no other."""
    blocks, left, skip = body.split("\n\n"), list[str](), False
    for block in blocks:
        if skip and not block.startswith("["):
            skip = False
            continue
        skip = block.startswith("[") and is_in(block, article_id)
        lines = [line for line in block.split("\n") if not (line.startswith("- ") and is_in(line, article_id))]
        if skip or not lines:
            if not lines and left and left[-1].startswith("#"):
                left.pop()
            continue
        left.append("\n".join(lines))
    return "\n\n".join(left)


def _shown_by_others(url: str, article_id: str, before: Keepings) -> bool:
    place = url.partition(":")[2]
    texts = [row["body"] + row["thumbnail"] for row in before.rows["articles"] if row["id"] != article_id]
    texts += [row["body"] for row in before.rows["revisions"] if row["article_id"] != article_id]
    showing = next(row["article_id"] for row in before.rows["pictures"] if row["url"] == url)
    own = [row["body"] + row.get("thumbnail", "") for row in before.rows["articles"] if row["id"] == article_id]
    own += [row["body"] for row in before.rows["revisions"] if row["article_id"] == article_id]
    return any(place in text for text in texts) or (showing != article_id and not any(place in text for text in own))


def _check_captures(before: Keepings, after: Keepings, article_id: str) -> None:
    for place, capture in before.captures.items():
        if capture.facts.get("id") == article_id:
            continue
        now = after.captures.get(place)
        assert now is not None, (place, capture.url)
        assert (now.url, now.status) == (without(capture.url, article_id), capture.status)
        assert dict(now.facts) == {name: without(value, article_id) for name, value in capture.facts.items()}
        assert now.request_headers == capture.request_headers
        _check_body(capture, now.body, article_id)


def _check_body(capture: Capture, now: bytes, article_id: str) -> None:
    text, encoding = _decoded(capture.body)
    if (told := _json_in(text)) is not None:
        assert _json_in(now.decode(encoding)) == _without_items(told, article_id), capture.url
        return
    assert now.decode(encoding) == without(_without_rows(_without_boxes(text, article_id), article_id), article_id)


def _json_in(text: str) -> Any:
    found = re.fullmatch(r"(?:[\w$]+\()?([\[{].*[\]}])\)?;?", text, re.DOTALL)
    try:
        return json.loads(found[1]) if found else None
    except ValueError:
        return None


def _without_items(value: Any, article_id: str) -> Any:
    """JSON without the objects of an article; one that holds others' objects stays, its own texts as zeros."""
    if isinstance(value, list):
        return [_without_items(each, article_id) for each in value if not _goes(each, article_id)]
    if isinstance(value, dict):
        own = value.get("id") == article_id
        return {key: _without_item(key, each, article_id, own=own) for key, each in value.items()}
    return without(_without_rows(value, article_id), article_id) if isinstance(value, str) else value


def _without_item(key: str, value: Any, article_id: str, *, own: bool) -> Any:
    if own and isinstance(value, str):
        return "0" * len(value.encode())
    if own and isinstance(value, dict):
        return {name: "0" * len(each) for name, each in value.items()} if key == "link_info" else None
    return _without_items(value, article_id)


_ENTRY = re.compile(r"<li>.*?</li>|<url>.*?</url>\n", re.DOTALL)


def _without_rows(text: str, article_id: str) -> str:
    """Markup without the entries about an article: what another's text says of it stands in no entry here."""
    return _ENTRY.sub(lambda found: "" if is_in(found[0], article_id) else found[0], text)


def _goes(value: Any, article_id: str) -> bool:
    if not isinstance(value, dict) or "sub_item" in value:
        return value == article_id
    return article_id in (value.get("id"), value.get("app_id"))


def _without_boxes(page: str, article_id: str) -> str:
    """A page without the article's object in its data, as its bytes are."""
    item = rf'\{{"id": "{re.escape(article_id)}", "title": [^{{}}]*\}}'
    return re.sub(rf"{item}, |(?:, )?{item}", "", page)


def _expected_file(name: str, content: bytes, before: Keepings, article_id: str) -> bytes | None:
    if is_in(Path(name).name, article_id):
        return None
    if name.startswith("media/"):
        digest = Path(name).stem
        urls = [row["url"] for row in before.rows["pictures"] if row["sha256"] == digest]
        return content if not urls or any(_shown_by_others(url, article_id, before) for url in urls) else None
    text = content.decode()
    if name.startswith("exports/notes"):
        return b"".join(_notes_left(name, content, article_id))
    if name.endswith(".md"):
        kinds = {row["id"]: row["kind"] for row in before.rows["articles"]}
        title = next(row["title"] for row in before.rows["articles"] if row["id"] == article_id)
        zeros = "0" * len(title) if len(title) >= 4 else title
        if kinds.get(Path(name).stem) in LISTS and is_in(text, article_id):
            front, line, body = text.partition("\n---\n\n")
            told = re.sub(r"(?m)^summary: .*$", lambda found: found[0].replace(title, zeros), front)
            text = told + line + without_entry(body, article_id)
    elif name.startswith("runs/"):
        title = next(row["title"] for row in before.rows["articles"] if row["id"] == article_id)
        shared = sum(row["title"] == title for row in before.rows["articles"]) > 1
        text = text if shared else text.replace(title, "0" * len(title.encode()))
    return without(text, article_id).encode()


def _notes_left(name: str, content: bytes, article_id: str) -> Iterator[bytes]:
    rows = (
        re.findall(rb'[^"\n]*"[^"]*"\n|.*\n', content) if name.endswith(".csv") else content.splitlines(keepends=True)
    )
    for row in rows:
        first = json.loads(row)["id"] if name.endswith(".jsonl") else row.decode().partition(",")[0]
        if first != article_id:
            yield without(row.decode(), article_id).encode()


def _decoded(body: bytes) -> tuple[str, str]:
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return body.decode("gb18030"), "gb18030"


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file as it lies there, and what is in it where it is packed or a database."""
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content) if path.name != "captures.warc.gz" else _all_members(content)
    elif content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            database.text_factory = bytes
            for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                for row in database.execute(f'SELECT * FROM "{name.decode()}"'):
                    yield b"\0".join(each for each in row if isinstance(each, bytes))
    elif content.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        yield json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False, default=str).encode()


def _all_members(content: bytes) -> bytes:
    found = list[bytes]()
    while content:
        unpacker = zlib.decompressobj(wbits=31)
        found.append(unpacker.decompress(content))
        content = unpacker.unused_data
    return b"".join(found)


def left_of(data: Path, article_id: str, words: Iterable[str]) -> dict[str, str]:
    """File → what of an article is still in it: its id in any form, or words that are its own."""
    needles = [each.encode(encoding) for each in words for encoding in ("utf-8", "gb18030")]
    escaped = [json.dumps(each)[1:-1].encode() for each in words]
    found = {}
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        for piece in (path.relative_to(data).as_posix().encode(), *pieces_of(path)):
            hit = next((each.decode("utf-8", "replace") for each in (*needles, *escaped) if each in piece), "")
            if hit or is_in(piece.decode("latin-1"), article_id):
                found[path.relative_to(data).as_posix()] = hit or "its id"
    return found
