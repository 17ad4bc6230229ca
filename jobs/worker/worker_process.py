"""This process as a worker: its name, whether it is to end, and what it has claimed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex

from jobs import storage
from jobs.worker.leases import Claim
from jobs.worker.liveness import Liveness, new_worker_id


@dataclass
class WorkerProcess:
    """One for a process, from its first job on."""

    worker_id: str
    stopping: threading.Event = field(default_factory=threading.Event)
    _claims: set[Claim] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _liveness: Liveness | None = None

    def appear(self) -> None:
        """From now on others see that this worker lives, and would see at once that it died."""
        with self._lock:
            if self._liveness is None:
                self._liveness = Liveness(storage.data_dir() / storage.WORKERS, self.worker_id)

    def leave(self) -> None:
        """All is given back."""
        with self._lock:
            if self._liveness is not None:
                self._liveness.end()
                self._liveness = None

    def new_owner(self) -> str:
        """A name for an attempt, which no other attempt ever has."""
        return f"{self.worker_id}/{token_hex(6)}"

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Note the claim for the body, so that it can be given back should the work not end in time."""
        with self._lock:
            self._claims.add(claim)
        try:
            yield
        finally:
            with self._lock:
                self._claims.discard(claim)

    def claims(self) -> list[Claim]:
        """The claims that are being worked on."""
        with self._lock:
            return list(self._claims)


def worker_of(owner: str) -> str:
    """The worker to which this attempt belongs."""
    return owner.partition("/")[0]


_this_process: WorkerProcess | None = None
_making = threading.Lock()


def this_process() -> WorkerProcess:
    """The worker that this process is; it appears with the first call."""
    global _this_process
    with _making:
        if _this_process is None:
            _this_process = WorkerProcess(new_worker_id())
        _this_process.appear()
        return _this_process
