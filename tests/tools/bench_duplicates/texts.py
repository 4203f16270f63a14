"""The texts of the bench: the corpus, and retellings of it by seeded changes."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import orjson

from archive.duplicates.comparable_text import ComparableText
from tests.archive.duplicates.stories import edited

_PICTURE = re.compile(r"!?\[[^\]]*\]\([^)]*\)")
"""The corpus breaks lines inside addresses; no body of ours does."""
_SENTENCE = re.compile(r"[^。！？\n]*(?:[。！？\n]+|$)")
HEADS = ("本报讯（见习记者 河小边）", "据本网综合消息，", "【综合报道】", "河边社山脚电（记者 周渔）")
TAILS = (
    "（责任编辑：柳新芽）",
    "来源：河边社",
    "（完）\n\n本文仅代表作者观点，不代表本网立场。",
    "更多精彩内容请关注河边日报",
)


def corpus(path: Path) -> list[str]:
    """The bodies, pictures and addresses left out, each once, none without text."""
    with gzip.open(path) as lines:
        bodies = [_PICTURE.sub("", orjson.loads(line)["body"]).strip() for line in lines]
    distinct = {ComparableText.of(body).digest: body for body in bodies if len(ComparableText.of(body).bare) >= 20}
    return list(distinct.values())


def moved(text: str, chance: Random) -> str:
    """A fifth of the sentences stand elsewhere."""
    sentences = [each for each in _SENTENCE.findall(text) if each]
    for _ in range(max(len(sentences) // 5, 1)):
        sentences.insert(chance.randrange(len(sentences)), sentences.pop(chance.randrange(len(sentences))))
    return "".join(sentences)


def reframed(text: str, chance: Random) -> str:
    """Another agency's head and tail."""
    return f"{chance.choice(HEADS)}{text}\n\n{chance.choice(TAILS)}"


def refilled(text: str, chance: Random) -> str:
    """The same form with other facts: other numbers, and another name for its subject."""
    text = re.sub(r"\d+", lambda found: str(chance.randrange(1, 10 ** len(found[0]))), text)
    grams = Counter(text[at : at + 3] for at in range(len(text) - 2) if text[at : at + 3].isalpha())
    name, times = grams.most_common(1)[0] if grams else ("", 0)
    return text.replace(name, "".join(chance.sample("柳溪岚坞樵渚汀芦荻鸢", 3))) if times > 1 else text


CHANGES: dict[str, Callable[[str, Random], str]] = {
    "1 % of characters": lambda text, chance: edited(text, 0.01, chance),
    "2 % of characters": lambda text, chance: edited(text, 0.02, chance),
    "5 % of characters": lambda text, chance: edited(text, 0.05, chance),
    "10 % of characters": lambda text, chance: edited(text, 0.10, chance),
    "sentences moved": moved,
    "head and tail changed": reframed,
}


def has_facts(text: str) -> bool:
    """Whether a form is left when its facts are taken out: three numbers at least."""
    return len(re.findall(r"\d+", text)) >= 3
