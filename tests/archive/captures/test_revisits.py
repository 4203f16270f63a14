"""Revisits: what they say of the response that holds their body, and when there is none to refer to."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from archive.captures.gzip_members import GzipMember, group_at, members
from archive.captures.raw_files import RawWriter, raw_files, read_capture
from archive.captures.revisits import target_for
from archive.captures.warc import REDACTED, Capture, digest_of, gzip_member, read_ref
from tests.archive.captures.test_raw_files import a_capture, written

SAME = a_capture(1).body


def revisit_of(data: Path, first: str, again: Capture) -> str:
    """Write a revisit into a file of its own; its reference."""
    target = target_for(again, data, first)
    assert target
    writer = RawWriter(data, "recheck")
    ref = writer.write(again, target)
    writer.close()
    return ref


def of_earlier_version(data: Path, ref: str) -> None:
    """Take out of a revisit, the first record of its file, what earlier versions did not say."""
    place = read_ref(ref)
    path = data / "raw" / place.file
    first = group_at(data, place)[0].content
    lines = zlib.decompress(first, wbits=31).split(b"\r\n")
    left = [each for each in lines if not each.startswith((b"WARC-Refers-To-Target-URI", b"WARC-Refers-To-Date"))]
    assert len(left) == len(lines) - 2
    path.write_bytes(path.read_bytes().replace(first, gzip_member(b"\r\n".join(left))))


def redact(data: Path, ref: str, body: bytes) -> None:
    """Put another body in the place of a response's, as a takedown does. It should be the last of its file."""
    place = read_ref(ref)
    path = data / "raw" / place.file
    first = group_at(data, place)[0]
    plain = zlib.decompress(first.content, wbits=31)
    head, _, block = plain.partition(b"\r\n\r\n")
    lines = [each for each in head.split(b"\r\n") if not each.startswith((b"WARC-Block-Digest", b"Content-Length"))]
    block = block.removesuffix(b"\r\n\r\n").replace(first.record.body, body)
    lines += [f"{REDACTED}: sha256:{digest_of(body)}".encode(), f"Content-Length: {len(block)}".encode()]
    record = gzip_member(b"\r\n".join(lines) + b"\r\n\r\n" + block + b"\r\n\r\n")
    path.write_bytes(path.read_bytes().replace(first.content, record))


def test_a_revisit_names_its_target_as_that_names_itself(tmp_path: Path) -> None:
    (first,) = written(tmp_path, a_capture(1))
    ref = revisit_of(tmp_path, first, a_capture(2, body=SAME))
    held, revisit = (group_at(tmp_path, read_ref(each))[0].record.headers for each in (first, ref))
    assert {name: value for name, value in revisit.items() if name.startswith(("WARC-Refers-To", "WARC-Profile"))} == {
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "WARC-Refers-To": held["WARC-Record-ID"],
        "WARC-Refers-To-Target-URI": held["WARC-Target-URI"],
        "WARC-Refers-To-Date": held["WARC-Date"],
        "WARC-Refers-To-Filename": read_ref(first).file,
        "WARC-Refers-To-File-Offset": str(read_ref(first).offset),
    }
    assert held["WARC-Date"] == "2026-08-10T12:00:01.123456Z"


def test_a_revisit_leaves_the_length_to_the_record_that_holds_the_body(tmp_path: Path) -> None:
    """A takedown may shorten it there: whoever was told of more bytes would wait for them."""
    (first,) = written(tmp_path, a_capture(1))
    ref = revisit_of(tmp_path, first, a_capture(2, body=SAME))
    redact(tmp_path, first, SAME[:-9])
    found = read_capture(tmp_path, ref)
    assert found.body == SAME[:-9]
    assert "content-length" not in {name.lower() for name, _ in found.headers}


def test_a_revisit_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    (first,) = written(tmp_path, a_capture(1))
    ref = revisit_of(tmp_path, first, a_capture(2, body=SAME))
    of_earlier_version(tmp_path, ref)
    assert (read_capture(tmp_path, ref).body, read_capture(tmp_path, ref).url) == (SAME, a_capture(2).url)


def test_what_a_posted_question_answered_is_referred_to_by_the_same_question_alone(tmp_path: Path) -> None:
    asked = a_capture(1, method="POST", request_body=b'{"flush_num":1}')
    (first,) = written(tmp_path, asked)
    again = {"url": asked.url, "method": "POST", "body": SAME}
    assert target_for(a_capture(2, **again, request_body=asked.request_body), tmp_path, first)
    assert target_for(a_capture(2, **again, request_body=b'{"flush_num":2}'), tmp_path, first) is None
    assert target_for(a_capture(2, body=SAME), tmp_path, first) is None


def test_an_answer_to_a_posted_question_may_refer_to_a_page(tmp_path: Path) -> None:
    (first,) = written(tmp_path, a_capture(1))
    assert target_for(a_capture(2, method="POST", request_body=b"{}", body=SAME), tmp_path, first)


@pytest.mark.parametrize("how", ["no file", "cut", "a revisit", "redacted", "no reference"])
def test_no_revisit_refers_to_what_is_lost(tmp_path: Path, how: str) -> None:
    (first,) = written(tmp_path, a_capture(1))
    (file,) = raw_files(tmp_path)
    if how == "no file":
        file.unlink()
    elif how == "cut":
        file.write_bytes(file.read_bytes()[: read_ref(first).offset + 40])
    elif how == "a revisit":
        first = revisit_of(tmp_path, first, a_capture(2, body=SAME))
    elif how == "redacted":
        redact(tmp_path, first, SAME.replace(b"html", b"0000"))
    else:
        first = "a"
    with pytest.raises((ValueError, OSError)):
        target_for(a_capture(3, body=SAME), tmp_path, first)


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    written(tmp_path, a_capture(1))
    (file,) = raw_files(tmp_path)
    lead = next(members(file))
    assert isinstance(lead, GzipMember)
    said = dict(line.split(": ", 1) for line in lead.record.body.decode().splitlines())
    assert said["software"].startswith("qqnews/")
    assert said["format"] == "WARC File Format 1.1"
    assert said["conformsTo"].endswith("/warc-1.1/")
