"""Loaded networks, shared by all sessions: each is loaded once and used by as many threads as it bears."""

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast, runtime_checkable

from pipelines.engine.frame_clock import FrameClock, frame_clock, loading

logger = logging.getLogger(__name__)

T = TypeVar("T")
# The frames of live sessions may take longer, but not much: STREAM_FRAME_TIMEOUT_S.
HUNG_AFTER_S = 5.0
# Who waits looks so often in that time.
CHECKS = 4


@runtime_checkable
class Concurrent(Protocol):
    """What says whether several threads may use it at once."""

    concurrent: bool


class Copy(Generic[T]):
    """A loaded network, whose turn it is to use it, and since when; no turns where it is `concurrent`."""

    def __init__(self, network: T) -> None:
        self.network = network
        self.concurrent = isinstance(network, Concurrent) and network.concurrent
        self.turn = threading.Lock()
        self._held: tuple[FrameClock, float] | None = None

    @property
    def held_for_s(self) -> float:
        """For how long one thread has had it, not counting what it loads; 0 where nobody has it."""
        held = self._held
        return held[0].spent_s - held[1] if held else 0.0

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Measure how long the body takes."""
        clock = frame_clock()
        self._held = (clock, clock.spent_s)
        try:
            yield
        finally:
            self._held = None


class SharedNetwork(Generic[T]):
    """One network for all: for one thread at a time, as most libraries ask, unless it is `concurrent`.

    Where a thread has it for longer than `hung_after_s`, native code is likely to hang, and others get a new
    copy; the old one lives until the thread gives it back.
    """

    def __init__(self, load: Callable[[], T], hung_after_s: float = HUNG_AFTER_S) -> None:
        """Load the network; raises whatever `load` raises."""
        self._load = load
        self._hung_after_s = hung_after_s
        self._copy = Copy(load())
        self._replacing = threading.Lock()

    @property
    def network(self) -> T:
        """The network, for what needs no turn."""
        return self._copy.network

    @contextmanager
    def borrow(self) -> Iterator[T]:
        """Hold the network for the body; waits while another thread holds what is for one at a time."""
        copy = self._copy
        if copy.concurrent:
            yield copy.network
            return
        while not copy.turn.acquire(timeout=self._hung_after_s / CHECKS):
            copy = self._replaced(copy) if copy.held_for_s > self._hung_after_s else self._copy
        try:
            with copy.noted():
                yield copy.network
        finally:
            copy.turn.release()

    def _replaced(self, hung: Copy[T]) -> Copy[T]:
        """A new copy in the place of one that hangs, made by the first who asks."""
        with loading(), self._replacing:
            if self._copy is hung:
                logger.error("network_hangs", extra={"fields": {"held_s": round(hung.held_for_s, 1)}})
                self._copy = Copy(self._load())
            return self._copy


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
        with loading():
            if mine:
                self._fill(key, attempt, load)
            return cast(SharedNetwork[T], attempt.network.result())

    def clear(self) -> None:
        """Forget every network; those in use live until they are given back."""
        with self._lock:
            self._attempts.clear()

    def _fill(self, key: Hashable, attempt: Attempt, load: Callable[[], Any]) -> None:
        try:
            shared = SharedNetwork(load)
            self.frames_at_once = max(self.frames_at_once, getattr(shared.network, "frames_at_once", 1))
            attempt.network.set_result(shared)
        except BaseException as error:
            with self._lock:
                if self._attempts.get(key) is attempt:
                    del self._attempts[key]
            attempt.network.set_exception(error)
