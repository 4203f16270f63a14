"""Pictures: told by their bytes, kept once, found by every address, shown from their copies."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.article.markdown import from_markdown, to_markdown
from archive.media.image_type import NotAPicture, recognised
from archive.media.picture_copies import (
    copies,
    keep_picture,
    media_of,
    missing_pictures,
    note_missing,
    pictures_of,
    wanted_pictures,
    with_local_pictures,
)
from archive.media.sound_type import NotASound, recognised_sound
from archive.store import Archive
from tests.archive.samples import NOON, PICTURE, an_article
from tests.site.pictures import jpeg, png

ONE, TWO = f"{PICTURE}/641", f"{PICTURE}_640360/0"
GIF = b"GIF89a" + struct.pack("<HH", 40, 30) + b"\x00\x00\x00;"
WEBP = b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x27\x00\x00\x1d\x00\x00"
BMP = b"BM" + bytes(12) + struct.pack("<Iii", 40, 40, -30) + bytes(28)
LOSSLESS = b"RIFF\x1e\x00\x00\x00WEBPVP8L\x0a\x00\x00\x00\x2f" + struct.pack("<I", 39 | 29 << 14)
LOSSY = b"RIFF\x1e\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 40, 30)


@pytest.mark.parametrize(
    ("body", "mime", "size", "extension"),
    [
        (jpeg(bytes(32)), "image/jpeg", (16, 16), "jpg"),
        (png(bytes(32)), "image/png", (8, 8), "png"),
        (GIF, "image/gif", (40, 30), "gif"),
        (WEBP, "image/webp", (40, 30), "webp"),
        (LOSSLESS, "image/webp", (40, 30), "webp"),
        (LOSSY, "image/webp", (40, 30), "webp"),
        (BMP, "image/bmp", (40, 30), "bmp"),
        (b"\x00\x00\x00\x20ftypavif" + bytes(20), "image/avif", None, "avif"),
    ],
)
def test_a_picture_is_told_by_its_bytes(body: bytes, mime: str, size: tuple[int, int] | None, extension: str) -> None:
    found = recognised(body)
    assert (found.mime, found.size, found.extension) == (mime, size, extension)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no known type"),
        (b"<html><body>404</body></html>", "a page"),
        (b'  {"ret": 404}', "a page"),
        (b"GIF89a" + struct.pack("<HH", 1, 1) + bytes(30), "placeholder of 1×1"),
        (png(bytes(32)).replace(struct.pack(">II", 8, 8), struct.pack(">II", 0, 8)), "no size"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "broken head"),
        (b"\x89PNG\r\n\x1a\n\x00", "broken head"),
    ],
)
def test_what_is_no_picture(body: bytes, reason: str) -> None:
    with pytest.raises(NotAPicture, match=reason):
        recognised(body)


@given(st.sampled_from([GIF, WEBP, BMP, LOSSY, jpeg(bytes(32)), png(bytes(32))]), st.integers(0, 60), st.binary())
def test_broken_pictures_raise_nothing_else(body: bytes, cut: int, tail: bytes) -> None:
    with suppress(NotAPicture):
        assert recognised(body[:cut] + tail).extension


def test_the_pictures_of_an_article_are_those_of_its_text_and_its_cover() -> None:
    article = an_article(body=f"![图片]({ONE})\n\n![图片](//a.gtimg.com/x)\n\n![图片]({ONE})")
    assert pictures_of(article) == (ONE, "https://a.gtimg.com/x", TWO)
    assert pictures_of(an_article(body="无图", thumbnail="")) == ()


def test_a_picture_is_kept_once_whatever_its_addresses(archive: Archive) -> None:
    body = png(bytes(32))
    paths = {keep_picture(archive, url, "a", body, NOON) for url in (ONE, TWO, ONE)}
    digest = sha256(body).hexdigest()
    assert paths == {f"media/{digest[:2]}/{digest}.png"}
    assert (archive.data / paths.pop()).read_bytes() == body
    assert len(list((archive.data / "media").rglob("*.png"))) == 1
    (row,) = archive.database.connection.execute("SELECT * FROM media").fetchall()
    assert (row["url"], row["bytes"], row["mime"]) == (ONE, len(body), "image/png")
    assert set(copies(archive, [ONE, TWO.replace("https:", "http:"), "https://other/"])) == {ONE, TWO}


def test_what_is_wanted_is_what_is_not_there_and_was_not_tried_of_late(archive: Archive) -> None:
    archive.keep(an_article(), seen_at=NOON)
    archive.keep(an_article(2), seen_at=NOON)

    def wanted(hours: int, *, again: bool = False) -> list[str]:
        return sorted({each.url for each in wanted_pictures(archive, NOON + timedelta(hours=hours), again=again)})

    assert wanted(0) == sorted([ONE, TWO])
    keep_picture(archive, ONE, an_article().id, png(bytes(32)), NOON)
    note_missing(archive, TWO, an_article().id, "status 404", NOON)
    assert (wanted(1), wanted(1, again=True), wanted(7)) == ([], [TWO], [TWO])
    for hours in (7, 14, 21):
        note_missing(archive, TWO, an_article().id, "status 404", NOON + timedelta(hours=hours))
    assert (wanted(100), wanted(100, again=True)) == ([], [TWO])
    (missing,) = missing_pictures(archive)
    assert (missing.url, missing.article_id, missing.tries, missing.reason) == (TWO, an_article().id, 4, "status 404")
    keep_picture(archive, TWO, an_article().id, png(bytes(32)), NOON)
    assert list(missing_pictures(archive)) == []


def test_only_articles_seen_since_then_may_be_asked_for(archive: Archive) -> None:
    archive.keep(an_article(1), seen_at=NOON)
    archive.keep(an_article(2), seen_at=NOON + timedelta(hours=1))
    later = wanted_pictures(archive, NOON, seen_since=NOON + timedelta(minutes=30))
    assert {each.article_id for each in later} == {an_article(2).id}


def test_local_pictures_are_relative_and_the_others_stay(archive: Archive, tmp_path: Path) -> None:
    path = keep_picture(archive, ONE, "a", png(bytes(32)), NOON)
    article = an_article()
    file = tmp_path / "elsewhere" / "articles" / "2025" / "02" / f"{article.id}.md"
    shown = with_local_pictures(article, copies(archive, pictures_of(article)), archive.data, file)
    assert f"](../../../../data/{path})" in shown.body
    assert (file.parent / shown.body.split("](")[1].split(")")[0]).resolve() == (archive.data / path).resolve()
    assert shown.thumbnail == TWO
    assert replace(shown, body=article.body) == article
    assert from_markdown(to_markdown(shown)).body == shown.body


@pytest.mark.parametrize(
    ("body", "mime", "extension"),
    [
        (b"ID3\x04\x00" + bytes(20), "audio/mpeg", "mp3"),
        (b"\xff\xfb\x90\x00" + bytes(20), "audio/mpeg", "mp3"),
        (b"\xff\xf1\x50\x80" + bytes(20), "audio/aac", "aac"),
        (b"#!AMR\n" + bytes(20), "audio/amr", "amr"),
        (b"\x02#!SILK_V3" + bytes(20), "audio/silk", "silk"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(20), "audio/mp4", "m4a"),
        (b"OggS\x00" + bytes(20), "audio/ogg", "ogg"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(20), "audio/wav", "wav"),
    ],
)
def test_a_sound_is_told_by_its_bytes(body: bytes, mime: str, extension: str) -> None:
    found = recognised_sound(body)
    assert (found.mime, found.extension) == (mime, extension)


@pytest.mark.parametrize("body", [b"", b"<html>404</html>", b'{"ret": -1}', png(bytes(32)), jpeg(bytes(32)), GIF, WEBP])
def test_what_is_no_sound(body: bytes) -> None:
    with pytest.raises(NotASound):
        recognised_sound(body)


def test_a_picture_is_kept_for_no_sound_and_a_sound_for_no_picture(archive: Archive) -> None:
    with pytest.raises(NotASound):
        keep_picture(archive, "https://res.wx.qq.com/voice/getvoice?mediaid=a", "a", png(bytes(32)), NOON)
    with pytest.raises(NotAPicture):
        keep_picture(archive, ONE, "a", b"ID3\x04" + bytes(20), NOON)


def test_all_that_is_copied_of_an_article() -> None:
    sound = "http://res.wx.qq.com/voice/getvoice?mediaid=MzA_1"
    article = an_article(
        body=f"![图片]({ONE})\n\n[语音：甲]({sound})\n\n[别处](https://res.wx.qq.com/x)",
        animations={ONE: f"{PICTURE}/0", "https://inews.gtimg.com/gone/641": "https://inews.gtimg.com/gone/0"},
    )
    assert media_of(article) == (ONE, f"{PICTURE}/0", sound.replace("http:", "https:"), TWO)
