"""Files that are damaged, missing or foreign: written again from rows, cut, or put aside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Final

from archive.article.ids import blotted, ids_of_address
from archive.article.markdown import LARGEST_MARKDOWN, MarkdownFile, from_markdown, to_markdown
from archive.captures.file_checksums import forget_capture_file, note_capture_file, rewriting_capture_file
from archive.captures.gzip_members import Damage, members
from archive.captures.references import REFERRING, capture_files
from archive.errors import NotOurMarkdown
from archive.export.write.atomic_directory import clear_abandoned
from archive.files.regular_files import is_regular, read_regular
from archive.media.picture_copies import COPY
from archive.redaction.erasures import blotted_report, erased_test
from archive.repair.picture_copies import add_copy, has_addresses, has_lost_addresses, lost_copy, note_addresses
from archive.repair.steps import Aside, Step
from archive.store import SAFE_ID, Archive
from archive.takedown.capture_patches import erased_patch, overwrite
from archive.verify.captures import check_captures, fault_of
from archive.verify.exports import check_exports
from archive.verify.findings import DamageKind, Finding
from archive.verify.media import check_media
from archive.verify.tree import check_tree


def mend_tree(
    archive: Archive, again: Archive, aside: Aside, now: datetime, *, unproven: set[str], rebuilt: bool
) -> Iterator[Step]:
    """Markdown files from their rows; rows from Markdown files that have none.

    ``unproven``: ids whose rows are not to be trusted. ``rebuilt``: rows may be older than the files.
    """
    for found in list(check_tree(archive, again)):
        path = archive.data / found.where
        if found.what is DamageKind.FOREIGN and _was_taken_down(archive, path):
            where = blotted_report(archive.database.connection, found.where)
            yield Step(where, "removed: it was taken down", path.unlink)
        elif found.what is DamageKind.FOREIGN and (file := _readable(path)):
            yield _take_in(archive, path, file, aside, now)
        elif found.what in (DamageKind.FOREIGN, DamageKind.LEFTOVER):
            yield Step(found.where, "put aside", partial(_put_aside, aside, path))
        elif rebuilt and (file := _readable(path)) and archive.known([path.stem]):
            how = "its text taken into the database, which came from an older copy"
            yield Step(found.where, how, partial(archive.take_in, file.to_article(path.stem), seen_at=now))
        elif path.stem in unproven:
            yield Step(found.where, "left alone: its row is damaged, too")
        else:
            yield Step(found.where, "written again from its row", partial(_write_again, archive, path, aside))


def _write_again(archive: Archive, path: Path, aside: Aside) -> None:
    name = path.relative_to(archive.data).as_posix()
    query = "SELECT id FROM articles WHERE markdown_path = ?"
    (article_id,) = archive.database.connection.execute(query, (name,)).fetchone()
    if os.path.lexists(path) and not is_regular(path):
        aside.move(path)
    is_erased = erased_test(archive.database.connection)
    before = path.read_bytes() if path.exists() else b""
    if is_erased and (clean := blotted(before.decode("latin-1"), is_erased).encode("latin-1")) != before:
        aside.save(path, "blotted", clean)  # It named an article that was taken down since.
    else:
        aside.copy(path)
    with archive.transaction():
        archive.database.tree.stage(name, to_markdown(archive.article(article_id).article).encode())


def _readable(path: Path) -> MarkdownFile | None:
    if path.suffix != ".md" or not is_regular(path) or not SAFE_ID.fullmatch(path.stem):
        return None
    try:
        return from_markdown(read_regular(path, LARGEST_MARKDOWN).decode())
    except (OSError, UnicodeDecodeError, NotOurMarkdown):
        return None


def _was_taken_down(archive: Archive, path: Path) -> bool:
    """Whether a file is of an article that was taken down, by its name or by the link that it ends with."""
    is_erased = erased_test(archive.database.connection)
    if is_erased is None or path.is_symlink() or not path.is_file():
        return False
    closing = path.read_bytes().rstrip().rpartition(b"\n")[2].decode("utf-8", "replace")
    link = closing.removeprefix("[qq](").removesuffix(")") if closing.startswith("[qq](") else ""
    return any(map(is_erased, (path.stem, *ids_of_address(link))))


def _take_in(archive: Archive, path: Path, file: MarkdownFile, aside: Aside, now: datetime) -> Step:
    """A file whose row was lost gets a row; unless its article is elsewhere."""
    name = path.relative_to(archive.data).as_posix()
    if not _names(file.url, path.stem) or archive.known([path.stem]):
        return Step(name, "put aside: its article has another file", partial(_put_aside, aside, path))

    def take_in() -> None:
        article = file.to_article(path.stem)
        with archive.transaction() as connection:
            kept_texts = connection.execute(_TEXTS, (article.id,)).fetchall()
            for table, column in (("articles", "id"), ("revisions", "article_id")):
                query = f"DELETE FROM {table} WHERE {column} = ?"  # noqa: S608
                connection.execute(query, (article.id,))
                connection.execute("DELETE FROM seals WHERE part = ? AND key = ?", (table, article.id))
            kept = archive.keep(article, seen_at=now)
            if kept.path != path:
                connection.execute("UPDATE articles SET markdown_path = ? WHERE id = ?", (name, article.id))
                archive.database.tree.back_to(archive.database.tree.mark() - 1)
            _join_texts(connection, kept_texts, article.id)

    return Step(name, "its lost row made again from it ('qqnews reextract' adds what its capture says)", take_in)


def _names(url: str, article_id: str) -> bool:
    """Whether the address may be the article's: old ones have the id's parts apart, WeChat's have no prefix."""
    if article_id.startswith("wx-"):
        return all(part in url for part in article_id.removeprefix("wx-").split("-"))
    return article_id in url or article_id in ids_of_address(url)


