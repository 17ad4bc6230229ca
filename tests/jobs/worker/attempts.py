"""Attempts at a job that die on the way, as after `kill -9`."""

import pytest

from jobs import storage
from jobs.models import Job
from jobs.worker import leases, result_writer, runner
from jobs.worker.heartbeat import Heartbeat
from jobs.worker.leases import Claim
from jobs.worker.worker_process import this_process


class Death(BaseException):
    """Ends an attempt as `kill -9` does: nothing is given back."""


def die_after(job: Job, chunks: int) -> None:
    """One attempt that dies while it writes its chunk number `chunks` + 1."""
    keep = result_writer.ResultWriter.keep

    def dies(self: result_writer.ResultWriter, states: result_writer.States) -> None:
        if self._chunks_done >= chunks:
            path = self._folder / storage.chunk_name(self._chunks_done + 1, self._job.attempt)
            path.write_bytes(self._lines[0][:20])
            raise Death
        keep(self, states)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(result_writer.ResultWriter, "keep", dies)
        with pytest.raises(Death):
            attempt(job)
    dead = Job.objects.get(pk=job.pk)
    assert (dead.status, dead.chunks_done) == ("running", chunks)
    Job.objects.filter(pk=job.pk).update(status="pending", lease_owner="", lease_expires_at=None)


def attempt(job: Job) -> None:
    process = this_process()
    owner = process.new_owner()
    claimed = leases.claim_job(job.pk, owner)
    assert claimed
    claim = Claim(job.pk, owner, claimed.attempt)
    with Heartbeat(claim, process.stopping) as heartbeat:
        runner.Runner(claimed, claim, heartbeat, yield_to_live=False).run()


def left_over(job: Job) -> list[str]:
    """Files of the results that are no chunks."""
    known = set(job.chunks.values_list("file", flat=True))
    return [path.name for path in storage.result_dir(job.pk).iterdir() if path.name not in known]
