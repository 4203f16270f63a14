"""Second opinions: where a page states a field more than once, do its statements agree? Pure counting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from crawler.sites.normalise import decoded, one_line, without_tail
from crawler.sites.page import Found, Opinions, RawArticle
from crawler.sites.times import read_moment
from crawler.sites.unread_parts import told

UNREAD: Final = "unread-parts"
_SUFFIX: Final = re.compile(r"(?:_\d{6,8}|_\d+x\d+s?)?/\d{1,4}$|_(?:\d{6,8}|\d+x\d+s?)$")


class Agreement(NamedTuple):
    """Of one field of one page: how many extractors say something, and how many of them say what is believed."""

    says: int
    agree: int


class Candidate(NamedTuple):
    """What one extractor says of a field: where it looked, what stood there, and whether it is what is believed."""

    where: str
    raw: str
    agrees: bool


@dataclass(slots=True)
class Count:
    """Of one field over many pages: pages that state it, that state it twice or more, and where all agree."""

    pages: int = 0
    asked_twice: int = 0
    agree: int = 0


def candidates(raw: RawArticle) -> dict[str, tuple[Candidate, ...]]:
    """What each extractor says of each field of a page, the believed one first. Silent fields are left out."""
    found = {name: _compared(_independent(getattr(raw, name)), same) for name, same in _SAME.items()}
    found["body"] = _said_of_body(raw)
    found[UNREAD] = tuple(
        Candidate(body.where, told(body.unread), agrees=True) for body in raw.bodies[:1] if body.unread
    )
    return {name: said for name, said in found.items() if said}


def _said_of_body(raw: RawArticle) -> tuple[Candidate, ...]:
    bodies = tuple(Found(body.markdown, where) for body in raw.bodies for where in (body.where, *body.also))
    return _compared(bodies, _same_words)


def noted(raw: RawArticle) -> RawArticle:
    """The same with a note on each field of which different things are stated, and on parts that cannot be read."""
    notes = dict.fromkeys((*raw.notes, *differences(raw), *(UNREAD for body in raw.bodies[:1] if body.unread)))
    return replace(raw, notes=tuple(notes)) if len(notes) > len(raw.notes) else raw


def differences(raw: RawArticle) -> tuple[str, ...]:
    """A note for each field of which different things are stated, such as ``media-differs``."""
    return tuple(f"{name}-differs" for name, same in _SAME.items() if _differ(getattr(raw, name), same))


def _differ(said: Opinions, same: Callable[[Found, Found], bool]) -> bool:
    return any(one.raw != said[0].raw and not same(said[0], one) for one in said[1:])


def with_list(raw: RawArticle, source: str, media: str, media_id: str) -> RawArticle:
    """The same with what the list that named the article says of its account; ``""`` where it says nothing."""
    where = f"list {source}"
    if not (media or media_id):
        return raw
    said = (*raw.media, Found(media, where)) if media else raw.media
    known = (*raw.media_id, Found(media_id, where)) if media_id else raw.media_id
    return noted(replace(raw, media=said, media_id=known))


def agreement(raw: RawArticle) -> dict[str, Agreement]:
    """Per field that the page states: how many extractors say something, and how many agree with the first."""
    return agreement_of(candidates(raw))


def agreement_on(raw: RawArticle, name: str) -> Agreement:
    """The same of one field; without the cost of the others, and of comparing texts that are known to be the same."""
    if name == "body" and len(raw.bodies) == 1:
        ways = 1 + len(raw.bodies[0].also)
        return Agreement(ways, ways)
    said = _said_of_body(raw) if name == "body" else _compared(_independent(getattr(raw, name)), _SAME[name])
    return Agreement(len(said), sum(one.agrees for one in said))


def agreement_of(said: Mapping[str, tuple[Candidate, ...]]) -> dict[str, Agreement]:
    """The same, of opinions that were gathered already."""
    return {name: Agreement(len(all_said), sum(one.agrees for one in all_said)) for name, all_said in said.items()}


def tally(pages: Iterable[RawArticle]) -> dict[str, dict[str, Count]]:
    """Layout → field → how often its pages state it, state it more than once, and agree."""
    counts: dict[str, dict[str, Count]] = {}
    for raw in pages:
        add_agreement(counts.setdefault(raw.layout, {}), agreement(raw))
    return counts


def add_agreement(counts: dict[str, Count], agreed: Mapping[str, Agreement]) -> None:
    """Add one page's agreement to the counts of its layout."""
    for name, (says, agree) in agreed.items():
        count = counts.setdefault(name, Count())
        count.pages += 1
        count.asked_twice += says > 1
        count.agree += says > 1 and says == agree


