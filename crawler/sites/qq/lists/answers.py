"""From an answer's bytes to its data: JSON, JSONP, old encodings, and what stands there instead of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from crawler.sites.qq.lists.listing import ListBlocked, ListBroken, ListEmpty, SiteError

Object = Mapping[str, Any]

_CAPTCHA = re.compile(r"安全验证|人机验证|验证码|captcha", re.IGNORECASE)
_JSONP = re.compile(r"(?:/\*(?:[^*]|\*(?!/))*+\*/\s*+)?[A-Za-z_$][\w$.]*+\s*+\((.*)\)\s*;?", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def text_of(body: bytes, url: str) -> str:
    """The answer as text: UTF-8, else the GB18030 of the old site, whatever it declares.

    Raises `ListEmpty` for no text at all, `ListBroken` for bytes that are neither.
    """
    text = _decoded(body, url)
    if not text.strip():
        raise ListEmpty(url, f"an empty answer ({len(body)} bytes)")
    return text


def refuse_captcha(text: str, url: str) -> None:
    """Raise `ListBlocked` for a text that asks for a proof of being human."""
    asked = _CAPTCHA.search(text)
    if asked:
        raise ListBlocked(url, f"a captcha page: {asked[0]}")


def data_of(body: bytes, url: str) -> Any:
    """The answer's JSON value, taken out of its JSONP call if it stands in one. Raises `ListBroken`."""
    text = text_of(body, url).strip()
    if text.startswith("<"):
        refuse_captcha(text, url)
        raise ListBroken(url, f"a page instead of data: {text[:60]!r}")
    call = _JSONP.fullmatch(text)
    try:
        # Not strict: the site lets raw line breaks and halves of emoji into its strings.
        return json.loads(call[1] if call else text, strict=False)
    except (ValueError, RecursionError) as error:
        raise ListBroken(url, f"broken JSON ({error}): {text[:60]!r}") from error


def object_of(body: bytes, url: str) -> Object:
    """The answer's JSON object, once it says that all went well. Raises `ListBroken`."""
    data = data_of(body, url)
    if not isinstance(data, dict):
        raise ListBroken(url, f"expected an object, found {type(data).__name__}")
    refuse_error(data, url)
    return data


def refuse_error(data: Object, url: str) -> None:
    """Raise `SiteError` if the answer tells an error (``ret`` or ``code`` other than 0)."""
    for key in ("ret", "code"):
        code = string(data, key)
        if code not in ("0", ""):
            told = string(data, "msg") or string(data, "message")
            refuse_captcha(told, url)
            raise SiteError(url, f"the site says {key} {code}: {told}", code)


def list_at(data: Any, path: tuple[str, ...], url: str) -> list[Any]:
    """The list under these keys; null counts as an empty one. Raises `ListBroken` if there is none."""
    value: Any = data
    for key in path:
        if not isinstance(value, dict) or key not in value:
            raise ListBroken(url, f"no {'.'.join(path)} in the answer, it has {_keys(data)}")
        value = value[key]
    if value is None:
        return []
    if not isinstance(value, list):
        raise ListBroken(url, f"{'.'.join(path)} is no list but {type(value).__name__}")
    return value


def string(item: Object, *path: str) -> str:
    """The string or number under these keys as one line of text; ``""`` where there is none."""
    value: Any = item
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(_SURROGATE.sub("\ufffd", str(value)).split())


def _decoded(body: bytes, url: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ListBroken(url, f"{len(body)} bytes that are no text: {body[:20]!r}")


def _keys(data: Any) -> str:
    return ", ".join(list(data)[:12]) if isinstance(data, dict) and data else "no keys"
