"""Videos that a page names in its scripts and players."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from crawler.body.blocks import Video
from crawler.body.unescape import unescaped

_PUSH = re.compile(r"videoArr\.push\(\s*")
_PLAYER = re.compile(r"v\.qq\.com(?=/)", re.I)
_PLAYER_VID = re.compile(r"(?:[?&#]vid=|/(?:page|cover/\w+)/)([a-z0-9]{11})(?![a-z0-9])", re.I)
_SPOKEN = re.compile(r"时长约?\s*((?:\d+小时)?(?:\d+分)?(?:\d+秒)?)")
_VID = re.compile(r"[A-Za-z0-9]{6,20}")


def pushed_videos(script: str) -> Iterator[Video]:
    """The videos that a static page's script pushes into ``DATA.videoArr``, at the place where they play."""
    for match in _PUSH.finditer(script):
        try:
            value, _ = json.JSONDecoder().raw_decode(script, match.end())
        except ValueError:
            continue
        yield from read_videos([value])


def read_videos(values: object) -> Iterator[Video]:
    """The usable entries of a page's ``videoArr``; entries without a video id are passed over."""
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict) and (video := read_video(value)):
            yield video


def read_video(value: dict[str, Any]) -> Video | None:
    """One entry of ``videoArr`` or one ``VIDEO_n`` attribute; None without a video id."""
    vid = _word(value.get("vid"))
    if not _VID.fullmatch(vid):
        return None
    image = value.get("img") or value.get("pic")
    return Video(vid, " ".join(unescaped(_word(value.get("title"))).split()), _poster(image), _duration(value))


def _duration(value: dict[str, Any]) -> str:
    """How long it plays: stated as such, else spoken of in the description."""
    spoken = _SPOKEN.search(_word(value.get("desc")))
    return _word(value.get("duration")) or (spoken.group(1) if spoken else "")


def _poster(image: object) -> str:
    """A poster's address; kuaibao wraps it in sizes: ``{"imgurl640": {"imgurl": …}}``."""
    if isinstance(image, dict):
        sizes = [size.get("imgurl") for size in image.values() if isinstance(size, dict)]
        image = next((size for size in sizes if size), "")
    address = _word(image)
    return f"https:{address}" if address.startswith("//") else address


def player_video(address: str) -> Video | None:
    """The Tencent video that an embedded player's address names."""
    player = _PLAYER.search(address)
    match = _PLAYER_VID.search(address, player.end() + 1) if player else None
    return Video(match.group(1)) if match else None


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
