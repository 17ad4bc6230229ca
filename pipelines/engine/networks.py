"""Loaded networks, shared by all sessions: each is loaded once and used by as many threads as it bears."""

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast, runtime_checkable

T = TypeVar("T")


@runtime_checkable
class Concurrent(Protocol):
    """What says whether several threads may use it at once."""

    concurrent: bool


class SharedNetwork(Generic[T]):
    """One network for all: for one thread at a time, as most libraries ask, unless it is `concurrent`."""

    def __init__(self, network: T) -> None:
        concurrent = isinstance(network, Concurrent) and network.concurrent
        self._network = network
        self._turn = nullcontext() if concurrent else threading.Lock()

    @contextmanager
    def borrow(self) -> Iterator[T]:
        """Hold the network for the body; waits while another thread holds what is for one at a time."""
        with self._turn:
            yield self._network


@dataclass(frozen=True)
class Attempt:
    """A network that is or was loaded, and which version of its file that was."""

    version: Hashable
    network: Future[SharedNetwork[Any]] = field(default_factory=Future)


class NetworkCache:
    """Networks by key. Several threads may ask at once; each key is loaded once.

    Networks that take several frames at once tell `when_batched` how many, each time and from any thread.
    """

    def __init__(self) -> None:
        self.when_batched: Callable[[int], None] = lambda frames: None
        # How many frames the network takes in one call that takes most.
        self.frames_at_once = 1
        self._lock = threading.Lock()
        self._attempts: dict[Hashable, Attempt] = {}

    def get(self, key: Hashable, load: Callable[[], T], version: Hashable = None) -> SharedNetwork[T]:
        """The network of `key`: the first caller loads, others of the same key wait for it.

        With another `version` it is loaded anew; the one before lives until nobody uses it any more. What
        `load` raises reaches everybody who waits, and the next call tries again.
        """
        with self._lock:
            attempt = self._attempts.get(key)
            mine = attempt is None or attempt.version != version
            if attempt is None or mine:
                attempt = self._attempts[key] = Attempt(version)
        if mine:
            self._fill(key, attempt, load)
        return cast(SharedNetwork[T], attempt.network.result())

    def clear(self) -> None:
        """Forget every network; those in use live until they are given back."""
        with self._lock:
            self._attempts.clear()

    def _fill(self, key: Hashable, attempt: Attempt, load: Callable[[], Any]) -> None:
        try:
            network = load()
            self.frames_at_once = max(self.frames_at_once, getattr(network, "frames_at_once", 1))
            attempt.network.set_result(SharedNetwork(network))
        except BaseException as error:
            with self._lock:
                if self._attempts.get(key) is attempt:
                    del self._attempts[key]
            attempt.network.set_exception(error)
