"""Times as pages write them, of any zone or relative to the moment of looking, as moments on Beijing's clock. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple

from archive.article.model import BEIJING

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
"""Of the dates that an article can have; any other is a slip, or stands for none."""

Precision = Literal["second", "minute", "day"]


class Moment(NamedTuple):
    """A moment on Beijing's clock, and the unit to which it is known. Of an hour alone that is the day."""

    time: datetime
    precision: Precision


_LONGEST: Final = 1000
"""Characters that are looked into. What is longer is no statement of a time."""
_USUAL: Final = re.compile(r"\d{4}-\d\d-\d\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)
"""As most pages write it: read by a shorter way, in a fifth of the time."""
_EPOCH: Final = re.compile(r"(1\d{9})(?:\d{3})?(?:\.\d+)?")
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d))?(?=Z?$)")
_DATE: Final = re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*[日号]?")
_DAY_OF_YEAR: Final = re.compile(r"(?<!\d)(\d{1,2})\s*[-/月]\s*(\d{1,2})(?!\d)\s*[日号]?")
_DAY_WORD: Final = re.compile(
    r"(?P<word>大前天|今[天日]|昨[天日]|前[天日]|today|yesterday|[今昨](?=[早晨晚夜]))"
    r"|(?<!\d)(?P<days>\d{1,4})\s*(?:天之?前|days? ago)",
    re.I,
)
_DAYS_AGO: Final = {"今": 0, "today": 0, "昨": 1, "yesterday": 1, "前": 2, "大": 3}
_WEEKDAY: Final = re.compile(r"(?<![上下])(?:星期|礼拜|周)([一二三四五六日天])")
_AGO: Final = re.compile(
    r"(?P<now>刚刚|刚才|just now)|(?:(?<!\d)(?P<number>\d{1,4})\s*个?|(?P<half>半)个?)\s*"
    r"(?:(?P<second>秒钟?|s(?:ec(?:ond)?s?)?)|(?P<minute>分钟?|m(?:in(?:ute)?s?)?)|(?P<hour>小时|钟头|h(?:(?:ou)?rs?)?))"
    r"(?:之?前|\s+ago)",
    re.I,
)
_BETWEEN: Final = re.compile(
    r"[\s,，;；|·_]*(?:[(（]?(?:(?:星期|礼拜|周)[一二三四五六日天]|(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]*\.?)[)）]?)?"
    r"[\s,，T|·_]*"
)
_CLOCK: Final = re.compile(
    r"(?P<before>凌晨|清晨|早上|早晨|今晨|上午|中午|正午|午后|下午|傍晚|晚上|晚间|夜里|夜间|深夜|[早晨晚夜]|[AP]\.?M\.?)?\s*"
    r"(?P<hour>\d{1,2})\s*(?:[:：]\s*(?P<minute>\d{1,2})(?:\s*[:：]\s*(?P<second>\d{1,2})(?:[.,]\d+)?)?"
    r"|[时時点點]\s*(?:(?P<minutes>\d{1,2})\s*分?(?:\s*(?P<seconds>\d{1,2})\s*秒)?|(?P<half>半)|整?(?=[\s,，。;；)）]|$)))"
    r"(?:\s*(?P<after>[AP]\.?M\b\.?))?",
    re.I,
)
_ZONE: Final = re.compile(
    r"\s*(?:(?P<zero>Z|UTC|GMT)(?![+\-\w])|(?P<named>(?:UTC|GMT)\s*)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?(?!\d))",
    re.I,
)
_FARTHEST_ZONE: Final = timedelta(hours=14)
_MORNING: Final = frozenset(("凌晨", "清晨", "早上", "早晨", "今晨", "上午", "早", "晨", "am"))
_AFTERNOON: Final = frozenset(("午后", "下午", "傍晚", "pm"))
_NIGHT: Final = frozenset(("夜里", "夜间", "深夜", "夜"))
_EVENING: Final = frozenset(("晚上", "晚间", "晚")) | _NIGHT
_LATE: Final = 6
"""Up to this hour a night is the rest of the last one: 深夜2点."""

_NUMERALS: Final = {
    sign: number for number, signs in enumerate(("〇○零", "一", "二两", *"三四五六七八九")) for sign in signs
}
_SPELT: Final = re.compile(rf"[十{''.join(_NUMERALS)}]{{1,4}}(?=个?小时|个?钟头|天之?前|[年月日号时時点點分秒])")


def read_moment(text: str, at: datetime | None = None) -> Moment | None:
    """The moment that a page tells; None if it tells none, or one outside of 1990 to 2100.

    A time without a zone is Beijing's. ``at``: when the page was looked at; without it, words like 昨天 tell nothing.
    """
    text = text[:_LONGEST].strip()
    try:
        if _USUAL.fullmatch(text):
            found: Moment | None = Moment(datetime.fromisoformat(text).replace(tzinfo=BEIJING), "second")
        else:
            text = _SPELT.sub(_in_digits, text)
            found = _absolute(text) or (_relative(text, at.astimezone(BEIJING)) if at else None)
    except (ValueError, OverflowError):
        return None
    return found if found and FIRST_YEAR <= found.time.year <= LAST_YEAR else None


