"""The archive's state as Prometheus reads it: one gauge for each number that somebody may want an alarm on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from archive.monitoring.health import Health
from archive.monitoring.status import ArchiveStatus, Disk, JobState

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
"""What an HTTP answer with these metrics is called."""
PREFIX: Final = "qqnews_"

Samples = Iterable[tuple[Mapping[str, str], float]]
"""Label → value, and the number."""
Metric = tuple[str, str, Samples]
"""The name without prefix, what it is, the samples."""


def metrics(state: ArchiveStatus, health: Health) -> str:
    """The state, and how it is judged, in the text form of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families([*_archive(state), *_health(health), *_jobs(state.jobs), *_disk(state.disk)]))
    return generate_latest(registry).decode()


class _Families(Collector):
    """Hands metrics to prometheus_client."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family for each metric, also where it has no sample."""
        for name, help_text, samples in self._found:
            family = GaugeMetricFamily(f"{PREFIX}{name}", help_text)
            for labels, value in samples:
                family.add_sample(f"{PREFIX}{name}", dict(labels), value)
            yield family


def _archive(state: ArchiveStatus) -> Iterator[Metric]:
    held = state.contents
    yield "info", "Versions; always 1.", [({"version": version("qqnews"), "schema": state.schema}, 1)]
    yield "read_timestamp_seconds", "When these numbers were read.", _moments([({}, state.read_at)])
    yield "articles", "Articles by status.", [({"status": status}, n) for status, n in held.articles.items()]
    yield "revisions", "Texts kept, first ones and later ones.", [({}, held.revisions)]
    yield "links_waiting", "Links that are known and not yet fetched.", [({}, held.links_waiting)]
    given_up = [({"reason": reason}, n) for reason, n in held.links_given_up.items()]
    yield "links_given_up", "Links that gave no article and come back later, or when they are listed again.", given_up
    yield "rechecks_due", "Articles that are to be looked at again by now.", [({}, held.rechecks_due)]
    first_seen, kept = _moments([({}, held.last_article_at)]), _moments([({}, held.last_text_at)])
    yield "last_article_timestamp_seconds", "When an article was last seen for the first time.", first_seen
    yield "last_text_timestamp_seconds", "When a text, new or changed, was last kept.", kept
    resting = _moments(({"host": rest.host}, rest.until) for rest in state.resting)
    yield "host_resting_until_timestamp_seconds", "Hosts that told us to stay away, and until when.", resting
    gaps = Counter(gap.source for gap in state.gaps)
    missing: Counter[str] = Counter()
    for gap in state.gaps:
        missing[gap.source] += gap.most
    yield "gaps_open", "Gaps between polls that no poll has closed.", [({"source": it}, n) for it, n in gaps.items()]
    most = [({"source": it}, n) for it, n in missing.items()]
    yield "gaps_missing_at_most", "Up to so many articles may be missing in open gaps.", most
    failing = [({"to": it.label, "recipient": it.id}, it.tries) for it in state.recipients]
    yield "notice_failures", "Failures to reach whom we tell, since it was last reached.", failing
    locks = _moments(({"lock": lock.name}, datetime.fromisoformat(lock.taken_at)) for lock in state.locks)
    yield "lock_taken_timestamp_seconds", "Locks that are held, and since when.", locks


def _health(health: Health) -> Iterator[Metric]:
    yield "status_exit_code", "What 'qqnews status' ends with; 0: all is well.", [({}, health.exit_code)]
    coming = _moments(({"job": job.state.name}, job.next_start) for job in health.jobs)
    yield "job_next_start_timestamp_seconds", "When the job is to begin next.", coming
    late = [({"job": job.state.name}, job.late_since is not None) for job in health.jobs]
    yield "job_late", "Whether its due times pass and no clock looks at them.", late
    not_run = [({"job": it.state.name}, it.state.not_run.times if it.state.not_run else 0) for it in health.jobs]
    yield "job_not_run", "Due times that passed since the last run and were not run.", not_run
    missed = [({"job": it.state.name}, it.state.missed.times if it.state.missed else 0) for it in health.jobs]
    yield "job_missed", "Due times of the last seven days that no clock was there for.", missed
    verified, backed_up = _moments([({}, health.verified_at)]), _moments([({}, health.backed_up_at)])
    yield "last_verify_timestamp_seconds", "When a job last found the archive sound.", verified
    yield "last_backup_timestamp_seconds", "When a job last made a backup.", backed_up


def _jobs(jobs: Iterable[JobState]) -> Iterator[Metric]:
    of = {job.name: {"job": job.name} for job in jobs}
    begun = [(of[job.name], job.last_run) for job in jobs if job.last_run is not None]
    last = [(of[job.name], job.last_ended) for job in jobs if job.last_ended is not None]
    yield "job_scheduled", "Whether the job is due at times.", [(of[job.name], job.is_scheduled) for job in jobs]
    yield "job_running", "Due times whose runs are under way.", [(of[job.name], len(job.running)) for job in jobs]
    yield "job_waiting", "Due times that are still to be run.", [(of[job.name], len(job.waiting)) for job in jobs]
    started, ended = (
        _moments((job, run.started_at) for job, run in begun),
        _moments((job, run.ended_at) for job, run in last),
    )
    yield "job_last_start_timestamp_seconds", "When the last run began.", started
    yield "job_last_end_timestamp_seconds", "When a run last ended.", ended
    well = _moments((of[job.name], job.last_ok_at) for job in jobs)
    yield "job_last_ok_timestamp_seconds", "When a run last ended with exit code 0.", well
    codes = [(job, run.exit_code) for job, run in last if run.exit_code is not None]
    yield "job_last_exit_code", "The exit code of the last run that ended.", codes
    verdicts = [({**job, "verdict": run.verdict}, 1) for job, run in last if run.verdict is not None]
    yield "job_last_verdict", "The verdict of the last run that ended; always 1.", verdicts
    counts = [({**job, "what": what}, number) for job, run in last for what, number in run.counts.items()]
    yield "job_last_count", "What the last run that ended counted.", counts


def _disk(disk: Disk) -> Iterator[Metric]:
    yield "disk_size_bytes", "The disk that the archive lies on.", [({}, disk.size)]
    yield "disk_free_bytes", "What of it is free.", [({}, disk.free)]
    yield "disk_floor_bytes", "So much is to stay free: below it nothing is fetched.", [({}, disk.floor)]
    yield "database_bytes", "The database file.", [({}, disk.database)]
    yield "wal_bytes", "The database's write-ahead log.", [({}, disk.wal)]
    yield "runs_bytes", "Reports and logs of runs.", [({}, disk.runs)]


def _moments(found: Iterable[tuple[Mapping[str, str], datetime | None]]) -> Samples:
    """Moments in seconds since 1970; what never happened has no sample."""
    return [(labels, moment.timestamp()) for labels, moment in found if moment is not None]
