"""Exports below the data directory after a takedown: still exports, true in every paper, and without the article."""

from __future__ import annotations

import builtins
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.captures.raw_files import RawWriter
from archive.captures.warc import Capture
from archive.export.format_registry import FORMATS, IN_VAIN
from archive.export.pipeline import export, merge
from archive.export.request import ExportRequest
from archive.export.write.checksums import check
from archive.export.write.dataset import Exported
from archive.export.write.manifest import read_manifest
from archive.media.picture_copies import keep_picture
from archive.redaction.erasures import id_hash
from archive.store import Archive
from archive.takedown.leftovers import look_into
from archive.takedown.takedown import TakedownResult, take_down
from archive.takedown.traces import Traces
from archive.verify.verify import verify
from tests.archive.export.samples import SEEN, articles, filled
from tests.archive.export.trees import tree
from tests.archive.samples import PICTURE
from tests.conftest import QQNEWS

NOW = datetime(2025, 3, 2, tzinfo=UTC)
GONE = articles()[10]
"""Edited since, so that it has revisions."""
TRACES = Traces(GONE.id, (GONE.title, GONE.body.split("。")[0]))
WISH = ExportRequest(revisions=True)


@pytest.fixture
def archive(tmp_path: Path) -> Any:
    """The thirteenth links to the one that goes; some have captures and pictures."""
    with filled(tmp_path / "data") as opened:
        linking = articles()[12]
        opened.keep(type(linking)(**{**_facts(linking), "body": f"参见[前文]({GONE.url})。"}), seen_at=NOW)
        writer = RawWriter(opened.data, "crawl")
        for article in (GONE, articles()[11]):
            page = f"<h1>{article.title}</h1>{article.body}".encode()
            ref = writer.write(Capture(url=article.url, status=200, headers=(), body=page, fetched_at=SEEN, facts={}))
            with opened.transaction() as connection:
                connection.execute("UPDATE articles SET raw_ref = ? WHERE id = ?", (ref, article.id))
            keep_picture(opened, f"{PICTURE}{article.id[10:14]}/641", article.id, _picture(article.id), SEEN)
        writer.close()
        yield opened


def _facts(article: Any) -> dict[str, Any]:
    return {name: getattr(article, name) for name in article.__dataclass_fields__}


def _picture(name: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + name.encode()[10:14] * 9


def taken(archive: Archive) -> TakedownResult:
    return take_down(archive, GONE.id, "order 7", NOW)


def has_it(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and look_into(path, TRACES).hits]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "report"])
def test_every_format_is_looked_into_and_cleared(archive: Archive, name: str) -> None:
    folder = archive.data / "exports" / name
    export(archive, name, folder, ExportRequest() if name in IN_VAIN else WISH)
    assert has_it(folder)
    before = read_manifest(folder)
    ended = taken(archive)
    assert (ended.left, ended.opaque) == ({}, {})
    if name == "feed":
        assert ended.exports == {"exports/feed": "removed: make it again"}
        assert not folder.exists()
        return
    assert ended.exports == {f"exports/{name}": "rewritten without it"}
    check(folder)
    assert has_it(folder) == []
    assert list(verify(archive.data, deep=True)) == []
    now = read_manifest(folder)
    assert now.facts["articles"] == before.facts["articles"] - 1
    assert id_hash(GONE.id) in (folder / "takedowns.txt").read_text()
    assert subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder).returncode == 0


def test_a_report_is_removed_and_named(archive: Archive) -> None:
    folder = archive.data / "exports" / "report"
    export(archive, "report", folder, ExportRequest())
    ended = taken(archive)
    assert (ended.left, ended.opaque) == ({}, {})
    assert ended.exports == {"exports/report": "removed: make it again"}
    assert not folder.exists()
    export(archive, "report", folder, ExportRequest())
    assert taken(archive).exports == {}, "it was made without the article"


@pytest.mark.parametrize("name", ["jsonl-zst", "csv", "parquet", "huggingface"])
def test_a_rewritten_export_holds_what_a_new_one_does(archive: Archive, name: str) -> None:
    wish = ExportRequest(revisions=True, pictures=True, split="hash:60,20,20")
    folder, anew = archive.data / "exports" / name, archive.data.parent / "anew"
    export(archive, name, folder, wish)
    taken(archive)
    export(archive, name, anew, wish)
    assert {file for file in tree(folder) if file.startswith("data/")} == {
        file for file in tree(anew) if file.startswith("data/")
    }
    rewritten, fresh = Exported(folder), Exported(anew)
    for table in fresh.manifest.tables:
        assert list(rewritten.rows(table)) == list(fresh.rows(table)), table.name
    assert rewritten.manifest.facts["articles_by"] == fresh.manifest.facts["articles_by"]
    assert [(each.path, each.rows, each.sha256) for each in rewritten.manifest.parts] == [
        (each.path, each.rows, each.sha256) for each in fresh.manifest.parts
    ]


def test_a_picture_of_the_article_alone_goes_with_it(archive: Archive) -> None:
    folder = archive.data / "exports" / "one"
    export(archive, "jsonl", folder, ExportRequest(pictures=True))
    assert len(list((folder / "pictures").rglob("*.png"))) == 2
    taken(archive)
    assert [path.read_bytes() for path in (folder / "pictures").rglob("*.png")] == [_picture(articles()[11].id)]