def read_time(text: str, at: datetime | None = None) -> datetime | None:
    """The same without its precision."""
    found = read_moment(text, at)
    return found.time if found else None


def is_relative(text: str) -> bool:
    """Whether a text tells a moment only to those who know when the page was looked at."""
    return read_moment(text) is None and read_moment(text, datetime(2000, 1, 31, tzinfo=BEIJING)) is not None


def _in_digits(spelt: re.Match[str]) -> str:
    tens, ten, ones = spelt[0].rpartition("十")
    digits = ["".join(str(_NUMERALS[sign]) for sign in part if sign in _NUMERALS) for part in (tens, ones)]
    return str(int(digits[0] or 1) * 10 + int(digits[1] or 0)) if ten else digits[1]


def _absolute(text: str) -> Moment | None:
    if epoch := _EPOCH.fullmatch(text):
        return Moment(datetime.fromtimestamp(int(epoch[1]), BEIJING), "second")
    if compact := _COMPACT.match(text):
        year, month, day, *clock = compact.groups()
        text = f"{year}-{month}-{day}" + (f"T{':'.join(clock)}{text[compact.end() :]}" if clock[0] else "")
    if date := _DATE.search(text):
        return _on_day(_day(*map(int, date.groups())), text, date.end())
    return None


def _relative(text: str, at: datetime) -> Moment | None:
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if ago := _AGO.search(text):
        return _before(ago, at)
    if named := _DAY_WORD.search(text):
        days = int(named["days"]) if named["days"] else _days_ago(named["word"].lower())
        return _on_day(today - timedelta(days=days), text, named.end())
    if date := _DAY_OF_YEAR.search(text):
        return _of_this_year_or_last(text, date, today)
    if weekday := _WEEKDAY.search(text):
        days = (today.weekday() - "一二三四五六日".index(weekday[1].replace("天", "日"))) % 7
        found = _on_day(today - timedelta(days=days), text, weekday.end())
        return found if found.time <= at else found._replace(time=found.time - timedelta(days=7))
    if _CLOCK.fullmatch(text):
        found = _on_day(today, text, 0)
        return found if found.time <= at else found._replace(time=found.time - timedelta(days=1))
    return None


def _days_ago(word: str) -> int:
    return next(days for beginning, days in _DAYS_AGO.items() if word.startswith(beginning))


def _before(ago: re.Match[str], at: datetime) -> Moment:
    number = 0.5 if ago["half"] else float(ago["number"] or 0)
    if ago["second"]:
        return Moment((at - timedelta(seconds=number)).replace(microsecond=0), "second")
    passed = timedelta(hours=number) if ago["hour"] else timedelta(minutes=number)
    return Moment((at - passed).replace(second=0, microsecond=0), "day" if ago["hour"] else "minute")


def _of_this_year_or_last(text: str, date: re.Match[str], today: datetime) -> Moment | None:
    month, number = int(date[1]), int(date[2])
    day = _day(today.year, month, number)
    if day > today + timedelta(days=1):
        day = _day(today.year - 1, month, number)
    found = _on_day(day, text, date.end())
    # 3-5 alone may be anything.
    return found if found.precision != "day" or "月" in date[0] else None


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=BEIJING)


def _on_day(day: datetime, text: str, end: int) -> Moment:
    """The moment on a day, by the clock and the zone behind it in the text. Raise ValueError for no clock's time."""
    between = _BETWEEN.match(text, end)
    clock = _CLOCK.match(text, between.end() if between else end)
    if clock is None:
        return Moment(day, "day")
    minutes, seconds = clock["minute"] or clock["minutes"], clock["second"] or clock["seconds"]
    hour, minute, second = _hour(clock), 30 if clock["half"] else int(minutes or 0), int(seconds or 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(f"no time of a day: {clock[0]}")
    passed = timedelta(hours=hour, minutes=minute, seconds=second)
    moment = (day.replace(tzinfo=_zone(text, clock) or BEIJING) + passed).astimezone(BEIJING)
    return Moment(moment, "second" if seconds else "minute" if minutes or clock["half"] else "day")


def _hour(clock: re.Match[str]) -> int:
    """The hour of the day, 0 to 24: in the evening twelve o'clock is midnight."""
    hour, half = int(clock["hour"]), (clock["before"] or clock["after"] or "").lower().replace(".", "")
    if half in _MORNING:
        return 0 if hour == 12 else hour
    if half in _EVENING and hour == 12:
        return 24
    if (half in _NIGHT and hour < _LATE) or hour >= 12:
        return hour
    if half in _AFTERNOON or half in _EVENING or (half in ("中午", "正午") and hour < _LATE):
        return hour + 12
    return hour


def _zone(text: str, clock: re.Match[str]) -> timezone | None:
    """The zone behind a clock's time; None where there is none. ``14:00-15:00`` are two times."""
    zone = _ZONE.match(text, clock.end())
    if zone is None:
        return None
    if zone["zero"]:
        return UTC
    is_sure = zone["named"] or (len(zone["hours"]) == 2 and (zone["sign"] == "+" or clock["second"]))
    offset = timedelta(hours=int(zone["hours"]), minutes=int(zone["minutes"] or 0))
    if not is_sure or offset > _FARTHEST_ZONE:
        return None
    return timezone(-offset if zone["sign"] == "-" else offset)