def _independent(said: Opinions) -> Opinions:
    """Without the selectors that only found once more what another had shown already."""
    kept: dict[tuple[str, str], Found] = {}
    for found in said:
        kept.setdefault((found.raw, "shown" if _is_selector(found) else found.where), found)
    return tuple(kept.values())


def _is_selector(found: Found) -> bool:
    return found.is_shown and found.where not in ("title", "visible text")


def _compared(said: Opinions, same: Callable[[Found, Found], bool]) -> tuple[Candidate, ...]:
    return tuple(Candidate(one.where, one.raw, same(said[0], one)) for one in said)


# When two statements of a field say the same: each (believed, other) -> bool.


def same_title(one: Found, other: Found) -> bool:
    """The same words, without the site's tail."""
    return without_tail(one) == without_tail(other)


def same_time(one: Found, other: Found) -> bool:
    """The same moment; a time without seconds agrees with any second of its minute, a day with all its times.

    What is no time (``昨天``) contradicts none.
    """
    first, second = read_moment(one.raw), read_moment(other.raw)
    if first is None and second is None:
        return one.raw.strip() == other.raw.strip()
    if first is None or second is None:
        return True
    if "day" in (first.precision, second.precision):
        return first.time.date() == second.time.date()
    if 0 in (first.time.second, second.time.second):
        return first.time.replace(second=0) == second.time.replace(second=0)
    return first.time == second.time


def _same_summary(one: Found, other: Found) -> bool:
    """The same words, or one cut shorter than the other."""
    first, second = (_letters(decoded(found)).rstrip(".…") for found in (one, other))
    return first.startswith(second) or second.startswith(first)


def _same_picture(one: Found, other: Found) -> bool:
    """The same picture, whatever its size and scheme."""
    first, second = (_SUFFIX.sub("", re.sub(r"^\s*(?:https?:)?", "", decoded(found)).strip()) for found in (one, other))
    return first == second


def _same_article(one: Found, other: Found) -> bool:
    """The same article of WeChat; one address of it may bear its signature and the other not."""
    first, second = (decoded(found).partition("&sn=")[0] for found in (one, other))
    return first == second


def _same_list(one: Found, other: Found) -> bool:
    """The same words; the one may have some more (the title, usually)."""
    first, second = ({word.strip() for word in re.split(r"[,;，；]", decoded(found))} - {""} for found in (one, other))
    return first <= second or second <= first


def _same_id(one: Found, other: Found) -> bool:
    """The same id. An account has two that cannot be compared, a number and a word."""
    first, second = one.raw.strip(), other.raw.strip()
    return first == second or first.isdigit() != second.isdigit()


def same_line(one: Found, other: Found) -> bool:
    """The same line of text, whatever its white space."""
    first, second = (one_line(decoded(found)).removeprefix("发布于").strip() for found in (one, other))
    return first == second


def _same_words(one: Found, other: Found) -> bool:
    return _letters(one.raw) == _letters(other.raw)


def _letters(text: str) -> str:
    return "".join(text.split())


_SAME: Final[dict[str, Callable[[Found, Found], bool]]] = {
    "title": same_title,
    "published": same_time,
    "summary": _same_summary,
    "thumbnail": _same_picture,
    "author": same_line,
    "media": same_line,
    "media_id": _same_id,
    "channel": same_line,
    "keywords": _same_list,
    "location": same_line,
    "comment_id": same_line,
    "source_account": same_line,
    "source_url": _same_article,
}
