"""Keeps an attempt's lease alive from a thread of its own, and hears that the job was cancelled or lost."""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from forgesyte.logs import log_event
from forgesyte.threads import daemon_thread
from jobs import events
from jobs.worker import leases
from jobs.worker.leases import Claim, LeaseLost

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
EXIT_CODE = 70


class WorkerStopping(Exception):
    """The worker is to end: keep what is done and give the job back."""


class Heartbeat:
    """Renews the lease while a job is worked on; use it in a `with`, and call `check` before each frame.

    A frame that takes longer than `JOBS_FRAME_TIMEOUT_S` hangs. A thread cannot be stopped, so the process
    ends, and the sweeper counts the frame as one that killed it. It ends as well where the job is lost
    already, because a worker that hangs would take up no other job.
    """

    def __init__(
        self, claim: Claim, stopping: threading.Event, end_process: Callable[[int], object] = os._exit
    ) -> None:
        self._claim = claim
        self._stopping = stopping
        self._end_process = end_process
        self._lost = threading.Event()
        self._over = threading.Event()
        self._frame: tuple[int, float] | None = None
        self._thread = daemon_thread("heartbeat", self._beat)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raise LeaseLost or WorkerStopping where the work must not go on."""
        if self._lost.is_set():
            raise LeaseLost
        if self._stopping.is_set():
            raise WorkerStopping

    def wait(self, seconds: float) -> None:
        """Sleep; raises what `check` raises, and at once where the worker is to end."""
        self._stopping.wait(seconds)
        self.check()

    def begin_frame(self, frame_index: int) -> None:
        """Work on this frame begins."""
        self._frame = (frame_index, time.monotonic())

    def end_frame(self) -> None:
        """Work on it is over."""
        self._frame = None

    def _beat(self) -> None:
        lease_s = settings.JOBS.lease_s
        renewed_at = time.monotonic()
        try:
            while not self._over.wait(min(LOOK_EVERY_S, lease_s / 6)):
                self._watch_frame()
                # Nothing is left to hold; a frame that hangs still has to end with its process.
                if self._lost.is_set():
                    continue
                now = time.monotonic()
                due = now - renewed_at > lease_s / 3
                try:
                    still_ours = leases.renew(self._claim) if due else leases.is_held(self._claim)
                except (DatabaseError, InterfaceError):
                    # A database that is away for a moment takes nothing from us; our lease does, in time.
                    connection.close()
                    still_ours = now - renewed_at < lease_s
                else:
                    renewed_at = now if due else renewed_at
                if not still_ours:
                    self._lost.set()
        finally:
            connection.close()

    def _watch_frame(self) -> None:
        frame, limit_s = self._frame, settings.JOBS.frame_timeout_s
        if frame is None or not limit_s or time.monotonic() - frame[1] < limit_s:
            return
        log_event(
            logger,
            logging.ERROR,
            events.FRAME_HANGS,
            job_id=str(self._claim.job_id),
            frame_index=frame[0],
            limit_s=limit_s,
        )
        self._end_process(EXIT_CODE)
