"""Formats of rows: read back with the libraries their users use, and found equal to the archive."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pyarrow.dataset
import pyarrow.parquet
import pytest
import zstandard

from archive.article.model import pictures_in
from archive.export.pipeline import export
from archive.export.read.schema import ARTICLES
from archive.export.request import ExportRequest
from archive.export.select.splits import NAMES as NAMES_OF_SPLITS
from archive.store import Archive
from tests.archive.export.samples import NASTY, articles
from tests.archive.export.trees import tree

ROWS = ("jsonl", "jsonl-gz", "jsonl-zst", "csv", "parquet", "huggingface")
NAMES = tuple(name for name in ARTICLES.names if name != "split")


def expected(archive: Archive) -> dict[str, dict[str, Any]]:
    """Id → what an export must say, from the archive itself."""
    query = "SELECT * FROM articles ORDER BY published_at, id"
    return {row["id"]: dict(row) for row in archive.database.connection.execute(query)}


def check(rows: list[dict[str, Any]], archive: Archive) -> None:
    there = expected(archive)
    assert [row["id"] for row in rows] == list(there)
    for row in rows:
        kept = there[row["id"]]
        time = ("published_at", "published_precision")
        for name in ("url", "title", "summary", "body", "channel", "status", "content_hash", *time):
            assert row[name] == kept[name], name
        assert row["keywords"] == json.loads(kept["keywords"])
        assert row["revision"] == kept["revision"]
        assert row["fetched_at"] >= row["first_seen"]


@pytest.mark.parametrize("name", ["jsonl", "jsonl-gz", "jsonl-zst"])
def test_json_lines_hold_what_the_archive_holds(read_only: Archive, tmp_path: Path, name: str) -> None:
    export(read_only, name, tmp_path / "x", ExportRequest())
    (path,) = (tmp_path / "x/data").iterdir()
    content = path.read_bytes()
    if name == "jsonl-gz":
        content = gzip.decompress(content)
    elif name == "jsonl-zst":
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    lines = content.splitlines()
    assert all(tuple(json.loads(line)) == NAMES for line in lines)
    check([json.loads(line) for line in lines], read_only)


def test_pandas_reads_json_lines(read_only: Archive, tmp_path: Path) -> None:
    for name in ("jsonl", "jsonl-gz", "jsonl-zst"):
        export(read_only, name, tmp_path / name, ExportRequest())
        (path,) = (tmp_path / name / "data").iterdir()
        frame = pandas.read_json(path, lines=True, dtype=False)
        assert list(frame.columns) == list(NAMES)
        assert NASTY in set(frame["title"])


def test_pandas_and_duckdb_read_csv(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "csv", tmp_path / "x", ExportRequest())
    path = tmp_path / "x/data/articles.csv"
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False, na_values=[], lineterminator="\n")
    frame["keywords"] = frame["keywords"].map(json.loads)
    frame["revision"] = frame["revision"].map(int)
    frame["published_at"] = frame["published_at"].map(lambda text: text or None)
    check(json.loads(frame.to_json(orient="records")), read_only)
    query = "SELECT id, title FROM read_csv(?, header = true, all_varchar = true, quote = '\"', escape = '\"')"
    rows = duckdb.execute(query, [str(path)]).fetchall()
    assert dict(rows) == {key: row["title"] for key, row in expected(read_only).items()}


def test_arrow_reads_parquet(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "parquet", tmp_path / "x", ExportRequest())
    folder = tmp_path / "x/data/articles"
    table = pyarrow.dataset.dataset(folder, partitioning="hive").to_table()
    assert str(table.schema.field("published_at").type) == "timestamp[us, tz=+08:00]"
    rows = sorted(table.to_pylist(), key=lambda row: (row["published_at"] is not None, row["published_at"], row["id"]))
    for row in rows:
        for name in ("published_at", "fetched_at", "first_seen"):
            row[name] = row[name] and row[name].isoformat()
    check(rows, read_only)


UNDATED_TOO = Counter(f"{article.published_at:%Y-%m}" if article.published_at else "undated" for article in articles())
DATED = UNDATED_TOO - Counter(["undated"])


@pytest.mark.parametrize(
    ("wish", "months"), [(ExportRequest(), UNDATED_TOO), (ExportRequest(since="2025-01-01"), DATED)]
)
def test_a_month_is_a_string_for_every_reader(
    read_only: Archive, tmp_path: Path, wish: ExportRequest, months: Counter[str]
) -> None:
    export(read_only, "parquet", tmp_path / "x", wish)
    folder = tmp_path / "x/data/articles"
    assert {path.name for path in folder.iterdir()} == {f"month={month}" for month in months}
    frame = pandas.read_parquet(folder)
    assert frame["month"].dtype.categories.dtype == "str"
    assert frame["month"].value_counts().to_dict() == months
    for table, kind in (
        (pyarrow.parquet.read_table(folder), "dictionary<values=string, indices=int32, ordered=0>"),
        (pyarrow.dataset.dataset(folder, partitioning="hive").to_table(), "string"),
    ):
        assert str(table.schema.field("month").type) == kind
        assert Counter(table["month"].to_pylist()) == months
    query = "SELECT month, count(*), any_value(typeof(month)) FROM read_parquet(?) GROUP BY 1"
    counted = duckdb.execute(query, [f"{folder}/*/*.parquet"]).fetchall()
    assert {month: number for month, number, _ in counted} == months
    assert {kind for *_, kind in counted} == {"VARCHAR"}


def test_revisions_and_pictures_come_if_asked_for(changing: Archive, tmp_path: Path) -> None:
    content = b"\x89PNG a picture of ours"
    digest = hashlib.sha256(content).hexdigest()
    url = pictures_in(articles()[0].body)[0]
    path = changing.data / f"media/{digest[:2]}/{digest}.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with changing.transaction() as connection:
        media = (digest, url, path.relative_to(changing.data).as_posix(), len(content), "image/png")
        connection.execute("INSERT INTO media VALUES (?, ?, ?, ?, ?)", media)
        connection.execute("INSERT INTO pictures VALUES (?, ?, 'x', 1, '2025-03-01', NULL)", (url, digest))
    summary = export(changing, "jsonl", tmp_path / "x", ExportRequest(revisions=True, pictures=True))
    assert summary.rows == {"articles": 40, "revisions": 42, "pictures": 80}
    revisions = pandas.read_json(tmp_path / "x/data/revisions.jsonl", lines=True)
    assert list(revisions["kind"]).count("edited") == 2
    pictures = pandas.read_json(tmp_path / "x/data/pictures.jsonl", lines=True)
    first = pictures.iloc[0]
    assert (first["position"], first["url"], first["bytes"]) == (1, url, len(content))
    assert (tmp_path / "x" / first["path"]).read_bytes() == content
    assert pictures["sha256"].isna().sum() == 79


READERS = {
    "jsonl": partial(pandas.read_json, lines=True, dtype=False),
    "csv": partial(pandas.read_csv, dtype=str, keep_default_na=False, lineterminator="\n"),
    "parquet": pandas.read_parquet,
    "huggingface": pandas.read_parquet,
}


@pytest.mark.parametrize("name", READERS)
def test_revisions_and_pictures_are_split_as_their_articles_are(read_only: Archive, tmp_path: Path, name: str) -> None:
    summary = export(
        read_only, name, tmp_path / "x", ExportRequest(split="hash:50,25,25", revisions=True, pictures=True)
    )
    ids = defaultdict[tuple[str, str | None], set[str]](set)
    for part in summary.manifest.parts:
        frame = READERS[name](tmp_path / "x" / part.path)
        assert f"{part.table}-{part.split}" in part.path
        assert set(frame["split"]) == {part.split}
        ids[part.table, part.split] |= set(frame["id" if part.table == "articles" else "article_id"])
    for split in NAMES_OF_SPLITS:
        assert ids["articles", split] == ids["revisions", split] == ids["pictures", split] != set()


@pytest.mark.parametrize("name", ROWS)
def test_the_same_state_gives_the_same_bytes(read_only: Archive, tmp_path: Path, name: str) -> None:
    wish = ExportRequest(revisions=True, pictures=True)
    first = export(read_only, name, tmp_path / "one", wish)
    second = export(read_only, name, tmp_path / "two", wish)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert first.id == second.id


@pytest.mark.parametrize("name", ["jsonl", "parquet"])
def test_sha256sum_finds_everything_as_it_was_written(read_only: Archive, tmp_path: Path, name: str) -> None:
    export(read_only, name, tmp_path / "x", ExportRequest())
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "x", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    named = {line.partition(":")[0] for line in done.stdout.splitlines()}
    assert named == set(tree(tmp_path / "x")) - {"SHA256SUMS"}


def test_chosen_columns_are_all_there_is(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "jsonl", tmp_path / "x", ExportRequest(columns=("title", "channel")))
    first = json.loads((tmp_path / "x/data/articles.jsonl").read_text().splitlines()[0])
    assert tuple(first) == ("id", "title", "published_at", "channel")


def test_without_text_there_is_no_body(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "csv", tmp_path / "x", ExportRequest(text=False, revisions=True))
    for path in (tmp_path / "x/data").iterdir():
        header = path.read_text().splitlines()[0]
        assert "body" not in header
        assert "content_hash" in header


def test_columns_and_documentation_say_the_same() -> None:
    from archive.export.read.schema import ARTICLES, BESIDE, PICTURES, REVISIONS

    text = (Path(__file__).parents[3] / "DATA_FORMAT.md").read_text(encoding="utf-8")
    for table in (ARTICLES, REVISIONS, PICTURES, *BESIDE):
        section = text.partition(f"### `{table.name}`\n")[2].partition("\n#")[0]
        cell = r"\| ([^|]*) "
        rows = re.findall(rf"^\| `(\w+)` {cell * 4}\|$", section, re.M)
        stated = [tuple(map(str.strip, row)) for row in rows]
        there = [(c.name, c.type.value, c.unit, "yes" if c.nullable else "no", c.meaning) for c in table.columns]
        assert stated == there, table.name
