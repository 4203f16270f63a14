"""Whether a text says anything: an element that is there is not an element that holds the article."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from crawler.sites.page import Body

_SPEAKING: Final = re.compile("[^\\W_]|[…！？!?]|[\u2190-\u2bff\ue000-\uf8ff\ufffd\U0001f000-\U0001faff]")
"""Letters, digits, symbols, what is left of lost letters, and signs that are an utterance by themselves.

Other signs only part words.
"""
_PICTURE_MARKUP: Final = re.compile(r"!\[[^\]\n]{0,100}\]\([^)\n]{0,2000}\)")
_PORTRAIT: Final = re.compile(r"//wx\.qlogo\.cn/|/mmhead/")
"""Addresses of head pictures, which are nobody's article."""
_SIZE: Final = re.compile(r"^https?:|/\d{1,4}(?:\?[^/]*)?$")


def says_something(body: Body, portraits: Collection[str] = ()) -> bool:
    """Whether it holds a word, a sign that speaks, a symbol, a video, or a picture that is no portrait.

    ``portraits``: addresses of the account's own, in any size.
    """
    if _SPEAKING.search(body.text) or body.videos:
        return True
    known = {_SIZE.sub("", url) for url in portraits}
    if any(not _PORTRAIT.search(url) and _SIZE.sub("", url) not in known for url in body.pictures):
        return True
    return bool(_SPEAKING.search(_PICTURE_MARKUP.sub("", body.markdown)))
