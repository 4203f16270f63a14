"""Capture files that none of ours wrote: whatever stands in them, they are read within bounds, and the next one is."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archive.captures.gzip_members import LARGEST_RECORD, Damage, GzipMember, members
from archive.captures.raw_files import RawWriter, captures, read_capture
from archive.captures.warc import digest_of
from archive.errors import CaptureLost
from archive.store import Archive
from archive.verify.verify import verify
from tests.archive.captures.test_raw_files import a_capture
from tests.archive.measured import measured
from tests.archive.samples import NOON

HOSTILE = "20250101T000000000000Z-strange-1.warc.gz"
"""Sorted before the file of ours."""
BODY = b"<html>\xe6\x99\xb4</html>"


def a_record(body: bytes = BODY, *, http: str = "HTTP/1.1 200 OK\r\n", **changed: str | None) -> bytes:
    """A response as a gzip member, with other headers or without some (None)."""
    block = (http + "\r\n").encode("latin-1") + body
    headers: dict[str, str | None] = {
        "WARC-Type": "response",
        "WARC-Target-URI": "https://new.qq.com/rain/a/20250101A0000100",
        "WARC-Date": "2025-01-01T00:00:00Z",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return gzip.compress(b"WARC/1.1\r\n" + lines.encode("latin-1") + b"\r\n" + block + b"\r\n\r\n")


def a_revisit(file: str, offset: str) -> bytes:
    """A revisit that refers to what lies there."""
    refers = {"WARC_Refers_To_Filename": file, "WARC_Refers_To_File_Offset": offset}
    return a_record(b"", WARC_Type="revisit", WARC_Payload_Digest=f"sha256:{digest_of(BODY)}", **refers)


def zeros(size: int) -> bytes:
    """A gzip member that unpacks to so many zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()


