"""``doctor --pages``: saved pages (files, directories, packed or not) or addresses, and what each extractor says."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import orjson

from archive.cli.context import CommandContext
from archive.errors import ExitCode
from archive.files.readable_names import readable
from archive.files.regular_files import files_below, open_regular, read_regular
from crawler.reprocess.saved_page import (
    LARGEST_PAGE,
    UnusablePage,
    checked_bytes,
    exit_code_of,
    outcome_of,
    saved_bytes,
)
from crawler.sites.field_agreement import Candidate, Count, add_agreement, agreement_of, candidates
from crawler.sites.identify import address_in, address_in_name
from crawler.sites.normalise import one_line
from crawler.sites.page import NotAnArticle
from crawler.sites.registry import Address, NotAnAddress, read_address, read_page

PAGE_SUFFIXES: Final = (".html", ".htm", ".shtml", ".json", ".js")
_LARGEST_NOTE: Final = 2**20
"""Bytes of a ``meta.json``."""
_WIDTH: Final = 60
"""Characters of a statement that are shown on a terminal; ``--json`` gives all."""


@dataclass(frozen=True, slots=True)
class PageToSee:
    """A page to examine: where it is from, its bytes (empty where they could not be had, then why), its address."""

    name: str
    body: bytes
    url: str
    problem: str = ""
    status: int = 200


@dataclass(slots=True)
class PageExamination:
    """What the extractors say of one page, or what it is instead of an article."""

    name: str
    url: str
    outcome: str
    exit_code: ExitCode = ExitCode.OK
    layout: str = ""
    kind: str = ""
    notes: tuple[str, ...] = ()
    fields: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)


def examine_pages(asked: CommandContext, places: tuple[str, ...]) -> ExitCode:
    """Show what the extractors say of the pages at these places; the exit code."""
    counts: dict[str, dict[str, Count]] = {}
    codes: list[ExitCode] = []
    for page in pages_at(places, asked.data):
        found = examine(page)
        codes.append(found.exit_code)
        if found.layout:
            add_agreement(counts.setdefault(found.layout, {}), agreement_of(found.fields))
        click.echo(orjson.dumps(_as_json(found)) if asked.json else "\n".join(_as_lines(found)))
    if asked.json:
        click.echo(
            orjson.dumps(
                {
                    "layouts": {
                        layout: {name: asdict(count) for name, count in fields.items()}
                        for layout, fields in counts.items()
                    }
                }
            )
        )
    else:
        click.echo("\n".join(_summary(counts)))
    return _verdict(codes)


def pages_at(places: tuple[str, ...], data: Path) -> Iterator[PageToSee]:
    """The pages that a user named: each file, each file below a directory, each address. ``data``: whose manners."""
    links = [place for place in places if place.startswith(("http://", "https://"))]
    yield from _fetched(links, data)
    for place in (place for place in places if place not in links):
        if Path(place).is_dir():
            yield from _below(Path(place))
        else:
            yield _saved(Path(place))


def _unpacked_name(path: Path) -> Path:
    """What a page is called when it is unpacked: ``page.html`` for ``page.html.gz``."""
    return path.with_suffix("") if path.suffix == ".gz" else path


def _bytes_of(path: Path, directory: Path | None) -> bytes:
    """The bytes of a saved page, unpacked. Raises `UnusablePage`."""
    if path.suffix != ".gz":
        return saved_bytes(str(path), within=directory)
    name = readable(path)
    try:
        with open_regular(path, within=directory) as packed, gzip.GzipFile(fileobj=packed) as file:
            body = file.read(LARGEST_PAGE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnusablePage(name, f"cannot be unpacked: {error}") from error
    if len(body) > LARGEST_PAGE:
        raise UnusablePage(name, f"larger than {LARGEST_PAGE // 2**20} MiB: no page of the site is")
    return checked_bytes(name, body)


def _below(directory: Path) -> Iterator[PageToSee]:
    unlisted: list[OSError] = []
    inside = files_below(directory, on_error=unlisted.append)
    pages = (path for path in inside if _unpacked_name(path).suffix in PAGE_SUFFIXES and path.name != "meta.json")
    yield from (_saved(path, directory) for path in sorted(pages))
    yield from (PageToSee(readable(each.filename), b"", "", each.strerror or str(each)) for each in unlisted)


def _saved(path: Path, directory: Path | None = None) -> PageToSee:
    """A saved page; ``directory``: the one below which it was found, which links must not leave."""
    name = readable(path)
    try:
        body = _bytes_of(path, directory)
    except UnusablePage as error:
        return PageToSee(name, b"", "", error.reason)
    note = _note(path, directory)
    if isinstance(url := note.get("url"), str) and url:
        status = note.get("status")
        return PageToSee(name, body, url, status=status if isinstance(status, int) else 200)
    address = address_in(body) or address_in_name(_unpacked_name(path).stem)
    return PageToSee(name, body, address.url if address else "", "" if address else "does not say whose page it is")


def _note(path: Path, directory: Path | None) -> dict[str, Any]:
    """What a ``meta.json`` beside the page says: its address and status. Empty where there is none to be read."""
    try:
        value = orjson.loads(read_regular(path.with_name("meta.json"), _LARGEST_NOTE, within=directory))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _fetched(links: list[str], data: Path) -> Iterator[PageToSee]:
    """The pages at addresses, fetched as the crawler does."""
    addresses: dict[str, Address] = {}
    for link in links:
        try:
            addresses[link] = read_address(link)
        except NotAnAddress as error:
            yield PageToSee(link, b"", link, str(error))
    if not addresses:
        return
    # The engine is slow to import, and needed here only.
    from crawler.engine.fetch_once import fetch_pages
    from crawler.items import Page

    answers = fetch_pages(addresses.values(), data)
    for link, address in addresses.items():
        answer = answers.get(address.id)
        if isinstance(answer, Page):
            yield PageToSee(link, answer.body, answer.url, status=answer.status)
        else:
            why = f"{answer.reason}: {answer.detail}" if answer else "no answer"
            yield PageToSee(link, b"", address.url, f"not fetched ({why})")


def examine(page: PageToSee) -> PageExamination:
    """What the extractors say of a page. Nothing is raised: what goes wrong is the finding."""
    if page.problem:
        return PageExamination(page.name, page.url, page.problem, ExitCode.BAD_INPUT)
    try:
        raw = read_page(page.body, page.url, status=page.status)
    except NotAnArticle as error:
        return PageExamination(page.name, page.url, f"{outcome_of(error)}: {error.evidence}", exit_code_of(error))
    except NotAnAddress as error:
        return PageExamination(page.name, page.url, str(error), ExitCode.BAD_INPUT)
    return PageExamination(
        page.name, page.url, "article", ExitCode.OK, raw.layout, raw.kind, raw.notes, candidates(raw)
    )


def _as_lines(found: PageExamination) -> Iterator[str]:
    """A finding for a terminal: one line for the page, one for each statement that is worth a look."""
    marks = ", ".join(filter(None, (found.layout, found.kind, *found.notes)))
    yield f"{found.name}  {found.outcome}" + (f" ({marks})" if marks else "")
    for name, said in found.fields.items():
        for number, one in enumerate(said):
            label = name if number == 0 else ""
            sign = "  " if one.agrees else "≠ "
            yield f"  {label:<15}{sign}{one.where:<34} {_shown(one.raw)}"


def _shown(raw: str) -> str:
    text = one_line(raw)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}… ({len(raw)} characters)"


def _as_json(found: PageExamination) -> dict[str, Any]:
    said = {name: [one._asdict() for one in fields] for name, fields in found.fields.items()}
    facts = {name: getattr(found, name) for name in ("name", "url", "outcome", "layout", "kind", "notes")}
    return facts | {"exit_code": int(found.exit_code), "fields": said}


def _summary(counts: dict[str, dict[str, Count]]) -> Iterator[str]:
    """A table: per layout and field the pages that state it, that state it twice or more, and where all agree."""
    if not counts:
        return
    yield ""
    yield f"{'layout':<12}{'field':<14}{'pages':>7}{'twice':>7}{'agree':>7}"
    for layout, fields in sorted(counts.items()):
        for name, count in fields.items():
            yield f"{layout:<12}{name:<14}{count.pages:>7}{count.asked_twice:>7}{count.agree:>7}"


def _verdict(codes: list[ExitCode]) -> ExitCode:
    """One code for all pages: the one they share, else that a part of them failed."""
    if not codes:
        return ExitCode.EMPTY
    return codes[0] if len(set(codes)) == 1 else ExitCode.PARTIAL
