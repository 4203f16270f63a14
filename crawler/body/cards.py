"""Cards: what WeChat's elements show of an account, a mini program, a place, a poll or a sound."""

from __future__ import annotations

import re
from contextlib import suppress
from html import unescape
from typing import Final, NamedTuple
from urllib.parse import urljoin

from lxml.etree import _Element as Element

from crawler.body.blocks import Card
from crawler.body.marks import CONTROL

SOUND: Final = "https://res.wx.qq.com/voice/getvoice?mediaid={}"
"""The file of a sound by its id."""
CARD_PREFIX: Final = "mp"
"""What the names of WeChat's own elements begin with, those of its old music player apart."""
_HOME: Final = "https://mp.weixin.qq.com/"
_WEB: Final = re.compile(r"https?://[^/]")
_PROFILE: Final = "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz={}"
_POLL: Final = "https://mp.weixin.qq.com/mp/newappmsgvote?action=show&supervoteid={}"
_ID: Final = re.compile(r"[\w+/=-]{1,200}", re.ASCII)
_ADDRESSES: Final = ("data-url", "data-link", "data-href", "data-src", "href", "src")
_NAMES: Final = ("data-nickname", "data-name", "data-title", "title", "name", "data-desc")


class _Form(NamedTuple):
    """How a kind of card is read: attributes of its name, and an address by its id where it states none."""

    kind: str
    names: tuple[str, ...]
    more: tuple[str, ...] = ()
    """Attributes that say more than the name and stand behind it."""
    ids: tuple[str, ...] = ()
    page: str = ""
    stated: bool = True
    """Whether the element itself may state where it leads; a sound's ``src`` is its player."""


_ACCOUNT: Final = _Form("公众号", ("data-nickname", "data-name"), ids=("data-id",), page=_PROFILE)
_CHANNEL: Final = _Form("视频号", ("data-nickname",), ("data-desc",))
_PROGRAM: Final = _Form(
    "小程序", ("data-miniprogram-nickname", "data-weapp-nickname", "data-nickname"), ("data-miniprogram-title",)
)
_PLACE: Final = _Form("地点", ("data-name", "data-title"), ("data-address",))
_VOTE: Final = _Form(
    "投票",
    ("data-votesubject", "data-subject", "data-votetitle", "data-title", "data-name", "title", "name"),
    ids=("data-supervoteid", "data-voteid", "supervoteid"),
    page=_POLL,
)
_SOUND: Final = _Form("语音", ("name", "data-name"), ids=("voice_encode_fileid",), page=SOUND, stated=False)
_MUSIC: Final = _Form("音乐", ("music_name", "musicname", "data-name", "name"), ("singer", "data-singer"), stated=False)
_FORMS: Final = {
    "mpvoice": _SOUND,
    "mp-common-mpaudio": _SOUND,
    "qqmusic": _MUSIC,
    "mpmusic": _MUSIC,
    "mp-common-qqmusic": _MUSIC,
}
_PARTS: Final = (
    ("profile", _ACCOUNT),
    ("videosnap", _CHANNEL),
    ("miniprogram", _PROGRAM),
    ("weapp", _PROGRAM),
    ("poi", _PLACE),
    ("vote", _VOTE),
)
"""What stands in the names of elements, whose beginnings WeChat changes: ``mpprofile``, ``mp-common-profile``."""


def read_card(element: Element) -> Card | None:
    """The card that one of WeChat's elements shows; None for an element that is none, or holds its content itself."""
    tag = str(element.tag)
    form = _FORMS.get(tag) or next((form for part, form in _PARTS if part in tag), None)
    if form is not None:
        return _card(element, form)
    # Of a kind that we do not know: a card if it has a name and nothing else to show.
    unknown = _card(element, _Form("卡片", _NAMES))
    return unknown if unknown.name and not _shows_anything(element) else None


def read_poll(frame: Element) -> Card | None:
    """The poll that a frame shows, as pages before 2020 have it; None for any other frame."""
    is_poll = "newappmsgvote" in (frame.get("data-src") or frame.get("src") or "") or "vote" in frame.get("class", "")
    return _card(frame, _VOTE) if is_poll else None


def _card(element: Element, form: _Form) -> Card:
    said = (
        CONTROL.sub("", unescape(value)) for names in (form.names, form.more) for value in _values(element, names)[:1]
    )
    words = dict.fromkeys(" ".join(value.split()) for value in said)
    return Card(form.kind, " · ".join(words), _address(element, form))


def _address(element: Element, form: _Form) -> str:
    for value in _values(element, _ADDRESSES if form.stated else ()):
        with suppress(ValueError):
            address = urljoin(_HOME, value.replace("&amp;", "&"))
            if value.startswith(("https://", "http://", "/")) and _WEB.match(address):
                return address
    number = next((value for value in _values(element, form.ids) if _ID.fullmatch(value)), "")
    return form.page.format(number) if number else ""


def _values(element: Element, names: tuple[str, ...]) -> list[str]:
    """The attributes of these names that say something. WeChat often escapes their entities twice."""
    return [value for name in names if (value := (element.get(name) or "").strip())]


def _shows_anything(element: Element) -> bool:
    return bool("".join(element.itertext()).strip()) or next(element.iter("img"), None) is not None
