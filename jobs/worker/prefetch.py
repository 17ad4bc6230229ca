"""Makes items ahead of those who use them, in a thread of its own; pure."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Generic, Self, TypeVar

from forgesyte.threads import daemon_thread

T = TypeVar("T")


class Prefetch(Generic[T]):
    """Iterates over what a generator gives, which works ahead of its user; use it in a `with`.

    At most `ahead` items wait, of at most `max_bytes` together as `size_of` tells them; one always may. The
    next one is made meanwhile, but behind one that is larger than that by itself only once the user asks for
    more, and should have let go of it. What the generator raises is raised to the user in its turn. It is
    closed in its own thread.
    """

    def __init__(
        self,
        items: Generator[T, None, None] | Iterator[T],
        *,
        ahead: int,
        max_bytes: int,
        size_of: Callable[[T], int],
    ) -> None:
        self._items = items
        self._ahead = ahead
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._bytes = 0
        # True while the user waits for the next item.
        self._is_asked: bool = False
        self._ready: deque[T] = deque()
        self._changed = threading.Condition()
        self._over = False
        self._error: BaseException | None = None
        self._thread = daemon_thread("prefetch", self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._changed:
            self._is_asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ready or self._over)
            self._is_asked = False
            if self._ready:
                item = self._ready.popleft()
                self._bytes -= self._size_of(item)
                self._changed.notify_all()
                return item
        if self._error is not None:
            raise self._error
        raise StopIteration

    def _work(self) -> None:
        try:
            for item in self._items:
                if not self._offer(item):
                    break
                # The next one is made without this one in memory.
                del item
        # Whatever it is, whoever uses the items is to know.
        except BaseException as error:
            self._error = error
        finally:
            if isinstance(self._items, Generator):
                self._items.close()
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _offer(self, item: T) -> bool:
        """Wait for room; False where nobody wants any more."""
        size = self._size_of(item)
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._has_room(size))
            if self._over:
                return False
            self._ready.append(item)
            self._bytes += size
            self._changed.notify_all()
            if size > self._max_bytes:
                self._changed.wait_for(lambda: self._over or (self._is_asked and not self._ready))
            return not self._over

    def _has_room(self, size: int) -> bool:
        fits = len(self._ready) < self._ahead and self._bytes + size <= self._max_bytes
        return fits or not self._ready