def _join_texts(connection: Connection, texts: list[Row], article_id: str) -> None:
    """Put the revisions that outlived their article's row before, or in the place of, the one that the file gave."""
    if not texts:
        return
    (now,) = connection.execute(_TEXTS, (article_id,)).fetchall()
    last = texts[-1]
    is_last = (now["title"], now["body"]) == (last["title"], last["body"])
    number = last["revision"] + (not is_last)
    if is_last:
        connection.execute("DELETE FROM revisions WHERE article_id = ?", (article_id,))
    else:
        connection.execute("UPDATE revisions SET revision = ? WHERE article_id = ?", (number, article_id))
    places = ", ".join("?" * len(last))
    connection.executemany(f"INSERT INTO revisions VALUES ({places})", map(tuple, texts))  # noqa: S608  (question marks)
    # The file may say less than its article did, such as who wrote it, and so have another hash.
    values = (now["content_hash"], article_id, number)
    connection.execute("UPDATE revisions SET content_hash = ? WHERE article_id = ? AND revision = ?", values)
    query = "UPDATE articles SET revision = ?, first_seen = ? WHERE id = ?"
    connection.execute(query, (number, texts[0]["seen_at"], article_id))


_TEXTS: Final = "SELECT * FROM revisions WHERE article_id = ? ORDER BY revision"


def _put_aside(aside: Aside, path: Path) -> None:
    if path.exists() or path.is_symlink():  # The next transaction clears temporary files away itself.
        aside.move(path)


def mend_captures(archive: Archive, again: Archive, aside: Aside, *, accept: bool) -> Iterator[Step]:
    """Stretches that hold no record are saved and filled, torn ends are cut, references to what is lost are dropped.

    ``accept``: files of which a part is gone are taken as they stand.
    """
    for path in capture_files(archive.data):
        for damage in _damages(path):
            where = f"raw/{path.name}:{damage.offset}"
            how = "the torn end cut off and put aside" if damage.torn else "put aside, an empty record in its place"
            yield Step(where, how, partial(_fill, archive, path, damage, aside))
    for found in list(check_captures(archive, again, deep=True)):
        if found.what is DamageKind.DANGLING:
            yield Step(found.where, f"its reference dropped ({found.detail})", partial(_drop, archive, found.where))
        elif found.what in (DamageKind.FOREIGN, DamageKind.LEFTOVER):
            yield Step(found.where, "put aside", partial(aside.move, archive.data / found.where))
        elif found.what in (DamageKind.MISSING, DamageKind.DAMAGED):
            yield _short_file(archive, found, accept=accept)


