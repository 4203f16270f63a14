"""Pictures of the data: PNGs, and one HTML page that holds them all and needs nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from archive.export.dataset import Dataset, Part
from archive.export.numbers import Numbers, counted
from archive.export.sink import sink

_CHANNELS: Final = 8
"""Channels with a colour of their own; the others are one."""

# Fonts differ from machine to machine; this one comes with the library.
_STYLE: Final[dict[Any, Any]] = {"font.family": "DejaVu Sans", "svg.hashsalt": "qqnews", "figure.dpi": 100}


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: file name, heading, and what draws it."""

    name: str
    heading: str
    draw: Callable[[Any, Numbers], None]


class Report:
    """Writes ``index.html`` and a PNG for every chart."""

    name = "report"

    def versions(self) -> dict[str, str]:
        """Of the libraries on which the bytes depend."""
        return {"matplotlib": version("matplotlib")}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """The page and the pictures."""
        numbers = counted(dataset.snapshot)
        pictures = {chart.name: _picture(chart, numbers) for chart in CHARTS}
        for name, content in pictures.items():
            _write(folder / f"{name}.png", content)
        _write(folder / "index.html", _page(dataset.facts, pictures).encode())
        return []


def _picture(chart: Chart, numbers: Numbers) -> bytes:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 3.6), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(chart.heading)
        chart.draw(axes, numbers)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", metadata={"Software": None})
        return drawn.getvalue()


def _days(axes: Any, numbers: Numbers) -> None:
    totals = {channel: sum(days.values()) for channel, days in numbers.days.items()}
    named = sorted(totals, key=lambda channel: (-totals[channel], channel))[:_CHANNELS]
    days = sorted({day for counts in numbers.days.values() for day in counts})
    below = [0] * len(days)
    for channel in [*named, None]:
        rows = [
            sum(counts.get(day, 0) for name, counts in numbers.days.items() if _is(name, channel, named))
            for day in days
        ]
        if any(rows):
            axes.bar(range(len(days)), rows, bottom=below, width=1.0, label=channel or "others")
        below = [low + row for low, row in zip(below, rows, strict=True)]
    _label_days(axes, days)
    if days:
        axes.legend(fontsize=7, ncols=2)


def _is(name: str, channel: str | None, named: list[str]) -> bool:
    return name not in named if channel is None else name == channel


def _label_days(axes: Any, days: list[str]) -> None:
    step = max(1, len(days) // 8)
    axes.set_xticks(range(0, len(days), step), days[::step], rotation=20, fontsize=7)


def _lengths(axes: Any, numbers: Numbers) -> None:
    axes.bar(range(len(numbers.lengths)), list(numbers.lengths.values()), width=0.9)
    axes.set_xticks(range(len(numbers.lengths)), [str(each) for each in numbers.lengths], fontsize=7)
    axes.set_xlabel("signs of the text, up to")


def _events(axes: Any, numbers: Numbers) -> None:
    days = sorted({day for counts in numbers.events.values() for day in counts})
    for name, counts in numbers.events.items():
        axes.plot(range(len(days)), [counts.get(day, 0) for day in days], marker="o", markersize=3, label=name)
    _label_days(axes, days)
    axes.legend(fontsize=7)


def _duplicates(axes: Any, numbers: Numbers) -> None:
    for place, (name, sizes) in enumerate(numbers.groups.items()):
        places = [size + (place - 0.5) * 0.4 for size in sizes]
        axes.bar(places, list(sizes.values()), width=0.4, label=name)
    axes.set_xlabel("articles of a group")
    axes.legend(fontsize=7)


def _gaps(axes: Any, numbers: Numbers) -> None:
    days = sorted(numbers.fetched)
    axes.bar(range(len(days)), [numbers.fetched[day] for day in days], width=1.0)
    _label_days(axes, days)


CHARTS: Final = (
    Chart("articles-per-day", "Articles per day of publishing (Beijing) and channel", _days),
    Chart("length", "Length of the texts", _lengths),
    Chart("edits-and-removals", "Edits and confirmed removals per day (UTC)", _events),
    Chart("duplicates", "Groups of equal content, and clusters of near duplicates", _duplicates),
    Chart("gaps", "Articles first fetched per day (UTC), with the days on which none was", _gaps),
)


def _page(facts: dict[str, Any], pictures: dict[str, bytes]) -> str:
    head = f"{facts['articles']} articles, as the archive knew them on {facts['as_of']}"
    notes = (facts["duplicates"], f"Gaps: {facts['gaps']}", facts["terms"], f"State {facts['archive_state']}")
    shown = "\n".join(
        f'<figure><img alt="{escape(chart.heading)}" src="data:image/png;base64,{_packed(pictures[chart.name])}">'
        f"<figcaption>{escape(chart.heading)}</figcaption></figure>"
        for chart in CHARTS
    )
    listed = "\n".join(f"<li>{escape(str(note))}</li>" for note in notes)
    return _HTML.format(head=escape(head), shown=shown, listed=listed)


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


_HTML: Final = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tencent News articles</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 62em; margin: 2em auto }} img {{ max-width: 100% }}</style>
<h1>Tencent News articles</h1>
<p>{head}</p>
{shown}
<ul>
{listed}
</ul>
</html>
"""


def _write(path: Path, content: bytes) -> None:
    with sink(path) as file:
        file.write(content)
        file.settle()


REPORT: Final = Report()
