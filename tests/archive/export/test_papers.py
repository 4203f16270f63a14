"""Manifest, card, data package: read by those who will read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import frictionless
import pytest
import yaml

from archive.export.pipeline import export
from archive.export.request import ExportRequest
from archive.store import Archive
from archive.verify.exports import check_exports
from tests.archive.export.samples import SEEN, articles
from tests.archive.export.test_increments import captured
from tests.archive.export.test_rows import ROWS

READ = """
import json, sys, datasets
for folder in sys.argv[1:]:
    found = {name: datasets.load_dataset(folder, name) for name in datasets.get_dataset_config_names(folder)}
    counts = {name: {split: len(rows) for split, rows in splits.items()} for name, splits in found.items()}
    default = {split: len(rows) for split, rows in datasets.load_dataset(folder).items()}
    first = [rows[0]["keywords"] for rows in found.get("articles", {}).values()][:1]
    print(json.dumps([counts, default, first]))
"""


def loaded(home: Path, *folders: Path) -> list[list[Any]]:
    """Of each folder: its rows by table and split, those of what is loaded by default, the first article's keywords."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, folders)],
        capture_output=True,
        text=True,
        env={**os.environ, **offline},
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()[-len(folders) :]]


def stated(folder: Path) -> dict[str, Counter[str]]:
    """Rows by table and split, those of which there are any."""
    found = defaultdict[str, Counter[str]](Counter)
    for part in _files(folder):
        if part["rows"]:
            found[part["table"]][part["split"] or "train"] += part["rows"]
    return found


@pytest.mark.parametrize("name", ROWS)
def test_hugging_face_loads_what_has_rows_offline(changing: Archive, tmp_path: Path, name: str) -> None:
    whole, empty, gone, new = (tmp_path / each for each in ("whole", "empty", "gone", "new"))
    export(changing, name, whole, ExportRequest(split="hash:50,25,25", revisions=True))
    export(changing, name, empty, ExportRequest(split="hash:50,0,50"))
    with changing.transaction() as connection:
        connection.execute("UPDATE articles SET status = 'taken_down' WHERE id = ?", (articles()[20].id,))
    export(changing, name, gone, ExportRequest(), (empty,))
    changing.keep(articles(41)[40], seen_at=SEEN)
    export(changing, name, new, ExportRequest(), (empty, gone))
    assert [set(stated(each)) for each in (gone, new)] == [{"deleted"}, {"articles"}]
    folders = (whole, empty, gone, new)
    for folder, (counts, default, first) in zip(folders, loaded(tmp_path / "home", *folders), strict=True):
        assert counts == stated(folder)
        assert default == next(iter(counts.values()))
        assert folder == gone or isinstance(first[0], str if name == "csv" else list)
    by_split = json.loads((whole / "export.json").read_bytes())["articles_by"]["split"]
    assert stated(whole)["articles"] == by_split


@pytest.mark.parametrize("name", ROWS)
def test_frictionless_finds_nothing_wrong(read_only: Archive, tmp_path: Path, name: str) -> None:
    some, none = "hash:50,25,25", "hash:50,0,50"
    for split in (some, none):
        export(read_only, name, tmp_path / split, ExportRequest(split=split, revisions=True, pictures=True))
    export(read_only, name, tmp_path / "more", ExportRequest(), (tmp_path / none,))
    for folder in (some, none, "more"):
        package = frictionless.Package(str(tmp_path / folder / "datapackage.json"))
        report = package.validate()
        assert report.valid, report.flatten(["type", "message"])[:5]
        rows = {part["path"]: part["rows"] for part in _files(tmp_path / folder)}
        assert report.stats["tasks"] == len(rows)
        for resource in package.resources:
            packed_or_empty = name == "jsonl-zst" or (name.startswith("jsonl") and not rows[str(resource.path)])
            assert resource.tabular != packed_or_empty
            if resource.tabular:
                assert len(package.get_table_resource(str(resource.name)).read_rows()) == rows[str(resource.path)]


@pytest.mark.parametrize("name", ROWS)
def test_frictionless_finds_a_file_that_is_not_what_it_was(read_only: Archive, tmp_path: Path, name: str) -> None:
    export(read_only, name, tmp_path / "x", ExportRequest(revisions=True))
    first, last = (tmp_path / "x" / _files(tmp_path / "x")[place]["path"] for place in (0, -1))
    last.write_bytes(first.read_bytes())
    assert not frictionless.validate(str(tmp_path / "x/datapackage.json")).valid


def test_frictionless_accepts_what_lies_beside_files_that_are_no_rows(changing: Archive, tmp_path: Path) -> None:
    captured(changing, range(4), SEEN)
    for name in ("warc", "markdown"):
        export(changing, name, tmp_path / name, ExportRequest())
        export(changing, name, tmp_path / f"{name}-more", ExportRequest(), (tmp_path / name,))
    packages = sorted(tmp_path.glob("*/datapackage.json"))
    assert [path.parent.name for path in packages] == ["markdown-more", "warc", "warc-more"]
    assert all(frictionless.validate(str(path)).valid for path in packages)


@pytest.mark.parametrize("name", ROWS)
def test_croissant_has_record_sets_of_what_its_library_reads(read_only: Archive, tmp_path: Path, name: str) -> None:
    """As ``make check-croissant`` sees; that library has an environment of its own."""
    export(read_only, name, tmp_path / "x", ExportRequest(split="hash:50,0,50", revisions=True))
    found = json.loads((tmp_path / "x/croissant.json").read_bytes())
    described = {each["@id"]: each["encodingFormat"] for each in found["distribution"]}
    read = {each["field"][0]["source"]["fileObject"]["@id"] for each in found["recordSet"]}
    assert set(described) == {each["path"] for each in _files(tmp_path / "x")}
    assert read == (set() if name == "jsonl-zst" else set(described))
    (form,) = set(described.values())
    assert form == {
        "jsonl-zst": "application/zstd",
        "csv": "text/csv",
        "parquet": "application/x-parquet",
        "huggingface": "application/x-parquet",
    }.get(name, "application/jsonlines")


