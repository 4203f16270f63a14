"""A takedown takes what is the article's and leaves to others what is theirs, however they are related to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.runs.directory_lock import exclusive
from archive.search.sync import index_new
from archive.store import Archive
from archive.takedown import takedown as steps
from archive.takedown.takedown import TakedownResult, take_down
from archive.verify.verify import verify
from tests.archive.takedown import relations as them
from tests.archive.takedown.keepings import Keepings, check_others, left_of, read_keepings
from tests.conftest import QQNEWS

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("relations") / "data"
    them.make_relations(data)
    return data


@pytest.fixture(scope="module")
def before(whole: Path) -> Keepings:
    assert list(verify(whole, deep=True)) == []
    return read_keepings(whole)


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "data")
    return tmp_path / "data"


def taken(data: Path, article_id: str) -> TakedownResult:
    with Archive.existing(data) as archive:
        return take_down(archive, article_id, "order 7", NOW)


def own_words(before: Keepings, article_id: str) -> list[str]:
    """Title, list summary and sentence, as far as no other article has them."""
    rows = {row["id"]: row for row in before.rows["articles"]}
    said = [them.title_of(article_id), them.summary_in_list(article_id), them.own_sentence(article_id)]
    said += [them.OWN_PICTURE.rpartition("/")[2]] if article_id == them.SHOWS else []
    others = [
        f"{row['title']}{row['body'] if row['kind'] == 'text' else ''}"
        for key, row in rows.items()
        if key != article_id
    ]
    return [each for each in said if not any(each in other for other in others)]


@pytest.mark.parametrize("article_id", them.IDS)
def test_each_in_turn_goes_and_leaves_the_others_as_they_were(data: Path, before: Keepings, article_id: str) -> None:
    ended = taken(data, article_id)
    assert (ended.left, ended.opaque) == ({}, {})
    assert left_of(data, article_id, own_words(before, article_id)) == {}
    assert list(verify(data, deep=True)) == []
    check_others(before, read_keepings(data), article_id)
    with Archive.existing(data) as archive:
        assert index_new(archive) == 0
    assert set(read_keepings(data).entries) == set(before.entries) - {article_id}


def test_near_duplicates_and_copies_that_stay_readable_are_named(data: Path) -> None:
    command = [str(QQNEWS), "--data", str(data), "takedown", them.FIRST, "--reason", "order 7", "--yes"]
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    assert told["copies"] == [them.COPY]
    assert told["near_duplicates"] == [{"id": them.NEAR, "title": them.title_of(them.NEAR)}]


def test_people_are_told_which_near_duplicates_stay(data: Path) -> None:
    command = [str(QQNEWS), "--data", str(data), "takedown", them.NEAR, "--reason", "order 7", "--yes"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for other in (them.FIRST, them.COPY):
        assert f"stays readable: {other} {them.title_of(other)} (a near-duplicate)\n" in done.stdout


def test_verify_beside_a_takedown_raises_no_false_alarm(data: Path) -> None:
    command = [str(QQNEWS), "--data", str(data), "takedown", them.LINKED, "--reason", "order 7", "--yes"]
    looks = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            assert list(verify(data, deep=True)) == []
            looks += 1
    assert (process.returncode, looks > 0) == (0, True)
    assert list(verify(data, deep=True)) == []


def interrupt(data: Path) -> None:
    """A takedown that ends when it has half its work done."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(steps, "_erase_rows", interrupted)
        with pytest.raises(KeyboardInterrupt):
            taken(data, them.LINKED)


