"""Joins calls of several threads into one, for what does many of them in little more time than one.

No threads of its own and nothing to close: of those who wait for the same batch, one sees to it.
"""

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")
# Long enough for sessions that were answered together to come again together; little beside a frame's time.
WINDOW_S = 0.002


@dataclass(eq=False)
class Batch(Generic[In, Out]):
    """Calls of one kind that will be answered together, and until when they wait for more."""

    kind: Hashable
    until: float
    items: list[In] = field(default_factory=list)
    answers: list[Future[Out]] = field(default_factory=list)


class Batcher(Generic[In, Out]):
    """Answers calls by `workers`, each of which takes up to `most` calls at once, and one batch at a time.

    While no worker is busy a call is answered at once, alone. While one is, calls of one kind wait for each
    other: until there are `most` of them, until no worker is busy, or until the first has waited `window_s`.
    Those who wait longest go first. `when_run` is told the size of each batch.
    """

    def __init__(
        self,
        workers: Sequence[Callable[[Sequence[In]], Sequence[Out]]],
        most: int,
        *,
        window_s: float = WINDOW_S,
        when_run: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._idle = list(workers)
        self._count = len(workers)
        self._most = most
        self._window_s = window_s
        self._when_run = when_run
        self._waiting: list[Batch[In, Out]] = []
        self._changed = threading.Condition()

    def call(self, item: In, kind: Hashable = None) -> Out:
        """The worker's answer to `item`, which shares a batch with items of the same `kind` only.

        What the worker raises reaches all whose calls were in that batch, and nobody else.
        """
        answer: Future[Out] = Future()
        begun = self._join(item, answer, kind)
        if begun is not None:
            self._answer(begun)
        return answer.result()

    def _join(self, item: In, answer: Future[Out], kind: Hashable) -> Batch[In, Out] | None:
        """Add a call to a batch; the batch itself for the one who began it, who is to answer it."""
        with self._changed:
            batch = self._open_batch(kind)
            begins = batch is None
            if batch is None:
                batch = Batch(kind, time.monotonic() + self._window_s)
                self._waiting.append(batch)
            batch.items.append(item)
            batch.answers.append(answer)
            self._changed.notify_all()
            return batch if begins else None

    def _open_batch(self, kind: Hashable) -> Batch[In, Out] | None:
        open_ones = (batch for batch in self._waiting if batch.kind == kind and not self._full(batch))
        return next(open_ones, None)

    def _answer(self, batch: Batch[In, Out]) -> None:
        """Wait for the batch's turn and for a worker, and hand out what the worker says."""
        worker = self._await_turn(batch)
        try:
            self._when_run(len(batch.items))
            answers = list(zip(batch.answers, worker(batch.items), strict=True))
        except BaseException as error:
            self._give_back(worker)
            for answer in batch.answers:
                answer.set_exception(error)
        else:
            self._give_back(worker)
            for answer, value in answers:
                answer.set_result(value)

    def _await_turn(self, batch: Batch[In, Out]) -> Callable[[Sequence[In]], Sequence[Out]]:
        """Take the batch out, and an idle worker with it; the one that worked last is warm."""
        with self._changed:
            while not (self._idle and self._next() is batch):
                left_s = batch.until - time.monotonic()
                self._changed.wait(left_s if left_s > 0 else None)
            self._waiting.remove(batch)
            self._changed.notify_all()
            return self._idle.pop()

    def _give_back(self, worker: Callable[[Sequence[In]], Sequence[Out]]) -> None:
        with self._changed:
            self._idle.append(worker)
            self._changed.notify_all()

    def _next(self) -> Batch[In, Out] | None:
        """The batch that has waited longest of those that wait for nobody any more."""
        return next((batch for batch in self._waiting if self._gathered(batch)), None)

    def _gathered(self, batch: Batch[In, Out]) -> bool:
        all_idle = len(self._idle) == self._count
        return all_idle or self._full(batch) or time.monotonic() >= batch.until

    def _full(self, batch: Batch[In, Out]) -> bool:
        return len(batch.items) >= self._most