def _files(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "export.json").read_bytes())["files"]
    return found


def test_the_manifest_tells_what_is_there(read_only: Archive, tmp_path: Path) -> None:
    summary = export(read_only, "parquet", tmp_path / "x", ExportRequest(channel=("tech",), revisions=True))
    found = json.loads((tmp_path / "x/export.json").read_text())
    assert found["wish"] == {"channel": ["tech"], "revisions": True}
    assert found["articles"] == sum(found["articles_by"]["month"].values()) == 14
    assert found["articles_by"]["channel"] == {"tech": 14}
    assert {part["path"] for part in found["files"]} == {
        path.relative_to(tmp_path / "x").as_posix() for path in (tmp_path / "x/data").rglob("*.parquet")
    }
    assert "not recorded" in found["gaps"]
    assert "pyarrow" in found["versions"]
    assert summary.rows == {"articles": 14, "revisions": 14}


def polled(archive: Archive) -> None:
    poll = "INSERT INTO polls (source, polled_at, pages, listed, fresh, overlapped) VALUES (?, ?, 1, 20, 3, ?)"
    gap = "INSERT INTO gaps (source, after_at, before_at, most, found_at, known_until) VALUES (?, ?, ?, ?, ?, ?)"
    with archive.transaction() as connection:
        for hour, overlapped in ((1, None), (2, 1), (9, 0)):
            for source in ("channel:tech", "channel:world"):
                connection.execute(poll, (source, f"2025-02-13T0{hour}:00:00+00:00", overlapped))
        for source, day in (("channel:tech", 13), ("channel:world", 14)):
            moments = [f"2025-02-{day}T0{hour}:00:00+00:00" for hour in (2, 8, 9, 2)]
            connection.execute(gap, (source, *moments[:2], 12, *moments[2:]))


def test_the_papers_state_the_gaps_that_the_ledger_knows(changing: Archive, tmp_path: Path) -> None:
    def exported(name: str, **wish: Any) -> dict[str, Any]:
        export(changing, "jsonl", tmp_path / name, ExportRequest(**wish))
        found: dict[str, Any] = json.loads((tmp_path / name / "export.json").read_bytes())
        return found

    before = exported("before")
    polled(changing)
    found = exported("all")
    known = "known since 2025-02-13T02:00:00+00:00 (2 sources)"
    assert found["gaps"] == f"2 stretches in which up to 24 articles may be missing, {known}"
    assert found["open_gaps"][0] == {
        "source": "channel:tech",
        "after_at": "2025-02-13T02:00:00+00:00",
        "before_at": "2025-02-13T08:00:00+00:00",
        "most": 12,
    }
    assert before["archive_state"] != found["archive_state"]
    card = (tmp_path / "all/README.md").read_text()
    assert "| channel:world | 2025-02-14T02:00:00+00:00 | 2025-02-14T08:00:00+00:00 | 12 |" in card
    assert [gap["source"] for gap in exported("day", until="2025-02-13")["open_gaps"]] == ["channel:tech"]
    assert [gap["source"] for gap in exported("late", since="2025-02-14")["open_gaps"]] == ["channel:world"]
    assert [gap["source"] for gap in exported("one", source=("channel:tech",))["open_gaps"]] == ["channel:tech"]
    export(changing, "report", tmp_path / "report", ExportRequest())
    page = (tmp_path / "report/index.html").read_text()
    assert "Gaps that no poll has closed: 2" in page
    assert (
        "<td>channel:tech</td><td>2025-02-13T02:00:00+00:00</td><td>2025-02-13T08:00:00+00:00</td><td>12</td>" in page
    )
    changing.database.connection.execute("UPDATE gaps SET closed_at = '2025-02-15T00:00:00+00:00'")
    closed = exported("closed")
    assert closed["gaps"].startswith("none known: since 2025-02-13T02:00:00+00:00")
    assert exported("again")["archive_state"] == closed["archive_state"]
    assert (tmp_path / "again/README.md").read_bytes() == (tmp_path / "closed/README.md").read_bytes()


def test_the_card_is_a_card(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "csv", tmp_path / "x", ExportRequest(split="hash:50,25,25", filters=("mask",)))
    _, head, text = (tmp_path / "x/README.md").read_text().split("---\n", 2)
    stated = yaml.safe_load(head)
    (config,) = stated["configs"]
    assert [each["split"] for each in config["data_files"]] == ["train", "validation", "test"]
    for each in config["data_files"]:
        assert (tmp_path / "x" / each["path"][0]).exists()
    for word in ("40 articles", "robots.txt", "## Gaps", "duplicates: all articles are kept", "versions: qqnews"):
        assert word in text


def test_verify_takes_an_export_for_one(changing: Archive) -> None:
    target = changing.data / "exports/spring"
    export(changing, "jsonl", target, ExportRequest())
    assert list(check_exports(changing.data, deep=True)) == []
    with (target / "data/articles.jsonl").open("ab") as file:
        file.write(b"\n")
    assert [finding.where for finding in check_exports(changing.data, deep=True)] == [
        "exports/spring/data/articles.jsonl"
    ]
