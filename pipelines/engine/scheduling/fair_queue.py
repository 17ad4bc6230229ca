"""A queue that serves the waiter whose session has used the least time so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

W = TypeVar("W")
# Whoever has waited for so long is served in the order of arrival, whatever the session has used.
PATIENCE_S = 5.0
# A session that has used less than its share is so far ahead of the others at most.
CREDIT_S = 0.2
# What the first turn of a session is expected to take.
FIRST_TURN_S = 0.1


@dataclass(eq=False)
class Usage:
    """The virtual time until which one session has used its share, and the seconds that its last turn took.

    Both are None before its first turn. Make one for each session and queue.
    """

    until_s: float | None = None
    turn_s: float | None = None


@dataclass(frozen=True)
class Request(Generic[W]):
    """A waiter, since when it waits, and the virtual time that it starts at, at the least."""

    waiter: W
    usage: Usage
    since: float
    earliest_s: float

    @property
    def start_s(self) -> float:
        """The virtual time that it starts at; what its session is charged meanwhile counts."""
        return start_of(self.usage, self.earliest_s)


class FairQueue(Generic[W]):
    """Start-time fair queueing, for costs that are known only afterwards; its owner locks.

    Served sessions are charged the time that they took, so those that always wait get equal time, apart from
    one turn. A session that uses less than its share goes before them, by CREDIT_S of its time at most; one
    that is new starts where the one that was served last did. Equals are served in the order in which they
    came. Source: Goyal, Vin and Cheng, SIGCOMM 1996; the credit is that of Linux' scheduler for sleepers.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._now_s = 0.0
        self._requests: list[Request[W]] = []

    def __len__(self) -> int:
        return len(self._requests)

    def enter(self, usage: Usage) -> None:
        """Note that this session is served without having waited."""
        usage.until_s = self.start_s(usage)
        self._now_s = max(self._now_s, usage.until_s)

    def push(self, waiter: W, usage: Usage) -> None:
        """Add a waiter at the end of the queue."""
        self._requests.append(Request(waiter, usage, self._clock(), self._earliest(usage)))

    def start_s(self, usage: Usage) -> float:
        """The virtual time that the session's next turn starts at: the earlier, the less it has used."""
        return start_of(usage, self._earliest(usage))

    def pop(self) -> W:
        """The one to be served next; raises IndexError where nobody waits."""
        first = self._requests[0]
        if self._clock() - first.since >= PATIENCE_S:
            return self._served(first)
        # The first of several equals, so the one that came first.
        first = min(self._requests, key=lambda request: request.start_s)
        self._now_s = max(self._now_s, first.start_s)
        return self._served(first)

    def has_shorter(self, usage: Usage, within_s: float) -> bool:
        """True if somebody comes before this session whose last turn took less than `within_s`."""
        return self._shorter(usage, within_s) is not None

    def pop_shorter(self, usage: Usage, within_s: float) -> W | None:
        """The next one of those who come before this session and whose last turn took less, or None."""
        first = self._shorter(usage, within_s)
        return None if first is None else self._served(first)

    def charge(self, usage: Usage, seconds: float) -> None:
        """Add the seconds that a turn took to what the session has used."""
        usage.until_s = self.start_s(usage) + seconds

    def remove(self, waiter: W) -> bool:
        """Take a waiter out of the queue; False where it was not in it."""
        for request in self._requests:
            if request.waiter is waiter:
                self._requests.remove(request)
                return True
        return False

    def clear(self) -> list[W]:
        """Empty the queue and return those who waited."""
        waiters = [request.waiter for request in self._requests]
        self._requests.clear()
        return waiters

    def _shorter(self, usage: Usage, within_s: float) -> Request[W] | None:
        start_s = self.start_s(usage)
        shorter = (request for request in self._requests if takes_less(request.usage, within_s))
        before = (request for request in shorter if request.start_s < start_s)
        return min(before, key=lambda request: request.start_s, default=None)

    def _served(self, request: Request[W]) -> W:
        self._requests.remove(request)
        request.usage.until_s = request.start_s
        return request.waiter

    def _earliest(self, usage: Usage) -> float:
        return self._now_s if usage.until_s is None else self._now_s - CREDIT_S


def start_of(usage: Usage, earliest_s: float) -> float:
    """The virtual time that a session's next turn starts at."""
    return earliest_s if usage.until_s is None else max(earliest_s, usage.until_s)


def takes_less(usage: Usage, within_s: float) -> bool:
    """True if a session's next turn is expected to take less than this: as long as its last one."""
    return (FIRST_TURN_S if usage.turn_s is None else usage.turn_s) < within_s
