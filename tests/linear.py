"""Whether a function's time grows with its input and not with its square, tried with inputs that patterns hate."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Final

_SIGNS: Final = [*"[](<>*`\\|!#-_~&;{}0a\"'\n ", "括", "》", "《", "（", "·", "\u3000", "。"]
_WORDS: Final = (
    "![ ]( [a]( [[a]( \\[ \\\\ <a </ <!-- /* */ {{< {{% &#1 &amp; // http:// 1. 1- a@ a. x_ - | |- **a ``` ~~~ "
    "[^1]: 1:0 1,1 ·鱼 《鱼 记者王 v.qq.com/ abc-20 责任编辑 _腾讯"
).split()
_PAIRS: Final = [f"{one}{other}" for one, other in pairwise("[*(`<!|\\{&-_~#\"' \n[<*[`[|[-[ [")]
UNITS: Final = tuple(dict.fromkeys((*_SIGNS, *_WORDS, *(f"{word} " for word in ("-", ">", "|", "1.")), *_PAIRS)))
"""What inputs are made of, each of one of them over and over."""
TIMES: Final = 4
"""So many times as long is the longer of two inputs."""
_AT_MOST: Final = 8
"""So many times as much may it take: four is what is expected, sixteen would be the square."""
_FLOOR: Final = 0.02
"""Seconds below which a time says nothing."""


def slow_inputs(call: Callable[[str], object], size: int, units: tuple[str, ...] = UNITS) -> list[str]:
    """Return the units of which an input of that size, and one that is longer, show more than a growth in step."""
    call("鱼")
    return [unit for unit in units if _grows_too_fast(call, unit * (size // len(unit)))]


def _grows_too_fast(call: Callable[[str], object], text: str) -> bool:
    """Noise makes a time longer, never shorter: of a few tries the best counts."""
    return all(_seconds(call, text * TIMES) > _AT_MOST * max(_seconds(call, text), _FLOOR) for _ in range(3))


def _seconds(call: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    call(text)
    return time.process_time() - start
