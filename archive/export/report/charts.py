"""The charts of a report: numbers drawn as PNGs, with time as it passed and names as they are written."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import matplotlib as mpl
import matplotlib.dates
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import MaxNLocator

from archive.export.report.statistics import Spans, Statistics

_CHANNELS: Final = 8
"""Channels with a colour of their own; the others are one."""

_FEW_DAYS: Final = 10
"""So many each have their name; else hours would be named, of which nothing is known."""

_STYLE: Final[dict[Any, Any]] = {"figure.dpi": 100}
_CHINESE: Final[tuple[str, ...]] = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
)
"""Fonts with Chinese signs, the best first: only the one without comes with the library."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: file name, heading, and what draws it."""

    name: str
    heading: str
    draw: Callable[[Any, Statistics], None]


def chinese_font() -> list[str]:
    """The best font of this machine that has Chinese signs, if there is one."""
    there = {font.name for font in fontManager.ttflist}
    return [name for name in _CHINESE if name in there][:1]


def _readable(name: str) -> str:
    """A name that the fonts of this machine can show."""
    return name if chinese_font() else name.encode("ascii", "backslashreplace").decode()


def picture(chart: Chart, numbers: Statistics) -> bytes:
    """A PNG."""
    with mpl.rc_context({**_STYLE, "font.family": ["DejaVu Sans", *chinese_font()]}):
        figure = Figure(figsize=(10, 3.6), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(chart.heading, loc="left")
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        chart.draw(axes, numbers)
        axes.set_ylim(bottom=0)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", metadata={"Software": None})
        return drawn.getvalue()


def _days(axes: Any, numbers: Statistics) -> None:
    totals = {channel: sum(days.values()) for channel, days in numbers.days.items()}
    named = sorted(totals, key=lambda channel: (-totals[channel], channel))[:_CHANNELS]
    spans = Spans.over(day for counts in numbers.days.values() for day in counts)
    below = [0.0] * len(spans.starts)
    for channel in [*named, None]:
        of_channel = [counts for name, counts in numbers.days.items() if _is(name, channel, named)]
        heights = spans.per_day(of_channel)
        if any(heights):
            label = "others" if channel is None else _readable(channel)
            axes.bar(spans.starts, heights, spans.width, bottom=below, align="edge", label=label)
        below = [low + high for low, high in zip(below, heights, strict=True)]
    axes.set_ylabel(f"articles a day{spans.note}")
    if numbers.undated:
        axes.set_title(f"{numbers.undated} without a date are not drawn", loc="right", fontsize=8)
    _label_days(axes, spans)
    _explain(axes)


def _is(name: str, channel: str | None, named: list[str]) -> bool:
    return name not in named if channel is None else name == channel


def _label_days(axes: Any, spans: Spans) -> None:
    """An axis of time: a day on which nothing was has its place, too."""
    if not spans.starts:
        axes.set_xticks([])
        return
    dates: Any = matplotlib.dates  # It has no types.
    few = len(spans.starts) * spans.width <= _FEW_DAYS
    locator = dates.DayLocator() if few else dates.AutoDateLocator(minticks=3, maxticks=10)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    axes.set_xlim(spans.starts[0], spans.starts[-1] + timedelta(days=spans.width))


def _explain(axes: Any) -> None:
    """The legend beside the picture, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8)


def _lengths(axes: Any, numbers: Statistics) -> None:
    last = max((place for place, number in enumerate(numbers.lengths.values(), 1) if number), default=1)
    bounds, heights = list(numbers.lengths)[:last], list(numbers.lengths.values())[:last]
    axes.bar(range(last), heights, width=0.9)
    axes.set_xticks(range(last), bounds, fontsize=8)
    axes.set_xlabel("signs of the Markdown text")
    axes.set_ylabel("articles")


def _events(axes: Any, numbers: Statistics) -> None:
    spans = Spans.over(day for counts in numbers.events.values() for day in counts)
    below = [0.0] * len(spans.starts)
    for name, counts in numbers.events.items():
        heights = spans.per_day([counts])
        axes.bar(spans.starts, heights, spans.width, bottom=below, align="edge", label=name)
        below = [low + high for low, high in zip(below, heights, strict=True)]
    axes.set_ylabel(f"a day{spans.note}")
    _label_days(axes, spans)
    _explain(axes)


def _duplicates(axes: Any, numbers: Statistics) -> None:
    for place, (name, sizes) in enumerate(numbers.groups.items()):
        places = [number + (place - 0.5) * 0.4 for number in range(len(sizes))]
        axes.bar(places, list(sizes.values()), width=0.4, label=f"{name}: {sum(sizes.values())} groups")
        axes.set_xticks(range(len(sizes)), list(sizes))
    axes.set_xlabel("articles of a group")
    axes.set_ylabel("groups")
    _explain(axes)


def _gaps(axes: Any, numbers: Statistics) -> None:
    spans = Spans.over(numbers.fetched)
    axes.bar(spans.starts, spans.per_day([numbers.fetched]), spans.width, align="edge", label="fetched")
    empty = [date.fromisoformat(day) for day, number in numbers.fetched.items() if not number]
    if empty:
        label = f"none: {len(empty)} of {len(numbers.fetched)} days"
        top = [1] * len(empty)
        axes.bar(
            empty, top, 1, align="edge", color="#f2b8b5", zorder=0.5, transform=axes.get_xaxis_transform(), label=label
        )
    axes.set_ylabel(f"articles a day{spans.note}")
    _label_days(axes, spans)
    _explain(axes)


CHARTS: Final = (
    Chart("articles-per-day", "Articles per day of publishing (Beijing) and channel", _days),
    Chart("length", "Length of the texts", _lengths),
    Chart("edits-and-removals", "Edits and confirmed removals per day (UTC)", _events),
    Chart("duplicates", "Groups of equal content, and clusters of near duplicates", _duplicates),
    Chart("gaps", "Articles first fetched per day (UTC), with the days on which none was", _gaps),
)
