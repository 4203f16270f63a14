"""Which language a visitor reads, and the interface's words in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from archive.web.i18n.channel_names import CHANNELS
from archive.web.i18n.translations import REASONS, WORDS

COOKIE: Final = "qqnews_language"


class Language(StrEnum):
    """A language of the interface. Articles stay in theirs."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """As HTML names it."""
        return "zh-CN" if self is Language.ZH else "en"

    @property
    def other(self) -> Language:
        """The language that one can switch to."""
        return Language.EN if self is Language.ZH else Language.ZH

    def say(self, key: str, **facts: object) -> str:
        """The words for ``key`` with the facts put in. Raises ``KeyError`` for a key that has none."""
        return WORDS[key][self is Language.EN].format(**facts)

    def channel(self, name: str) -> str:
        """A channel's name for people."""
        if not name:
            return self.say("no channel")
        return CHANNELS.get(name, name) if self is Language.ZH else name

    def kind(self, name: str) -> str:
        """A kind of article for people."""
        return self._named(f"kind {name}", name)

    def state(self, name: str) -> str:
        """An article's status for people."""
        return self._named(f"status {name}", name)

    def verdict(self, name: str) -> str:
        """What a run came to, for people."""
        return self._named(f"verdict {name}", self.say("verdict other"))

    def _named(self, key: str, otherwise: str) -> str:
        return self.say(key) if key in WORDS else otherwise

    def reason(self, text: str) -> str:
        """An error's reason, translated where we know how."""
        if self is Language.EN:
            return text
        for pattern, translated in REASONS:
            if found := re.fullmatch(pattern, text):
                return translated.format(*found.groups())
        return text


def chosen_language(args: Mapping[str, str], remembered: str, accepted: str) -> Language:
    """The language named in the address, else in the cookie, else the one the browser likes best."""
    for named in (args.get("lang"), remembered):
        if named in list(Language):
            return Language(named)
    return max(Language, key=lambda each: (_liking(accepted, each), each is Language.EN))


def _liking(accepted: str, language: Language) -> float:
    """How much a browser with this Accept-Language header likes the language, from 0 to 1."""
    likings = [0.0]
    for part in accepted.lower().split(","):
        found = re.fullmatch(r"\s*([a-z]+)[-a-z0-9]*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", part)
        if found and found[1] == language:
            likings.append(float(found[2] or 1))
    return max(likings)
