"""The command ``parse``: one saved page → Markdown on standard output. Nothing is fetched, nothing stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import click
import orjson

from archive.article.markdown import to_markdown
from archive.article.model import Article, content_hash
from archive.cli.context import CommandContext, common_options
from crawler.reprocess.saved_page import page_address, read_saved
from crawler.sites.normalise import normalise
from crawler.sites.page import RawArticle
from crawler.sites.times import FIRST_YEAR, LAST_YEAR, is_relative

_LONGEST_TIME: Final = 80
"""Characters of a time that is not understood, shown to people."""


@click.command("parse")
@click.argument("file", metavar="FILE")
@click.option("--url", required=True, metavar="ADDRESS", help="The address the page was saved from, or its id.")
@common_options
def parse(asked: CommandContext, file: str, url: str) -> None:
    """One saved page as Markdown; '-' reads standard input. With --json: every field, and where it was found."""
    raw = read_saved(file, page_address(url))
    article = normalise(raw)
    if article.published_at is None and article.published_raw:
        click.echo(f"{file}: undated: {_why_undated(article.published_raw)}", err=True)
    if asked.json:
        click.echo(orjson.dumps(facts_of(article, raw), option=orjson.OPT_INDENT_2))
    else:
        click.echo(to_markdown(article), nl=False)


def _why_undated(raw: str) -> str:
    told = repr(raw[:_LONGEST_TIME])
    if is_relative(raw):
        return f"{told} tells a time only to those who know when the page was saved"
    return f"{told} is no time from {FIRST_YEAR} to {LAST_YEAR}"


def facts_of(article: Article, raw: RawArticle) -> dict[str, Any]:
    """Every field of an article for machines, with its provenance, its notes and its content hash."""
    facts = {one.name: _plain(getattr(article, one.name)) for one in fields(Article)}
    return facts | {"content_hash": content_hash(article), "notes": list(raw.notes), "links": list(raw.links)}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
