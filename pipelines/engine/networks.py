"""Loaded networks, shared by all sessions: each is loaded once and used by as many threads as it bears."""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from pipelines.engine.scheduling.frame_clock import FrameClock, frame_clock, loading
from pipelines.engine.underway import wait_for

logger = logging.getLogger(__name__)

T = TypeVar("T")
MIB = 1 << 20
# What a network counts for whose loader does not say.
UNKNOWN_BYTES = 64 * MIB
# The frames of live sessions may take longer, but not much: STREAM_FRAME_TIMEOUT_S.
HUNG_AFTER_S = 5.0
# Who waits looks so often in that time.
CHECKS = 4


@runtime_checkable
class Concurrent(Protocol):
    """A network that says whether several threads may use it at once."""

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
        """Seconds that one thread has had it, not counting what it loads; 0 where nobody has it."""
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


class NetworkUse(Generic[T]):
    """A handle that all users of a network share; once nobody holds it, the cache may drop the network."""

    def __init__(self, shared: SharedNetwork[T]) -> None:
        self._shared = shared

    def borrow(self) -> AbstractContextManager[T]:
        """Hold the network for the body, as SharedNetwork does."""
        return self._shared.borrow()


@dataclass(eq=False)
class Entry:
    """A network that is or was loaded: which version of its file, about how many bytes, and who uses it."""

    version: Hashable
    size: int
    loaded: Future[SharedNetwork[Any]] = field(default_factory=Future)
    # Threads that are about to use it.
    asking: int = 0
    used_at: float = 0.0
    use: Callable[[], NetworkUse[Any] | None] = lambda: None

    @property
    def in_use(self) -> bool:
        """True if somebody uses it or loads it."""
        return self.asking > 0 or self.use() is not None


class NetworkCache:
    """Networks by key. Several threads may ask at once; each key is loaded once.

    Above `budget` bytes (0: without end) those that nobody uses are dropped, the one that has been unused for
    longest first. Networks that take several frames at once tell `when_batched` how many, each time and from
    any thread.
    """

    def __init__(self, budget: int = 0) -> None:
        self.when_batched: Callable[[int], None] = lambda frames: None
        # How many frames the network takes in one call that takes most.
        self.frames_at_once = 1
        # How many networks were dropped to keep within the budget.
        self.dropped = 0
        # Whether those in use take more than they may, so that one that is let go of is dropped at once.
        self.is_over = False
        self._budget = budget
        self._lock = threading.Lock()
        self._entries: dict[Hashable, Entry] = {}
        # Those that are in use still, and whose file has been replaced since.
        self._replaced: list[tuple[Callable[[], NetworkUse[Any] | None], int]] = []

    @property
    def count(self) -> int:
        """The number of networks that are loaded."""
        with self._lock:
            return len(self._entries) + len(self._still_used())

    @property
    def size(self) -> int:
        """About how many bytes they take."""
        with self._lock:
            return self._size()

    def listing(self) -> list[tuple[Hashable, int, bool]]:
        """The key of each network that is loaded, about how many bytes it takes, and whether it is in use."""
        with self._lock:
            return [(key, entry.size, entry.in_use) for key, entry in self._entries.items()]

    def get(
        self,
        key: Hashable,
        load: Callable[[], T],
        version: Hashable = None,
        size: int = UNKNOWN_BYTES,
        hung_after_s: float = HUNG_AFTER_S,
    ) -> NetworkUse[T]:
        """The network of `key`: the first caller loads, others of the same key wait for it.

        With another `version` it is loaded anew; the one before lives until nobody uses it any more. `size`
        is about how many bytes it takes in memory, and `hung_after_s` longer than any use of it takes. What
        `load` raises reaches everybody who waits, and the next call tries again. Raises Underway where the
        calling thread gives way.
        """
        with self._lock:
            entry = self._entries.get(key)
            mine = entry is None or entry.version != version
            if entry is None or mine:
                if entry is not None:
                    self._replaced.append((entry.use, entry.size))
                entry = self._entries[key] = Entry(version, size)
            entry.asking += 1
            unused = self._take_unused()
        # Room is made before more is loaded.
        del unused
        try:
            with loading():
                if mine:
                    self._fill(key, entry, partial(SharedNetwork, load, hung_after_s))
                wait_for(entry.loaded)
                return self._use(entry)
        finally:
            with self._lock:
                entry.asking -= 1

    def clear(self) -> None:
        """Forget every network; those in use live until they are given back."""
        with self._lock:
            forgotten, self._entries = self._entries, {}
            self._replaced.clear()
        del forgotten

    def trim(self) -> None:
        """Drop what nobody uses, as far as the networks take more than they may."""
        with self._lock:
            unused = self._take_unused()
        del unused

    def _fill(self, key: Hashable, entry: Entry, load: Callable[[], SharedNetwork[Any]]) -> None:
        try:
            shared = load()
            with self._lock:
                self.frames_at_once = max(self.frames_at_once, getattr(shared.network, "frames_at_once", 1))
            entry.loaded.set_result(shared)
        except BaseException as error:
            with self._lock:
                if self._entries.get(key) is entry:
                    del self._entries[key]
            entry.loaded.set_exception(error)

    def _use(self, entry: Entry) -> NetworkUse[Any]:
        shared = entry.loaded.result()
        with self._lock:
            use = entry.use()
            if use is None:
                use = NetworkUse(shared)
                # Weak, so that what is taken out of the cache is freed at once.
                entry.use = weakref.ref(use, partial(released, weakref.ref(self), weakref.ref(entry)))
            entry.used_at = time.monotonic()
            return use

    def _size(self) -> int:
        return sum(entry.size for entry in self._entries.values()) + sum(self._still_used())

    def _still_used(self) -> list[int]:
        """The sizes of those whose file has been replaced."""
        self._replaced = [(use, size) for use, size in self._replaced if use() is not None]
        return [size for _, size in self._replaced]

    def _take_unused(self) -> list[Entry]:
        """Take out what is to be dropped; it is freed with the list, for which nobody should have to wait."""
        over = self._size() - self._budget if self._budget else 0
        taken = []
        for key, entry in sorted(self._entries.items(), key=lambda item: item[1].used_at):
            if over <= 0:
                break
            if not entry.in_use:
                del self._entries[key]
                taken.append(entry)
                over -= entry.size
        self.dropped += len(taken)
        self.is_over = over > 0
        return taken


def released(cache: Callable[[], NetworkCache | None], entry: Callable[[], Entry | None], _: Any) -> None:
    """Nobody uses a network any more. Called wherever the last user lets go of it, so in no time."""
    owner, unused = cache(), entry()
    if unused is not None:
        unused.used_at = time.monotonic()
    if owner is not None and owner.is_over:
        # Freeing a network takes a while. Where the interpreter ends, no thread can begin.
        with suppress(RuntimeError):
            threading.Thread(target=owner.trim, name="networks", daemon=True).start()
