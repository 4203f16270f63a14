"""The address of an article, of whichever site."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Address:
    """One article: equal to another one if id and url are, whatever form either was read from."""

    id: str
    """In its longest form, safe as a file name: letters, digits, ``-`` and ``_``."""
    url: str
    """The canonical address: https, without query and fragment."""
    kind: str = field(compare=False)
    """article, video, question, topic, live or tip: what the id and the form it came in say, a hint only."""


class NotAnAddress(ValueError):
    """A text that names no article.

    Attributes: ``text`` as it came, ``reason`` one of few short phrases (fit for counting), ``hint`` what was
    expected or what to do instead.
    """

    def __init__(self, text: str, reason: str, hint: str = "") -> None:
        hint = hint or EXPECTED
        shown = text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"
        super().__init__(f"{shown!r} is not an article: {reason}; {hint}")
        self.text = text
        self.reason = reason
        self.hint = hint


EXPECTED = "expected an address such as https://new.qq.com/rain/a/20250212A090WZ00 or an id such as 20250212A090WZ00"
