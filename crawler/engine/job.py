"""A run of the crawler as a job: counted in the archive, logged, reported, judged. And the options all jobs share."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import orjson
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from archive.cli.context import CommandContext
from archive.errors import ArchiveBusy, BadSetting, ExitCode
from archive.frontier.failed_links import given_up_by_reason
from archive.frontier.links import Frontier
from archive.identity import make_below
from archive.monitoring.baselines import note_coverage, surprises
from archive.monitoring.retention import thin
from archive.redaction.erasures import blotted_report
from archive.redaction.secrets import PROXY
from archive.runs.log_retention import held, prune_now_and_then
from archive.store import Archive
from crawler.engine.progress import watcher
from crawler.engine.run import CrawlPlan, CrawlRun, Outcome, project_settings
from crawler.recording.json_log import run_log
from crawler.recording.report import Counts, RunVerdict, report, summary, verdict, write_report
from crawler.settings import user_agent
from crawler.sites.field_coverage import coverage_of

Prepared = tuple[CrawlPlan, Counter[str]]
"""What to do, and what was counted before any spider began."""

_OPTIONS = (
    click.option(
        "--proxy", metavar="URL", envvar=PROXY, help=f"Go through this proxy, for everything (default: {PROXY})."
    ),
    click.option("--delay", type=click.FloatRange(min=0), help="Seconds between requests to one host (default 1)."),
    click.option("--concurrency", type=click.IntRange(1, 64), help="Requests to one host at a time (default 1)."),
    click.option("--contact", help="Your address for the site's keepers (default: QQNEWS_CONTACT)."),
)


def site_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of everything that asks the site."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def use_proxy(proxy: str | None) -> None:
    """An explicit proxy is for every host; the ordinary variables carry it to whoever asks."""
    if proxy is None:
        return
    parts = urlsplit(proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter("expected http://HOST:PORT", param_hint="--proxy")
    for name in ("http_proxy", "https_proxy"):
        os.environ[name] = os.environ[name.upper()] = proxy
    for name in ("no_proxy", "NO_PROXY"):
        os.environ.pop(name, None)


def carry_out(
    asked: CommandContext,
    job: str,
    prepare: Callable[[Archive], Prepared],
    options: dict[str, Any],
    judge: Callable[[Counts], RunVerdict] = verdict,
) -> int:
    """Run what ``prepare`` plans into the archive; the exit code."""
    started, floor = datetime.now(UTC), floor_of_listed(os.environ)
    stamp = f"{started:%Y%m%dT%H%M%S.%fZ}"
    runs = asked.data / "runs"
    with Archive.open(asked.data) as archive:
        archive.pass_over = asked.pass_over
        run_id = archive.begin_run(job, started_at=started)
        plan, before = prepare(archive)
        make_below(asked.data, "runs")
        log = runs / f"{stamp}-{job}.log"
        settings = job_settings(asked.data, options, QQNEWS_JOB=job, QQNEWS_RUN_ID=run_id, LOG_FILE=str(log))
        with held(log), run_log(settings):
            outcome = crawl(settings, plan, before)
        for said in outcome.counts.bad_rows:
            click.echo(f"qqnews: {said}", err=True)
        outcome.counts.counts["bad_rows"] += len(asked.unreadable)
        outcome.counts.counts["waiting"] = Frontier(archive).put_off()
        outcome.counts.reasons["given_up"] = Counter(given_up_by_reason(archive.database.connection))
        outcome.counts.counts["given_up"] = outcome.counts.reasons["given_up"].total()
        _compare(archive, run_id, outcome.counts, floor)
        judged, ended = judge(outcome.counts), datetime.now(UTC)
        # An article may have been taken down while it was under way.
        judged = judged._replace(because=blotted_report(archive.database.connection, judged.because))
        archive.finish_run(
            run_id, judged.word, judged.exit_code, outcome.counts.counts, ended_at=ended, because=judged.because
        )
        content = _lawful(archive, report(job, started, ended, outcome.counts, judged))
        with suppress(ArchiveBusy):  # The run is done; a later one will find the time.
            thin(archive, ended)
    write_report(runs, stamp, content)
    prune_now_and_then(asked.data, os.environ)
    click.echo(orjson.dumps(content) if asked.json else summary(outcome.counts, judged))
    return 128 + outcome.stopped_by if outcome.stopped_by else judged.exit_code


def _lawful(archive: Archive, content: dict[str, Any]) -> dict[str, Any]:
    """The report with zeros for the id of every article that was taken down."""
    found: dict[str, Any] = orjson.loads(blotted_report(archive.database.connection, orjson.dumps(content).decode()))
    return found


def _compare(archive: Archive, run_id: int, run: Counts, floor: int) -> None:
    """Hold what the run brought against what earlier ones did, and write down what its pages stated."""
    coverage, pages = coverage_of(run.layouts), {layout: counts["pages"] for layout, counts in run.layouts.items()}
    run.surprises = surprises(archive, run_id, coverage, floor, datetime.now(UTC))
    note_coverage(archive, run_id, coverage, pages)


def floor_of_listed(environ: Mapping[str, str]) -> int:
    """Articles that the run should list at least, by the time-table that started it. Raises ``BadSetting``."""
    text = environ.get("QQNEWS_FLOOR", "0")
    if not text.isdecimal():
        raise BadSetting("QQNEWS_FLOOR", text, "a number of articles")
    return int(text)


def idle_is_ok(run: Counts) -> RunVerdict:
    """The verdict where it may well be that nothing is due."""
    if not any(run.counts[name] for name in ("leased", "pictures_asked", "stopped", "crashed", "bad_rows")):
        return RunVerdict("ok", ExitCode.OK, "nothing was due")
    return verdict(run)


def job_settings(data: Path | None, options: dict[str, Any], **more: Any) -> Settings:
    """The project's settings, changed as the command line asks."""
    changed = {
        "QQNEWS_DELAY": options["delay"],
        "QQNEWS_PAGES": options.get("pages"),
        "QQNEWS_RAW": options.get("raw"),
        "CONCURRENT_REQUESTS_PER_DOMAIN": options["concurrency"],
        "USER_AGENT": user_agent(options["contact"]) if options["contact"] else None,
    }
    given = {name: value for name, value in changed.items() if value is not None}
    return project_settings(
        QQNEWS_DATA=str(data or ""),
        QQNEWS_DRY_RUN=options.get("dry_run", False),
        QQNEWS_REFETCH=options.get("refetch", False),
        QQNEWS_BEGUN=time.time(),
        CONCURRENT_REQUESTS=max(16, options["concurrency"] or 0),
        **given,
        **more,
    )


def crawl(settings: Settings, plan: CrawlPlan, before: Counter[str]) -> Outcome:
    """Run the spiders of a plan in this process."""
    configure_logging(settings)
    # A log that cannot be written must not bury the one line that says why.
    logging.raiseExceptions = False
    # Scrapy leaves the choice to the handler, and so makes a record of each debug line for nothing.
    logging.getLogger("scrapy").setLevel(settings["LOG_LEVEL"])
    with watcher() as watch:
        # The runner must be made inside the loop that it will use.
        async def run() -> Outcome:
            return await CrawlRun(plan, settings, before=before, watch=watch)()

        return asyncio.run(run())