def test_an_increment_goes_on_from_its_rewritten_base(archive: Archive) -> None:
    exports = archive.data / "exports"
    export(archive, "jsonl", exports / "base", ExportRequest())
    archive.keep(articles(41)[40], seen_at=NOW)
    export(archive, "jsonl", exports / "more", ExportRequest(), (exports / "base",))
    assert taken(archive).exports == dict.fromkeys(("exports/base", "exports/more"), "rewritten without it")
    merged = merge((exports / "base", exports / "more"), archive.data / "whole")
    assert merged.manifest.facts["articles"] == 40
    assert has_it(archive.data / "whole") == []


@pytest.mark.parametrize("name", ["jsonl-gz", "csv", "parquet", "huggingface", "sqlite", "markdown", "warc"])
def test_a_chain_goes_on_after_it_and_merges_to_the_full_export(archive: Archive, name: str) -> None:
    exports, wish = archive.data / "exports", ExportRequest(status=("live",))
    export(archive, name, exports / "base", wish)
    _remove_from_site(archive, 5)
    archive.keep(articles(42)[40], seen_at=NOW)
    export(archive, name, exports / "one", ExportRequest(), (exports / "base",))
    assert taken(archive).left == {}
    _remove_from_site(archive, 6)
    archive.keep(articles(42)[41], seen_at=NOW)
    chain = (exports / "base", exports / "one")
    summary = export(archive, name, exports / "two", ExportRequest(), chain)
    # Of captures that is the erased one, which still has its place in the base.
    assert summary.rows["deleted"] == 1
    assert summary.rows.get("articles", 1) == 1
    merged = merge((*chain, exports / "two"), archive.data.parent / "merged")
    full = export(archive, name, archive.data.parent / "full", wish)
    assert tree(archive.data.parent / "merged") == tree(archive.data.parent / "full")
    assert merged.id == full.id


def _remove_from_site(archive: Archive, number: int) -> None:
    with archive.transaction() as connection:
        gone = "UPDATE articles SET status = 'gone', gone_at = ? WHERE id = ?"
        connection.execute(gone, (NOW.isoformat(), articles()[number].id))


def test_an_export_of_another_version_that_holds_it_is_removed_and_named(archive: Archive) -> None:
    for name in ("with", "other"):
        folder = archive.data / "exports" / name
        export(archive, "jsonl", folder, ExportRequest() if name == "with" else ExportRequest(limit=1))
        stated = (folder / "export.json").read_text().replace('"schema_version": 3', '"schema_version": 1')
        (folder / "export.json").write_text(stated)
    ended = taken(archive)
    assert ended.left == {}
    assert ended.exports["exports/with"].startswith("removed, for this version cannot rewrite it")
    assert [path.name for path in (archive.data / "exports").iterdir()] == ["other"]


def test_what_cannot_be_looked_into_is_named_and_the_proof_fails(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(archive, "parquet", archive.data / "exports" / "parquet", WISH)
    for name in [
        name for name in sys.modules if name.partition(".")[0] == "pyarrow" or name.endswith("formats.parquet")
    ]:
        monkeypatch.delitem(sys.modules, name)
    whole = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError("no pyarrow", name="pyarrow")
        return whole(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    ended = taken(archive)
    assert ended.left == {}
    assert all("pyarrow is missing" in why for why in ended.opaque.values())
    assert len(ended.opaque) >= 3
    assert "left as it is" in ended.exports["exports/parquet"]
    monkeypatch.undo()
    ended = taken(archive)
    assert (ended.left, ended.opaque, ended.exports) == ({}, {}, {"exports/parquet": "rewritten without it"})


def test_a_damaged_export_is_removed_and_named(archive: Archive) -> None:
    folder = archive.data / "exports" / "torn"
    export(archive, "jsonl", folder, ExportRequest())
    part = folder / "data/articles.jsonl"
    part.write_bytes(part.read_bytes()[:-20])
    ended = taken(archive)
    assert ended.exports["exports/torn"].startswith("removed, for it is damaged")
    assert (ended.left, ended.opaque, folder.exists()) == ({}, {}, False)


def test_a_damaged_export_without_a_trace_is_left_and_named(archive: Archive) -> None:
    folder = archive.data / "exports" / "torn"
    export(archive, "jsonl-gz", folder, ExportRequest(channel=("tech",)))
    part = folder / "data/articles.jsonl.gz"
    part.write_bytes(part.read_bytes()[:40])
    ended = taken(archive)
    assert ended.exports["exports/torn"].startswith("left as it is, for it is damaged")
    assert (list(ended.opaque), part.exists()) == (["exports/torn/data/articles.jsonl.gz"], True)


def test_what_a_killed_rewriting_left_is_cleared_away(archive: Archive) -> None:
    folder = archive.data / "exports" / "one"
    export(archive, "jsonl", folder, ExportRequest())
    folder.rename(folder.with_name(".one.0123456789abcdef"))
    ended = taken(archive)
    assert (ended.left, list((archive.data / "exports").iterdir())) == ({}, [])


def test_the_command_names_what_it_did_to_which_export(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("csv", "feed"):
        export(archive, name, archive.data / "exports" / name, ExportRequest())
    archive.close()
    command = [str(QQNEWS), "--data", str(archive.data), "takedown", GONE.id, "--reason", "order 7", "--yes"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "exports/csv: rewritten without it\nexports/feed: removed: make it again\n" in done.stdout
