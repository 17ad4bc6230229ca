"""Limits that an operator sets: what is counted, and what a client reads that meets one."""

import threading
from collections import Counter
from dataclasses import dataclass


class LimitReached(Exception):
    """A limit is reached; the client may try again after `retry_after_s` seconds.

    `code` is for programs; `detail` names the limit, its setting and what to do.
    """

    def __init__(self, code: str, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Quota:
    """The most that may be there at once, in all and for one owner; None means no limit."""

    in_all: int | None = None
    per_owner: int | None = None

    def exceeded(self, in_all: int, of_owner: int) -> str:
        """The limit that one more would exceed: `in_all`, `per_owner`, or empty where there is room."""
        if self.in_all is not None and in_all >= self.in_all:
            return "in_all"
        if self.per_owner is not None and of_owner >= self.per_owner:
            return "per_owner"
        return ""


class Places:
    """Counts who is there, by owner; threads and event loops may use it at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._taken.total()

    def take(self, owner: str, quota: Quota) -> str:
        """Take a place unless that exceeds a limit, which is returned then as `Quota.exceeded` names it.

        Whoever got a place must `leave` it. An owner without a name has only the limit in all.
        """
        with self._lock:
            exceeded = quota.exceeded(self._taken.total(), self._taken[owner] if owner else 0)
            if not exceeded:
                self._taken[owner] += 1
            return exceeded

    def count(self, owner: str) -> int:
        """The places of one owner."""
        with self._lock:
            return self._taken[owner]

    def leave(self, owner: str) -> None:
        """Give the place back."""
        with self._lock:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]
