"""Structural mutations of pages, each drawn from a seeded generator: the same number gives the same page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from crawler.sites.markup.javascript import Scripts
from tests.tools.fuzz.hostile import BLOCKS, HOSTILE_VALUES, STRINGS
from tests.tools.fuzz.seeds import Seed

Mutator = Callable[[str, Random, str], str]
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>")
TAGS = "p div span section a b strong em i ul ol li table tr td blockquote h1 h3 pre code img br hr figure figcaption"
SIGNS = re.compile(r"""[{}\[\]()'"`,:;=?|\\/]""")
"""What groups and parts the code of a script."""
NAMES = (
    *TAGS.split(),
    *"script style svg iframe video form input title meta body html template noscript".split(),
    *"sup sub s del embed object mpvoice mp-common-profile mp-common-sticker mp-common-videosnap".split(),
)
ATTRIBUTES = (
    "style class id href src data-src colspan rowspan start value reversed alt hidden data-mpvid content name "
    "data-formula data-nickname data-url data-emoji_url data-lang voice_encode_fileid"
).split()
LONGEST = 400_000
"""Characters. Only the hostile blocks are longer."""


def mutated(seeds: tuple[Seed, ...], number: int, salt: int = 0) -> tuple[Seed, bytes]:
    """The ``number``-th broken page: the seed it was made of, and its bytes."""
    rng = Random(f"{salt}/{number}")
    seed, donor = rng.choice(seeds), rng.choice(seeds)
    text = _decoded(seed.body)
    other = _decoded(donor.body)
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        text = rng.choice(MUTATORS)(text, rng, other)[:LONGEST]
    if rng.random() < 0.03:
        text = with_block(text, rng, other)
    return seed, _encoded(text, rng)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")


def _encoded(text: str, rng: Random) -> bytes:
    draw = rng.random()
    if draw < 0.85:
        return text.encode("utf-8", "surrogatepass" if rng.random() < 0.5 else "replace")
    encoding = rng.choice(("gb18030", "big5", "utf-16", "latin-1", "utf-16-le"))
    body = bytearray(text.encode(encoding, "replace"))
    for _ in range(rng.choice((0, 1, 20))):
        if body:
            body[rng.randrange(len(body))] = rng.randrange(256)
    return bytes(body)


def _span(text: str, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(text) + 1)
    return start, min(len(text), start + int(rng.expovariate(1 / 40)))


def cut(text: str, rng: Random, other: str) -> str:
    start, end = _span(text, rng)
    return text[:start] + text[end:]


def end_early(text: str, rng: Random, other: str) -> str:
    return text[: rng.randrange(len(text) + 1)]


def repeat(text: str, rng: Random, other: str) -> str:
    start, end = _span(text, rng)
    return text[:end] + text[start:end] * rng.choice((1, 2, 10, 300)) + text[end:]


def splice(text: str, rng: Random, other: str) -> str:
    at, (start, end) = rng.randrange(len(text) + 1), _span(other, rng)
    return text[:at] + other[start : end + rng.choice((0, 200, 3000))] + text[at:]


def insert(text: str, rng: Random, other: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(STRINGS) * rng.choice((1, 1, 1, 7, 200)) + text[at:]


def change_characters(text: str, rng: Random, other: str) -> str:
    characters = list(text)
    for _ in range(rng.choice((1, 5, 50))):
        if characters:
            code = rng.choice((rng.randrange(128), rng.randrange(0x300), rng.randrange(0x10FFFF)))
            characters[rng.randrange(len(characters))] = chr(code)
    return "".join(characters)


def _tag(text: str, rng: Random) -> re.Match[str] | None:
    return TAG.search(text, rng.randrange(len(text) + 1))


def drop_tag(text: str, rng: Random, other: str) -> str:
    tag = _tag(text, rng)
    return text[: tag.start()] + text[tag.end() :] if tag else text


def rename_tag(text: str, rng: Random, other: str) -> str:
    tag = _tag(text, rng)
    if tag is None:
        return text
    return f"{text[: tag.start()]}<{tag[1]}{rng.choice(NAMES)}{tag[3]}>{text[tag.end() :]}"


def rename_all(text: str, rng: Random, other: str) -> str:
    old, new = rng.choice(NAMES), rng.choice(NAMES)
    return re.sub(rf"(</?){old}\b", rf"\g<1>{new}", text)


def nest(text: str, rng: Random, other: str) -> str:
    tag = _tag(text, rng)
    times = rng.choice((1, 3, 20, 300, 3000))
    opening = f"<{rng.choice(NAMES[:22])}>" * times
    at = tag.end() if tag else len(text)
    return text[:at] + opening + text[at:]


def set_attribute(text: str, rng: Random, other: str) -> str:
    tag = _tag(text, rng)
    if tag is None or tag[1]:
        return text
    name = rng.choice(ATTRIBUTES)
    value = rng.choice(HOSTILE_VALUES)
    return f'{text[: tag.end() - 1]} {name}="{value}">{text[tag.end() :]}'


def break_data(text: str, rng: Random, other: str) -> str:
    """Change values inside ``window.DATA``, or write its JSON another way."""
    found = Scripts(text).data()
    if found is None:
        return text
    value, start, end = found.value, found.start, found.end
    for _ in range(rng.choice((1, 1, 3))):
        value = _changed(value, rng)
    written = json.dumps(value, ensure_ascii=rng.random() < 0.5, default=str)
    if rng.random() < 0.5:
        written = written.replace("<", "\\u003c")
    if rng.random() < 0.2:
        written = written.replace('{"', '{"title": 1, "title": null, "', 1)
    return text[:start] + written + text[end:]


def break_script(text: str, rng: Random, other: str) -> str:
    """Change something inside a script: a bracket, a quote, a value, a name, or put a hostile word there."""
    scripts = list(Scripts(text).spans)
    if not scripts:
        return text
    start, end = rng.choice(scripts)
    code = text[start:end]
    signs = [match.start() for match in SIGNS.finditer(code)]
    at = rng.choice(signs) if signs and rng.random() < 0.7 else rng.randrange(len(code) + 1)
    new = rng.choice(("", "", rng.choice("{}[]()'\"`,:;=?|\\/"), rng.choice(STRINGS), rng.choice(HOSTILE_VALUES)))
    return text[: start + at] + new + text[start + at + rng.choice((0, 1, 1, 20)) :]


def _changed(value: Any, rng: Random, depth: int = 0) -> Any:
    if isinstance(value, dict) and value and depth < 5 and rng.random() < 0.85:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        return value | {key: _changed(value[key], rng, depth + 1)}
    if isinstance(value, list) and value and depth < 5 and rng.random() < 0.5:
        return [_changed(item, rng, depth + 1) for item in value] * rng.choice((1, 1, 3))
    if isinstance(value, str) and rng.random() < 0.5:
        return rng.choice((insert, cut, rename_all, nest, set_attribute))(value, rng, value)
    return rng.choice((None, 0, -1, 1e300, True, "", "0", [], {}, [None], {"a": [[]]}, "x" * 1000, *HOSTILE_VALUES))


def with_block(text: str, rng: Random, other: str) -> str:
    """Put one of the hostile blocks where an article's text stands, or anywhere."""
    block = rng.choice(BLOCKS)(rng)
    places = [match.end() for match in re.finditer(r"<(?:p|div|section)\b[^<>]*>", text)]
    at = rng.choice(places) if places and rng.random() < 0.8 else rng.randrange(len(text) + 1)
    return text[:at] + block + text[at:]


MUTATORS: tuple[Mutator, ...] = (
    cut,
    end_early,
    repeat,
    splice,
    splice,
    insert,
    insert,
    change_characters,
    drop_tag,
    rename_tag,
    rename_all,
    nest,
    set_attribute,
    set_attribute,
    break_data,
    break_data,
    break_data,
    break_script,
    break_script,
    break_script,
)