def _damages(path: Path) -> list[Damage]:
    """Stretches of a capture file that hold no record, or one that is not what it says."""
    found = list[Damage]()
    with suppress(OSError):  # It cannot be read at all: what is looked at next says so.
        for each in members(path):
            if isinstance(each, Damage):
                found.append(each)
            elif reason := fault_of(each.record):
                found.append(Damage(each.offset, each.length, torn=False, reason=reason))
    return found


def _short_file(archive: Archive, found: Finding, *, accept: bool) -> Step:
    """A file that is gone, or of which a part is: nothing else holds what was in it."""
    name = found.where.removeprefix("raw/")
    how = "gone, and nothing else holds what was in it" if found.what is DamageKind.MISSING else found.detail
    if not accept:
        return Step(found.where, f"{how}; --accept goes on without it")
    if found.what is DamageKind.MISSING:
        return Step(found.where, f"{how}: no longer missed", partial(forget_capture_file, archive.database, name))
    as_it_stands = partial(note_capture_file, archive.database, archive.data / found.where)
    return Step(found.where, f"{how}: taken as it stands", as_it_stands)


def _fill(archive: Archive, path: Path, damage: Damage, aside: Aside) -> None:
    with path.open("rb") as file:
        file.seek(damage.offset)
        aside.save(path, str(damage.offset), file.read(damage.length))
    name = path.relative_to(archive.data).as_posix()
    with rewriting_capture_file(archive.database, path):
        if damage.torn:
            os.truncate(path, damage.offset)
        else:
            overwrite(archive.data, [erased_patch(name, damage.offset, damage.length)])


def _drop(archive: Archive, where: str) -> None:
    table, _, key = where.partition("/")
    if table not in REFERRING:
        raise ValueError(where)
    key, _, revision = key.rpartition("/") if table == "revisions" else (key, "", "")
    with archive.transaction() as connection:
        if table == "payloads":
            connection.execute("DELETE FROM payloads WHERE sha256 = ?", (key,))
        elif table == "articles":
            connection.execute("UPDATE articles SET raw_ref = NULL WHERE id = ?", (key,))
        else:
            query = "UPDATE revisions SET raw_ref = NULL WHERE article_id = ? AND revision = ?"
            connection.execute(query, (key, int(revision)))


def mend_media(archive: Archive, again: Archive, aside: Aside) -> Iterator[Step]:
    """A picture that is damaged or missing is wanted again; a copy that lost its row gets one; others are put aside."""
    regained = False
    for found in list(check_media(archive, again, deep=True)):
        path = archive.data / found.where
        if found.what is DamageKind.FOREIGN and (copy := lost_copy(archive, found.where)):
            regained = True
            yield Step(found.where, "its lost row made again", partial(add_copy, archive, copy))
        elif found.what in (DamageKind.FOREIGN, DamageKind.LEFTOVER):
            yield Step(found.where, "put aside", partial(aside.move, path))
        elif COPY.fullmatch(found.where):  # Else it is the row that is damaged.
            how = (
                "put aside; 'qqnews media fetch' gets it again"
                if path.exists()
                else "'qqnews media fetch' gets it again"
            )
            yield Step(found.where, how, partial(_want_again, archive, path, aside))
    if (regained and has_addresses(archive.data)) or has_lost_addresses(archive):
        how = "addresses of copies brought back from raw captures"
        yield Step("pictures", how, partial(note_addresses, archive))


def _want_again(archive: Archive, path: Path, aside: Aside) -> None:
    if path.exists() or path.is_symlink():
        aside.move(path)
    name = path.relative_to(archive.data).as_posix()
    with archive.transaction() as connection:
        for (digest,) in connection.execute("SELECT sha256 FROM media WHERE path = ?", (name,)).fetchall():
            connection.execute("UPDATE pictures SET sha256 = NULL, tries = 0 WHERE sha256 = ?", (digest,))
            connection.execute("DELETE FROM media WHERE sha256 = ?", (digest,))


def name_exports(data: Path) -> Iterator[Step]:
    """Exports are made again, not mended; what killed ones left is cleared away."""
    for found in check_exports(data, deep=True):
        if found.what is DamageKind.LEFTOVER and (data / found.where).is_dir():
            yield Step(found.where, "cleared away: its export was killed", partial(clear_abandoned, data / "exports"))
        else:
            yield Step(found.where, "an export: make it again")
