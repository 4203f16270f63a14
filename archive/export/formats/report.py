"""Pictures of the data: PNGs, and one HTML page that holds them all and needs nothing else."""

from __future__ import annotations

import base64
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from archive.export.report.charts import CHARTS, chinese_font, picture
from archive.export.report.statistics import collect_statistics
from archive.export.write.dataset import Dataset
from archive.export.write.hashing_file import hashing_file
from archive.export.write.manifest import Part

_MOST_GAPS: Final = 50


class Report:
    """Writes ``index.html`` and a PNG for every chart."""

    name = "report"

    def versions(self) -> dict[str, str]:
        """Of the libraries on which the bytes depend."""
        return {"matplotlib": version("matplotlib"), "font": chinese_font()[0] if chinese_font() else "DejaVu Sans"}

    def write(self, dataset: Dataset, folder: Path) -> list[Part]:
        """The page and the pictures."""
        numbers = collect_statistics(dataset.snapshot)
        pictures = {chart.name: picture(chart, numbers) for chart in CHARTS}
        for name, content in pictures.items():
            _write(folder / f"{name}.png", content)
        _write(folder / "index.html", _page(dataset.facts, pictures).encode())
        return []


def _page(facts: dict[str, Any], pictures: dict[str, bytes]) -> str:
    head = f"{facts['articles']} articles, as the archive knew them on {facts['as_of']}"
    asked = ", ".join(f"{name}: {value}" for name, value in facts["wish"].items())
    notes = (
        f"Selection: {asked or 'everything'}",
        facts["duplicates"],
        f"Gaps: {facts['gaps']}",
        facts["terms"],
        f"State {facts['archive_state']}",
    )
    shown = "\n".join(
        f'<p><img alt="{escape(chart.heading)}" src="data:image/png;base64,{_packed(pictures[chart.name])}"></p>'
        for chart in CHARTS
    )
    listed = "\n".join(f"<li>{escape(str(note))}</li>" for note in notes)
    return _HTML.format(head=escape(head), shown=shown, gaps=_gaps(facts["open_gaps"]), listed=listed)


def _gaps(gaps: list[dict[str, Any]]) -> str:
    """The largest gaps that no poll has closed, as a table; nothing where there is none."""
    if not gaps:
        return ""
    largest = sorted(gaps, key=lambda gap: (-gap["most"], gap["source"], gap["after_at"]))[:_MOST_GAPS]
    cells = [(gap["source"], gap["after_at"], gap["before_at"], gap["most"]) for gap in largest]
    rows = "\n".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in cells)
    head = "<tr><th>source</th><th>after (UTC)</th><th>before (UTC)</th><th>articles at most</th></tr>"
    shown = f"the largest {len(largest)} of {len(gaps)}" if len(gaps) > len(largest) else str(len(gaps))
    return f"<table><caption>Gaps that no poll has closed: {shown}</caption>\n{head}\n{rows}\n</table>"


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


_HTML: Final = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tencent News articles</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 62em; margin: 2em auto }} img {{ max-width: 100% }}
td, th {{ padding: 0 1em; text-align: left }}
</style>
<h1>Tencent News articles</h1>
<p>{head}</p>
{shown}
{gaps}
<ul>
{listed}
</ul>
</html>
"""


def _write(path: Path, content: bytes) -> None:
    with hashing_file(path) as file:
        file.write(content)
        file.settle()


REPORT: Final = Report()
