"""Watches jobs for changes while anybody is connected, and sends them to all clients of the process."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from jobs import events
from jobs.realtime.connection_manager import Client, ConnectionManager
from jobs.realtime.messages import Deleted, DeletedMessage, JobData, Message
from jobs.realtime.news import news, snapshot

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.075
# However often it is notified, and after a failure.
LEAST_PAUSE_S = 0.01
PAUSE_AFTER_FAILURE_S = 1.0


@dataclass(frozen=True)
class Wanted:
    """The jobs that the clients watch, and the version of each that they know."""

    named: frozenset[str]
    newest: bool
    known: Mapping[str, JobData]
    # Of each of these users the newest jobs as well.
    owners: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Reading:
    """The watched jobs that there are, those of them that are not as they were known, and what is gone.

    `frames` are the newest lines of results, of jobs that clients watch by name. `owners` has the user of
    each job that changed, where it has one.
    """

    present: frozenset[str]
    changed: Sequence[JobData] = ()
    gone: frozenset[str] = frozenset()
    frames: Sequence[Message] = ()
    owners: Mapping[str, int | None] = field(default_factory=dict)


class Reader(Protocol):
    """Looks into the database."""

    async def read(self, wanted: Wanted) -> Reading:
        """Read what has changed."""
        ...

    async def rest(self) -> None:
        """Nobody watches for now."""
        ...


class Broadcaster:
    """Runs from the first client to the last; `listen` calls its argument when another process has news."""

    def __init__(
        self,
        reader: Reader,
        *,
        listen: Callable[[Callable[[], None]], Coroutine[Any, Any, None]] | None = None,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._reader = reader
        self._listen = listen
        self._look_every_s = look_every_s
        self._manager = ConnectionManager()
        self._known: dict[str, JobData] = {}
        self._owners: dict[str, int | None] = {}
        self._task: asyncio.Task[None] | None = None
        self._notified: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._manager)

    def join(self, client: Client) -> None:
        """From now on the client is told everything, first of all how things stand."""
        self._manager.connect(client)
        if self._task is None:
            self._notified = asyncio.Event()
            self._task = asyncio.create_task(self._open(self._notified))
        self.look_soon()

    async def leave(self, client: Client) -> None:
        """Remove a client; with the last one the watching ends."""
        self._manager.disconnect(client)
        if len(self._manager) or self._task is None:
            return
        task, self._task = self._task, None
        self._known, self._owners = {}, {}
        task.cancel()
        await asyncio.wait([task])
        if self._task is None:
            await self._reader.rest()

    def look_soon(self) -> None:
        """Look now; does nothing where nobody watches."""
        if self._notified:
            self._notified.set()

    async def _open(self, notified: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_again_and_again(notified))
            if self._listen:
                tasks.create_task(self._listen(self.look_soon))

    async def _look_again_and_again(self, notified: asyncio.Event) -> None:
        while True:
            notified.clear()
            try:
                await self._look()
                pause_s = self._look_every_s
            except Exception:
                logger.exception(events.REALTIME_FAILED)
                pause_s = PAUSE_AFTER_FAILURE_S
            await asyncio.sleep(LEAST_PAUSE_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(notified.wait(), pause_s)

    async def _look(self) -> None:
        newcomers = self._manager.newcomers
        manager = self._manager
        wanted = Wanted(manager.named_jobs, manager.anyone_watches_all, self._known, manager.owners)
        reading = await self._reader.read(wanted)
        owners = self._owners | dict(reading.owners)
        for job in reading.changed:
            manager.publish(news(self._known.get(job["job_id"]), job), owners.get(job["job_id"]))
        for frame in reading.frames:
            manager.publish([frame], owners.get(frame.job_id))
        for job_id in reading.gone:
            manager.publish([DeletedMessage(payload=Deleted(job_id=job_id))], owners.get(job_id))
        now = self._known | {job["job_id"]: job for job in reading.changed}
        self._known = {job_id: job for job_id, job in now.items() if job_id in reading.present}
        self._owners = {job_id: owners.get(job_id) for job_id in self._known}
        for client in newcomers:
            told = (job for job_id, job in self._known.items() if client.may_hear(self._owners[job_id]))
            client.greet(snapshot(job) for job in told)
