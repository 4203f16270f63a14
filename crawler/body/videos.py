"""Videos that a page names in its scripts and players."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.etree import _Element as Element

from crawler.body.blocks import Video
from crawler.body.unescape import unescaped

_PUSH = re.compile(r"videoArr\.push\(\s*")
_PLAYER = re.compile(r"v\.qq\.com(?=/)", re.I)
_PLAYER_VID = re.compile(r"(?:[?&#]vid=|/(?:page|cover/\w+)/)([a-z0-9]{11})(?![a-z0-9])", re.I)
_FLASH_PLAYER = re.compile(r"(?:https?:)?//(?:[\w-]+\.)*(?:qq\.com|gtimg\.c(?:om|n))/[^\s?#]*\.swf(?![\w.])", re.I)
_FLASH_VID = re.compile(r"(?:^|[?&#;])vid=([a-z0-9]{6,20})(?![a-z0-9])", re.I)
_FLASH = ("src", "data", "value", "flashvars")
"""Attributes in which a Flash player's address and its variables stand."""
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


def flash_video(player: Element) -> Video | None:
    """The Tencent video that an old Flash player (``embed``, or ``object``) plays; None for other things."""
    parts = [player] if player.tag == "embed" else player.iter("object", "param", "embed")
    stated = [value.strip() for part in parts for name in _FLASH if (value := part.get(name))]
    if not any(map(_FLASH_PLAYER.match, stated)):
        return None
    named = next((found for value in stated if (found := _FLASH_VID.search(value))), None)
    return Video(named.group(1)) if named else None


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
