"""The connected clients: the jobs that each watches, and the messages that wait for it.

Pure: no Django and no sockets. Everything runs in one event loop.
"""

import asyncio
from collections.abc import Collection, Iterable

from jobs.realtime.messages import Message

# More than this waits for no client: its oldest progress goes.
WAITING_LIMIT = 64


class Outbox:
    """The messages that wait to be sent to one client.

    A newer message of the same kind and job replaces the older one, and a full snapshot of a job replaces all
    messages about it. Beyond the limit the oldest message that may be dropped is dropped; ends never are.
    """

    def __init__(self, limit: int = WAITING_LIMIT) -> None:
        self._limit = limit
        self._waiting: dict[tuple[str, str], Message] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Queue a message without waiting; an older one of the same type and job is merged into it."""
        key = (message.type, message.job_id)
        older = self._waiting.pop(key, None)
        if message.is_snapshot:
            self._forget(message.job_id)
        self._waiting[key] = message.after(older) if older else message
        if len(self._waiting) > self._limit:
            self._drop_one()
        self._filled.set()

    async def get(self) -> Message:
        """The oldest message; waits where there is none."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.pop(next(iter(self._waiting)))

    def _forget(self, job_id: str) -> None:
        for key in [key for key in self._waiting if key[1] == job_id]:
            del self._waiting[key]

    def _drop_one(self) -> None:
        oldest = next((key for key, message in self._waiting.items() if message.may_be_dropped), None)
        if oldest:
            del self._waiting[oldest]


class Client:
    """One connection; `job_ids` are those it watches, None where it watches all.

    With `owner`, the key of a user, it hears of that user's jobs only.
    """

    def __init__(
        self, job_ids: Collection[str] | None, mailbox: Outbox | None = None, owner: int | None = None
    ) -> None:
        self.job_ids = None if job_ids is None else frozenset(job_ids)
        self.owner = owner
        self.mailbox = mailbox or Outbox()
        self.is_greeted = False

    def may_hear(self, owner: int | None) -> bool:
        """True if it may be told of jobs of this owner."""
        return self.owner is None or self.owner == owner

    def greet(self, snapshots: Iterable[Message]) -> None:
        """Tell it how things stand with jobs of which it may hear; news before would be of unknown jobs."""
        self.is_greeted = True
        for message in snapshots:
            self.tell(message, self.owner)

    def tell(self, message: Message, owner: int | None = None) -> None:
        """Put the message into its mailbox if it concerns one of its jobs; `owner` is that of the job."""
        if not self.is_greeted or not self.may_hear(owner):
            return
        if self.job_ids is None:
            brief = message.in_brief()
            if brief:
                self.mailbox.put(brief)
        elif message.job_id in self.job_ids:
            self.mailbox.put(message)


class ConnectionManager:
    """The clients of this process."""

    def __init__(self) -> None:
        self._clients: list[Client] = []

    def __len__(self) -> int:
        return len(self._clients)

    def connect(self, client: Client) -> None:
        """Send this client the messages that concern it from now on."""
        self._clients.append(client)

    def disconnect(self, client: Client) -> None:
        """Forget a client that has gone; does nothing where it is forgotten already."""
        if client in self._clients:
            self._clients.remove(client)

    @property
    def newcomers(self) -> list[Client]:
        """The clients that have been told nothing yet."""
        return [client for client in self._clients if not client.is_greeted]

    @property
    def named_jobs(self) -> frozenset[str]:
        """The jobs that clients watch by name."""
        return frozenset().union(*(client.job_ids or () for client in self._clients))

    @property
    def anyone_watches_all(self) -> bool:
        """True if a client watches whatever there is, whoever has it."""
        return any(client.job_ids is None and client.owner is None for client in self._clients)

    @property
    def owners(self) -> frozenset[int]:
        """The users all of whose jobs clients watch."""
        found = (client.owner for client in self._clients if client.job_ids is None)
        return frozenset(owner for owner in found if owner is not None)

    def publish(self, messages: Iterable[Message], owner: int | None = None) -> None:
        """Give each message, of jobs of this owner, to the clients that it concerns."""
        for message in messages:
            for client in self._clients:
                client.tell(message, owner)
