"""Raw captures: written, found again, and found again after everything that can happen to a file."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from argparse import Namespace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from archive.captures.gzip_members import Damage, GzipMember, members
from archive.captures.raw_files import RawWriter, captures, raw_files, read_capture
from archive.captures.revisits import target_for
from archive.captures.warc import Capture, digest_of
from archive.errors import ArchiveNotWritable, CaptureLost
from tests.site.site import ROOT

NOON = datetime(2026, 8, 10, 12, 0, 0, 123456, tzinfo=UTC)
PAGE = "<html><body>河边的早晨，渔夫把船推下水。</body></html>".encode() * 40


def a_capture(number: int = 1, **changed: Any) -> Capture:
    facts: dict[str, Any] = {
        "url": f"https://new.qq.com/rain/a/20260810A0{number:04d}00",
        "status": 200,
        "headers": (("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "br"), ("X-Twice", "a")),
        "body": PAGE + str(number).encode(),
        "fetched_at": NOON + timedelta(seconds=number),
        "request_headers": (("User-Agent", "qqnews"), ("Cookie", "secret"), ("Proxy-Authorization", "secret")),
        "facts": {"id": f"20260810A0{number:04d}00", "source": "hot"},
    } | changed
    return Capture(**facts)


def written(data: Path, *many: Capture, **options: Any) -> list[str]:
    writer = RawWriter(data, "crawl", **options)
    refs = [writer.write(each) for each in many]
    writer.close()
    return refs


def test_a_capture_is_found_again_as_it_was(tmp_path: Path) -> None:
    (ref,) = written(tmp_path, a_capture())
    found = read_capture(tmp_path, ref)
    assert (found.url, found.status, found.body, found.fetched_at) == (
        a_capture().url,
        200,
        a_capture().body,
        a_capture().fetched_at,
    )
    assert (found.method, dict(found.facts), found.raw_ref) == ("GET", dict(a_capture().facts), ref)
    assert found.request_headers == (("User-Agent", "qqnews"),)
    file, offset, digest = ref.split(":")
    assert file == f"20260810T120001123456Z-crawl-{os.getpid()}.warc.gz"
    assert (int(offset) > 0, digest) == (True, digest_of(found.body))


def test_headers_claim_nothing_that_is_untrue_of_the_stored_body(tmp_path: Path) -> None:
    (ref,) = written(tmp_path, a_capture(headers=(("Content-Encoding", "gzip"), ("Content-Length", "7"))))
    assert read_capture(tmp_path, ref).headers == (
        ("X-Archive-Orig-Content-Encoding", "gzip"),
        ("X-Archive-Orig-Content-Length", "7"),
        ("Content-Length", str(len(a_capture().body))),
    )


def test_no_secret_is_written(tmp_path: Path) -> None:
    written(tmp_path, a_capture(headers=(("Set-Cookie", "secret"),)))
    (file,) = raw_files(tmp_path)
    assert b"secret" not in gzip.decompress(file.read_bytes())


def test_a_posted_question_is_kept_with_its_answer(tmp_path: Path) -> None:
    (ref,) = written(tmp_path, a_capture(method="POST", request_body=b'{"flush_num":1}', body=b'{"data":[]}'))
    found = read_capture(tmp_path, ref)
    assert (found.method, found.request_body, found.body) == ("POST", b'{"flush_num":1}', b'{"data":[]}')


def test_other_programs_read_the_files(tmp_path: Path) -> None:
    first, _ = written(tmp_path, a_capture(1), a_capture(2))
    writer = RawWriter(tmp_path, "recheck")
    again = a_capture(3, body=a_capture(1).body)
    writer.write(again, target_for(again, tmp_path, first))
    writer.close()
    for file in raw_files(tmp_path):
        kinds = [record.rec_type for record in ArchiveIterator(file.open("rb"))]
        assert kinds[0] == "warcinfo"
        assert kinds[1:4] in (["response", "request", "metadata"], ["revisit", "request", "metadata"])
    checker = Checker(Namespace(inputs=[str(file) for file in raw_files(tmp_path)], verbose=False))
    checker.process_all()
    assert checker.exit_value == 0


def test_the_same_body_is_stored_once(tmp_path: Path) -> None:
    noise = os.urandom(100_000)
    writer = RawWriter(tmp_path, "crawl")
    first = writer.write(a_capture(1, body=noise))
    again = a_capture(2, body=noise)
    second = writer.write(again, target_for(again, tmp_path, first))
    writer.close()
    assert sum(file.stat().st_size for file in raw_files(tmp_path)) < 110_000
    found = read_capture(tmp_path, second)
    assert (found.body, found.url) == (noise, a_capture(2).url)
    assert [each.body for each in captures(tmp_path)] == [noise, noise]


def test_files_are_rotated_by_size_and_by_day(tmp_path: Path) -> None:
    written(tmp_path, *(a_capture(n) for n in range(5)), file_bytes=1)
    assert len(raw_files(tmp_path)) == 5
    late = datetime(2026, 8, 10, 23, 59, 59, tzinfo=UTC)
    written(tmp_path, *(a_capture(n, fetched_at=late + timedelta(seconds=n)) for n in range(3)))
    assert len(raw_files(tmp_path)) == 7
    assert len(raw_files(tmp_path, since=date(2026, 8, 11))) == 1
    assert [each.fetched_at for each in captures(tmp_path)] == sorted(each.fetched_at for each in captures(tmp_path))


def test_captures_by_day_and_host(tmp_path: Path) -> None:
    other = a_capture(2, url="https://i.news.qq.com/web_feed/getPCList", fetched_at=NOON + timedelta(days=2))
    written(tmp_path, a_capture(1), other)
    assert [each.url for each in captures(tmp_path, host="i.news.qq.com")] == [other.url]
    assert [each.url for each in captures(tmp_path, since=date(2026, 8, 11))] == [other.url]
    assert [each.url for each in captures(tmp_path, until=date(2026, 8, 11))] == [a_capture(1).url]
    assert list(captures(tmp_path / "nowhere")) == []


@settings(derandomize=True, deadline=None)
@given(cut=st.integers(1, 4000))
def test_a_torn_end_costs_only_what_was_torn(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    data = tmp_path_factory.mktemp("torn")
    refs = written(data, *(a_capture(n, body=os.urandom(600)) for n in range(4)))
    (file,) = raw_files(data)
    cut = min(cut, file.stat().st_size - 1)
    os.truncate(file, file.stat().st_size - cut)
    size = file.stat().st_size
    whole = [ref for ref in refs if int(ref.split(":")[1]) < size]
    found = [each.raw_ref for each in captures(data)]
    assert found == whole[: len(found)]
    assert len(whole) - len(found) <= 1
    damages = [each for each in members(file) if isinstance(each, Damage)]
    assert all(each.torn for each in damages)
    assert len(damages) <= 1


@settings(derandomize=True, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_never_read_as_if_nothing_were(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    data = tmp_path_factory.mktemp("flipped")
    many = [a_capture(n) for n in range(3)]
    refs = written(data, *many)
    (file,) = raw_files(data)
    content = bytearray(file.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    file.write_bytes(content)
    bodies = {ref: each.body for ref, each in zip(refs, many, strict=True)}
    found = {each.raw_ref: each.body for each in captures(data)}
    assert found.items() <= bodies.items()
    assert len(found) >= 2


def test_damage_in_the_midst_is_named_and_passed_over(tmp_path: Path) -> None:
    refs = written(tmp_path, *(a_capture(n) for n in range(3)))
    (file,) = raw_files(tmp_path)
    offset = int(refs[1].split(":")[1])
    content = bytearray(file.read_bytes())
    content[offset + 30 : offset + 60] = bytes(30)
    file.write_bytes(content)
    assert [each.raw_ref for each in captures(tmp_path)] == [refs[0], refs[2]]
    (damage,) = [each for each in members(file) if isinstance(each, Damage)]
    assert (damage.offset, damage.torn) == (offset, False)
    with pytest.raises(CaptureLost, match="broken gzip"):
        read_capture(tmp_path, refs[1])


@pytest.mark.parametrize(
    "ref", ["", "nonsense", "a.warc.gz:1", "../archive.db:0:" + 64 * "0", "a.warc.gz:x:" + 64 * "0"]
)
def test_what_is_no_reference(tmp_path: Path, ref: str) -> None:
    with pytest.raises(CaptureLost):
        read_capture(tmp_path, ref)


def test_a_reference_with_another_digest_is_refused(tmp_path: Path) -> None:
    (ref,) = written(tmp_path, a_capture())
    with pytest.raises(CaptureLost, match="digest"):
        read_capture(tmp_path, ref[:-64] + digest_of(b"other"))
    (file,) = raw_files(tmp_path)
    request = next(each for each in members(file) if isinstance(each, GzipMember) and each.record.kind == "request")
    with pytest.raises(CaptureLost, match="kind request"):
        read_capture(tmp_path, f"{file.name}:{request.offset}:{digest_of(b'')}")


def test_a_full_disk_is_named_and_leaves_whole_records_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = RawWriter(tmp_path, "crawl")
    first = writer.write(a_capture(1))
    write, full = os.write, [True]

    def half(handle: int, content: memoryview) -> int:
        if not full:
            return write(handle, content)
        write(handle, content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(ArchiveNotWritable, match="No space left"):
        writer.write(a_capture(2))
    full.clear()
    third = writer.write(a_capture(3))
    writer.close()
    assert [each.raw_ref for each in captures(tmp_path)] == [first, third]
    assert not [each for file in raw_files(tmp_path) for each in members(file) if isinstance(each, Damage)]


def test_several_threads_share_one_writer(tmp_path: Path) -> None:
    writer, refs = RawWriter(tmp_path, "crawl"), []

    def work(start: int) -> None:
        for number in range(start, start + 25):
            refs.append((writer.write(a_capture(number)), number))
            writer.sync()

    threads = [Thread(target=work, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    for ref, number in refs:
        assert read_capture(tmp_path, ref).body == a_capture(number).body


KILLED = """
import os, sys
from pathlib import Path
from archive.captures.raw_files import RawWriter
from tests.archive.captures.test_raw_files import a_capture
writer = RawWriter(Path(sys.argv[1]), "crawl")
for number in range(int(sys.argv[2])):
    ref = writer.write(a_capture(number))
    writer.sync()
    print(ref, flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_was_synced_survives_kill_9_and_processes_never_share_a_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), "20"]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    refs = {ref for process in running for ref in process.communicate(timeout=30)[0].split()}
    assert [process.returncode for process in running] == [-9, -9]
    assert len(refs) == 40
    assert len(raw_files(tmp_path)) == 2
    assert {each.raw_ref for each in captures(tmp_path)} == refs
