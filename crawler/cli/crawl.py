"""The commands that fetch and take in: crawl, ingest. Imported when one of them is asked for."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from archive.cli.context import CommandContext, common_options
from archive.errors import ExitCode
from archive.files.readable_names import readable
from archive.redaction.erasures import blotted_report, erased_in
from archive.search.sync import index_after_run
from archive.store import Archive
from crawler.engine.job import Prepared, carry_out, job_settings, site_options, use_proxy
from crawler.engine.job import crawl as run_plan
from crawler.engine.run import CrawlPlan, Pictures
from crawler.recording.report import COUNTERS, MOST_PROBLEMS, Counts, report, summary, verdict, write_report
from crawler.reprocess.ingest import IngestResult, markdown_files
from crawler.reprocess.ingest import ingest as take_in
from crawler.sites.qq.lists.sources import CHANNELS, UnknownSource, read_source, source_forms
from crawler.spiders.inputs import Inputs, read_inputs

EVERYTHING = (*(f"channel:{name}" for name in CHANNELS), "hot")
"""What is crawled where nothing is named: every channel and the hot ranking."""


@click.command("crawl", epilog=f"Sources: {', '.join(source_forms())}.")
@click.argument("targets", nargs=-1, metavar="[ADDRESS|ID|FILE|-]…")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="List this source; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), help="Fetch at most so many articles.")
@click.option("--pages", type=click.IntRange(min=0), help="Pages asked of each source (default 10; 0: all).")
@click.option("--refetch", is_flag=True, help="Fetch also what is known already.")
@click.option("--dry-run", is_flag=True, help="Show what would be fetched; keep nothing.")
@click.option("--raw/--no-raw", default=None, help="Keep what the site answers as raw captures (default: yes).")
@click.option("--media", is_flag=True, help="Also fetch the pictures and sounds of the articles that came in.")
@site_options
@common_options
def crawl(asked: CommandContext, targets: tuple[str, ...], sources: tuple[str, ...], **options: Any) -> None:
    """Fetch articles: those named, or what sources list; without either, every channel and the hot ranking.

    What the archive knows already is not fetched again. An input that is no article is named on standard
    error; the others are crawled all the same.
    """
    inputs = read_inputs(targets)
    for line in inputs.bad:
        click.echo(f"qqnews: {line}", err=True)
    if targets and not inputs.addresses and not sources:
        sys.exit(ExitCode.BAD_INPUT)
    use_proxy(options["proxy"])
    names = _canonical(sources if sources or targets else EVERYTHING)
    pictures = Pictures(since=datetime.now(UTC)) if options["media"] else None
    plan = CrawlPlan(
        tuple(inputs.addresses.values()), names, options["limit"], options["dry_run"], pictures, follow=True
    )
    job = _dry_job if plan.dry_run else _job
    sys.exit(job(asked, inputs, plan, options))


def _canonical(sources: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(read_source(name).name for name in sources))
    except UnknownSource as error:
        raise click.BadParameter(str(error), param_hint="--source") from error


def _job(asked: CommandContext, inputs: Inputs, plan: CrawlPlan, options: dict[str, Any]) -> int:
    """Run the plan into the archive; the exit code."""

    def prepare(archive: Archive) -> Prepared:
        wanted, known = _without_known(archive, plan, inputs, refetch=options["refetch"])
        return wanted, _before(inputs, known)

    return carry_out(asked, "crawl", prepare, options)


def _dry_job(asked: CommandContext, inputs: Inputs, plan: CrawlPlan, options: dict[str, Any]) -> int:
    """Show what the plan would fetch; the exit code. Only the manners are noted, where there is an archive."""
    data, known = (asked.data if (asked.data / "archive.db").exists() else None), 0
    if data is not None:
        with Archive.existing(data) as archive:
            plan, known = _without_known(archive, plan, inputs, refetch=options["refetch"])
    settings = job_settings(data, options, LOG_LEVEL="CRITICAL")
    outcome = run_plan(settings, plan, _before(inputs, known))
    shown = [(link.id, link.url, link.source) for link in outcome.planned]
    shown += [(article_id, url, "address") for article_id, url in inputs.addresses.items() if url in plan.addresses]
    outcome.counts.counts["planned"] = len(shown)
    for article_id, url, source in shown:
        line = {"id": article_id, "url": url, "source": source}
        click.echo(orjson.dumps(line) if asked.json else "  ".join(line.values()))
    click.echo(summary(outcome.counts, outcome.judged), err=True)
    return outcome.judged.exit_code


def _without_known(archive: Archive, plan: CrawlPlan, inputs: Inputs, *, refetch: bool) -> tuple[CrawlPlan, int]:
    """The plan without what was taken down, and without the addresses that are known; how many the latter were."""
    sources = _without_erased(archive, plan, inputs)
    known = set() if refetch else archive.known(inputs.addresses)
    wanted = tuple(url for article_id, url in inputs.addresses.items() if article_id not in known)
    return replace(plan, addresses=wanted, sources=sources), len(known)


def _without_erased(archive: Archive, plan: CrawlPlan, inputs: Inputs) -> tuple[str, ...]:
    """Take out of the inputs what was taken down, and say so without naming it: the message may go into a log. The
    sources that are left.
    """
    articles, sources = list(inputs.addresses), plan.sources
    erased = archive.erased(articles)
    pages = set(erased_in(archive.database.connection, sources))
    bad = [f"address {place} of {len(articles)}" for place, each in enumerate(articles, 1) if each in erased]
    bad += [f"source {place} of {len(sources)}" for place, each in enumerate(sources, 1) if each in pages]
    for article_id in erased:
        del inputs.addresses[article_id]
    for which in bad:
        inputs.bad.append(f"{which} names an article that was taken down from this archive: it is not fetched again")
        click.echo(f"qqnews: {inputs.bad[-1]}", err=True)
    return tuple(each for each in sources if each not in pages)


def _before(inputs: Inputs, known: int) -> Counter[str]:
    return Counter(bad_input=len(inputs.bad) + inputs.unnamed, listed=len(inputs.addresses), known=known)


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@common_options
def ingest(asked: CommandContext, paths: tuple[Path, ...]) -> None:
    """Take Markdown files of the archive's form in: files, or directories with all *.md below them.

    A file that cannot be used is named on standard error; the others are taken all the same.
    """
    started, run = datetime.now(UTC), Counts()
    with Archive.open(asked.data) as archive:
        archive.pass_over = asked.pass_over
        run_id = archive.begin_run("ingest", started_at=started)
        for taken in take_in(archive, markdown_files(paths, _tell_of_link), started):
            _note(run, taken, blotted_report(archive.database.connection, readable(taken.path)))
        judged, ended = verdict(run), datetime.now(UTC)
        archive.finish_run(run_id, judged.word, judged.exit_code, run.counts, ended_at=ended)
        index_after_run(archive)
    content = report("ingest", started, ended, run, judged)
    write_report(asked.data / "runs", f"{started:%Y%m%dT%H%M%S.%fZ}", content)
    click.echo(orjson.dumps(content) if asked.json else summary(run, judged))
    sys.exit(judged.exit_code)


def _tell_of_link(path: Path) -> None:
    click.echo(f"qqnews: {readable(path)}: a symbolic link to a directory, not followed: name that directory", err=True)


def _note(run: Counts, taken: IngestResult, path: str) -> None:
    """``path``: of the file, as it may be written down."""
    if taken.verdict is not None:
        run.counts[COUNTERS[taken.verdict]] += 1
        if taken.remark:
            run.counts["undated"] += 1
            click.echo(f"qqnews: {path}: {taken.remark}", err=True)
        return
    run.counts[taken.counter] += 1
    click.echo(f"qqnews: {path}: {taken.reason}", err=True)
    if len(run.problems) < MOST_PROBLEMS:
        run.problems.append({"what": path, "reason": taken.reason, "where": ""})
