"""What the scripts of a WeChat page state: one object with all data of the newer pages, single variables in all.

The object is ``window.cgiDataNew``. What a variable says is the same, written by the page's older half.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any, Final

from crawler.sites.markup.document import Document, text_of, value_under
from crawler.sites.markup.javascript import Assigned
from crawler.sites.page import Found

_OBJECTS: Final = ("cgiDataNew", "cgiData")
_NAMES: Final = (
    "msg_title",
    "msg_desc",
    "msg_cdn_url",
    "msg_link",
    "msg_source_url",
    "nickname",
    "nick_name",
    "author",
    "ct",
    "oriCreateTime",
    "create_time",
    "createTime",
    "publish_time",
    "biz",
    "__biz",
    "mid",
    "idx",
    "appuin",
    "user_name",
    "comment_id",
    "round_head_img",
    "hd_head_img",
    "ori_head_img_url",
    "item_show_type",
    "real_item_show_type",
    "ip_wording",
    "provinceName",
    "picture_page_info_list",
    "voiceList",
    "content_noencode",
    "text_page_info",
    "video_page_info",
    "copyright_info",
    "copyright_stat",
    "_copyright_stat",
    "source_username",
    "source_encode_biz",
    "source_mid",
    "source_idx",
)
_LONG: Final = frozenset({"content_noencode", "picture_page_info_list"})
"""Keys under which an ordinary article stands once more: read only where it stands nowhere else."""
_MOST_VALUES: Final = 3
"""Different values of one variable that are heard."""


class Statements:
    """The statements of one page, by name."""

    def __init__(self, page: Document) -> None:
        self._page = page
        self._object = _first_object(page.scripts.assigned(*_OBJECTS, without=_LONG))
        self._by_name: defaultdict[str, list[Assigned]] = defaultdict(list)
        for one in page.scripts.assigned(*_NAMES):
            self._by_name[one.name].append(one)

    @property
    def data(self) -> dict[str, Any]:
        """The page's object; empty where it has none."""
        found: dict[str, Any] = self._object.value if self._object else {}
        return found

    def said(self, key: str, *names: str) -> Iterator[Found]:
        """What stands under a dotted key of the page's object, and what variables of these names say."""
        if value := _text(value_under(self.data, key)):
            yield Found(value, f"{self._object.name if self._object else ''}.{key}")
        for name in names:
            values = dict.fromkeys(filter(None, (_text(one.value) for one in self._by_name[name])))
            yield from (Found(value, f"var {name}") for value in islice(values, _MOST_VALUES))

    def under(self, name: str, key: str) -> Iterator[Found]:
        """What stands under a dotted key of the object that a variable holds."""
        for one in self._by_name[name]:
            if value := _text(value_under(one.value, key)):
                yield Found(value, f"var {name}.{key}")

    def value(self, key: str) -> Any:
        """What stands under a dotted key of the page's object, else of the variable that its first step names."""
        name, _, rest = key.partition(".")
        data = self._whole if name in _LONG else self.data
        if (found := value_under(data, key)) not in (None, [], {}, ""):
            return found
        values = (value_under(one.value, rest) if rest else one.value for one in self._by_name[name])
        return next((value for value in values if value not in (None, [], {}, "")), None)

    @cached_property
    def _whole(self) -> dict[str, Any]:
        """The page's object with its longest parts."""
        found = _first_object(self._page.scripts.assigned(*_OBJECTS))
        return found.value if found else {}


def _first_object(stated: tuple[Assigned, ...]) -> Assigned | None:
    """The page's object: of those that hold anything the first by its name."""
    objects = [one for one in stated if isinstance(one.value, dict) and one.value]
    return min(objects, key=lambda one: _OBJECTS.index(one.name), default=None)


def _text(value: object) -> str:
    """A string or number; 0 says that there is none."""
    text = text_of(value)
    return "" if text == "0" else text
