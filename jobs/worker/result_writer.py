"""Writes the results of a job: lines in chunks on disk, the checkpoint and the summary in the database."""

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from forgesyte.logs import log_event
from jobs import events, storage
from jobs.failures import NO_FRAME_WORKED
from jobs.intake.frames import EndOfFile
from jobs.models import Job
from jobs.results.result_lines import Line, encode
from jobs.results.summary import Summary
from jobs.selectors import read_lines
from jobs.worker import leases
from jobs.worker.leases import Chunk, Claim, LeaseLost
from jobs.worker.progress import percent

logger = logging.getLogger(__name__)

States = Mapping[str, bytes]


class ResultWriter:
    """The results of one attempt, which begins where the checkpoint says; every write may raise LeaseLost."""

    def __init__(
        self, job: Job, claim: Claim, tools: Mapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._job = job
        self._claim = claim
        self._clock = clock
        self._folder = storage.result_dir(job.pk)
        self._chunks_done = job.chunks_done
        self._state: Path | None = self._last_state()
        self._lines: list[bytes] = []
        self._first_frame = self._last_frame = 0
        self._end_s: float | None = None
        self._kept_at = self._told_at = clock()
        self.summary = Summary(tools)
        for line in read_lines(job):
            self.summary.add(line)

    @property
    def is_due(self) -> bool:
        """True if so much has come together that it should be kept for good."""
        jobs = settings.JOBS
        return bool(self._lines) and (
            len(self._lines) >= jobs.chunk_frames or self._clock() - self._kept_at >= jobs.chunk_s
        )

    def add(self, line: Line) -> None:
        """Take the line of the next frame."""
        if not self._lines:
            self._first_frame = line["frame_index"]
        self._last_frame = line["frame_index"]
        self._lines.append(encode(line))
        self.summary.add(line)

    def end_of_file(self, end: EndOfFile) -> None:
        """Note how long the film really is, and what was wrong behind its last frame."""
        self._end_s = end.end_s
        for warning in end.warnings:
            self.summary.warn(warning)

    def tell_progress(self) -> None:
        """Write how far it is, where the last time is long enough ago; raises LeaseLost."""
        now = self._clock()
        if now - self._told_at >= settings.JOBS.progress_s:
            self._told_at = now
            leases.note(self._claim, **self._progress())

    def keep(self, states: States) -> None:
        """Keep all lines so far for good, and what the tools need in order to go on behind them.

        Raises LeaseLost, and OSError where the disk is full.
        """
        self._keep(states, leases.checkpoint)

    def keep_cancelled(self, states: States) -> None:
        """Keep the last lines of a job that was cancelled meanwhile; of any other lost job, nothing."""
        if leases.was_cancelled(self._claim):
            # Left by a checkpoint that came a moment too late.
            path = self._folder / storage.chunk_name(self._chunks_done + 1, self._job.attempt)
            for left in (path, storage.state_path(path)):
                left.unlink(missing_ok=True)
            # Somebody may delete it, or let it go on, at this very moment.
            with suppress(LeaseLost, FileNotFoundError):
                self._keep(states, leases.checkpoint_cancelled)

    def _keep(self, states: States, checkpoint: Callable[..., None]) -> None:
        if not self._lines:
            return
        number = self._chunks_done + 1
        path = self._folder / storage.chunk_name(number, self._job.attempt)
        lines = b"".join(self._lines)
        storage.write_durably(path, lines)
        state = self._write_state(path, states)
        checkpoint(
            self._claim,
            Chunk(number, self._first_frame, self._last_frame, len(self._lines), path.name, len(lines)),
            next_frame=self._last_frame + 1,
            **self._progress(),
            **self._findings(),
        )
        self._note_kept(number, state)

    def finish(self) -> bool:
        """The job is over: completed, or failed where not one frame could be worked on; False where lost."""
        summary = self.summary
        facts = {**self._progress(), **self._findings(), "frames_total": summary.lines, "progress": 100.0}
        facts["warnings"] = summary.counted_warnings
        if self._end_s:
            facts["duration_s"] = self._end_s
        if summary.lines and summary.errors == summary.lines:
            reason = f"No frame of it could be worked on. {summary.warnings[0]}"
            won = leases.fail(self._claim, NO_FRAME_WORKED, reason, **facts)
        else:
            won = leases.complete(self._claim, **facts)
        if won:
            names = self._job.chunks.values_list("file", flat=True)
            storage.keep_only(self._job.pk, set(names))
        return won

    def read_states(self) -> States | None:
        """The states of the tools at the checkpoint; None if there are none or they are lost."""
        if self._state is None:
            return None
        try:
            data = json.loads(self._state.read_bytes())
            return {node: base64.b64decode(text) for node, text in data.items()}
        except (OSError, ValueError):
            return None

    def _last_state(self) -> Path | None:
        last = self._job.chunks.filter(number=self._job.chunks_done).first()
        return storage.state_path(self._folder / last.file) if last else None

    def _write_state(self, chunk: Path, states: States) -> Path | None:
        if not any(states.values()):
            return None
        path = storage.state_path(chunk)
        data = {node: base64.b64encode(state).decode() for node, state in states.items()}
        storage.write_durably(path, json.dumps(data).encode())
        return path

    def _note_kept(self, number: int, state: Path | None) -> None:
        if self._state is not None:
            self._state.unlink(missing_ok=True)
        log_event(
            logger,
            logging.DEBUG,
            events.CHECKPOINT,
            job_id=str(self._job.pk),
            chunk=number,
            frame_index=self._last_frame,
        )
        self._chunks_done, self._state, self._lines = number, state, []
        self._kept_at = self._told_at = self._clock()

    def _progress(self) -> dict[str, object]:
        done = self.summary.lines
        announced = self._job.frames_total
        # A file that holds more than it says says nothing: how many there are is not known any more.
        total = None if announced is not None and done > announced else announced
        return {"frames_done": done, "frames_total": total, "progress": percent(done, announced)}

    def _findings(self) -> dict[str, object]:
        summary = self.summary
        return {
            "summary": summary.as_dict(),
            "plugin_timings": summary.plugin_timings,
            "warnings": summary.warnings,
            "warnings_count": summary.warnings_count,
        }
