"""Loaded networks, shared by all sessions: each is loaded once and used by as many threads as it bears."""

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar, cast, runtime_checkable

T = TypeVar("T")


@runtime_checkable
class Concurrent(Protocol):
    """What says whether several threads may use it at once."""

    concurrent: bool


class SharedNetwork(Generic[T]):
    """Up to `limit` equal copies of one network, because most libraries let only one thread in at a time.

    Copies are made when all others are in use, and the one used last is handed out first: its memory is warm.
    A network that is `concurrent` is handed to everybody at once, and never copied.
    """

    def __init__(self, first: T, load: Callable[[], T], limit: int) -> None:
        self._for_all = first if isinstance(first, Concurrent) and first.concurrent else None
        self._load = load
        self._limit = limit
        self._made = 1
        self._idle = [first]
        self._changed = threading.Condition()

    @contextmanager
    def borrow(self) -> Iterator[T]:
        """Hold one copy for the body; waits while all are in use and no more may be made."""
        if self._for_all is not None:
            yield self._for_all
            return
        network = self._take()
        try:
            yield network
        finally:
            self._put(network)

    def _take(self) -> T:
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._made < self._limit)
            if self._idle:
                return self._idle.pop()
            self._made += 1
        try:
            return self._load()
        except BaseException:
            with self._changed:
                self._made -= 1
                self._changed.notify()
            raise

    def _put(self, network: T) -> None:
        with self._changed:
            self._idle.append(network)
            self._changed.notify()


class NetworkCache:
    """Networks by key. Several threads may ask at once; each key is loaded once.

    Networks that take several frames at once tell `when_batched` how many, each time and from any thread.
    """

    def __init__(self, replicas: int) -> None:
        self.when_batched: Callable[[int], None] = lambda frames: None
        self._replicas = replicas
        self._lock = threading.Lock()
        self._attempts: dict[Hashable, Future[SharedNetwork[Any]]] = {}

    def get(self, key: Hashable, load: Callable[[], T]) -> SharedNetwork[T]:
        """The network of `key`: the first caller loads, others of the same key wait for it.

        What `load` raises reaches everybody who waits, and the next call tries again.
        """
        with self._lock:
            attempt = self._attempts.get(key)
            mine = attempt is None
            if attempt is None:
                attempt = self._attempts[key] = Future()
        if mine:
            self._fill(key, attempt, load)
        return cast(SharedNetwork[T], attempt.result())

    def clear(self) -> None:
        """Forget every network; those in use live until they are given back."""
        with self._lock:
            self._attempts.clear()

    def _fill(self, key: Hashable, attempt: Future[SharedNetwork[Any]], load: Callable[[], Any]) -> None:
        try:
            attempt.set_result(SharedNetwork(load(), load, self._replicas))
        except BaseException as error:
            with self._lock:
                if self._attempts.get(key) is attempt:
                    del self._attempts[key]
            attempt.set_exception(error)