STRANGE: dict[str, Callable[[], bytes]] = {
    "no address": lambda: a_record(WARC_Target_URI=None),
    "an empty address": lambda: a_record(WARC_Target_URI=""),
    "an address that is none": lambda: a_record(WARC_Target_URI="http://[new.qq.com/"),
    "no kind": lambda: a_record(WARC_Type=None),
    "no length": lambda: a_record(Content_Length=None),
    "a negative length": lambda: a_record(Content_Length="-5"),
    "an absurd length": lambda: a_record(Content_Length="9" * 40),
    "a length in words": lambda: a_record(Content_Length="ten"),
    "a length that is too small": lambda: a_record(Content_Length="3"),
    "no date": lambda: a_record(WARC_Date=None),
    "a date without a zone": lambda: a_record(WARC_Date="2025-01-01T00:00:00"),
    "a date at the end of time": lambda: a_record(WARC_Date="9999-12-31T23:59:59-23:59"),
    "no HTTP": lambda: a_record(http=""),
    "a status that is none": lambda: a_record(http="HTTP/1.1 fine\r\n"),
    "brotli": lambda: a_record(http="HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n"),
    "another packing": lambda: a_record(http="HTTP/1.1 200 OK\r\nContent-Encoding: x-made-up\r\n"),
    "chunks": lambda: a_record(http="HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"),
    "gigabytes in its body": lambda: a_record(zeros(1 << 30), http="HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"),
    "gigabytes in its member": lambda: zeros(1 << 30),
    "headers of another encoding": lambda: a_record(
        http="HTTP/1.1 200 \xb3\xa3\r\nX-\xb3: \xa3\r\n", WARC_Type="x\xb3"
    ),
    "an HTTP head without an end": lambda: gzip.compress(
        b"WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: 4\r\n\r\nHTTP\r\n\r\n"
    ),
    "a million headers": lambda: a_record(http="HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 1_000_000),
    "another version": lambda: gzip.compress(b"WARC/9.9\r\n\r\n"),
    "an empty member": lambda: gzip.compress(b""),
    "beginnings of members without end": lambda: b"\x1f\x8b\x08" * 2_000_000,
    "whole heads of members": lambda: b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" * 100_000,
    "a revisit of nothing": lambda: a_revisit("", ""),
    "a revisit of itself": lambda: a_revisit(HOSTILE, "0"),
    "a revisit of a negative place": lambda: a_revisit(HOSTILE, "-1"),
    "a revisit of a place beyond": lambda: a_revisit(HOSTILE, "9" * 30),
    "a revisit that leads out": lambda: a_revisit("../archive.db", "0"),
    "a revisit of another's file": lambda: a_revisit("/etc/passwd", "0"),
    "a circle of revisits": lambda: _circle(),
}


HARMLESS = (
    *("an address that is none", "no kind", "headers of another encoding", "a million headers"),
    "an empty member",
)
"""What is a record to the letter, however odd; or nothing at all."""


def _circle() -> bytes:
    one = a_revisit(HOSTILE, "0")
    for _ in range(3):  # Until the length of the first, and so the place of the second, is what it says.
        one = a_revisit(HOSTILE, str(len(one)).rjust(6))
    return one + a_revisit(HOSTILE, "0")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A data directory with an archive and one capture file of ours."""
    data = tmp_path / "data"
    Archive.open(data).close()
    writer = RawWriter(data, "crawl")
    for number in range(3):
        writer.write(a_capture(number))
    writer.close()
    return data


def put(data: Path, content: bytes) -> Path:
    path = data / "raw" / HOSTILE
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_record_is_named_and_the_next_file_is_read(good: Path, name: str) -> None:
    path = put(good, STRANGE[name]())
    lost: list[CaptureLost] = []
    assert [each.url for each in captures(good, on_loss=lost.append) if each.url.endswith("00")][-3:] == [
        a_capture(number).url for number in range(3)
    ]
    found = [each.where for each in verify(good, deep=True)]
    if name not in HARMLESS and "revisit" not in name:
        assert [where for where in found if where.startswith(f"raw/{HOSTILE}")] == found != []
    for each in members(path):
        with pytest.raises(CaptureLost):
            read_capture(good, f"{HOSTILE}:{each.offset}:{'0' * 64}")


def test_revisits_in_a_circle_are_lost_and_said_to_be(good: Path) -> None:
    put(good, _circle())
    lost: list[CaptureLost] = []
    assert len(list(captures(good, on_loss=lost.append))) == 3
    assert {each.reason for each in lost} == {"it refers to a record of kind revisit"}


def test_a_capture_behind_strange_bytes_is_found_again(good: Path) -> None:
    (ours,) = (path for path in (good / "raw").iterdir())
    whole = ours.read_bytes()
    strange = b"".join(STRANGE[name]() for name in ("whole heads of members", "a negative length", "an empty member"))
    path = put(good, strange + whole)
    damage, *rest = list(members(path))
    assert isinstance(damage, Damage)
    assert (damage.offset, damage.length, damage.torn) == (0, len(strange), False)
    assert all(isinstance(each, GzipMember) for each in rest)
    assert len(rest) == len(list(members(ours)))


def test_after_a_repair_nothing_is_wrong_and_everything_strange_lies_aside(good: Path) -> None:
    small = [name for name in STRANGE if "gigabytes" not in name]
    for number, name in enumerate(small):
        (good / "raw" / f"20250101T00000000{number:04}Z-strange-1.warc.gz").write_bytes(STRANGE[name]())
    wrong = {each.where.partition(":")[0] for each in verify(good, deep=True)}
    ended = measured(good, "repair")
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.out + ended.err
    assert list(verify(good, deep=True)) == []
    aside = {path.name.rpartition(".")[0] for path in (good / "damaged").rglob("*.warc.gz.*")}
    assert aside == {name.removeprefix("raw/") for name in wrong}
    assert [each.url for each in captures(good)][-3:] == [a_capture(number).url for number in range(3)]


def test_commands_read_gigabytes_in_a_kilobyte_in_no_more_memory_than_a_record_may_have(good: Path) -> None:
    sound = {command: measured(good, *command).peak for command in COMMANDS}
    for number, name in enumerate(("gigabytes in its body", "gigabytes in its member")):
        (good / "raw" / f"2025010{number + 1}T000000000000Z-strange-1.warc.gz").write_bytes(STRANGE[name]())
    for command, peak in sound.items():
        ended = measured(good, *command)
        assert "Traceback" not in ended.err, ended.err
        assert ended.peak - peak < 4 * LARGEST_RECORD, command
        assert "strange-1.warc.gz" in ended.out + ended.err, command


COMMANDS = (("reextract",), ("verify", "--deep"), ("repair",))


def test_what_is_no_file_is_foreign_and_repairing_puts_it_aside(good: Path) -> None:
    raw = good / "raw"
    os.mkfifo(raw / HOSTILE)
    (raw / "20250102T000000000000Z-strange-1.warc.gz").symlink_to("/dev/zero")
    (raw / "20250103T000000000000Z-strange-1.warc.gz").mkdir()
    (raw / "20250104T000000000000Z-strange-1.warc.gz").symlink_to(raw / "nowhere")
    for arguments, code in ((["reextract"], 14), (["verify"], 16), (["verify", "--deep"], 16)):
        ended = measured(good, *arguments)
        assert (ended.code, "Traceback" in ended.err) == (code, False), ended.err
        said = ended.out + ended.err
        assert all(f"2025010{day}T000000000000Z-strange-1.warc.gz" in said for day in (1, 2, 3, 4)), said
    assert measured(good, "repair").code == 0
    assert measured(good, "verify", "--deep").code == 0
    assert len(list((good / "damaged").rglob("*strange*"))) == 4


def test_a_torn_end_of_a_file_that_is_being_written_is_no_damage(good: Path) -> None:
    writer = RawWriter(good, "crawl")
    writer.write(a_capture(9, fetched_at=NOON + timedelta(days=900)))
    (path,) = (each for each in (good / "raw").iterdir() if each.name.startswith("2027"))
    whole = path.read_bytes()
    os.truncate(path, len(whole) - 9)  # As if the last record were under way.
    assert list(verify(good, deep=True)) == []
    path.write_bytes(whole)
    writer.close()
    os.truncate(path, len(whole) - 9)
    assert [each.what for each in verify(good, deep=True)] == ["torn"]
