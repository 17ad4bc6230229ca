"""Prometheus metrics of jobs, read from the database at each scrape.

Workers are processes of their own that come and go, so nothing is counted in memory: what the rows say is
true for all of them, and survives them.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs import selectors
from jobs.worker import supervisor

logger = logging.getLogger(__name__)

RECENTLY = timedelta(hours=1)

JOBS = ("jobs", "Jobs that are kept, by their state")
QUEUE_DEPTH = ("jobs_queue_depth", "Jobs that wait for a worker")
OLDEST_WAITING = ("jobs_oldest_waiting_seconds", "How long the first of them has been waiting")
FRAMES = ("jobs_frames", "Frames worked on, of the jobs that are kept")
SECONDS_PER_FRAME = (
    "jobs_seconds_per_frame",
    "Seconds of work divided by frames, of the jobs that began within the last hour",
)
LEASE_LOSSES = ("jobs_lease_losses", "Workers that died on a job, of the jobs that are kept")
WORKERS = ("jobs_workers", "Workers that this server has started and that run")
WORKERS_MISSING = ("jobs_workers_missing", "Workers that this server is to run and that do not")
ALL = (WORKERS, WORKERS_MISSING, JOBS, QUEUE_DEPTH, OLDEST_WAITING, FRAMES, SECONDS_PER_FRAME, LEASE_LOSSES)


class JobsCollector(Collector):
    """Asks the database when somebody asks for metrics; says nothing where the database does not answer."""

    def describe(self) -> Iterator[Metric]:
        """The names, for which no database is asked."""
        for name, help_text in ALL:
            yield GaugeMetricFamily(name, help_text)

    def collect(self) -> Iterator[Metric]:
        """The figures of now: of jobs from the rows, of workers even where no database answers."""
        worker_count = supervisor.worker_count()
        yield GaugeMetricFamily(*WORKERS, value=worker_count.running)
        yield GaugeMetricFamily(*WORKERS_MISSING, value=worker_count.wanted - worker_count.running)
        try:
            yield from list(self._read())
        except DatabaseError as error:
            logger.warning("metrics_unavailable", exc_info=error)

    def _read(self) -> Iterator[Metric]:
        now = timezone.now()
        by_state = selectors.counts_by_status()
        states = GaugeMetricFamily(*JOBS, labels=["status"])
        for status, count in by_state.items():
            states.add_metric([status], count)
        yield states
        totals = selectors.totals()
        yield GaugeMetricFamily(*QUEUE_DEPTH, value=by_state["pending"])
        waits = (now - totals.oldest_waiting).total_seconds() if totals.oldest_waiting else 0.0
        yield GaugeMetricFamily(*OLDEST_WAITING, value=max(waits, 0.0))
        yield GaugeMetricFamily(*FRAMES, value=totals.frames)
        yield GaugeMetricFamily(*LEASE_LOSSES, value=totals.lease_losses)
        pace = GaugeMetricFamily(*SECONDS_PER_FRAME, labels=["pipeline_id"])
        for pipeline_id, seconds in selectors.seconds_per_frame(since=now - RECENTLY).items():
            pace.add_metric([pipeline_id], seconds)
        yield pace


REGISTRY.register(JobsCollector())
