"""Manifest, card, data package: read by those who will read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import frictionless
import pytest
import yaml

from archive.export.run import export
from archive.export.wish import Wish
from archive.store import Archive
from archive.verify.exports import check_exports

READ = """
import sys, datasets
found = datasets.load_dataset(sys.argv[1])
print({name: len(rows) for name, rows in found.items()})
print(datasets.get_dataset_config_names(sys.argv[1]))
print(found["train"][0]["keywords"], found["train"][0]["id"])
"""


@pytest.mark.parametrize("name", ["huggingface", "jsonl", "parquet"])
def test_hugging_face_loads_the_folder_offline(read_only: Archive, tmp_path: Path, name: str) -> None:
    export(read_only, name, tmp_path / "x", Wish(split="hash:50,25,25", revisions=True))
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "x")],
        capture_output=True,
        text=True,
        env={**os.environ, **offline},
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    counts, configs, first = done.stdout.splitlines()[-3:]
    stated = json.loads((tmp_path / "x/export.json").read_text())["articles_by"]["split"]
    assert json.loads(counts.replace("'", '"')) == stated
    assert set(json.loads(configs.replace("'", '"'))) == {"articles", "revisions"}
    assert first.startswith("['")


@pytest.mark.parametrize("name", ["csv", "jsonl", "jsonl-gz"])
def test_frictionless_finds_nothing_wrong(read_only: Archive, tmp_path: Path, name: str) -> None:
    # The library cannot read JSON Lines without any row: every split here has some.
    export(read_only, name, tmp_path / "x", Wish(split="hash:50,25,25", revisions=True, pictures=True))
    report = frictionless.validate(str(tmp_path / "x/datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])[:5]
    assert report.stats["tasks"] == 5
    (tmp_path / "x/data").joinpath(next((tmp_path / "x/data").glob("revisions*")).name).write_bytes(b"")
    assert not frictionless.validate(str(tmp_path / "x/datapackage.json")).valid


def test_the_manifest_tells_what_is_there(read_only: Archive, tmp_path: Path) -> None:
    summary = export(read_only, "parquet", tmp_path / "x", Wish(channel=("tech",), revisions=True))
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


def test_the_card_is_a_card(read_only: Archive, tmp_path: Path) -> None:
    export(read_only, "csv", tmp_path / "x", Wish(split="hash", filters=("mask",)))
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
    export(changing, "jsonl", target, Wish())
    assert list(check_exports(changing.data, deep=True)) == []
    with (target / "data/articles.jsonl").open("ab") as file:
        file.write(b"\n")
    assert [finding.where for finding in check_exports(changing.data, deep=True)] == [
        "exports/spring/data/articles.jsonl"
    ]
