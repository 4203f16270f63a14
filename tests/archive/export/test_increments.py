"""Base and increments together are a full export, byte for byte."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archive.captures.raw_files import RawWriter
from archive.captures.warc import Capture
from archive.export.errors import BadOption, NotAnExport, TargetRefused
from archive.export.pipeline import export, merge
from archive.export.read.schema import DELETED, REVISIONS, Row, Table
from archive.export.request import ExportRequest
from archive.export.write.increment import Changes, Merged
from archive.redaction.erasures import id_hash
from archive.store import Archive
from archive.takedown.takedown import take_down
from tests.archive.export.samples import SEEN, articles
from tests.archive.export.trees import tree


def change(archive: Archive, seed: int) -> None:
    """Some days go by: new articles, edits, another date, a removal, a takedown."""
    drawn = Random(seed)
    later = SEEN + timedelta(days=seed + 1)
    made = articles(60)
    known = sorted(archive.known([article.id for article in made]))
    gone, taken, *edited = drawn.sample(known, 6)
    for article in made:
        if article.id in edited:
            archive.keep(replace(article, body=f"{article.body}\n\n河水又涨了{seed}米。"), seen_at=later)
    for article in drawn.sample(made[40:], 5):
        archive.keep(article, seen_at=later)
    moved = made[2].published_at
    assert moved is not None
    with archive.transaction() as connection:
        when = (moved + timedelta(days=40 + seed)).isoformat()
        connection.execute("UPDATE articles SET published_at = ? WHERE id = ?", (when, made[2].id))
        query = "UPDATE articles SET status = 'gone', gone_at = ? WHERE id = ?"
        connection.execute(query, (later.isoformat(), gone))
    if taken != made[2].id:
        take_down(archive, taken, "asked", later)


def test_an_increment_over_an_export_of_another_schema_is_refused(changing: Archive, tmp_path: Path) -> None:
    export(changing, "jsonl", tmp_path / "base", ExportRequest())
    manifest = tmp_path / "base" / "export.json"
    stated = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(stated | {"schema_version": stated["schema_version"] - 1}))
    with pytest.raises(NotAnExport, match="its schema is"):
        export(changing, "jsonl", tmp_path / "more", ExportRequest(), since=(tmp_path / "base",))
    assert not (tmp_path / "more").exists()


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("jsonl", ExportRequest(revisions=True, pictures=True)),
        ("jsonl-gz", ExportRequest(split="hash", deduplicate="exact")),
        ("jsonl-zst", ExportRequest(text=False)),
        ("csv", ExportRequest(revisions=True, pictures=True)),
        ("csv", ExportRequest(columns=("title", "status"), split="time:2025-02-10,2025-02-20")),
        ("parquet", ExportRequest(revisions=True, pictures=True)),
        ("jsonl", ExportRequest(split="hash:50,25,25", revisions=True, pictures=True)),
        ("parquet", ExportRequest(split="hash:50,25,25", revisions=True, pictures=True)),
        ("huggingface", ExportRequest(split="hash", channel=("life", "tech"))),
        ("sqlite", ExportRequest(revisions=True, pictures=True)),
        ("sqlite", ExportRequest(columns=("title", "keywords"), split="hash:50,25,25", revisions=True)),
    ],
)
def test_base_and_increments_are_the_full_export(
    changing: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, wish: ExportRequest
) -> None:
    monkeypatch.chdir(tmp_path)  # Folders as people name them.
    export(changing, name, Path("base"), wish)
    chain = [Path("base")]
    for seed in (1, 2):
        change(changing, seed)
        summary = export(changing, name, Path(f"more{seed}"), ExportRequest(), tuple(chain))
        assert summary.rows["articles"] < 40
        chain.append(Path(f"more{seed}"))
    whole = merge(tuple(chain), tmp_path / "merged")
    full = export(changing, name, tmp_path / "full", wish)
    assert tree(tmp_path / "merged") == tree(tmp_path / "full")
    assert whole.id == full.id


def test_revisions_and_pictures_follow_an_article_into_another_split(changing: Archive, tmp_path: Path) -> None:
    wish = ExportRequest(split="hash:50,25,25", revisions=True, pictures=True)
    first, moving = (made := articles())[0], made[11]

    def rows(export: str) -> Counter[str]:
        files = [path for path in (tmp_path / export / "data").glob("*.jsonl") if path.stem != "deleted"]
        return Counter({path.stem: found for path in files if (found := _lines_with(path, moving.id))})

    export(changing, "jsonl", tmp_path / "base", wish)
    before = {"articles-validation": 1, "revisions-validation": 2, "pictures-validation": 2}
    assert rows("base") == before
    same = replace(moving, title=first.title, body=first.body, author=first.author)
    changing.keep(same, seen_at=SEEN + timedelta(days=1))
    export(changing, "jsonl", tmp_path / "more", ExportRequest(), (tmp_path / "base",))
    merge((tmp_path / "base", tmp_path / "more"), tmp_path / "merged")
    export(changing, "jsonl", tmp_path / "full", wish)
    after = {"articles-train": 1, "revisions-train": 3, "pictures-train": 2}
    assert rows("more") == rows("merged") == after
    assert tree(tmp_path / "merged") == tree(tmp_path / "full")


def _lines_with(path: Path, article_id: str) -> int:
    return sum(f'id":"{article_id}"' in line for line in path.read_text().split("\n"))


def test_markdown_files_of_base_and_increments_are_the_full_tree(changing: Archive, tmp_path: Path) -> None:
    chain = [tmp_path / "base"]
    export(changing, "markdown", chain[0], ExportRequest())
    for seed in (1, 2):
        change(changing, seed)
        export(changing, "markdown", tmp_path / f"more{seed}", ExportRequest(), tuple(chain))
        assert 5 < len(list((tmp_path / f"more{seed}").rglob("*.md"))) < 20
        assert not (tmp_path / f"more{seed}/hugo.toml").exists()
        chain.append(tmp_path / f"more{seed}")
    merge(tuple(chain), tmp_path / "merged")
    export(changing, "markdown", tmp_path / "full", ExportRequest())
    assert tree(tmp_path / "merged") == tree(tmp_path / "full")
    deleted = [json.loads(line) for line in (chain[1] / "data/deleted.jsonl").read_text().splitlines()]
    assert {row["reason"] for row in deleted} == {"taken_down"}
    assert all(row["id"] is None for row in deleted)


def captured(archive: Archive, numbers: Iterable[int], at: datetime) -> None:
    """A capture for each of these articles, by one run; those of the same body refer to one another."""
    writer = RawWriter(archive.data, "crawl")
    for article in (articles(60)[number] for number in numbers):
        body = f"<p>{article.channel} {at}</p>".encode()
        page = Capture(url=article.url, status=200, headers=(("Content-Type", "text/html"),), body=body, fetched_at=at)
        raw_ref = writer.write(page)
        with archive.transaction() as connection:
            connection.execute("UPDATE articles SET raw_ref = ? WHERE id = ?", (raw_ref, article.id))
    writer.close()


def test_captures_of_base_and_increments_are_the_full_file(changing: Archive, tmp_path: Path) -> None:
    captured(changing, range(20), SEEN)
    chain = [tmp_path / "base"]
    export(changing, "warc", chain[0], ExportRequest())
    for seed in (1, 2):
        change(changing, seed)
        captured(changing, range(10 * seed, 10 * seed + 20), SEEN + timedelta(days=seed))
        export(changing, "warc", tmp_path / f"more{seed}", ExportRequest(), tuple(chain))
        assert (tmp_path / f"more{seed}/captures.warc.gz").stat().st_size > 0
        chain.append(tmp_path / f"more{seed}")
    merge(tuple(chain), tmp_path / "merged")
    export(changing, "warc", tmp_path / "full", ExportRequest())
    assert tree(tmp_path / "merged") == tree(tmp_path / "full")
    listed = [json.loads(line) for line in (tmp_path / "full/data/captures.jsonl").read_text().splitlines()]
    content = (tmp_path / "full/captures.warc.gz").read_bytes()
    start, urls = len(content) - sum(row["length"] for row in listed), []
    (lead,) = ArchiveIterator(io.BytesIO(content[:start]))
    assert lead.rec_type == "warcinfo"
    for row in listed:
        records = ArchiveIterator(io.BytesIO(content[start : start + row["length"]]))
        urls.append(next(records).rec_headers.get_header("WARC-Target-URI"))
        start += row["length"]
    assert urls == [row["url"] for row in listed]
    assert start == len(content)


def test_what_was_taken_down_is_named_by_hash_alone(changing: Archive, tmp_path: Path) -> None:
    export(changing, "jsonl", tmp_path / "base", ExportRequest(revisions=True))
    left, taken = articles()[20], articles()[21]
    take_down(changing, taken.id, "asked", SEEN)
    with changing.transaction() as connection:
        connection.execute("UPDATE articles SET status = 'taken_down' WHERE id = ?", (left.id,))
    export(changing, "jsonl", tmp_path / "more", ExportRequest(), (tmp_path / "base",))
    deleted = [json.loads(line) for line in (tmp_path / "more/data/deleted.jsonl").read_text().splitlines()]
    assert {(row["table"], row["id"], row["reason"], row["id_hash"]) for row in deleted} == {
        ("articles", left.id, "left", None),
        ("revisions", left.id, "left", None),
        ("articles", None, "taken_down", id_hash(taken.id)),
        ("revisions", None, "taken_down", id_hash(taken.id)),
    }
    assert (tmp_path / "more/takedowns.txt").read_text() == f"{id_hash(taken.id)}\n"
    everything = b"".join(tree(tmp_path / "more").values())
    assert taken.id.encode() not in everything


def test_nothing_changed_is_an_increment_of_nothing(changing: Archive, tmp_path: Path) -> None:
    export(changing, "parquet", tmp_path / "base", ExportRequest())
    summary = export(changing, "parquet", tmp_path / "more", ExportRequest(), (tmp_path / "base",))
    assert sum(summary.rows.values()) == 0
    merge((tmp_path / "base", tmp_path / "more"), tmp_path / "merged")
    assert tree(tmp_path / "merged") == tree(tmp_path / "base")


def test_an_empty_summary_is_no_change(changing: Archive, tmp_path: Path) -> None:
    changing.keep(replace(articles(60)[50], summary=""), seen_at=SEEN)
    export(changing, "csv", tmp_path / "base", ExportRequest(revisions=True))
    summary = export(changing, "csv", tmp_path / "more", ExportRequest(), (tmp_path / "base",))
    assert summary.rows == {"articles": 0, "revisions": 0, "deleted": 0}


def test_what_does_not_fit_is_refused(changing: Archive, tmp_path: Path) -> None:
    base, more, other = tmp_path / "base", tmp_path / "more", tmp_path / "other"
    export(changing, "jsonl", base, ExportRequest())
    change(changing, 1)
    export(changing, "jsonl", more, ExportRequest(), (base,))
    export(changing, "feed", other, ExportRequest())
    with pytest.raises(BadOption):
        export(changing, "csv", tmp_path / "x", ExportRequest(), (base,))
    with pytest.raises(BadOption):
        export(changing, "jsonl", tmp_path / "x", ExportRequest(channel=("tech",)), (base,))
    with pytest.raises(NotAnExport, match="a feed shows the archive as it is now"):
        export(changing, "feed", tmp_path / "x", ExportRequest(), (other,))
    with pytest.raises(NotAnExport):
        merge((more,), tmp_path / "x")
    with pytest.raises(NotAnExport):
        merge((base, more, more), tmp_path / "x")
    with pytest.raises(NotAnExport):
        merge((base, tmp_path / "nowhere"), tmp_path / "x")
    with pytest.raises(TargetRefused):
        merge((base, more), base)
    with (base / "data/articles.jsonl").open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(NotAnExport):
        merge((base, more), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_an_export_that_a_takedown_rewrote_is_a_base_like_any_other(changing: Archive, tmp_path: Path) -> None:
    base = changing.data / "exports/base"
    export(changing, "jsonl", base, ExportRequest())
    take_down(changing, articles()[20].id, "asked", SEEN)
    more = export(changing, "jsonl", tmp_path / "more", ExportRequest(), (base,))
    assert set(more.rows.values()) == {0}
    assert merge((base, tmp_path / "more"), tmp_path / "whole").rows == {"articles": 39}


def test_an_export_whose_files_are_not_those_of_its_papers_is_no_base(changing: Archive, tmp_path: Path) -> None:
    base = tmp_path / "base"
    export(changing, "jsonl", base, ExportRequest())
    part = base / "data/articles.jsonl"
    was = sha256(part.read_bytes()).hexdigest()
    part.write_bytes(b"".join(part.read_bytes().splitlines(keepends=True)[1:]))
    sums = (base / "SHA256SUMS").read_text()
    (base / "SHA256SUMS").write_text(sums.replace(was, sha256(part.read_bytes()).hexdigest()))
    with pytest.raises(NotAnExport, match="export again"):
        export(changing, "jsonl", tmp_path / "more", ExportRequest(), (base,))


class Rows:
    """Rows in memory in the place of an export."""

    def __init__(self, **tables: list[Row]) -> None:
        self._tables = tables

    def rows(self, table: Table) -> Iterator[Row]:
        return iter(self._tables[table.name])


def some_rows() -> st.SearchStrategy[list[Row]]:
    small = replace(REVISIONS, columns=REVISIONS.columns[:3])
    assert small.names == ("article_id", "revision", "seen_at")
    keys = st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 3))
    return st.dictionaries(keys, st.sampled_from(["x", "y"])).map(
        lambda found: [(*key, value) for key, value in sorted(found.items())]
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # They measure a busy machine.
@given(some_rows(), some_rows())
def test_changes_and_merge_undo_each_other(before: list[Row], now: list[Row]) -> None:
    table = replace(REVISIONS, columns=REVISIONS.columns[:3])
    changes = Changes(table)
    written = list(changes.of(before, now))
    deleted = list(changes.deletions(frozenset()))
    assert all(len(row) == len(DELETED.names) for row in deleted)
    merged = Merged(Rows(revisions=before), Rows(revisions=written, deleted=deleted))
    assert list(merged.rows(table)) == now
    assert set(written) == set(now) - set(before)