def test_verify_waits_for_a_takedown_that_has_half_its_work_done(data: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with exclusive(data):
            interrupt(data)
            found = pool.submit(lambda: list(verify(data, deep=True)))
            taken(data, them.LINKED)
            assert not found.done()
        assert found.result() == []


def test_an_interrupted_takedown_is_still_named(data: Path) -> None:
    interrupt(data)
    assert "a takedown was interrupted: run the same command again" in {each.detail for each in verify(data)}


@pytest.mark.parametrize("folder", ["exports", "damaged"])
def test_files_of_others_that_lie_in_the_archive_lose_only_what_they_say_of_it(data: Path, folder: str) -> None:
    (data / folder / "mine").mkdir(parents=True, exist_ok=True)
    gone, other = them.LINKED, them.LINKER
    files = {
        "list.txt": (f"{gone}\n{them.url_of(other)}\n{them.title_of(gone)}\n", f"{them.url_of(other)}\n"),
        "notes.md": (f"Seen: {them.url_of(gone)}, and {other}.\n", f"Seen: {them.url_of('0' * 16)}, and {other}.\n"),
        "index.html": (
            f'<ul><li><a href="{them.url_of(gone)}">x</a></li><li><a href="{them.url_of(other)}">y</a></li></ul>',
            f'<ul><li><a href="{them.url_of(other)}">y</a></li></ul>',
        ),
        "rows.jsonl": (
            f'{{"article_id": "{gone}", "n": 1}}\n{{"article_id": "{other}", "see": "{gone}"}}\n',
            f'{{"article_id": "{other}", "see": "{"0" * 16}"}}\n',
        ),
        "copy.md": (f"a\n\n{them.own_sentence(gone)}\n\n[qq]({them.url_of(gone)})\n", None),
        f"{gone}/index.html": ("<p>its page</p>", None),
        "packed.zip": (None, None),
    }
    for name, (content, _) in files.items():
        path = data / folder / "mine" / name
        path.parent.mkdir(exist_ok=True)
        if content is None:
            with zipfile.ZipFile(path, "w") as packed:
                packed.writestr("a.txt", gone)
        else:
            path.write_text(content)
    assert taken(data, gone).left == {}
    left = {name: (data / folder / "mine" / name) for name in files}
    assert {name: path.read_text() if path.exists() else None for name, path in left.items()} == {
        name: expected for name, (_, expected) in files.items()
    }
    assert not (data / folder / "mine" / gone).exists()


def test_many_exports_are_described_to_it_once_each(data: Path) -> None:
    def opened(count: int) -> int:
        """How often ``export.json`` of so many exports is read by one takedown."""
        there = data.parent / f"with-{count}"
        shutil.copytree(data, there)
        for number in range(count):
            shutil.copytree(data / "exports" / "jsonl", there / "exports" / f"more-{number}")
        seen.clear()
        assert taken(there, them.LINKED).left == {}
        return len(seen)

    seen, hooked = list[str](), [True]

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if hooked and event == "open" and str(arguments[0]).endswith("export.json"):
            seen.append(str(arguments[0]))

    sys.addaudithook(note)  # It cannot be taken off again; emptied, it does nothing.
    try:
        few, many = opened(2), opened(8)
    finally:
        hooked.clear()
    each = (many - few) / 6
    assert many <= few + 6 * each
    assert each <= 2 * few / 2, "every export costs as much, however many there are"


def test_one_after_another_in_the_same_archive(data: Path, before: Keepings) -> None:
    gone = (them.TOPIC, them.LINKED, them.CARD, them.FIRST, them.WECHAT, them.SHELL, them.TECH, them.SHORT)
    for article_id in gone:
        assert taken(data, article_id).left == {}, article_id
    assert list(verify(data, deep=True)) == []
    after = read_keepings(data)
    assert {row["id"] for row in after.rows["articles"]} == set(them.IDS) - set(gone)
    for place, capture in before.captures.items():
        if capture.facts.get("id") not in gone:
            assert after.captures[place].facts.get("id") == capture.facts.get("id")
    for article_id in gone:
        words = own_words(before, article_id) if article_id != them.FIRST else []
        assert left_of(data, article_id, words) == {}, article_id


def test_what_was_listed_but_never_fetched_goes_out_of_every_list(data: Path, before: Keepings) -> None:
    assert taken(data, them.LISTED_ONLY).left == {}
    assert left_of(data, them.LISTED_ONLY, [them.summary_in_list(them.LISTED_ONLY)]) == {}
    assert list(verify(data, deep=True)) == []
    after = read_keepings(data)
    assert {row["id"]: row["title"] for row in after.rows["articles"]} == {
        row["id"]: row["title"] for row in before.rows["articles"]
    }


def test_pipes_links_and_names_that_are_no_text_are_passed_over(data: Path) -> None:
    for folder in ("exports", "runs", "damaged"):
        (data / folder).mkdir(exist_ok=True)
        os.mkfifo(data / folder / "pipe.txt")
        (data / folder / "link").symlink_to("/dev/zero")
        Path(os.fsdecode(os.fsencode(data / folder) + b"/\xff\xfe.txt")).write_text(f"{them.LINKED}\n{them.LINKER}\n")
    command = [str(QQNEWS), "--data", str(data), "takedown", them.LINKED, "--reason", "order 7", "--yes", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["left"] == {}
    for folder in ("exports", "runs", "damaged"):
        (path,) = (each for each in (data / folder).iterdir() if each.suffix == ".txt" and not each.is_fifo())
        assert (them.LINKER in path.read_text(), them.LINKED in path.read_text()) == (True, False)
